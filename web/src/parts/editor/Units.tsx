import { randomKey } from '../../api/action';
import { UNIT_TYPES_MAX, byMonth, byNight, emptyUnit, type UnitText } from '../../domain/listing';
import { TextField } from '../Field';
import type { PartProps } from './parts';

type Count = 'count' | 'bedrooms' | 'beds' | 'bathrooms' | 'guests';

/** The unit types of a listing: each with its rooms and prices. */
export function Units({ form, put, error }: PartProps) {
  const several = form.units.length > 1;
  const change = (key: string, part: Partial<UnitText>): void =>
    put({ units: form.units.map((unit) => (unit.key === key ? { ...unit, ...part } : unit)) });
  return (
    <>
      {form.units.map((unit, index) => (
        <fieldset key={unit.key} className="panel unit">
          <legend>{several ? `What is let: ${unit.name.trim() || 'unit type'}` : 'What is let'}</legend>
          <div className="pair">
            <TextField label="Name" name="unit_name" maxLength={60} value={unit.name} onText={(name) => change(unit.key, { name })} error={error(`/units/${index}/name`)} hint="Such as “Whole place” or “Double room”." />
            <CountField label="How many of them" name="count" {...{ unit, index, change, error }} />
          </div>
          <div className="pair pair-four">
            <CountField label="Bedrooms" name="bedrooms" {...{ unit, index, change, error }} />
            <CountField label="Beds" name="beds" {...{ unit, index, change, error }} />
            <CountField label="Bathrooms" name="bathrooms" {...{ unit, index, change, error }} />
            <CountField label="Guests" name="guests" {...{ unit, index, change, error }} />
          </div>
          <div className="pair">
            {byNight(form.stayMode) && (
              <TextField label={`Price a night, ${form.currency}`} name="price" inputMode="decimal" value={unit.night} onText={(night) => change(unit.key, { night })} error={error(`/units/${index}/price_per_night/amount`) ?? error(`/units/${index}/price_per_night`) ?? error('/price_per_night')} />
            )}
            {byMonth(form.stayMode) && (
              <TextField label={`Price a month, ${form.currency}`} name="price_month" inputMode="decimal" value={unit.month} onText={(month) => change(unit.key, { month })} error={error(`/units/${index}/price_per_month/amount`) ?? error(`/units/${index}/price_per_month`) ?? error('/price_per_month')} />
            )}
          </div>
          {several && (
            <button type="button" className="link form-go" onClick={() => put({ units: form.units.filter((one) => one.key !== unit.key) })}>
              Remove {unit.name.trim() || 'this unit type'}
            </button>
          )}
        </fieldset>
      ))}
      <button
        type="button"
        className="button"
        disabled={form.units.length >= UNIT_TYPES_MAX}
        onClick={() => put({ units: [...form.units, emptyUnit(randomKey(), `Unit type ${form.units.length + 1}`)] })}
      >
        Add another unit type
      </button>
    </>
  );
}

function CountField({ label, name, unit, index, change, error }: {
  label: string;
  name: Count;
  unit: UnitText;
  index: number;
  change: (key: string, part: Partial<UnitText>) => void;
  error: PartProps['error'];
}) {
  return (
    <TextField label={label} name={name} inputMode="decimal" value={unit[name]} onText={(text) => change(unit.key, { [name]: text })} error={error(`/units/${index}/${name}`)} />
  );
}
