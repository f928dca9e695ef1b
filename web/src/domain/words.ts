import type { Booking, BookingStatus, Card, Kind, PropertyStatus } from '../api/types';

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
};

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
