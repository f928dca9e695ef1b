import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router';
import { api } from '../api';
import type { Booking } from '../api/types';
import { formatFull } from '../domain/dates';
import { bookingStatus, isReserved } from '../domain/words';
import { ChangePanel } from '../parts/booking/ChangePanel';
import { DepositPanel } from '../parts/booking/DepositPanel';
import { Outcome } from '../parts/booking/Outcome';
import { StayActions } from '../parts/booking/StayActions';
import { Timeline } from '../parts/booking/Timeline';
import { PriceLines } from '../parts/PriceLines';
import { Failure, Loading } from '../parts/States';
import { useSession, useTitle } from '../parts/hooks';

export function BookingPage() {
  const { id = '' } = useParams();
  const [params] = useSearchParams();
  const paid = params.get('paid') === '1';
  const found = useQuery({
    queryKey: ['booking', id],
    queryFn: ({ signal }) => api.booking(id, signal),
    refetchInterval: (query) => pace(query.state.data, paid),
    refetchOnWindowFocus: 'always',
  });
  useTitle(found.data ? `${bookingStatus(found.data).label}: ${found.data.property_title}` : 'Booking');
  if (found.isPending) return <Loading />;
  if (found.isError && !found.data) {
    return (
      <div className="page">
        <Failure error={found.error} retry={() => void found.refetch()} missing="There is no such booking of yours" />
        <p className="centered"><Link to="/bookings">Your bookings</Link></p>
      </div>
    );
  }
  return <BookingView booking={found.data} paid={paid} refetch={() => void found.refetch()} />;
}

/** How often to ask, in milliseconds: often while an answer is due, rarely when settled. */
function pace(booking: Booking | undefined, paid: boolean): number | false {
  if (booking?.change?.status === 'accepted') return paid ? 1_000 : 4_000;
  if (booking?.change?.status === 'open') return 10_000;
  switch (booking?.status) {
    case 'pending_approval':
      return paid && booking.payment?.status === 'created' ? 1_000 : 15_000;
    case 'hold':
      return 15_000;
    case 'pending_payment':
      return paid || isReserved(booking) ? 1_000 : 4_000;
    case 'expiring':
      return 2_000;
    case 'confirmed':
    case 'checked_in':
      return 30_000;
    default:
      return moneyIsOnItsWay(booking) ? 2_000 : false;
  }
}

/** A payment that has come for a booking that is over goes back in a moment. */
function moneyIsOnItsWay(booking: Booking | undefined): boolean {
  return booking?.payment?.status === 'succeeded' && (booking.status === 'expired' || booking.status === 'failed');
}

function BookingView({ booking, paid, refetch }: { booking: Booking; paid: boolean; refetch: () => void }) {
  const { user } = useSession();
  // Of a stay that the landlord entered, the tenant is the landlord as well.
  const tenant = user?.id === booking.tenant_id && user.id !== booking.landlord_id;
  const home = useQuery({
    queryKey: ['property', booking.property_id],
    queryFn: ({ signal }) => api.property(booking.property_id, signal),
    staleTime: 300_000,
  });
  const property = home.data?.property;
  const zone = booking.zone ?? property?.zone;
  return (
    <div className="page booking">
      <nav aria-label="Breadcrumb" className="crumb">
        <Link to={tenant ? '/bookings' : '/landlord'}>‹ {tenant ? 'Your bookings' : 'Your listings'}</Link>
      </nav>
      <Steps booking={booking} />
      <section className="panel outcome" aria-live="polite">
        <Outcome booking={booking} paid={paid} tenant={tenant} zone={zone} refetch={refetch} />
      </section>
      <ChangePanel booking={booking} tenant={tenant} property={property} />
      <StayActions booking={booking} tenant={tenant} property={property} />
      <section className="panel">
        <h2>
          <Link to={`/listings/${booking.property_id}`}>{booking.property_title}</Link>
        </h2>
        <dl className="pairs">
          <div><dt>Check-in</dt><dd>{formatFull(booking.check_in)}{property?.policies && <span className="fine"> from {property.policies.check_in_from}</span>}</dd></div>
          <div><dt>Check-out</dt><dd>{formatFull(booking.check_out)}{property?.policies && <span className="fine"> by {property.policies.check_out_until}</span>}</dd></div>
          <div><dt>Guests</dt><dd>{booking.guests}</dd></div>
          {booking.guest && <div><dt>Who</dt><dd>{booking.guest.name}</dd></div>}
          {!tenant && booking.unit_no != null && <div><dt>Unit</dt><dd>{booking.unit_no}</dd></div>}
        </dl>
        <PriceLines price={booking.price} />
        <p className="fine">Booking {booking.id}</p>
      </section>
      <DepositPanel booking={booking} tenant={tenant} />
      <Timeline booking={booking} zone={zone} />
    </div>
  );
}

const STEPS = ['Nights held', 'Payment', 'Confirmed'] as const;
const STEPS_ASKED = ['Nights held', 'Landlord’s answer', 'Payment', 'Confirmed'] as const;

/** The way of a booking; it is shown while the booking is on it. */
function Steps({ booking }: { booking: Booking }) {
  const asks = booking.by_request === true;
  const way: readonly string[] = asks ? STEPS_ASKED : STEPS;
  const at = { hold: 0, pending_approval: 1, pending_payment: asks ? 2 : 1, expiring: asks ? 2 : 1, confirmed: way.length }[booking.status as string];
  if (at === undefined || booking.guest) return null;
  return (
    <ol className="steps">
      {way.map((step, index) => (
        <li key={step} className={index < at ? 'step-done' : index === at ? 'step-now' : undefined} aria-current={index === at ? 'step' : undefined}>
          {step}
        </li>
      ))}
    </ol>
  );
}
