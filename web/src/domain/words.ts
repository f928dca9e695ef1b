import type { Cancellation, StayMode } from '../api/next';
import type { Booking, BookingStatus, Card, Kind, PropertyStatus } from '../api/types';
import { formatMoney } from './money';

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

export const KINDS: Record<Kind, string> = { bed: 'Bed', room: 'Room', flat: 'Flat', house: 'House' };

export const STAY_MODES: Record<StayMode, string> = { nightly: 'By the night', monthly: 'By the month', both: 'By the night or the month' };

/** The policies by name; the exact terms come with refunds. */
export const CANCELLATIONS: Record<Cancellation, { label: string; about: string }> = {
  flexible: { label: 'Flexible', about: 'Free until a day before.' },
  moderate: { label: 'Moderate', about: 'Free until five days before.' },
  limited: { label: 'Limited', about: 'Free until fourteen days before.' },
  firm: { label: 'Firm', about: 'Free until thirty days before.' },
  strict: { label: 'Strict', about: 'Half comes back until a week before.' },
  non_refundable: { label: 'Non-refundable', about: 'Nothing comes back.' },
};

export function facts(of: Pick<Card, 'bedrooms' | 'beds' | 'bathrooms' | 'guests'>): string[] {
  return [
    of.bedrooms > 0 ? plural(of.bedrooms, 'bedroom') : 'Studio',
    plural(of.beds, 'bed'),
    plural(of.bathrooms, 'bath'),
    plural(of.guests, 'guest'),
  ];
}

/** "from €95 a night", "€1,200 a month"; null without a price. */
export function priceText(of: Pick<Card, 'price_per_night' | 'price_per_month'>, unitTypes: number): string | null {
  const [money, unit] = of.price_per_night ? [of.price_per_night, 'night'] : [of.price_per_month, 'month'];
  return money ? `${unitTypes > 1 ? 'from ' : ''}${formatMoney(money)} a ${unit}` : null;
}

/** "800 m", "3.4 km", "120 km": places are blurred, so no finer. */
export function distance(metres: number): string {
  if (metres < 950) return `${Math.max(100, Math.round(metres / 100) * 100)} m`;
  return `${(metres / 1000).toFixed(metres < 9_950 ? 1 : 0).replace(/\.0$/, '')} km`;
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
  pending_approval: { label: 'Asked for', tone: 'lamp' },
  pending_payment: { label: 'Waiting for payment', tone: 'lamp' },
  expiring: { label: 'Payment is being closed', tone: 'quiet' },
  confirmed: { label: 'Confirmed', tone: 'ok' },
  checked_in: { label: 'Checked in', tone: 'ok' },
  completed: { label: 'Over', tone: 'quiet' },
  expired: { label: 'Hold ended', tone: 'quiet' },
  failed: { label: 'Payment failed', tone: 'bad' },
  declined: { label: 'Declined', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'quiet' },
  no_show: { label: 'Nobody came', tone: 'bad' },
};

export const PROPERTY_STATUS: Record<PropertyStatus, { label: string; tone: Tone }> = {
  draft: { label: 'Draft', tone: 'quiet' },
  pending_review: { label: 'In review', tone: 'lamp' },
  live: { label: 'Live', tone: 'ok' },
  paused: { label: 'Paused', tone: 'quiet' },
  rejected: { label: 'Sent back', tone: 'bad' },
  archived: { label: 'Archived', tone: 'quiet' },
};

/** A status this page does not know yet is shown as it came. */
export function bookingStatus(booking: Pick<Booking, 'status' | 'ended_by'>): { label: string; tone: Tone } {
  // A hold that its tenant gave up was never a stay that anybody could call off.
  if (booking.status === 'cancelled' && !booking.ended_by) return { label: 'Released', tone: 'quiet' };
  return STATUS[booking.status] ?? { label: booking.status, tone: 'quiet' };
}

export function propertyStatus(status: PropertyStatus): { label: string; tone: Tone } {
  return PROPERTY_STATUS[status] ?? { label: status, tone: 'quiet' };
}

/** Its price stands reserved on the tenant's card, and nothing was taken. */
export function isReserved(booking: Pick<Booking, 'payment'>): boolean {
  return booking.payment?.status === 'authorized';
}

/** It stands: the guests will come, or are there. */
export function isStanding(status: BookingStatus): boolean {
  return status === 'confirmed' || status === 'checked_in';
}

/** Open: the tenant still has something to do, or something is still being settled. */
export function isOpen(status: BookingStatus): boolean {
  return status === 'hold' || status === 'pending_approval' || status === 'pending_payment' || status === 'expiring';
}
