import { useState, type FormEvent, type ReactNode } from 'react';
import type { Quote, Unit } from '../api/next';
import type { Property } from '../api/types';
import { formatFull } from '../domain/dates';
import { byNight } from '../domain/listing';
import { formatMoney } from '../domain/money';
import { stayNights, type Stay } from '../domain/nights';
import { plural } from '../domain/words';
import { TextField } from './Field';
import { PriceLines } from './PriceLines';
import { Refusal } from './States';
import { Stepper } from './Stepper';

interface HoldPanelProps {
  property: Property;
  unit: Unit;
  stay: Stay;
  guests: number;
  /** What the stay costs, once the server has said so. */
  quote: Quote | undefined;
  quoting: boolean;
  promo: string;
  /** What is wrong with the promo code. */
  promoError: string | undefined;
  bookable: boolean;
  pending: boolean;
  error: unknown;
  signedIn: boolean;
  /** Stays that may be booked instead of one that may not. */
  nearest: ReactNode;
  onGuests: (guests: number) => void;
  onPromo: (code: string) => void;
  onHold: () => void;
  onDates: () => void;
}

/** Dates, guests and total of a stay that can be held. */
export function HoldPanel(props: HoldPanelProps) {
  const { property, unit, stay, guests, quote } = props;
  const count = stayNights(stay).length;
  const isWhole = count > 0;
  const ready = quote !== undefined && !props.quoting && props.bookable && property.status === 'live';
  const asks = property.policies?.instant_book === false;
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
      {quote ? (
        <div className={props.quoting ? 'is-old' : undefined}>
          <PriceLines price={quote.price} />
        </div>
      ) : (
        props.quoting && <p className="fine hold-wait" role="status">Adding up…</p>
      )}
      {isWhole && <PromoField code={props.promo} error={props.promoError} onCode={props.onPromo} />}
      <Refusal error={props.error} />
      {props.nearest}
      <div className="hold-act">
        {quote && <span className="hold-sum" aria-hidden="true"><strong>{formatMoney(quote.price.due)}</strong> {plural(count, 'night')}</span>}
        {isWhole ? (
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
          : `${props.signedIn ? '' : 'You sign in first. '}${asks ? 'Held for 10 minutes while you ask the landlord.' : 'Held for 10 minutes while you pay.'}${props.signedIn ? ' Nothing is charged yet.' : ''}`}
      </p>
    </div>
  );
}

/** A code that a landlord gave: used when it is sent, not with every letter. Sent empty, it is taken away. */
function PromoField({ code, error, onCode }: { code: string; error: string | undefined; onCode: (code: string) => void }) {
  const [text, setText] = useState(code);
  const [open, setOpen] = useState(code !== '');
  const typed = text.trim().toUpperCase();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onCode(typed);
  };
  if (!open) return <button type="button" className="link promo-open" onClick={() => setOpen(true)}>I have a promo code</button>;
  return (
    <form className="promo" onSubmit={submit}>
      <TextField label="Promo code" name="promo" maxLength={20} autoComplete="off" value={text} onText={setText} error={error} autoFocus={code === ''} />
      <button type="submit" className="button" disabled={typed === code}>{typed === '' && code !== '' ? 'Remove' : 'Use'}</button>
    </form>
  );
}
