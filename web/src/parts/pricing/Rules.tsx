import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { NewPriceRule, Pricing } from '../../api/next';
import { Problem } from '../../api/problem';
import { prices } from '../../api/prices';
import { addDays, formatRange } from '../../domain/dates';
import { formatMoney } from '../../domain/money';
import { EMPTY_RULE, readRule, ruleText, type Errors, type RuleText } from '../../domain/pricing';
import { Field, TextField } from '../Field';
import { useActionKeys } from '../hooks';
import { Refusal } from '../States';

interface RulesProps {
  pricing: Pricing;
  onSaved: (pricing: Pricing) => void;
}

/** Seasons and discounts for the time of booking. */
export function Rules({ pricing, onSaved }: RulesProps) {
  const [adding, setAdding] = useState(false);
  const remove = useMutation({ mutationFn: (rule: string) => prices.removeRule(pricing, rule), onSuccess: onSaved });
  const rules = pricing.rules ?? [];
  const unitName = (id: string | undefined): string => pricing.units.find((unit) => unit.unit_id === id)?.name ?? '';
  return (
    <section className="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">Seasons and other rules</h2>
      {rules.length === 0 ? (
        <p className="fine">None yet: every night costs what is said above.</p>
      ) : (
        <ul className="rows rows-inner">
          {rules.map((rule) => (
            <li key={rule.id} className="row row-plain price-rule">
              <span className="row-text">
                <strong>{rule.name}</strong>
                <span className="fine">
                  {ruleText(rule)}
                  {rule.unit_id ? ` · ${unitName(rule.unit_id)}` : ''}
                  {rule.priority !== 0 ? ` · priority ${rule.priority}` : ''}
                </span>
              </span>
              <button type="button" className="button button-small" aria-label={`Remove ${rule.name}`} disabled={remove.isPending} onClick={() => remove.mutate(rule.id)}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      <Refusal error={remove.error} />
      {adding ? (
        <RuleForm pricing={pricing} onSaved={(saved) => { setAdding(false); onSaved(saved); }} onStop={() => setAdding(false)} />
      ) : (
        <button type="button" className="button form-go" onClick={() => setAdding(true)}>Add a rule</button>
      )}
    </section>
  );
}

function RuleForm({ pricing, onSaved, onStop }: RulesProps & { onStop: () => void }) {
  const [form, setForm] = useState<RuleText>(EMPTY_RULE);
  const [wrong, setWrong] = useState<Errors>({});
  const keys = useActionKeys();
  const add = useMutation({
    mutationFn: (body: NewPriceRule) => prices.addRule(pricing, body, keys.keyFor(body)),
    onSuccess: (saved) => {
      keys.settled();
      onSaved(saved);
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readRule(form, pricing.currency);
    setWrong('errors' in read ? read.errors : {});
    if ('body' in read) add.mutate(read.body);
  };
  const put = (part: Partial<RuleText>): void => setForm((old) => ({ ...old, ...part }));
  const problem = add.error instanceof Problem ? add.error : null;
  const error = (...pointers: string[]): string | undefined => pointers.map((one) => wrong[one] ?? problem?.field(one)).find((text) => text !== undefined);
  const isSeason = form.kind === 'season';
  return (
    <form className="sure" onSubmit={submit} noValidate aria-label="New rule">
      <div className="pair">
        <Field label="What it is">
          {(id) => (
            <select id={id} name="rule_kind" value={form.kind} onChange={(event) => put({ kind: event.target.value as RuleText['kind'] })}>
              <option value="season">A season</option>
              <option value="last_minute">Last minute</option>
              <option value="early_bird">Early bird</option>
            </select>
          )}
        </Field>
        <TextField label="Name" name="rule_name" maxLength={60} value={form.name} onText={(name) => put({ name })} error={error('/name')} hint="Guests read it beside the price." />
      </div>
      {isSeason ? (
        <>
          <div className="pair">
            <TextField label="First night" name="rule_from" type="date" value={form.from} onText={(from) => put({ from })} error={error('/from')} />
            <TextField label="Last night" name="rule_to" type="date" min={form.from} value={form.last} onText={(last) => put({ last })} error={error('/to')} />
          </div>
          <div className="pair">
            <TextField label={form.by === 'price' ? `A night, ${pricing.currency}` : '% more or less'} name="rule_rate" value={form.rate} onText={(rate) => put({ rate })} error={error('/rate', '/night', '/night/amount', '/change_bp')} />
            <Field label="Given as">
              {(id) => (
                <select id={id} name="rule_by" value={form.by} onChange={(event) => put({ by: event.target.value as RuleText['by'] })}>
                  <option value="price">a price</option>
                  <option value="percent">a percentage</option>
                </select>
              )}
            </Field>
          </div>
        </>
      ) : (
        <div className="pair">
          <TextField label={form.kind === 'last_minute' ? 'Arrival within days' : 'Arrival at least days ahead'} name="rule_days" inputMode="numeric" value={form.days} onText={(days) => put({ days })} error={error('/days')} />
          <TextField label="Off, %" name="rule_rate" inputMode="decimal" value={form.rate} onText={(rate) => put({ rate })} error={error('/rate', '/off_bp')} />
        </div>
      )}
      <div className="pair">
        {pricing.units.length > 1 && (
          <Field label="For" error={error('/unit_id')}>
            {(id) => (
              <select id={id} name="rule_unit" value={form.unitId} onChange={(event) => put({ unitId: event.target.value })}>
                <option value="">all unit types</option>
                {pricing.units.map((unit) => (
                  <option key={unit.unit_id} value={unit.unit_id}>{unit.name}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <TextField label="Priority" name="rule_priority" inputMode="numeric" value={form.priority} onText={(priority) => put({ priority })} error={error('/priority')} hint="Where two rules meet, the higher number counts." />
      </div>
      <Refusal error={add.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={add.isPending}>{add.isPending ? 'Saving…' : 'Save rule'}</button>
        <button type="button" className="button" onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}

/** Nights with a price of their own; they are set in the calendar. */
export function SpecialNights({ pricing, onSaved }: RulesProps) {
  const clear = useMutation({ mutationFn: (at: number) => {
    const { unit_id, from, to } = (pricing.nights ?? [])[at] as NonNullable<Pricing['nights']>[number];
    return prices.setNights(pricing, { ...(unit_id && { unit_id }), from, to });
  }, onSuccess: onSaved });
  const nights = pricing.nights ?? [];
  if (nights.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="nights-title">
      <h2 id="nights-title">Nights with a price of their own</h2>
      <ul className="rows rows-inner">
        {nights.map((one, index) => {
          const when = formatRange(one.from, addDays(one.to, -1));
          return (
            <li key={`${one.unit_id} ${one.from}`} className="row row-plain">
              <span className="row-text">
                <span>{when}</span>
                <span className="fine">
                  {one.price && `${formatMoney(one.price)} a night`}
                  {one.unit_id ? ` · ${pricing.units.find((unit) => unit.unit_id === one.unit_id)?.name ?? ''}` : ''}
                </span>
              </span>
              <button type="button" className="button button-small" aria-label={`Clear the price of ${when}`} disabled={clear.isPending} onClick={() => clear.mutate(index)}>Clear</button>
            </li>
          );
        })}
      </ul>
      <Refusal error={clear.error} />
    </section>
  );
}
