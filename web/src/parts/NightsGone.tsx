import { useEffect, useRef } from 'react';
import type { Unit } from '../api/next';
import type { Problem } from '../api/problem';
import type { LocalDate, Property } from '../api/types';
import { formatRange } from '../domain/dates';
import { unitsOf } from '../domain/listing';
import { formatMoney } from '../domain/money';
import { nearbyStays, stayTotal, type Nights, type Stay } from '../domain/nights';
import { HomeArt } from './HomeArt';
import type { Lost, Offered } from './holding';

interface NightsGoneProps {
  property: Property;
  unit: Unit;
  lost: Lost;
  nights: Nights;
  today: LocalDate;
  pending: boolean;
  onTake: (other: Offered) => void;
  onBack: () => void;
}

/** Somebody else was faster: what is gone, what is near and held by one click, and the way
 *  back. */
export function NightsGone({ property, unit, lost, nights, today, pending, onTake, onBack }: NightsGoneProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { stay, problem } = lost;
  const others = offersOf(problem, stay);
  const offers = others.length > 0 ? others : near(nights, stay, today);
  const units = unitsOf(property);
  const nameOf = (id: string): string => units.find((one) => one.id === id)?.name ?? '';
  return (
    <div className="page page-narrow gone">
      <HomeArt id={property.id} kind={property.kind} wide className="gone-art" />
      <h1 ref={heading} tabIndex={-1}>Someone else just took these nights</h1>
      <p>
        {formatRange(stay.checkIn, stay.checkOut)} at <strong>{property.title}</strong> can’t be held any more. You were not charged.
      </p>
      {offers.length > 0 && (
        <section className="panel">
          <h2>Free now</h2>
          <p className="part-note">One click holds it for you; you see the price before you pay.</p>
          <ul className="offers">
            {offers.map((one) => {
              // Only the nights of the unit type that was looked at are known here.
              const total = one.unitId === unit.id ? stayTotal(nights, asStay(one)) : null;
              return (
                <li key={`${one.unitId} ${one.checkIn}`}>
                  <button type="button" className="offer" disabled={pending} onClick={() => onTake(one)}>
                    <span>
                      {formatRange(one.checkIn, one.checkOut)}
                      {one.unitId !== stay.unitId && ` · ${nameOf(one.unitId)}`}
                    </span>
                    {total && <span className="tabular">{formatMoney(total)}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      {pending && <p role="status">Holding…</p>}
      <button type="button" className="button button-main" disabled={pending} onClick={onBack}>
        Back to the calendar
      </button>
    </div>
  );
}

function offersOf(problem: Problem, stay: Offered): Offered[] {
  return problem.alternatives
    .filter((one) => one.check_in && one.check_out)
    .map((one): Offered => ({ checkIn: one.check_in as string, checkOut: one.check_out as string, unitId: one.unit_id ?? stay.unitId }))
    .slice(0, 6);
}

/** From the calendar, where the server named none. */
function near(nights: Nights, stay: Offered, today: LocalDate): Offered[] {
  return nearbyStays(nights, asStay(stay), today).map((one) => ({ checkIn: one.checkIn as string, checkOut: one.checkOut as string, unitId: stay.unitId }));
}

const asStay = ({ checkIn, checkOut }: Offered): Stay => ({ checkIn, checkOut });
