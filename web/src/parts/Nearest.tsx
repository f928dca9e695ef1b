import { useQuery } from '@tanstack/react-query';
import { api } from '../api';
import type { Unit } from '../api/next';
import { Problem } from '../api/problem';
import type { Property } from '../api/types';
import { formatRange } from '../domain/dates';
import { unitsOf } from '../domain/listing';
import type { Stay } from '../domain/nights';

/** The stays nearest to one that may not be booked. */
export function Nearest({ property, unit, stay, guests, onChoose }: {
  property: Property;
  unit: Unit;
  stay: Stay;
  guests: number;
  onChoose: (stay: Stay, unitId: string) => void;
}) {
  const query = { unit_id: unit.id, check_in: stay.checkIn ?? '', check_out: stay.checkOut ?? '', guests };
  const found = useQuery({
    queryKey: ['calendar', property.id, 'availability', query],
    queryFn: ({ signal }) => api.availability(property.id, query, signal),
    enabled: stay.checkIn !== null && stay.checkOut !== null,
    retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
  });
  const near = (found.data?.nearest ?? []).flatMap((one) => (one.check_in && one.check_out ? [{ checkIn: one.check_in, checkOut: one.check_out, unitId: one.unit_id ?? unit.id }] : []));
  const nameOf = (id: string): string => unitsOf(property).find((one) => one.id === id)?.name ?? '';
  if (near.length === 0) return null;
  return (
    <div className="nearest">
      <p className="fine">Free and as long:</p>
      <ul className="offers">
        {near.map((one) => (
          <li key={`${one.unitId} ${one.checkIn}`}>
            <button type="button" className="offer" onClick={() => onChoose(one, one.unitId)}>
              {formatRange(one.checkIn, one.checkOut)}
              {one.unitId !== unit.id && ` · ${nameOf(one.unitId)}`}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
