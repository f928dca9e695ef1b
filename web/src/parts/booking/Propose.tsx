import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { prices } from '../../api/prices';
import { stays } from '../../api/stays';
import type { Booking, NewChange, Property } from '../../api/types';
import { unitsOf } from '../../domain/listing';
import { differenceText } from '../../domain/pricing';
import { Field, TextField } from '../Field';
import { Refusal } from '../States';
import { Stepper } from '../Stepper';
import { useStep } from './steps';

/** Asking the other side to have the stay otherwise: what it would cost is shown before. */
export function Propose({ booking, property, tenant, onStop }: { booking: Booking; property: Property | undefined; tenant: boolean; onStop: () => void }) {
  const [checkIn, setCheckIn] = useState(booking.check_in);
  const [checkOut, setCheckOut] = useState(booking.check_out);
  const [guests, setGuests] = useState(booking.guests);
  const [unitId, setUnitId] = useState(booking.unit_id);
  const units = property ? unitsOf(property) : [];
  const most = units.find((one) => one.id === unitId)?.guests ?? 100;
  const propose = useStep(booking, (body: NewChange, key) => stays.propose(booking.id, body, key), onStop);
  const body: NewChange = {
    ...(checkIn !== booking.check_in && { check_in: checkIn }),
    ...(checkOut !== booking.check_out && { check_out: checkOut }),
    ...(guests !== booking.guests && { guests }),
    ...(unitId !== booking.unit_id && { unit_id: unitId }),
  };
  const isOther = Object.keys(body).length > 0;
  const isStay = checkIn !== '' && checkOut > checkIn;
  const quote = useQuery({
    queryKey: ['quote', booking.property_id, unitId, checkIn, checkOut, guests, ''],
    queryFn: ({ signal }) => prices.quote(booking.property_id, { unit_id: unitId, check_in: checkIn, check_out: checkOut, guests }, signal),
    enabled: isOther && isStay,
    retry: false,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isOther && isStay) propose.mutate(body);
  };
  const difference = quote.data && { ...booking.price.due, amount: quote.data.price.due.amount - booking.price.due.amount };
  return (
    <form className="ask" onSubmit={submit} aria-label="Change the stay">
      <h3>Change the stay</h3>
      <div className="pair">
        <TextField label="Check-in" type="date" name="check_in" required value={checkIn} onText={setCheckIn} />
        <TextField label="Check-out" type="date" name="check_out" required min={checkIn} value={checkOut} onText={setCheckOut} error={checkIn && checkOut && !isStay ? 'After the check-in.' : undefined} />
      </div>
      {units.length > 1 && (
        <Field label="Unit">
          {(id) => (
            <select id={id} name="unit" value={unitId} onChange={(event) => setUnitId(event.target.value)}>
              {units.map((one) => (
                <option key={one.id} value={one.id}>{one.name}</option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div className="hold-guests">
        <span>Guests</span>
        <Stepper label="Guests" value={guests} min={1} max={most} onChange={setGuests} />
      </div>
      <p role="status" className="change-difference">
        {!isOther ? 'Choose what should be different.' : difference ? <>That would be <strong>{differenceText(difference)}</strong>.</> : quote.isError ? '' : isStay ? 'Working out the price…' : ''}
      </p>
      <Refusal error={propose.error ?? (isOther && isStay ? quote.error : null)} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={propose.isPending || !isOther || !isStay}>
          {propose.isPending ? 'Asking…' : tenant ? 'Ask the landlord' : 'Ask the guest'}
        </button>
        <button type="button" className="button" disabled={propose.isPending} onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}
