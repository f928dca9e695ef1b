import type { Unit } from '../api/next';
import type { Property } from '../api/types';
import { formatFull } from '../domain/dates';
import { byNight } from '../domain/listing';
import { formatExact, formatMoney } from '../domain/money';
import { stayNights, stayTotal, type Nights, type Stay } from '../domain/nights';
import { plural } from '../domain/words';
import { Refusal } from './States';
import { Stepper } from './Stepper';

interface HoldPanelProps {
  property: Property;
  unit: Unit;
  stay: Stay;
  nights: Nights;
  guests: number;
  bookable: boolean;
  pending: boolean;
  error: unknown;
  signedIn: boolean;
  onGuests: (guests: number) => void;
  onHold: () => void;
  onDates: () => void;
}

/** Dates, guests and total of a stay that can be held. */
export function HoldPanel(props: HoldPanelProps) {
  const { property, unit, stay, nights, guests } = props;
  const total = stayTotal(nights, stay);
  const count = stayNights(stay).length;
  const ready = total !== null && props.bookable && property.status === 'live';
  if (!byNight(property.stay_mode)) {
    return (
      <div className="panel hold-panel">
        <p className="hold-price">
          <strong>{unit.price_per_month ? formatMoney(unit.price_per_month) : 'No price yet'}</strong> {unit.price_per_month && 'a month'}
        </p>
        <p className="fine hold-note">Months cannot be booked here yet.</p>
      </div>
    );
  }
  return (
    <div className="panel hold-panel">
      <p className="hold-price">
        {unit.price_per_night ? (
          <><strong>{formatMoney(unit.price_per_night)}</strong> a night</>
        ) : unit.price_per_month ? (
          <><strong>{formatMoney(unit.price_per_month)}</strong> a month</>
        ) : (
          'No price yet'
        )}
      </p>
      <button type="button" className="hold-dates" onClick={props.onDates}>
        <span>
          <span className="fine">Check-in</span>
          <span>{stay.checkIn ? formatFull(stay.checkIn) : 'Choose a day'}</span>
        </span>
        <span>
          <span className="fine">Check-out</span>
          <span>{stay.checkOut ? formatFull(stay.checkOut) : 'Choose a day'}</span>
        </span>
      </button>
      <div className="hold-guests">
        <span>
          Guests <span className="fine">up to {unit.guests}</span>
        </span>
        <Stepper label="Guests" value={guests} min={1} max={unit.guests} onChange={props.onGuests} />
      </div>
      {total && (
        <dl className="lines">
          <div>
            <dt>{lineText(stay, nights, count)}</dt>
            <dd>{formatExact(total)}</dd>
          </div>
          <div className="lines-total">
            <dt>Total</dt>
            <dd>{formatExact(total)}</dd>
          </div>
        </dl>
      )}
      <Refusal error={props.error} />
      <div className="hold-act">
        {total && <span className="hold-sum" aria-hidden="true"><strong>{formatMoney(total)}</strong> {plural(count, 'night')}</span>}
        {total || !props.bookable ? (
          <button type="button" className="button button-main button-wide" disabled={!ready || props.pending} onClick={props.onHold}>
            {props.pending ? 'Holding…' : 'Hold these nights'}
          </button>
        ) : (
          <button type="button" className="button button-main button-wide" onClick={props.onDates}>
            Choose nights
          </button>
        )}
      </div>
      <p className="fine hold-note">
        {property.status !== 'live'
          ? 'Nights can be held once this home is published.'
          : props.signedIn
            ? 'Held for 10 minutes while you pay. Nothing is charged yet.'
            : 'You sign in first. Held for 10 minutes while you pay.'}
      </p>
    </div>
  );
}

function lineText(stay: Stay, nights: Nights, count: number): string {
  const prices = stayNights(stay).map((night) => nights.get(night)?.price);
  const [first] = prices;
  const even = first && prices.every((price) => price?.amount === first.amount);
  return even ? `${formatMoney(first)} × ${plural(count, 'night')}` : plural(count, 'night');
}
