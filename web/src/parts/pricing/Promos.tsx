import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { NewPromoCode, Pricing, PromoCode } from '../../api/next';
import { Problem } from '../../api/problem';
import { prices } from '../../api/prices';
import { formatDay } from '../../domain/dates';
import { formatMoney } from '../../domain/money';
import { percentText } from '../../domain/percent';
import { EMPTY_PROMO, readPromo, type Errors, type PromoText } from '../../domain/pricing';
import { plural } from '../../domain/words';
import { Field, TextField } from '../Field';
import { useActionKeys } from '../hooks';
import { Failure, Loading, Refusal } from '../States';

/** The promo codes of a landlord that are good at a home. */
export function Promos({ pricing }: { pricing: Pricing }) {
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const found = useQuery({ queryKey: ['promo-codes'], queryFn: ({ signal }) => prices.promoCodes(signal) });
  const renew = (): void => void queries.invalidateQueries({ queryKey: ['promo-codes'] });
  const end = useMutation({ mutationFn: prices.endPromoCode, onSettled: renew });
  const here = (found.data ?? []).filter((one) => !one.property_ids?.length || one.property_ids.includes(pricing.property_id));
  return (
    <section className="panel" aria-labelledby="promos-title">
      <h2 id="promos-title">Promo codes</h2>
      {found.isPending ? (
        <Loading />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : here.length === 0 ? (
        <p className="fine">None yet. A guest types the code and pays less.</p>
      ) : (
        <ul className="rows rows-inner">
          {here.map((promo) => (
            <li key={promo.id} className="row row-plain">
              <span className="row-text">
                <strong>{promo.code}</strong>
                <span className="fine">{promoText(promo)}</span>
              </span>
              <button type="button" className="button button-small" aria-label={`End ${promo.code}`} disabled={end.isPending} onClick={() => end.mutate(promo.id)}>End</button>
            </li>
          ))}
        </ul>
      )}
      <Refusal error={end.error} />
      {adding ? (
        <PromoForm pricing={pricing} onDone={() => { setAdding(false); renew(); }} onStop={() => setAdding(false)} />
      ) : (
        <button type="button" className="button form-go" onClick={() => setAdding(true)}>Add a code</button>
      )}
    </section>
  );
}

function promoText(promo: PromoCode): string {
  const parts = [promo.off ? `${formatMoney(promo.off)} off` : `${percentText(promo.off_bp ?? 0)} off`];
  if (promo.min_nights && promo.min_nights > 1) parts.push(`from ${plural(promo.min_nights, 'night')}`);
  if (promo.valid_from) parts.push(`from ${formatDay(promo.valid_from)}`);
  if (promo.valid_until) parts.push(`until ${formatDay(promo.valid_until)}`);
  if (promo.max_uses) parts.push(`${promo.uses_left ?? promo.max_uses} of ${plural(promo.max_uses, 'use')} left`);
  return parts.join(' · ');
}

function PromoForm({ pricing, onDone, onStop }: { pricing: Pricing; onDone: () => void; onStop: () => void }) {
  const [form, setForm] = useState<PromoText>(EMPTY_PROMO);
  const [wrong, setWrong] = useState<Errors>({});
  const keys = useActionKeys();
  const add = useMutation({
    mutationFn: (body: NewPromoCode) => prices.addPromoCode(body, keys.keyFor(body)),
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
    const read = readPromo(form, pricing.property_id, pricing.currency);
    setWrong('errors' in read ? read.errors : {});
    if ('body' in read) add.mutate(read.body);
  };
  const put = (part: Partial<PromoText>): void => setForm((old) => ({ ...old, ...part }));
  const problem = add.error instanceof Problem ? add.error : null;
  const error = (...pointers: string[]): string | undefined => pointers.map((one) => wrong[one] ?? problem?.field(one)).find((text) => text !== undefined);
  return (
    <form className="sure" onSubmit={submit} noValidate aria-label="New promo code">
      <div className="pair pair-three">
        <TextField label="Code" name="promo_code" maxLength={20} autoComplete="off" value={form.code} onText={(code) => put({ code: code.toUpperCase() })} error={error('/code')} />
        <TextField label={form.by === 'percent' ? 'Off, %' : `Off, ${pricing.currency}`} name="promo_off" inputMode="decimal" value={form.off} onText={(off) => put({ off })} error={error('/off_bp', '/off', '/off/amount')} />
        <Field label="Given as">
          {(id) => (
            <select id={id} name="promo_by" value={form.by} onChange={(event) => put({ by: event.target.value as PromoText['by'] })}>
              <option value="percent">a percentage</option>
              <option value="amount">an amount</option>
            </select>
          )}
        </Field>
      </div>
      <div className="pair">
        <TextField label="Good from" name="promo_from" type="date" value={form.from} onText={(from) => put({ from })} error={error('/valid_from')} />
        <TextField label="Good until" name="promo_until" type="date" min={form.from} value={form.until} onText={(until) => put({ until })} error={error('/valid_until')} />
      </div>
      <div className="pair">
        <TextField label="From nights" name="promo_nights" inputMode="numeric" value={form.minNights} onText={(minNights) => put({ minNights })} error={error('/min_nights')} />
        <TextField label="Good for bookings" name="promo_uses" inputMode="numeric" value={form.maxUses} onText={(maxUses) => put({ maxUses })} error={error('/max_uses')} hint="Empty: any number." />
      </div>
      <label className="tick-box form-note">
        <input type="checkbox" checked={form.onlyHere} onChange={(event) => put({ onlyHere: event.target.checked })} />
        Only for this listing
      </label>
      <Refusal error={add.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={add.isPending}>{add.isPending ? 'Saving…' : 'Save code'}</button>
        <button type="button" className="button" onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}
