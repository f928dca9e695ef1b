import type { Booking, LocalDate } from '../api/types';
import { addDays } from './dates';

export interface Column {
  name: 'answer' | 'changes' | 'paying' | 'coming';
  title: string;
  bookings: Booking[];
}

/** Days ahead in which a stay is "soon". */
const SOON = 7;

/** A landlord's bookings by what is next for them. Each is in the first column that fits;
 *  what ends first is on top. */
export function board(all: Booking[], today: LocalDate): Column[] {
  const column = (booking: Booking): Column['name'] | null => {
    const change = booking.change?.status;
    if (booking.status === 'pending_approval') return 'answer';
    if (change === 'open') return 'changes';
    if (change === 'accepted' || booking.status === 'hold' || booking.status === 'pending_payment') return 'paying';
    const isSoon = booking.check_in <= addDays(today, SOON) && booking.check_out >= today;
    return (booking.status === 'confirmed' || booking.status === 'checked_in') && isSoon ? 'coming' : null;
  };
  const deadline = (booking: Booking): string => (booking.change?.status === 'open' ? booking.change.expires_at : booking.expires_at) ?? '';
  const by = (name: Column['name'], order: (booking: Booking) => string): Booking[] =>
    all.filter((one) => column(one) === name).sort((a, b) => order(a).localeCompare(order(b)));
  return [
    { name: 'answer', title: 'To answer', bookings: by('answer', deadline) },
    { name: 'changes', title: 'Changes', bookings: by('changes', deadline) },
    { name: 'paying', title: 'To be paid', bookings: by('paying', deadline) },
    { name: 'coming', title: 'Here and coming soon', bookings: by('coming', (one) => one.check_in) },
  ];
}
