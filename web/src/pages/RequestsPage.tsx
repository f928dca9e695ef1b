import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { api, clock } from '../api';
import type { Booking } from '../api/types';
import { board } from '../domain/board';
import { formatRange } from '../domain/dates';
import { formatMoney } from '../domain/money';
import { momentText } from '../domain/timeline';
import { bookingStatus, isReserved, plural } from '../domain/words';
import { Badge } from '../parts/Badge';
import { AnswerRequest } from '../parts/booking/Asked';
import { ChangeAnswers, Compared } from '../parts/booking/ChangePanel';
import { LandlordTabs } from '../parts/LandlordTabs';
import { Empty, Failure, Loading } from '../parts/States';
import { useTitle } from '../parts/hooks';

/** Pages of bookings that are looked through. */
const PAGES = 6;

/** What waits for the landlord, and what is next. */
export default function RequestsPage() {
  useTitle('Requests');
  const found = useInfiniteQuery({
    queryKey: ['bookings', 'landlord'],
    queryFn: ({ pageParam }) => api.bookings('landlord', pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 15_000,
  });
  useEffect(() => {
    if (found.hasNextPage && !found.isFetchingNextPage && (found.data?.pages.length ?? 0) < PAGES) void found.fetchNextPage();
  }, [found]);
  const all = found.data?.pages.flatMap((page) => page.data) ?? [];
  const columns = board(all, new Date(clock.now()).toISOString().slice(0, 10));
  return (
    <div className="page hosting">
      <h1>Requests</h1>
      <LandlordTabs />
      {found.isPending ? (
        <Loading />
      ) : found.isError && all.length === 0 ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : columns.every((column) => column.bookings.length === 0) ? (
        <Empty title="Nothing waits for you">
          <p>Requests to book and changes that guests ask for are shown here.</p>
        </Empty>
      ) : (
        <div className="board">
          {columns.map((column) => (
            <section key={column.name} className="board-column" aria-labelledby={`board-${column.name}`} data-column={column.name}>
              <h2 id={`board-${column.name}`}>{column.title} <span className="fine">{column.bookings.length}</span></h2>
              {column.bookings.length === 0 ? (
                <p className="fine">None.</p>
              ) : (
                <ul>
                  {column.bookings.map((booking) => (
                    <li key={booking.id} className="panel board-card">
                      <Card booking={booking} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
          ))}
        </div>
      )}
    </div>
  );
}

function Card({ booking }: { booking: Booking }) {
  const change = booking.change?.status === 'open' || booking.change?.status === 'accepted' ? booking.change : null;
  const asked = booking.status === 'pending_approval';
  const deadline = change?.expires_at ?? booking.expires_at;
  return (
    <>
      <p className="board-home">
        <Link to={`/bookings/${booking.id}`}>{booking.property_title}</Link> <Badge {...bookingStatus(booking)} />
      </p>
      <p>
        {booking.guest ? `${booking.guest.name}, ` : ''}{formatRange(booking.check_in, booking.check_out)}
        <span className="fine board-facts">{plural(booking.nights, 'night')} · {plural(booking.guests, 'guest')} · {formatMoney(booking.price.due)}</span>
      </p>
      {asked && isReserved(booking) && <p className="fine">The price is reserved on their card.</p>}
      {asked && booking.message && <blockquote className="quote">{booking.message}</blockquote>}
      {change && <Compared booking={booking} change={change} property={undefined} />}
      {deadline && <p className="fine">{asked || change?.status === 'open' ? 'Answer by' : 'To be paid by'} {momentText(deadline, booking.zone)}</p>}
      {asked && <AnswerRequest booking={booking} />}
      {change && <ChangeAnswers booking={booking} change={change} tenant={false} />}
    </>
  );
}
