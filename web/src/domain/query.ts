import type { SearchQuery, Sort } from '../api/types';
import { isDate } from './dates';

/** A search as it stands in the address bar. Prices are whole units there and in the form;
 *  the API takes minor units. */
export interface SearchForm {
  q: string;
  checkIn: string;
  checkOut: string;
  guests: number;
  priceMin: string;
  priceMax: string;
  bbox: string;
  sort: Sort;
}

const SORTS: Sort[] = ['relevance', 'price', 'newest'];

export function readForm(params: URLSearchParams): SearchForm {
  const checkIn = params.get('check_in');
  const checkOut = params.get('check_out');
  const dated = isDate(checkIn) && isDate(checkOut) && checkIn < checkOut;
  const sort = params.get('sort') as Sort | null;
  return {
    q: params.get('q') ?? '',
    checkIn: dated ? checkIn : '',
    checkOut: dated ? checkOut : '',
    guests: count(params.get('guests')),
    priceMin: digits(params.get('price_min')),
    priceMax: digits(params.get('price_max')),
    bbox: isBox(params.get('bbox')) ? (params.get('bbox') as string) : '',
    sort: sort && SORTS.includes(sort) ? sort : 'relevance',
  };
}

export function writeForm(form: SearchForm): URLSearchParams {
  const params = new URLSearchParams();
  const put = (name: string, value: string): void => {
    if (value !== '') params.set(name, value);
  };
  put('q', form.q.trim());
  put('check_in', form.checkIn);
  put('check_out', form.checkOut);
  put('guests', form.guests > 1 ? String(form.guests) : '');
  put('price_min', form.priceMin);
  put('price_max', form.priceMax);
  put('bbox', form.bbox);
  put('sort', form.sort === 'relevance' ? '' : form.sort);
  return params;
}

export function toQuery(form: SearchForm, limit: number, cursor?: string | null): SearchQuery {
  const dated = form.checkIn !== '' && form.checkOut !== '';
  return {
    ...(form.q.trim() && { q: form.q.trim() }),
    ...(form.bbox && { bbox: form.bbox }),
    ...(form.priceMin && { price_min: Number(form.priceMin) * 100 }),
    ...(form.priceMax && { price_max: Number(form.priceMax) * 100 }),
    ...(dated && { check_in: form.checkIn, check_out: form.checkOut }),
    ...(form.guests > 1 && { guests: form.guests }),
    ...(form.sort !== 'relevance' && { sort: form.sort }),
    limit,
    ...(cursor && { cursor }),
  };
}

/** What is wrong with the form, or null. */
export function formError(form: SearchForm): string | null {
  if ((form.checkIn === '') !== (form.checkOut === '')) return 'Choose both dates, or neither.';
  if (form.checkIn && form.checkIn >= form.checkOut) return 'Check-out must be after check-in.';
  if (form.priceMin && form.priceMax && Number(form.priceMin) > Number(form.priceMax)) {
    return 'The lowest price is above the highest.';
  }
  return null;
}

/** How many narrowing parts are set beside text. */
export function filterCount(form: SearchForm): number {
  return [form.checkIn, form.guests > 1, form.priceMin || form.priceMax, form.bbox].filter(Boolean).length;
}

function count(text: string | null): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= 50 ? value : 1;
}

export function digits(text: string | null): string {
  return (text ?? '').replace(/\D/g, '').slice(0, 7);
}

function isBox(text: string | null): boolean {
  const parts = (text ?? '').split(',').map(Number);
  return parts.length === 4 && parts.every((part) => Number.isFinite(part));
}
