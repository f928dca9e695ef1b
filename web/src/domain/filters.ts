import type { Amenity } from '../api/next';
import type { Facets } from '../api/search';
import type { Card, Kind } from '../api/types';
import { formatRange } from './dates';
import { ANYWHERE, hasArea, type SearchForm } from './query';
import { KINDS, plural } from './words';

/** Something that can be chosen, with how many homes choosing it would leave. */
export interface Choice<T> {
  value: T;
  label: string;
  /** Null while it is not known. */
  count: number | null;
  chosen: boolean;
  /** Nothing would be found; what is chosen can always be taken back. */
  disabled: boolean;
}

function choice<T>(value: T, label: string, count: number | null, chosen: boolean): Choice<T> {
  return { value, label, count, chosen, disabled: count === 0 && !chosen };
}

/** A count that is not sent is none. */
function counted(counts: Record<string, number> | undefined, key: string): number | null {
  return counts ? (counts[key] ?? 0) : null;
}

export function kindChoices(form: SearchForm, facets: Facets | undefined): Choice<Kind>[] {
  const kinds = Object.keys(KINDS) as Kind[];
  return kinds.map((kind) => choice(kind, KINDS[kind], counted(facets?.kind, kind), form.kinds.includes(kind)));
}

/** The catalogue in its order; what is chosen and not in it comes last. */
export function amenityChoices(form: SearchForm, facets: Facets | undefined, catalogue: Amenity[]): Choice<string>[] {
  const known = new Set(catalogue.map((one) => one.key));
  const others = form.amenities.filter((key) => !known.has(key)).map((key) => ({ key, label: amenityLabel(key, catalogue) }));
  return [...catalogue, ...others].map(({ key, label }) => choice(key, label, counted(facets?.amenities, key), form.amenities.includes(key)));
}

/** The keys that most homes have, most first. */
export function commonest(facets: Facets, many: number): string[] {
  const counts = Object.entries(facets.amenities).sort(([a, most], [b, more]) => more - most || a.localeCompare(b));
  return counts.slice(0, many).map(([key]) => key);
}

export const ROOMS = ['bedrooms', 'beds', 'bathrooms'] as const;
export type Rooms = (typeof ROOMS)[number];

/** "Any", "1+" and so on: the counts are of homes with at least so many. */
export function roomChoices(form: SearchForm, facets: Facets | undefined, of: Rooms, most = 4): Choice<number>[] {
  const steps = [...new Set([...Array.from({ length: most }, (_, index) => index + 1), form[of]])].filter((step) => step > 0).sort((a, b) => a - b);
  return [
    choice(0, 'Any', null, form[of] === 0),
    ...steps.map((step) => choice(step, `${step}+`, counted(facets?.[of], String(step)), form[of] === step)),
  ];
}

export function amenityLabel(key: string, catalogue: Amenity[]): string {
  return catalogue.find((one) => one.key === key)?.label ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');
}

/** One thing that narrows a search, and the search without it. */
export interface Chip {
  key: string;
  label: string;
  without: SearchForm;
}

/** Everything that narrows a search beside its words. */
export function chips(form: SearchForm, catalogue: Amenity[]): Chip[] {
  const all: Chip[] = [];
  const add = (when: unknown, key: string, label: string, change: Partial<SearchForm>): void => {
    if (when) all.push({ key, label, without: { ...form, ...change } });
  };
  add(hasArea(form), 'area', areaText(form), ANYWHERE);
  add(form.checkIn, 'dates', form.checkIn && formatRange(form.checkIn, form.checkOut), { checkIn: '', checkOut: '' });
  add(form.guests > 1, 'guests', plural(form.guests, 'guest'), { guests: 1 });
  add(form.priceMin || form.priceMax, 'price', `${priceLabel(form)} a night`, { priceMin: '', priceMax: '' });
  add(form.currency, 'currency', `In ${form.currency}`, { currency: '' });
  for (const kind of form.kinds) add(true, `kind-${kind}`, KINDS[kind], { kinds: form.kinds.filter((one) => one !== kind) });
  for (const [of, one] of [['bedrooms', 'bedroom'], ['beds', 'bed'], ['bathrooms', 'bath']] as const) {
    add(form[of], of, `${form[of]}+ ${one}s`, { [of]: 0 });
  }
  for (const key of form.amenities) {
    add(true, `amenity-${key}`, amenityLabel(key, catalogue), { amenities: form.amenities.filter((one) => one !== key) });
  }
  return all;
}

function areaText(form: SearchForm): string {
  if (form.polygon) return 'In the drawn area';
  return form.near ? `Within ${form.radiusKm.toLocaleString('en-GB')} km` : 'In the map’s area';
}

/** "€50 – €120", "Up to 120", "From €50": without a currency the bare number. */
export function priceLabel(form: Pick<SearchForm, 'priceMin' | 'priceMax' | 'currency'>): string {
  const text = (price: string): string => wholePrice(Number(price), form.currency);
  if (form.priceMin && form.priceMax) return `${text(form.priceMin)} – ${text(form.priceMax)}`;
  if (form.priceMax) return `Up to ${text(form.priceMax)}`;
  return form.priceMin ? `From ${text(form.priceMin)}` : 'Any price';
}

export function wholePrice(price: number, currency: string): string {
  if (!currency) return price.toLocaleString('en-GB');
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency, maximumFractionDigits: 0 }).format(price);
}

/** The currencies that homes ask in, the commonest first. */
export function currenciesOf(cards: Pick<Card, 'price_per_night'>[]): string[] {
  const counts = new Map<string, number>();
  for (const { price_per_night: price } of cards) if (price) counts.set(price.currency, (counts.get(price.currency) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([currency]) => currency);
}

/** The search without any of them: words, dates and guests stay. */
export function withoutFilters(form: SearchForm): SearchForm {
  return { ...form, priceMin: '', priceMax: '', currency: '', kinds: [], amenities: [], bedrooms: 0, beds: 0, bathrooms: 0 };
}

/** One in, or out if it is in. */
export function toggled<T>(list: T[], one: T): T[] {
  return list.includes(one) ? list.filter((each) => each !== one) : [...list, one];
}
