import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { listings } from '../../api/listings';
import type { Pricing } from '../../api/next';
import { Problem } from '../../api/problem';
import { prices } from '../../api/prices';
import { moneyInput, parseMoney } from '../../domain/money';
import { fromPricing, readPricing, WEEKDAYS, type Errors, type PricingForm } from '../../domain/pricing';
import { TextField } from '../Field';
import { Refusal } from '../States';
import { Taxes } from './Taxes';

/** What a night costs and what comes on top or off, for every stay. */
export function RatesForm({ pricing, onSaved }: { pricing: Pricing; onSaved: (pricing: Pricing) => void }) {
  const [form, setForm] = useState(() => fromPricing(pricing));
  const [base, setBase] = useState<Record<string, string>>(() => baseOf(pricing));
  const [wrong, setWrong] = useState<Errors>({});
  const { currency } = pricing;
  const save = useMutation({
    mutationFn: async (body: Parameters<typeof prices.setPricing>[1]) => {
      let version = pricing.version;
      for (const unit of pricing.units) {
        const night = parseMoney(base[unit.unit_id] ?? '', currency);
        if (!night || night.amount === unit.price_per_night?.amount) continue;
        const { property } = await listings.editUnit(pricing.property_id, unit.unit_id, { price_per_night: night }, `"${version}"`);
        version = property.version;
      }
      return prices.setPricing({ ...pricing, version }, body);
    },
    onSuccess: onSaved,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.reset();
    const read = readPricing(form, currency);
    const errors: Errors = 'errors' in read ? { ...read.errors } : {};
    for (const unit of pricing.units) {
      const text = base[unit.unit_id] ?? '';
      if (text.trim() === '' && !unit.price_per_night) continue;
      if (!(parseMoney(text, currency)?.amount ?? 0)) errors[`/units/${unit.unit_id}`] = 'An amount, such as 95 or 95.50.';
    }
    setWrong(errors);
    if ('body' in read && Object.keys(errors).length === 0) save.mutate(read.body);
    else requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const put = (part: Partial<PricingForm>): void => {
    save.reset();
    setForm((old) => ({ ...old, ...part }));
  };
  const problem = save.error instanceof Problem ? save.error : null;
  const error = (...pointers: string[]): string | undefined =>
    pointers.map((pointer) => wrong[pointer] ?? problem?.field(pointer)).find((text) => text !== undefined);
  return (
    <form className="editor" onSubmit={submit} noValidate aria-label="Prices of every stay">
      <fieldset className="panel">
        <legend>A night</legend>
        <div className="pair">
          {pricing.units.map((unit) => (
            <TextField
              key={unit.unit_id}
              label={`${pricing.units.length > 1 ? unit.name : 'A common night'}, ${currency}`}
              name="base"
              inputMode="decimal"
              value={base[unit.unit_id] ?? ''}
              onText={(text) => setBase((old) => ({ ...old, [unit.unit_id]: text }))}
              error={error(`/units/${unit.unit_id}`)}
            />
          ))}
        </div>
        <Weekends form={form} put={put} error={error} currency={currency} />
        <div className="pair">
          <TextField label="Guests in that price" name="included" inputMode="numeric" value={form.included} onText={(included) => put({ included })} error={error('/extra_guests/included')} hint="Empty: all." />
          <TextField label={`Each further guest a night, ${currency}`} name="extra" inputMode="decimal" value={form.extraGuest} onText={(extraGuest) => put({ extraGuest })} error={error('/extra_guests/per_night/amount', '/extra_guests/per_night')} />
        </div>
      </fieldset>
      <fieldset className="panel">
        <legend>A stay</legend>
        <div className="pair">
          <TextField label={`Cleaning fee, ${currency}`} name="cleaning" inputMode="decimal" value={form.cleaning} onText={(cleaning) => put({ cleaning })} error={error('/cleaning_fee', '/cleaning_fee/amount')} />
          <TextField label={`Deposit, ${currency}`} name="deposit" inputMode="decimal" value={form.deposit} onText={(deposit) => put({ deposit })} error={error('/deposit', '/deposit/amount')} hint="Paid with the stay, given back after it." />
        </div>
        <div className="pair">
          <TextField label="Off from 7 nights, %" name="weekly" inputMode="decimal" value={form.weekly} onText={(weekly) => put({ weekly })} error={error('/weekly_off_bp')} />
          <TextField label="Off from 28 nights, %" name="monthly" inputMode="decimal" value={form.monthly} onText={(monthly) => put({ monthly })} error={error('/monthly_off_bp')} hint="In place of the other." />
        </div>
      </fieldset>
      <Taxes taxes={form.taxes} currency={currency} error={error} onTaxes={(taxes) => put({ taxes })} />
      {problem?.status === 412 ? <p className="refusal" role="alert">This listing was changed elsewhere meanwhile. Reload the page to see how it is now.</p> : <Refusal error={save.error} />}
      {Object.keys(wrong).length > 0 && <p className="refusal" role="alert">Some fields need another look.</p>}
      <div className="actions">
        <button type="submit" className="button button-main" disabled={save.isPending}>{save.isPending ? 'Saving…' : 'Save prices'}</button>
        {save.isSuccess && <p className="told" role="status">Saved. Stays that are booked keep their price.</p>}
      </div>
    </form>
  );
}

function baseOf(pricing: Pricing): Record<string, string> {
  return Object.fromEntries(pricing.units.map((unit) => [unit.unit_id, unit.price_per_night ? moneyInput(unit.price_per_night) : '']));
}

function Weekends({ form, put, error, currency }: {
  form: PricingForm;
  put: (part: Partial<PricingForm>) => void;
  error: (...pointers: string[]) => string | undefined;
  currency: string;
}) {
  const nights = error('/weekend/nights');
  const turn = (day: (typeof WEEKDAYS)[number][0], on: boolean): void =>
    put({ weekendNights: WEEKDAYS.map(([one]) => one).filter((one) => (one === day ? on : form.weekendNights.includes(one))) });
  return (
    <>
      <div className="pair">
        <TextField label={form.weekendBy === 'price' ? `A weekend night, ${currency}` : 'Weekend nights, % more or less'} name="weekend" inputMode="text" value={form.weekend} onText={(weekend) => put({ weekend })} error={error('/weekend/rate', '/weekend/night', '/weekend/night/amount', '/weekend/change_bp')} hint="Empty: like any other." />
        <div className="field">
          <label htmlFor="weekend-by">Given as</label>
          <select id="weekend-by" name="weekend_by" value={form.weekendBy} onChange={(event) => put({ weekendBy: event.target.value as PricingForm['weekendBy'] })}>
            <option value="price">a price</option>
            <option value="percent">a percentage</option>
          </select>
        </div>
      </div>
      <fieldset className="days-choice">
        <legend>Weekend nights follow</legend>
        {WEEKDAYS.map(([day, label]) => (
          <label key={day} className="tick-box">
            <input type="checkbox" checked={form.weekendNights.includes(day)} onChange={(event) => turn(day, event.target.checked)} />
            {label}
          </label>
        ))}
        {nights && <p className="field-error">{nights}</p>}
      </fieldset>
    </>
  );
}
