import { useEffect, useRef } from 'react';
import type { Problem } from '../api/problem';
import type { LocalDate, Property } from '../api/types';
import { formatRange } from '../domain/dates';
import { formatMoney } from '../domain/money';
import { NOTHING, nearbyStays, stayTotal, type Nights, type Stay } from '../domain/nights';
import { HomeArt } from './HomeArt';

interface NightsGoneProps {
  property: Property;
  stay: Stay;
  nights: Nights;
  today: LocalDate;
  problem: Problem;
  onChoose: (stay: Stay) => void;
}

/** Somebody else was faster: what is gone, what is near, and the way back. */
export function NightsGone({ property, stay, nights, today, problem, onChoose }: NightsGoneProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const offered = problem.alternatives
    .filter((one) => one.check_in && one.check_out)
    .map((one): Stay => ({ checkIn: one.check_in as string, checkOut: one.check_out as string }));
  const others = offered.length > 0 ? offered.slice(0, 3) : nearbyStays(nights, stay, today);
  return (
    <div className="page page-narrow gone">
      <HomeArt id={property.id} kind={property.kind} wide className="gone-art" />
      <h1 ref={heading} tabIndex={-1}>Someone else just took these nights</h1>
      <p>
        {stay.checkIn && stay.checkOut ? formatRange(stay.checkIn, stay.checkOut) : 'These nights'} at <strong>{property.title}</strong> can’t be held any more. You were not charged.
      </p>
      {others.length > 0 && (
        <section className="panel">
          <h2>Just as long, and free now</h2>
          <ul className="offers">
            {others.map((one) => {
              const total = stayTotal(nights, one);
              return (
                <li key={one.checkIn}>
                  <button type="button" className="offer" onClick={() => onChoose(one)}>
                    <span>{formatRange(one.checkIn as string, one.checkOut as string)}</span>
                    {total && <span className="tabular">{formatMoney(total)}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      <button type="button" className="button button-main" onClick={() => onChoose(NOTHING)}>
        Back to the calendar
      </button>
    </div>
  );
}
