import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type RefObject } from 'react';
import { hosting } from '../../api/hosting';
import type { HostingHome, NightPrices } from '../../api/next';
import { Problem } from '../../api/problem';
import { prices } from '../../api/prices';
import { stays } from '../../api/stays';
import type { NewManualBooking } from '../../api/types';
import { addDays, formatRange, nightsBetween } from '../../domain/dates';
import { range, type GridRow, type Marked } from '../../domain/grid';
import { currencyOf } from '../../domain/hosting';
import { moneyInput, parseMoney } from '../../domain/money';
import { plural } from '../../domain/words';
import { TextField } from '../Field';
import { useActionKeys } from '../hooks';
import { Refusal } from '../States';
import { Stepper } from '../Stepper';

type Way = 'block' | 'price' | 'guest';

interface PanelProps {
  home: HostingHome;
  row: GridRow;
  marked: Marked;
  heading: RefObject<HTMLHeadingElement | null>;
  /** Where it does not cover what is marked. */
  side: 'left' | 'right';
  onDone: () => void;
}

/** What can be done with the nights that are marked. */
export function MarkedPanel({ home, row, marked, heading, side, onDone }: PanelProps) {
  const [way, setWay] = useState<Way>('block');
  const { from, to } = range(marked);
  const queries = useQueryClient();
  const done = (): void => {
    void queries.invalidateQueries({ queryKey: ['hosting-calendar'] });
    void queries.invalidateQueries({ queryKey: ['calendar', home.property_id] });
    void queries.invalidateQueries({ queryKey: ['pricing', home.property_id] });
    void queries.invalidateQueries({ queryKey: ['bookings'] });
    onDone();
  };
  const common = { home, row, from, to, onDone: done };
  return (
    <section className={`marked marked-${side} panel`} aria-labelledby="marked-title" onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="title-row">
        <h2 id="marked-title" ref={heading} tabIndex={-1} aria-live="polite">
          {formatRange(from, addDays(to, -1))} <span className="fine">{plural(nightsBetween(from, to), 'night')} · {home.title}, {row.label}</span>
        </h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onDone}>×</button>
      </div>
      <fieldset className="segments">
        <legend className="hidden">What to do with these nights</legend>
        {([['block', 'Block'], ['price', 'Set a price'], ['guest', 'Enter a stay']] as const).map(([name, label]) => (
          <label key={name}>
            <input type="radio" name="marked-way" value={name} checked={way === name} onChange={() => setWay(name)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {way === 'block' && <BlockForm {...common} />}
      {way === 'price' && <PriceForm {...common} />}
      {way === 'guest' && <GuestForm {...common} />}
    </section>
  );
}

interface FormProps {
  home: HostingHome;
  row: GridRow;
  from: string;
  to: string;
  onDone: () => void;
}

function BlockForm({ home, row, from, to, onDone }: FormProps) {
  const [reason, setReason] = useState('');
  const keys = useActionKeys();
  const block = useMutation({
    mutationFn: () => {
      const body = { unit_id: row.unitId, unit_no: row.slot, check_in: from, check_out: to, ...(reason.trim() && { reason: reason.trim() }) };
      return hosting.block(home.property_id, body, keys.keyFor([home.property_id, body]));
    },
    onSuccess: () => {
      keys.settled();
      onDone();
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    block.mutate();
  };
  return (
    <form onSubmit={submit}>
      <TextField label="Why?" name="reason" maxLength={500} value={reason} onText={setReason} hint="For you alone, such as “painting”. You may leave it empty." />
      <Refusal error={block.error} />
      <button type="submit" className="button button-main form-go" disabled={block.isPending}>{block.isPending ? 'Blocking…' : 'Block these nights'}</button>
    </form>
  );
}

function PriceForm({ home, row, from, to, onDone }: FormProps) {
  const now = row.priceOn(from);
  const currency = currencyOf(home);
  const several = home.types.length > 1;
  const [text, setText] = useState(now ? moneyInput(now) : '');
  const [wrong, setWrong] = useState(false);
  const set = useMutation({
    // The version on show may be old by now, and it is the price of these nights alone that
    // is meant: what else has changed does not matter.
    mutationFn: async (body: NightPrices) => prices.setNights(await prices.pricing(home.property_id), body),
    onSuccess: onDone,
  });
  const of = several ? { unit_id: row.unitId } : {};
  if (!currency) return <p className="fine">This home has no price yet; give it one among its prices first.</p>;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const price = parseMoney(text, currency);
    const isPrice = price !== null && price.amount > 0;
    setWrong(!isPrice);
    if (isPrice) set.mutate({ ...of, from, to, price });
  };
  return (
    <form onSubmit={submit} noValidate>
      <TextField label={`Each night, ${currency}`} name="night_price" inputMode="decimal" value={text} onText={setText} error={wrong ? 'An amount, such as 120.' : undefined} hint={several ? 'For this unit type.' : 'It counts more than any rule.'} />
      <Refusal error={set.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={set.isPending}>{set.isPending ? 'Saving…' : 'Set the price'}</button>
        <button type="button" className="button" disabled={set.isPending} onClick={() => set.mutate({ ...of, from, to })}>Back to the rules’ price</button>
      </div>
    </form>
  );
}

function GuestForm({ home, row, from, to, onDone }: FormProps) {
  const [name, setName] = useState('');
  const [note, setNote] = useState('');
  const [total, setTotal] = useState('');
  const [guests, setGuests] = useState(1);
  const [wrong, setWrong] = useState<{ name?: string; total?: string }>({});
  const currency = currencyOf(home);
  const keys = useActionKeys();
  const enter = useMutation({
    mutationFn: (body: NewManualBooking) => stays.manual(body, keys.keyFor(body)),
    onSuccess: () => {
      keys.settled();
      onDone();
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const sum = total.trim() === '' ? undefined : parseMoney(total, currency ?? 'EUR');
    const faults = { ...(name.trim() === '' && { name: 'Who comes?' }), ...(sum === null && { total: 'An amount, such as 300, or nothing.' }) };
    setWrong(faults);
    if (Object.keys(faults).length > 0) return;
    enter.mutate({
      property_id: home.property_id, unit_id: row.unitId, check_in: from, check_out: to, guests, guest_name: name.trim(),
      ...(note.trim() && { note: note.trim() }), ...(sum && { total: sum }),
    });
  };
  return (
    <form onSubmit={submit} noValidate>
      <div className="pair">
        <TextField label="Guest" name="guest_name" maxLength={200} value={name} onText={setName} error={wrong.name} />
        {currency && <TextField label={`What they pay you, ${currency}`} name="guest_total" inputMode="decimal" value={total} onText={setTotal} error={wrong.total} hint="Empty: today’s price." />}
      </div>
      <div className="hold-guests">
        <span>Guests</span>
        <Stepper label="Guests" value={guests} min={1} max={100} onChange={setGuests} />
      </div>
      <TextField label="Note" name="guest_note" maxLength={1000} value={note} onText={setNote} hint="For you alone." />
      <Refusal error={enter.error} />
      <button type="submit" className="button button-main form-go" disabled={enter.isPending}>{enter.isPending ? 'Entering…' : 'Enter the stay'}</button>
    </form>
  );
}
