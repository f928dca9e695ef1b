import type { Category, Notification, Preference } from '../api/next';
import { formatRange } from './dates';

export const CATEGORIES: Record<Category, { label: string; about: string }> = {
  security: { label: 'Your account', about: 'Confirming your address, passwords, locks. Always told.' },
  bookings: { label: 'Your stays', about: 'Holds, payments, confirmations and what else happens to a stay.' },
  hosting: { label: 'Your homes', about: 'Bookings of your homes, and decisions about your listings.' },
};

export interface Notice {
  title: string;
  text: string;
  /** A path of this app. */
  link: string | null;
}

/** What a notification says and where it leads. One of a kind that this page does not know
 *  is told by its kind. */
export function notice(told: Pick<Notification, 'kind' | 'data' | 'property_title'>): Notice {
  const text = (name: string): string => (typeof told.data[name] === 'string' ? (told.data[name] as string) : '');
  const home = told.property_title ?? 'a home';
  const booking = text('booking_id');
  const property = text('property_id');
  const nights = text('check_in') && text('check_out') ? formatRange(text('check_in'), text('check_out')) : '';
  const stay = [home, nights].filter(Boolean).join(', ');
  const toBooking = booking ? `/bookings/${encodeURIComponent(booking)}` : null;
  const toHome = property ? `/landlord/${encodeURIComponent(property)}` : '/landlord';
  switch (told.kind) {
    case 'booking.held':
      return { title: 'Nights are on hold', text: stay, link: toBooking };
    case 'booking.confirmed':
      return { title: 'Booking confirmed', text: stay, link: toBooking };
    case 'booking.cancelled':
      return { title: 'Booking released', text: stay, link: toBooking };
    case 'booking.expired':
      return { title: 'The hold ran out', text: stay, link: toBooking };
    case 'booking.failed':
      return { title: 'The payment did not go through', text: stay, link: toBooking };
    case 'booking.late_payment_resolved':
      return {
        title: told.data['reacquired'] === true ? 'A late payment came, and the nights are booked' : 'A late payment came, and the money goes back',
        text: stay,
        link: toBooking,
      };
    case 'property.approved':
      return { title: 'Your listing is approved', text: home, link: toHome };
    case 'property.rejected':
      return { title: 'Your listing needs another look', text: [home, text('reason')].filter(Boolean).join(': '), link: toHome };
    case 'user.role_changed':
      return { title: 'You may offer homes now', text: 'Describe your first one.', link: '/landlord' };
    case 'user.landlord_declined':
      return { title: 'Your application was declined', text: text('reason'), link: '/account' };
    default:
      return { title: words(told.kind), text: booking ? stay : (told.property_title ?? ''), link: toBooking ?? (property ? `/listings/${encodeURIComponent(property)}` : null) };
  }
}

/** "booking.something_new" as "Booking something new". */
function words(kind: string): string {
  const plain = kind.replace(/[._-]+/g, ' ').trim();
  return plain === '' ? 'News' : plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** "99+" where there is no room for more. */
export function countText(count: number): string {
  return count > 99 ? '99+' : String(count);
}

/** The matrix after one switch was turned; what is locked stays. */
export function turned(matrix: Preference[], category: Category, channel: 'in_app' | 'email', on: boolean): Preference[] {
  return matrix.map((row) => (row.category === category && !row.locked ? { ...row, [channel]: on } : row));
}
