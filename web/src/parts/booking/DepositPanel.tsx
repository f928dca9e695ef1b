import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { deposits } from '../../api/deposits';
import type { Deposit, NewDeduction } from '../../api/next';
import { Problem } from '../../api/problem';
import type { Booking } from '../../api/types';
import { formatExact, formatMoney, parseMoney, sum } from '../../domain/money';
import { momentText } from '../../domain/timeline';
import { TextField } from '../Field';
import { useActionKeys } from '../hooks';
import { WithReason } from '../Reason';
import { Refusal } from '../States';
import { REASON_MAX } from './Asked';

/** What becomes of the deposit of a stay. */
export function DepositPanel({ booking, tenant }: { booking: Booking; tenant: boolean }) {
  const isKept = booking.price.deposit.amount > 0 && !booking.guest && ['confirmed', 'checked_in', 'completed', 'no_show', 'cancelled'].includes(booking.status);
  const found = useQuery({
    queryKey: ['booking', booking.id, 'deposit', booking.version],
    queryFn: ({ signal }) => deposits.of(booking.id, tenant ? 'tenant' : 'landlord', signal),
    enabled: isKept,
    placeholderData: (old) => old,
  });
  if (!isKept || !found.data) return null;
  return <Shown deposit={found.data} booking={booking} tenant={tenant} />;
}

function Shown({ deposit, booking, tenant }: { deposit: Deposit; booking: Booking; tenant: boolean }) {
  return (
    <section className="panel deposit" aria-labelledby="deposit-title" data-deposit={deposit.status}>
      <h2 id="deposit-title">Deposit</h2>
      <p>{standing(deposit, booking.zone)}</p>
      {deposit.deductions.length > 0 && (
        <dl className="lines">
          {deposit.deductions.map((item, index) => (
            <div key={index}>
              <dt>{item.label}</dt>
              <dd>{formatExact(item.amount)}</dd>
            </div>
          ))}
        </dl>
      )}
      {deposit.objection && <blockquote className="quote">{deposit.objection}</blockquote>}
      {deposit.decision && <blockquote className="quote">{deposit.decision}</blockquote>}
      {deposit.status === 'due' && (tenant ? <Contest deposit={deposit} booking={booking} /> : <Settle deposit={deposit} booking={booking} />)}
    </section>
  );
}

function standing(deposit: Deposit, zone: string | undefined): string {
  switch (deposit.status) {
    case 'held':
      return `${formatMoney(deposit.amount)} is kept until the stay is over.`;
    case 'due':
      return `${deposit.deductions.length > 0 ? 'What is left' : formatMoney(deposit.amount)} goes back${deposit.release_at ? ` on ${momentText(deposit.release_at, zone)} by itself` : ''}.`;
    case 'contested':
      return 'The guest objects to what is kept; an administrator decides.';
    default:
      return `${formatMoney(deposit.returned)} went back${deposit.kept.amount > 0 ? `, ${formatMoney(deposit.kept)} was kept` : ''}.`;
  }
}

function useDeposit<T>(booking: Booking, work: (what: T, key: string) => Promise<Deposit>) {
  const queries = useQueryClient();
  const keys = useActionKeys();
  return useMutation({
    mutationFn: (what: T) => work(what, keys.keyFor([booking.id, what ?? null])),
    onSuccess: () => keys.settled(),
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['booking', booking.id] }),
  });
}

function Contest({ deposit, booking }: { deposit: Deposit; booking: Booking }) {
  const contest = useDeposit(booking, (reason: string, key) => deposits.contest(deposit.id, reason, key));
  if (deposit.deductions.length === 0) return null;
  return (
    <>
      <Refusal error={contest.error} />
      <div className="actions">
        <WithReason label="Object" about="what is kept of the deposit" busy={contest.isPending} max={REASON_MAX} onReason={(reason) => contest.mutate(reason)} />
      </div>
    </>
  );
}

/** The landlord gives it back, or says what part of it is kept for. */
function Settle({ deposit, booking }: { deposit: Deposit; booking: Booking }) {
  const [asking, setAsking] = useState(false);
  const release = useDeposit(booking, (_: void, key) => deposits.release(deposit.id, key));
  const deducted = sum(deposit.deductions.map((item) => item.amount))?.amount ?? 0;
  const rest = deposit.amount.amount - deposit.returned.amount - deducted;
  if (rest <= 0) return null;
  return (
    <>
      <Refusal error={release.error} />
      {asking ? (
        <Deduct deposit={deposit} booking={booking} onStop={() => setAsking(false)} />
      ) : (
        <div className="actions form-go">
          <button type="button" className="button button-main" disabled={release.isPending} onClick={() => release.mutate()}>
            {release.isPending ? 'Giving back…' : deposit.deductions.length > 0 ? 'Give the rest back now' : 'Give it back now'}
          </button>
          <button type="button" className="button" disabled={release.isPending} onClick={() => setAsking(true)}>Keep a part of it</button>
        </div>
      )}
    </>
  );
}

function Deduct({ deposit, booking, onStop }: { deposit: Deposit; booking: Booking; onStop: () => void }) {
  const { currency } = deposit.amount;
  const [label, setLabel] = useState('');
  const [amount, setAmount] = useState('');
  const [wrong, setWrong] = useState<{ label?: string; amount?: string }>({});
  const deduct = useDeposit(booking, (items: NewDeduction[], key) => deposits.deduct(deposit.id, items, key));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const cost = parseMoney(amount, currency);
    const kept = cost && sum([...deposit.deductions.map((item) => item.amount), cost]);
    const tooMuch = !kept || kept.amount === 0 || kept.amount > deposit.amount.amount;
    const faults = { ...(label.trim() === '' && { label: 'What is it for?' }), ...(tooMuch && { amount: `An amount, at most ${formatMoney(deposit.amount)} in all.` }) };
    setWrong(faults);
    if (cost && Object.keys(faults).length === 0) deduct.mutate([{ label: label.trim(), amount: cost }], { onSuccess: onStop });
  };
  return (
    <form className="sure" onSubmit={submit} noValidate aria-label="Keep a part of the deposit">
      <div className="pair">
        <TextField label="What for?" name="deduction" maxLength={200} value={label} onText={setLabel} error={wrong.label} hint="The guest reads it." />
        <TextField label={`How much, ${currency}`} name="deduction_amount" inputMode="decimal" value={amount} onText={setAmount} error={wrong.amount} />
      </div>
      <Refusal error={deduct.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={deduct.isPending}>{deduct.isPending ? 'Saving…' : 'Keep this part'}</button>
        <button type="button" className="button" disabled={deduct.isPending} onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}
