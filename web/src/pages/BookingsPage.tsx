import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, clock } from '../api';
import type { Booking } from '../api/types';
import { formatRange } from '../domain/dates';
import { formatMoney } from '../domain/money';
import { bookingStatus, isOpen, isStanding, plural } from '../domain/words';
import { Badge } from '../parts/Badge';
import { TimeLeft } from '../parts/Countdown';
import { Empty, Failure, Loading } from '../parts/States';
import { useTitle } from '../parts/hooks';

export function BookingsPage() {
  useTitle('Your bookings');
  const found = useInfiniteQuery({
    queryKey: ['bookings', 'tenant'],
    queryFn: ({ pageParam }) => api.bookings('tenant', pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 15_000,
  });
  const all = found.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <div className="page page-middle">
      <h1>Your bookings</h1>
      {found.isPending ? (
        <Loading />
      ) : found.isError && all.length === 0 ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : all.length === 0 ? (
        <Empty title="No bookings yet">
          <p>Find a home you like, choose your nights in its calendar and hold them.</p>
          <Link className="button button-main" to="/">Search homes</Link>
        </Empty>
      ) : (
        <>
          {split(all).map(([title, bookings]) => (
            <section key={title}>
              <h2 className="list-title">{title}</h2>
              <ul className="rows">
                {bookings.map((booking) => (
                  <BookingRow key={booking.id} booking={booking} />
                ))}
              </ul>
            </section>
          ))}
          {found.hasNextPage && (
            <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              Show older bookings
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** What needs doing, what is ahead, and the rest. */
function split(all: Booking[]): [string, Booking[]][] {
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  const open = all.filter((one) => isOpen(one.status));
  const ahead = all
    .filter((one) => isStanding(one.status) && one.check_out >= today)
    .sort((a, b) => a.check_in.localeCompare(b.check_in));
  const rest = all.filter((one) => !open.includes(one) && !ahead.includes(one));
  const groups: [string, Booking[]][] = [['Waiting for you', open], ['Coming up', ahead], ['Earlier', rest]];
  return groups.filter(([, bookings]) => bookings.length > 0);
}

export function BookingRow({ booking, title = true }: { booking: Booking; title?: boolean }) {
  return (
    <li className="row">
      <span className="row-text">
        <Link to={`/bookings/${booking.id}`}>
          {title ? booking.property_title : `${formatRange(booking.check_in, booking.check_out)}${booking.guest ? `, ${booking.guest.name}` : ''}`}
        </Link>
        <span className="fine">
          {title ? `${formatRange(booking.check_in, booking.check_out)} · ` : ''}
          {plural(booking.nights, 'night')} · {plural(booking.guests, 'guest')}
        </span>
      </span>
      <span className="row-state">
        <Badge {...bookingStatus(booking)} />
        {(booking.status === 'hold' || booking.status === 'pending_payment') && booking.expires_at && (
          <span className="fine"><TimeLeft until={booking.expires_at} /></span>
        )}
      </span>
      <span className="row-money tabular">{formatMoney(booking.price.due)}</span>
    </li>
  );
}
