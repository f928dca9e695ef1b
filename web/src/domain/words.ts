import type { Booking, BookingStatus, Card, Kind, PropertyStatus } from '../api/types';
import { formatMoney } from './money';

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

export const KINDS: Record<Kind, string> = { bed: 'Bed', room: 'Room', flat: 'Flat', house: 'House' };

export function facts(of: Pick<Card, 'bedrooms' | 'beds' | 'bathrooms' | 'guests'>): string[] {
  return [
    of.bedrooms > 0 ? plural(of.bedrooms, 'bedroom') : 'Studio',
    plural(of.beds, 'bed'),
    plural(of.bathrooms, 'bath'),
    plural(of.guests, 'guest'),
  ];
}

const regions = new Intl.DisplayNames(['en-GB'], { type: 'region' });

export function country(code: string): string {
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}

export type Tone = 'lamp' | 'brand' | 'ok' | 'bad' | 'quiet';

export const STATUS: Record<BookingStatus, { label: string; tone: Tone }> = {
  hold: { label: 'On hold', tone: 'lamp' },
  pending_payment: { label: 'Waiting for payment', tone: 'lamp' },
  expiring: { label: 'Payment is being closed', tone: 'quiet' },
  confirmed: { label: 'Confirmed', tone: 'ok' },
  expired: { label: 'Hold ended', tone: 'quiet' },
  failed: { label: 'Payment failed', tone: 'bad' },
  cancelled: { label: 'Released', tone: 'quiet' },
};

export const PROPERTY_STATUS: Record<PropertyStatus, { label: string; tone: Tone }> = {
  draft: { label: 'Draft', tone: 'quiet' },
  pending_review: { label: 'In review', tone: 'lamp' },
  live: { label: 'Live', tone: 'ok' },
  paused: { label: 'Paused', tone: 'quiet' },
  rejected: { label: 'Not accepted', tone: 'bad' },
  archived: { label: 'Archived', tone: 'quiet' },
};

/** An amenity as people read it: keys of the catalogue are words with underscores. */
export function amenity(key: string): string {
  const words = /^[a-z_]+$/.test(key) ? key.replaceAll('_', ' ') : key;
  return words === 'tv' ? 'TV' : words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a home costs at least, and for how long: by the month where no nights are let. */
export function cardPrice(card: Pick<Card, 'price_per_night' | 'price_per_month' | 'unit_types'>): {
  price: string;
  per: string;
} {
  const from = (card.unit_types ?? 1) > 1 ? 'from ' : '';
  if (card.price_per_night) return { price: from + formatMoney(card.price_per_night), per: 'a night' };
  if (card.price_per_month) return { price: from + formatMoney(card.price_per_month), per: 'a month' };
  return { price: '', per: '' };
}

/** A status this page does not know yet is shown as it came. */
export function bookingStatus(booking: Pick<Booking, 'status'>): { label: string; tone: Tone } {
  return STATUS[booking.status] ?? { label: booking.status, tone: 'quiet' };
}

export function propertyStatus(status: PropertyStatus): { label: string; tone: Tone } {
  return PROPERTY_STATUS[status] ?? { label: status, tone: 'quiet' };
}

/** Open: the tenant still has something to do, or something is still being settled. */
export function isOpen(status: BookingStatus): boolean {
  return status === 'hold' || status === 'pending_payment' || status === 'expiring';
}
