import type { Unit } from '../api/next';
import { formatMoney } from '../domain/money';
import { facts } from '../domain/words';

/** Which of a home's unit types; shown where there is a choice. */
export function UnitChoice({ units, chosen, onChoose }: { units: Unit[]; chosen: Unit; onChoose: (id: string) => void }) {
  return (
    <section className="listing-part" aria-labelledby="units-title">
      <h2 id="units-title">Choose what you need</h2>
      <fieldset className="units">
        <legend className="hidden">Unit type</legend>
        {units.map((unit) => (
          <label key={unit.id} className="unit-choice">
            <input type="radio" name="unit" value={unit.id} checked={unit.id === chosen.id} onChange={() => onChoose(unit.id)} />
            <span>
              <strong>{unit.name}</strong>
              <span className="fine">{facts(unit).join(' · ')}{unit.count > 1 ? ` · ${unit.count} of this kind` : ''}</span>
            </span>
            <span className="tabular">
              {unit.price_per_night ? `${formatMoney(unit.price_per_night)} a night` : unit.price_per_month ? `${formatMoney(unit.price_per_month)} a month` : ''}
            </span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}
