import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Card } from '../api/types';
import { formatMoney } from '../domain/money';
import type { SearchForm } from '../domain/query';
import { KINDS, country, distance, facts } from '../domain/words';
import { Cover } from './Cover';
import { Heart } from './Heart';
import { Marked } from './Marked';

/** A home's page, with the dates and guests of the search. */
export function homePath(id: string, form: Pick<SearchForm, 'checkIn' | 'checkOut' | 'guests'>): string {
  const params = new URLSearchParams();
  if (form.checkIn && form.checkOut) {
    params.set('check_in', form.checkIn);
    params.set('check_out', form.checkOut);
  }
  if (form.guests > 1) params.set('guests', String(form.guests));
  return `/listings/${encodeURIComponent(id)}${params.size > 0 ? `?${params}` : ''}`;
}

export function HomeCard({ card, form, onLift, children }: {
  card: Card;
  form: SearchForm;
  onLift: (id: string | null) => void;
  /** What else there is to say of it. */
  children?: ReactNode;
}) {
  return (
    <li
      className="card"
      onMouseEnter={() => onLift(card.id)}
      onMouseLeave={() => onLift(null)}
      onFocus={() => onLift(card.id)}
      onBlur={() => onLift(null)}
    >
      <Cover of={card} />
      <div className="card-text">
        <p className="card-place">
          <span>
            {KINDS[card.kind] ?? card.kind} in {card.city}, {country(card.country)}
            {form.sort === 'distance' && typeof card.distance_m === 'number' && ` · ${distance(card.distance_m)}`}
          </span>
          {typeof card.rating === 'number' && (
            <span className="rating" aria-label={`Rated ${card.rating.toFixed(1)} of 5`}>
              ★ {card.rating.toFixed(1)}
            </span>
          )}
        </p>
        <h2>
          <Link to={homePath(card.id, form)}>{card.highlight ? <Marked pieces={card.highlight.title} /> : card.title}</Link>
        </h2>
        <p className="card-facts">{facts(card).join(' · ')}</p>
        {card.highlight?.description.some((piece) => piece.hit) && (
          <p className="card-found">
            <Marked pieces={card.highlight.description} />
          </p>
        )}
        <p className="card-price">
          <CardPrice card={card} />
          {card.total && <span className="card-total">{formatMoney(card.total)} in total</span>}
        </p>
        {children}
      </div>
      <Heart id={card.id} title={card.title} checkIn={form.checkIn} checkOut={form.checkOut} />
    </li>
  );
}

function CardPrice({ card }: { card: Card }) {
  const [price, unit] = card.price_per_night ? [card.price_per_night, 'night'] : [card.price_per_month, 'month'];
  if (!price) return <>Ask for the price</>;
  return (
    <>
      {(card.unit_types ?? 1) > 1 && 'from '}
      <strong>{formatMoney(price)}</strong> a {unit}
    </>
  );
}

export function CardSkeleton() {
  return (
    <div className="card">
      <div className="art skeleton" />
      <div className="card-text">
        <span className="skeleton skeleton-line" />
        <span className="skeleton skeleton-line skeleton-wide" />
        <span className="skeleton skeleton-line" />
      </div>
    </div>
  );
}
