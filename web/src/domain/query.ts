import type { SearchCriteria, SearchQuery, Sort } from '../api/search';
import type { Kind } from '../api/types';
import { parsePolygon } from './area';
import { isDate } from './dates';
import { CURRENCIES, exponent } from './money';

/** A search as it stands in the address bar. Prices are whole units there and in the form;
 *  the API takes minor units. What is empty or 0 narrows nothing. */
export interface SearchForm {
  q: string;
  checkIn: string;
  checkOut: string;
  guests: number;
  priceMin: string;
  priceMax: string;
  /** ISO 4217; empty: homes of any currency, compared by the bare number. */
  currency: string;
  kinds: Kind[];
  /** Keys of the catalogue. */
  amenities: string[];
  /** At least so many. */
  bedrooms: number;
  beds: number;
  /** At least so many, in halves. */
  bathrooms: number;
  /** west,south,east,north; at most one of this, `polygon` and `near`. */
  bbox: string;
  /** lon,lat;lon,lat;… */
  polygon: string;
  /** lat,lon; with `radiusKm`. */
  near: string;
  radiusKm: number;
  sort: Sort;
}

const SORTS: Sort[] = ['relevance', 'price', 'price_desc', 'distance', 'newest'];
const KINDS: Kind[] = ['bed', 'room', 'flat', 'house'];
const RADIUS_MAX = 10_000;
const CHOSEN_MAX = 40;

export function readForm(params: URLSearchParams): SearchForm {
  const checkIn = params.get('check_in');
  const checkOut = params.get('check_out');
  const dated = isDate(checkIn) && isDate(checkOut) && checkIn < checkOut;
  const area = readArea(params);
  return {
    q: params.get('q') ?? '',
    checkIn: dated ? checkIn : '',
    checkOut: dated ? checkOut : '',
    guests: count(params.get('guests'), 1),
    priceMin: digits(params.get('price_min')),
    priceMax: digits(params.get('price_max')),
    currency: CURRENCIES.find((code) => code === params.get('currency')) ?? '',
    kinds: KINDS.filter((kind) => words(params.get('kind')).includes(kind)),
    amenities: [...new Set(words(params.get('amenities')))].filter((key) => /^\w{1,40}$/.test(key)).slice(0, CHOSEN_MAX),
    bedrooms: count(params.get('bedrooms'), 0),
    beds: count(params.get('beds'), 0),
    bathrooms: halves(params.get('bathrooms')),
    ...area,
    sort: readSort(params.get('sort'), area),
  };
}

type Place = Pick<SearchForm, 'bbox' | 'polygon' | 'near' | 'radiusKm'>;

/** No area at all. */
export const ANYWHERE: Place = { bbox: '', polygon: '', near: '', radiusKm: 0 };

/** The server takes one area; of several the most exact one stays. */
function readArea(params: URLSearchParams): Place {
  const [bbox, polygon, near] = ['bbox', 'polygon', 'near'].map((name) => params.get(name) ?? '') as [string, string, string];
  if (parsePolygon(polygon)) return { ...ANYWHERE, polygon };
  const radiusKm = Number(params.get('radius_km'));
  if (numbers(near, 2) && radiusKm > 0 && radiusKm <= RADIUS_MAX) return { ...ANYWHERE, near, radiusKm };
  return numbers(bbox, 4) ? { ...ANYWHERE, bbox } : ANYWHERE;
}

/** Distances are measured from an area: without one there is no such order. */
function readSort(text: string | null, area: Place): Sort {
  const sort = SORTS.find((one) => one === text) ?? 'relevance';
  return sort === 'distance' && !hasArea(area) ? 'relevance' : sort;
}

export function writeForm(form: SearchForm): URLSearchParams {
  const params = new URLSearchParams();
  const put = (name: string, value: string | number): void => {
    if (value !== '' && value !== 0) params.set(name, String(value));
  };
  put('q', form.q.trim());
  put('check_in', form.checkIn);
  put('check_out', form.checkOut);
  put('guests', form.guests > 1 ? form.guests : '');
  put('price_min', form.priceMin);
  put('price_max', form.priceMax);
  put('currency', form.currency);
  put('kind', form.kinds.join(','));
  put('amenities', form.amenities.join(','));
  put('bedrooms', form.bedrooms);
  put('beds', form.beds);
  put('bathrooms', form.bathrooms);
  put('bbox', form.bbox);
  put('polygon', form.polygon);
  put('near', form.near);
  put('radius_km', form.radiusKm);
  put('sort', readSort(form.sort, form) === 'relevance' ? '' : form.sort);
  return params;
}

/** What is looked for, without order and page: what maps and counts are asked by too. */
export function toCriteria(form: SearchForm): SearchCriteria {
  const dated = form.checkIn !== '' && form.checkOut !== '';
  // Minor units of a currency; without one hundredths, whatever the currency of a home is.
  const unit = form.currency ? 10 ** exponent(form.currency) : 100;
  return {
    ...(form.q.trim() && { q: form.q.trim() }),
    ...(form.bbox && { bbox: form.bbox }),
    ...(form.polygon && { polygon: form.polygon }),
    ...(form.near && { near: form.near, radius_km: form.radiusKm }),
    ...(form.priceMin && { price_min: Number(form.priceMin) * unit }),
    ...(form.priceMax && { price_max: Number(form.priceMax) * unit }),
    ...(form.currency && { currency: form.currency }),
    ...(form.kinds.length > 0 && { kind: form.kinds.join(',') }),
    ...(form.amenities.length > 0 && { amenities: form.amenities.join(',') }),
    ...(form.bedrooms > 0 && { bedrooms: form.bedrooms }),
    ...(form.beds > 0 && { beds: form.beds }),
    ...(form.bathrooms > 0 && { bathrooms: form.bathrooms }),
    ...(dated && { check_in: form.checkIn, check_out: form.checkOut }),
    ...(form.guests > 1 && { guests: form.guests }),
  };
}

export function toQuery(form: SearchForm, limit: number, cursor?: string | null): SearchQuery {
  return {
    ...toCriteria(form),
    ...(form.sort !== 'relevance' && { sort: form.sort }),
    limit,
    ...(cursor && { cursor }),
  };
}

export function hasArea(form: Place): boolean {
  return form.bbox !== '' || form.polygon !== '' || form.near !== '';
}

/** The search that the bar asks for. Words for another place leave the old area behind:
 *  with both nothing would be found. */
export function withBar(form: SearchForm, bar: Pick<SearchForm, 'q' | 'checkIn' | 'checkOut' | 'guests'>): SearchForm {
  const { q, checkIn, checkOut, guests } = bar;
  const moved = q.trim() !== '' && q.trim() !== form.q.trim();
  return { ...form, q, checkIn, checkOut, guests, ...(moved && ANYWHERE) };
}

/** What is wrong with the form, or null. */
export function formError(form: Pick<SearchForm, 'checkIn' | 'checkOut'>): string | null {
  if ((form.checkIn === '') !== (form.checkOut === '')) return 'Choose both dates, or neither.';
  if (form.checkIn && form.checkIn >= form.checkOut) return 'Check-out must be after check-in.';
  return null;
}

/** How many of the filters that the panel holds are set. */
export function filterCount(form: SearchForm): number {
  const single = [form.priceMin || form.priceMax, form.currency, form.bedrooms, form.beds, form.bathrooms];
  return single.filter(Boolean).length + form.kinds.length + form.amenities.length;
}

function words(text: string | null): string[] {
  return (text ?? '').split(',').filter(Boolean);
}

function count(text: string | null, none: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= none && value <= 50 ? value : none;
}

function halves(text: string | null): number {
  const value = Number(text);
  return Number.isInteger(value * 2) && value > 0 && value <= 50 ? value : 0;
}

export function digits(text: string | null): string {
  return (text ?? '').replace(/\D/g, '').slice(0, 7);
}

function numbers(text: string, many: number): boolean {
  const parts = text.split(',');
  return parts.length === many && parts.every((part) => part.trim() !== '' && Number.isFinite(Number(part)));
}
