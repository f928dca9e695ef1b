import { useState, type FormEvent } from 'react';
import { stays } from '../../api/stays';
import type { Booking, Property } from '../../api/types';
import { unitsOf } from '../../domain/listing';
import { Field, TextField } from '../Field';
import { Refusal } from '../States';
import { Cancel } from './Cancel';
import { Propose } from './Propose';
import { may, useStep } from './steps';

type Asked = 'change' | 'cancel' | 'check-in' | 'check-out' | 'no-show' | 'move';

/** What can be done with a stay that stands: by its guest, and by its landlord. */
export function StayActions({ booking, tenant, property }: { booking: Booking; tenant: boolean; property: Property | undefined }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const stop = (): void => setAsked(null);
  const unit = property && unitsOf(property).find((one) => one.id === booking.unit_id);
  const places = !tenant && (booking.status === 'confirmed' || booking.status === 'checked_in') ? (unit?.count ?? 1) : 1;
  const ways: [Asked, string, boolean][] = [
    ['check-in', tenant ? 'I have arrived' : 'Guests are here', may(booking, 'check-in')],
    ['check-out', tenant ? 'I have left' : 'Guests have left', may(booking, 'check-out')],
    ['no-show', 'Nobody came', may(booking, 'no-show')],
    ['change', 'Change the stay', may(booking, 'change')],
    ['move', 'Move to another unit', places > 1],
    ['cancel', 'Cancel the stay', may(booking, 'cancel')],
  ];
  const open = ways.filter(([, , can]) => can);
  if (open.length === 0) return null;
  return (
    <section className="panel" aria-label="What you can do">
      {asked === null && (
        <div className="actions">
          {open.map(([way, label]) => (
            <button key={way} type="button" className={way === 'check-in' || way === 'check-out' ? 'button button-main' : way === 'cancel' ? 'button button-bad' : 'button'} onClick={() => setAsked(way)}>
              {label}
            </button>
          ))}
        </div>
      )}
      {asked === 'cancel' && <Cancel booking={booking} tenant={tenant} onStop={stop} />}
      {asked === 'change' && <Propose booking={booking} property={property} tenant={tenant} onStop={stop} />}
      {asked === 'check-in' && <CheckIn booking={booking} tenant={tenant} onStop={stop} />}
      {asked === 'move' && <MoveGuest booking={booking} count={places} onStop={stop} />}
      {asked === 'check-out' && (
        <Sure booking={booking} work={(key) => stays.checkOut(booking.id, key)} text={checkOutText(booking, tenant)} yes={tenant ? 'Yes, I have left' : 'Yes, they have left'} onStop={stop} />
      )}
      {asked === 'no-show' && (
        <Sure booking={booking} work={(key) => stays.noShow(booking.id, key)} text="Nobody came? The nights after the first are free again, and nothing but the deposit goes back." yes="Yes, nobody came" onStop={stop} />
      )}
      {asked === null && !tenant && booking.check_in_code && (
        <p className="fine form-note">Guests who arrive alone check in with the code <strong className="tabular check-code">{booking.check_in_code}</strong>.</p>
      )}
    </section>
  );
}

function checkOutText(booking: Booking, tenant: boolean): string {
  const who = tenant ? 'You have' : 'The guests have';
  return `${who} left? Nights up to ${booking.check_out} that are left over go back to the calendar.`;
}

function Sure({ booking, work, text, yes, onStop }: {
  booking: Booking;
  work: (key: string) => Promise<Booking>;
  text: string;
  yes: string;
  onStop: () => void;
}) {
  const step = useStep(booking, (_: void, key) => work(key), onStop);
  return (
    <div className="ask">
      <p>{text}</p>
      <Refusal error={step.error} />
      <div className="actions form-go">
        <button type="button" className="button button-main" disabled={step.isPending} onClick={() => step.mutate()}>{step.isPending ? 'One moment…' : yes}</button>
        <button type="button" className="button" autoFocus disabled={step.isPending} onClick={onStop}>No</button>
      </div>
    </div>
  );
}

function CheckIn({ booking, tenant, onStop }: { booking: Booking; tenant: boolean; onStop: () => void }) {
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState(false);
  const step = useStep(booking, (given: string, key) => stays.checkIn(booking.id, given, key), onStop);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const given = code.replace(/\D/g, '');
    setWrong(tenant && given.length !== 6);
    if (!tenant || given.length === 6) step.mutate(given);
  };
  return (
    <form className="ask" onSubmit={submit} noValidate>
      {tenant ? (
        <TextField label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={7} autoFocus value={code} onText={setCode} error={wrong ? 'Six digits.' : undefined} hint="The landlord has it, or it is at the door." />
      ) : (
        <p>The guests are here?</p>
      )}
      <Refusal error={step.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={step.isPending}>{step.isPending ? 'One moment…' : 'Check in'}</button>
        <button type="button" className="button" disabled={step.isPending} onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}

function MoveGuest({ booking, count, onStop }: { booking: Booking; count: number; onStop: () => void }) {
  const others = Array.from({ length: count }, (_, index) => index + 1).filter((one) => one !== booking.unit_no);
  const [to, setTo] = useState(String(others[0] ?? 1));
  const step = useStep(booking, (unit: number, key) => stays.move(booking.id, unit, key), onStop);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    step.mutate(Number(to));
  };
  return (
    <form className="ask" onSubmit={submit}>
      {booking.unit_no != null && <p>They have unit {booking.unit_no} of {count}.</p>}
      <Field label="Move to unit">
        {(id) => (
          <select id={id} name="unit_no" value={to} onChange={(event) => setTo(event.target.value)}>
            {others.map((one) => (
              <option key={one} value={one}>{one}</option>
            ))}
          </select>
        )}
      </Field>
      <Refusal error={step.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={step.isPending}>{step.isPending ? 'Moving…' : 'Move'}</button>
        <button type="button" className="button" disabled={step.isPending} onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}
