import { Link } from 'react-router';
import type { Booking } from '../../api/types';
import { formatRange } from '../../domain/dates';
import { bookingStatus, isReserved, plural } from '../../domain/words';
import { Badge } from '../Badge';
import { Asked } from './Asked';
import { Held } from './Held';

interface OutcomeProps {
  booking: Booking;
  paid: boolean;
  tenant: boolean;
  zone: string | undefined;
  refetch: () => void;
}

/** Where a booking stands, and what is next. */
export function Outcome({ booking, paid, tenant, zone, refetch }: OutcomeProps) {
  switch (booking.status) {
    case 'hold':
      return <Held booking={booking} paid={false} tenant={tenant} refetch={refetch} />;
    case 'pending_payment': {
      // What stands reserved is being taken; what could not be is to be paid once more.
      const coming = booking.payment != null && (paid || (tenant && isReserved(booking)));
      return <Held booking={booking} paid={coming} tenant={tenant} refetch={refetch} />;
    }
    case 'pending_approval':
      return <Asked booking={booking} paid={paid} tenant={tenant} zone={zone} />;
    case 'expiring':
      return (
        <>
          <span className="spinner" aria-hidden="true" />
          <h1>The payment is being closed</h1>
          <p>The hold has ended. We are making sure with the payment provider that no payment is still on its way; this takes about a minute at most. If you have paid in time, the booking is confirmed.</p>
        </>
      );
    case 'confirmed':
      return (
        <>
          <Tick />
          <h1>{tenant ? 'It’s yours' : booking.guest ? `${booking.guest.name} is coming` : 'Confirmed'}</h1>
          <p>
            {formatRange(booking.check_in, booking.check_out)}, {plural(booking.nights, 'night')}{booking.guest ? ', entered by you.' : ', paid in full.'}
          </p>
          {booking.guest?.note && <blockquote className="quote">{booking.guest.note}</blockquote>}
          {tenant && <Link className="button" to="/bookings">See your bookings</Link>}
        </>
      );
    case 'checked_in':
      return (
        <>
          <Tick />
          <h1>{tenant ? 'Welcome' : 'The guests are there'}</h1>
          <p>Until {formatRange(booking.check_in, booking.check_out).split(' – ').pop()}.</p>
        </>
      );
    default:
      return <Ended booking={booking} tenant={tenant} />;
  }
}

const ENDS: Partial<Record<Booking['status'], { title: string; text: string; again: boolean }>> = {
  completed: { title: 'The stay is over', text: '', again: false },
  expired: { title: 'The hold ran out', text: 'The nights went back to the calendar; they may still be free.', again: true },
  failed: { title: 'The payment did not go through', text: 'The nights went back to the calendar. You can hold them again if they are still free.', again: true },
  declined: { title: 'The landlord said no', text: 'The nights went back to the calendar.', again: false },
  no_show: { title: 'Nobody came', text: 'The landlord says that nobody came. The nights after the first are free again.', again: false },
};

/** One that has ended, in whatever way. */
function Ended({ booking, tenant }: { booking: Booking; tenant: boolean }) {
  const again = `/listings/${booking.property_id}`;
  const nights = `?check_in=${booking.check_in}&check_out=${booking.check_out}`;
  if (booking.status === 'cancelled') {
    const by = { tenant: tenant ? 'you' : 'the guest', landlord: tenant ? 'the landlord' : 'you', admin: 'RentEzy' };
    return (
      <>
        <h1>{booking.ended_by ? 'Cancelled' : 'Released'}</h1>
        <p>{booking.ended_by ? `Called off by ${by[booking.ended_by]}. ` : ''}The nights are free again. {charged(booking)}</p>
        {booking.reason && <blockquote className="quote">{booking.reason}</blockquote>}
        {tenant && <Link className="button" to={again}>Back to this home</Link>}
      </>
    );
  }
  const end = ENDS[booking.status];
  if (!end) {
    return (
      <>
        <h1>{bookingStatus(booking).label}</h1>
        <Badge {...bookingStatus(booking)} />
      </>
    );
  }
  return (
    <>
      <h1>{end.title}</h1>
      <p>{end.text} {booking.status === 'completed' ? '' : charged(booking)}</p>
      {booking.reason && <blockquote className="quote">{booking.reason}</blockquote>}
      {tenant && end.again && <Link className="button button-main" to={again + nights}>Look at these nights again</Link>}
    </>
  );
}

/** Where the money of a booking that ended is. */
function charged(booking: Booking): string {
  const status = booking.payment?.status ?? '';
  if (status === 'refunded') return 'The payment has been refunded in full.';
  if (status === 'partially_refunded') return 'A part of the payment has been refunded.';
  if (status === 'succeeded' && booking.ended_by) return 'Nothing of the payment goes back.';
  if (status === 'succeeded' && booking.status === 'no_show') return '';
  if (status === 'succeeded' || status.startsWith('refund')) return 'The payment is being refunded in full.';
  return 'Nothing was charged.';
}

function Tick() {
  return (
    <svg className="tick" viewBox="0 0 48 48" aria-hidden="true">
      <circle cx="24" cy="24" r="22" />
      <path d="m15 24.500 6.500 6.500L34 18" />
    </svg>
  );
}
