import { randomKey } from '../../api/action';
import type { TaxText } from '../../domain/pricing';
import { Field, TextField } from '../Field';

const TAXES_MAX = 10;

/** What is collected for others on top of a stay. */
export function Taxes({ taxes, currency, error, onTaxes }: {
  taxes: TaxText[];
  currency: string;
  error: (...pointers: string[]) => string | undefined;
  onTaxes: (taxes: TaxText[]) => void;
}) {
  const change = (key: string, part: Partial<TaxText>): void => onTaxes(taxes.map((tax) => (tax.key === key ? { ...tax, ...part } : tax)));
  return (
    <fieldset className="panel">
      <legend>Taxes</legend>
      {taxes.length === 0 && <p className="fine">None are added to the price.</p>}
      {taxes.map((tax, index) => {
        const isAmount = tax.of === 'night' || tax.of === 'guest_night';
        return (
          <div key={tax.key} className="pair pair-three" role="group" aria-label={tax.name || 'Tax'}>
            <TextField label="Name" name="tax_name" maxLength={60} value={tax.name} onText={(name) => change(tax.key, { name })} error={error(`/taxes/${index}/name`)} />
            <TextField label={isAmount ? `Amount, ${currency}` : 'Percent'} name="tax_rate" inputMode="decimal" value={tax.rate} onText={(rate) => change(tax.key, { rate })} error={error(`/taxes/${index}/rate`, `/taxes/${index}/percent_bp`, `/taxes/${index}/amount`, `/taxes/${index}/amount/amount`)} />
            <Field label="Of what">
              {(id) => (
                <select id={id} name="tax_of" value={tax.of} onChange={(event) => change(tax.key, { of: event.target.value as TaxText['of'] })}>
                  <option value="percent_nights">of the nights</option>
                  <option value="percent_stay">of nights and cleaning</option>
                  <option value="night">for each night</option>
                  <option value="guest_night">for each guest and night</option>
                </select>
              )}
            </Field>
            <button type="button" className="link tax-remove" onClick={() => onTaxes(taxes.filter((one) => one.key !== tax.key))}>
              Remove {tax.name || 'this tax'}
            </button>
          </div>
        );
      })}
      <button type="button" className="button form-go" disabled={taxes.length >= TAXES_MAX} onClick={() => onTaxes([...taxes, { key: randomKey(), name: '', rate: '', of: 'percent_nights' }])}>
        Add a tax
      </button>
    </fieldset>
  );
}
