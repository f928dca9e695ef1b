import type { Category, Notification, Preference } from '../api/next';
import type { Money } from '../api/types';
import { formatRange } from './dates';
import { formatMoney } from './money';
import { plural } from './words';

export const CATEGORIES: Record<Category, { label: string; about: string }> = {
  security: { label: 'Your account', about: 'Confirming your address, passwords, locks. Always told.' },
  bookings: { label: 'Your stays', about: 'Holds, payments, confirmations and what else happens to a stay.' },
  hosting: { label: 'Your homes', about: 'Bookings of your homes, and decisions about your listings.' },
  alerts: { label: 'What you look for', about: 'Homes that match your saved searches, and news of your favourites.' },
};

export interface Notice {
  title: string;
  text: string;
  /** A path of this app. */
  link: string | null;
}

/** Who has called a stay off or proposed a change, as the reader would say it. */
function whose(by: string, side: string): string {
  if (by === side) return 'You have';
  return { tenant: 'The guest has', landlord: 'The landlord has', admin: 'RentEzy has' }[by] ?? 'Somebody has';
}

const UNCHANGED: Record<string, string> = {
  declined: 'The change was declined',
  withdrawn: 'The change was taken back',
  expired: 'The change was not answered or paid for in time',
  failed: 'The change did not come about',
};

/** The titles of what happens to a stay, for the side that reads them. */
function ofStay(kind: string, landlord: boolean, data: Record<string, unknown>): string | null {
  const text = (name: string): string => (typeof data[name] === 'string' ? (data[name] as string) : '');
  const side = text('side');
  switch (kind) {
    case 'booking.held':
      return 'Nights are on hold';
    case 'booking.requested':
      return landlord ? 'Somebody asks to come: answer them' : 'The landlord is asked';
    case 'booking.approved':
      if (data['reserved'] === true) return landlord ? 'You have said yes; their card is charged' : 'You may come: your card is charged';
      return landlord ? 'You have said yes; they have to pay' : 'You may come: pay to book';
    case 'booking.declined':
      return landlord ? 'You have declined a request' : 'Your request was declined';
    case 'booking.confirmed':
      return landlord ? 'New booking' : 'Booking confirmed';
    case 'booking.recorded':
      return 'Your own booking is in the calendar';
    case 'booking.cancelled':
      return text('by') ? `${whose(text('by'), side)} called the stay off` : 'Booking released';
    case 'booking.expired':
      return data['asked'] === true ? 'A request was not answered in time' : 'The hold ran out';
    case 'booking.failed':
      return 'The payment did not go through';
    case 'booking.late_payment_resolved':
      return data['reacquired'] === true ? 'A late payment came, and the nights are booked' : 'A late payment came, and the money goes back';
    case 'booking.checked_in':
      return landlord ? 'Your guest is there' : 'You are checked in';
    case 'booking.completed':
      return landlord ? 'A stay is over' : 'Your stay is over';
    case 'booking.no_show':
      return landlord ? 'Nobody came' : 'The landlord says that you did not come';
    case 'booking.change_proposed':
      return `${whose(text('by'), side)} proposed a change`;
    case 'booking.change_accepted':
      return landlord ? 'A change is agreed on; they have to pay for it' : 'A change is agreed on: pay for it';
    case 'booking.change_declined':
      return UNCHANGED[text('why')] ?? 'The change came to nothing';
    case 'booking.modified':
      return 'The stay has changed';
    case 'booking.moved':
      return 'The stay has another unit';
    case 'deposit.deducted':
      return landlord ? 'You want to keep part of a deposit' : 'Part of your deposit is to be kept';
    case 'deposit.contested':
      if (side === 'admin') return 'A deposit is contested: decide';
      return landlord ? 'Your guest objects about the deposit' : 'You object about your deposit';
    case 'deposit.released':
      return landlord ? 'A deposit is settled' : 'Your deposit is settled';
    case 'payment.authorized':
      return landlord ? 'Money is reserved for a request' : 'Your card is authorised, not charged';
    case 'payment.capture_failed':
      return 'Your card could not be charged: pay to book';
    case 'payment.failed':
      return 'The payment was turned down: try again';
    case 'refund.created':
      return 'A refund is on its way';
    case 'refund.succeeded':
      return 'A refund has gone out';
    case 'refund.failed':
      return side === 'admin' ? 'A refund has failed: see to it' : 'A refund has not gone through; we see to it';
    default:
      return null;
  }
}

/** The sum that news of a stay speak of. */
function sumOf(data: Record<string, unknown>): string {
  const sum = data['amount'] ?? data['refund'];
  const money = sum as Partial<Money> | null | undefined;
  if (typeof money?.amount !== 'number' || typeof money.currency !== 'string' || money.amount === 0) return '';
  return formatMoney({ amount: money.amount, currency: money.currency });
}

/** "€120 instead of €150". */
function dropOf(data: Record<string, unknown>): string {
  const [old, now] = [data['old'], data['new']].map((one) => one as Partial<Money> | null | undefined);
  if (typeof old?.amount !== 'number' || typeof now?.amount !== 'number' || !old.currency || !now.currency) return '';
  return `${formatMoney(now as Money)} instead of ${formatMoney(old as Money)}`;
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
  const toListing = property ? `/listings/${encodeURIComponent(property)}` : null;
  const toHome = property ? `/landlord/${encodeURIComponent(property)}` : '/landlord';
  const title = ofStay(told.kind, text('side') === 'landlord', told.data);
  if (title !== null) {
    // Of other news the reason is a word for the server, not for people.
    const said = [stay, sumOf(told.data), told.kind === 'booking.declined' ? text('reason') : ''];
    return { title, text: said.filter(Boolean).join(': '), link: text('side') === 'admin' ? null : toBooking };
  }
  switch (told.kind) {
    case 'property.approved':
      return { title: 'Your listing is approved', text: home, link: toHome };
    case 'property.rejected':
      return { title: 'Your listing needs another look', text: [home, text('reason')].filter(Boolean).join(': '), link: toHome };
    case 'user.role_changed':
      return { title: 'You may offer homes now', text: 'Describe your first one.', link: '/landlord' };
    case 'user.landlord_declined':
      return { title: 'Your application was declined', text: text('reason'), link: '/account' };
    case 'search.matched':
      return { title: `New for “${text('name')}”`, text: home, link: toListing };
    case 'search.digested':
      return { title: `${plural(Number(told.data['count']) || 0, 'new home')} for “${text('name')}”`, text: told.property_title ? `The latest: ${home}` : '', link: `/saved?search=${encodeURIComponent(text('search_id'))}` };
    case 'favourite.price_dropped':
      return { title: 'A favourite costs less now', text: [home, dropOf(told.data)].filter(Boolean).join(': '), link: toListing };
    case 'favourite.nights_freed':
      return { title: 'A favourite is free on your dates', text: stay, link: toListing && nights ? `${toListing}?check_in=${text('check_in')}&check_out=${text('check_out')}` : toListing };
    default:
      return { title: words(told.kind), text: booking ? stay : (told.property_title ?? ''), link: toBooking ?? toListing };
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
