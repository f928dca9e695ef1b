import { amenityGroups } from '../../domain/listing';
import { useAmenities } from '../hooks';
import { Failure, Loading } from '../States';
import type { PartProps } from './parts';

/** The catalogue as switches, by group. */
export function Amenities({ form, put, error }: PartProps) {
  const catalogue = useAmenities();
  const wrong = error('/amenities');
  const turn = (key: string, on: boolean): void =>
    put({ amenities: on ? [...form.amenities, key] : form.amenities.filter((one) => one !== key) });
  return (
    <fieldset className="panel">
      <legend>What it offers</legend>
      {catalogue.isPending ? (
        <Loading />
      ) : catalogue.isError ? (
        <Failure error={catalogue.error} retry={() => void catalogue.refetch()} />
      ) : (
        amenityGroups(catalogue.data, form.amenities).map(({ label, entries }) => {
          const chosen = entries.filter((entry) => form.amenities.includes(entry.key)).length;
          return (
            <details key={label} className="offer-group" open={chosen > 0 || label === 'Basics'}>
              <summary>
                {label} {chosen > 0 && <span className="fine">{chosen} chosen</span>}
              </summary>
              <ul className="offers-list">
                {entries.map((entry) => (
                  <li key={entry.key}>
                    <label className="tick-box">
                      <input type="checkbox" name="amenity" value={entry.key} checked={form.amenities.includes(entry.key)} onChange={(event) => turn(entry.key, event.target.checked)} />
                      <span>{entry.label}</span>
                    </label>
                  </li>
                ))}
              </ul>
            </details>
          );
        })
      )}
      {wrong && <p className="field-error">{wrong}</p>}
    </fieldset>
  );
}
