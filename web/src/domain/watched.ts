import type { Alert, Criteria, Favourite } from '../api/watched';
import { formatRange } from './dates';
import { exponent, formatMoney } from './money';
import { KINDS, plural } from './words';

export const ALERTS: Record<Alert, string> = {
  instant: 'At once',
  daily: 'Once a day',
  off: 'Never, only list them',
};

/** What a search looks for, from the query that it sends: what is about pages and order is
 *  left out. */
export function criteriaOf(query: Record<string, unknown>): Criteria {
  const text = (name: string): string => String(query[name] ?? '');
  const words = (name: string): string[] => text(name).split(',').filter(Boolean);
  const numbers = (list: string): number[] => list.split(',').map(Number);
  const plain = ['q', 'price_min', 'price_max', 'currency', 'bedrooms', 'beds', 'bathrooms', 'check_in', 'check_out', 'guests'];
  const kept = Object.fromEntries(plain.filter((name) => text(name) !== '').map((name) => [name, query[name]]));
  const [lat, lon] = numbers(text('near'));
  return {
    ...kept,
    ...(text('bbox') && { bbox: numbers(text('bbox')) as Criteria['bbox'] }),
    ...(text('polygon') && { polygon: text('polygon').split(';').map(numbers) as Criteria['polygon'] }),
    ...(text('near') && { near: { lat, lon, radius_km: Number(query['radius_km']) } as Criteria['near'] }),
    ...(words('kind').length > 0 && { kinds: words('kind') as Criteria['kinds'] }),
    ...(words('amenities').length > 0 && { amenities: words('amenities') }),
  };
}

/** Whether it says anything: a search for just any home is not kept. */
export function narrows(criteria: Criteria): boolean {
  return Object.keys(criteria).length > 0;
}

/** What a search looks for, in words: "“sea view” · up to 120 a night · 2 guests". */
export function criteriaText(criteria: Criteria): string {
  const { q, price_min, price_max, check_in, check_out, guests, bedrooms, beds, bathrooms, kinds, amenities } = criteria;
  const area = criteria.bbox || criteria.polygon ? 'in an area of the map' : '';
  const near = criteria.near ? `within ${criteria.near.radius_km.toLocaleString('en-GB')} km of a point` : '';
  return [
    q ? `“${q}”` : '',
    kinds?.length ? kinds.map((kind) => KINDS[kind]).join(' or ') : '',
    area || near,
    priceText(price_min, price_max, criteria.currency),
    check_in && check_out ? formatRange(check_in, check_out) : '',
    guests ? plural(guests, 'guest') : '',
    bedrooms ? `${plural(bedrooms, 'bedroom')} or more` : '',
    beds ? `${plural(beds, 'bed')} or more` : '',
    bathrooms ? `${plural(bathrooms, 'bath')} or more` : '',
    amenities?.length ? plural(amenities.length, 'amenity', 'amenities') : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function priceText(min: number | undefined, max: number | undefined, currency: string | undefined): string {
  const price = (amount: number): string => (currency ? formatMoney({ amount, currency }) : (amount / 100).toLocaleString('en-GB'));
  if (min !== undefined && max !== undefined) return `${price(min)} to ${price(max)} a night`;
  if (max !== undefined) return `up to ${price(max)} a night`;
  return min !== undefined ? `from ${price(min)} a night` : '';
}

/** The name that a search gets when nobody gives it one. */
export function nameOf(criteria: Criteria): string {
  const text = criteria.q?.trim() || criteriaText(criteria) || 'Homes';
  return text.length > 80 ? `${text.slice(0, 79).trimEnd()}…` : text;
}

/** The search page that asks for it. */
export function searchPath(criteria: Criteria): string {
  const { near, polygon, currency } = criteria;
  const unit = currency ? 10 ** exponent(currency) : 100;
  const whole = (price: number | undefined): number | string => (price === undefined ? '' : Math.round(price / unit));
  const values: Record<string, string | number | undefined> = {
    q: criteria.q,
    check_in: criteria.check_in,
    check_out: criteria.check_out,
    guests: criteria.guests,
    price_min: whole(criteria.price_min),
    price_max: whole(criteria.price_max),
    currency,
    kind: criteria.kinds?.join(','),
    amenities: criteria.amenities?.join(','),
    bedrooms: criteria.bedrooms,
    beds: criteria.beds,
    bathrooms: criteria.bathrooms,
    bbox: criteria.bbox?.join(','),
    polygon: polygon?.map((corner) => corner.join(',')).join(';'),
    near: near && `${near.lat},${near.lon}`,
    radius_km: near?.radius_km,
  };
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const params = new URLSearchParams(said.map(([name, value]) => [name, String(value)]));
  return params.size > 0 ? `/?${params}` : '/';
}

/** How the price of a favourite has moved since it was kept, in whole percent; null when it
 *  has not, or cannot be told. */
export function priceChange(favourite: Pick<Favourite, 'price_then' | 'price_now'>): number | null {
  const { price_then: then, price_now: now } = favourite;
  if (!then || !now || then.currency !== now.currency || then.amount <= 0) return null;
  const change = Math.round(((now.amount - then.amount) / then.amount) * 100);
  return change === 0 ? null : change;
}
