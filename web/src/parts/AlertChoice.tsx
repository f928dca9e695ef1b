import type { Alert } from '../api/watched';
import { ALERTS } from '../domain/watched';
import { Field } from './Field';

/** How somebody hears of what comes to match a search. */
export function AlertChoice({ value, disabled = false, onChoose }: { value: Alert; disabled?: boolean; onChoose: (alert: Alert) => void }) {
  return (
    <Field label="Tell me">
      {(id) => (
        <select id={id} value={value} disabled={disabled} onChange={(event) => onChoose(event.target.value as Alert)}>
          {(Object.keys(ALERTS) as Alert[]).map((one) => (
            <option key={one} value={one}>{ALERTS[one]}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
