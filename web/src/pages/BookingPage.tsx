import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { api } from '../api';
import { Problem } from '../api/problem';
import type { Booking } from '../api/types';
import { formatFull, formatRange } from '../domain/dates';
import { formatExact, formatMoney } from '../domain/money';
import { bookingStatus, plural } from '../domain/words';
import { Badge } from '../parts/Badge';
import { Countdown } from '../parts/Countdown';
import { Failure, Loading, Refusal } from '../parts/States';
import { useActionKeys, useSession, useTimeLeft, useTitle, useVersion } from '../parts/hooks';

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

/** How often to ask, in milliseconds: often while an answer is due, never when settled. */
function pace(booking: Booking | undefined, paid: boolean): number | false {
  switch (booking?.status) {
    case 'hold':
      return 15_000;
    case 'pending_payment':
      return paid ? 1_000 : 4_000;
    case 'expiring':
      return 2_000;
    default:
      return false;
  }
}

function BookingView({ booking, paid, refetch }: { booking: Booking; paid: boolean; refetch: () => void }) {
  const { user } = useSession();
  const tenant = user?.id === booking.tenant_id;
  return (
    <div className="page booking">
      <nav aria-label="Breadcrumb" className="crumb">
        <Link to={tenant ? '/bookings' : '/landlord'}>‹ {tenant ? 'Your bookings' : 'Your listings'}</Link>
      </nav>
      <Steps booking={booking} />
      <section className="panel outcome" aria-live="polite">
        <Outcome booking={booking} paid={paid} tenant={tenant} refetch={refetch} />
      </section>
      <section className="panel">
        <h2>
          <Link to={`/listings/${booking.property_id}`}>{booking.property_title}</Link>
        </h2>
        <dl className="pairs">
          <div><dt>Check-in</dt><dd>{formatFull(booking.check_in)}</dd></div>
          <div><dt>Check-out</dt><dd>{formatFull(booking.check_out)}</dd></div>
          <div><dt>Guests</dt><dd>{booking.guests}</dd></div>
        </dl>
        <dl className="lines">
          <div>
            <dt>{formatMoney(booking.price.per_night)} × {plural(booking.price.nights, 'night')}</dt>
            <dd>{formatExact(booking.price.total)}</dd>
          </div>
          <div className="lines-total">
            <dt>Total</dt>
            <dd>{formatExact(booking.price.total)}</dd>
          </div>
        </dl>
        <p className="fine">Booking {booking.id}</p>
      </section>
    </div>
  );
}

const STEPS = ['Nights held', 'Payment', 'Confirmed'] as const;

/** The way of a booking; it is shown while the booking is on it. */
function Steps({ booking }: { booking: Booking }) {
  const at = { hold: 0, pending_payment: 1, expiring: 1, confirmed: 3 }[booking.status as string];
  if (at === undefined) return null;
  return (
    <ol className="steps">
      {STEPS.map((step, index) => (
        <li key={step} className={index < at ? 'step-done' : index === at ? 'step-now' : undefined} aria-current={index === at ? 'step' : undefined}>
          {step}
        </li>
      ))}
    </ol>
  );
}

function Outcome({ booking, paid, tenant, refetch }: {
  booking: Booking;
  paid: boolean;
  tenant: boolean;
  refetch: () => void;
}) {
  const again = `/listings/${booking.property_id}`;
  switch (booking.status) {
    case 'hold':
    case 'pending_payment':
      return <Held booking={booking} paid={paid && booking.status === 'pending_payment'} tenant={tenant} refetch={refetch} />;
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
          <h1>{tenant ? 'It’s yours' : 'Confirmed'}</h1>
          <p>
            {formatRange(booking.check_in, booking.check_out)}, {plural(booking.nights, 'night')}, paid in full.
          </p>
          {tenant && <Link className="button" to="/bookings">See your bookings</Link>}
        </>
      );
    case 'expired':
      return (
        <>
          <h1>The hold ran out</h1>
          <p>The nights went back to the calendar; they may still be free. {charged(booking)}</p>
          {tenant && <Link className="button button-main" to={`${again}?check_in=${booking.check_in}&check_out=${booking.check_out}`}>Look at these nights again</Link>}
        </>
      );
    case 'failed':
      return (
        <>
          <h1>The payment did not go through</h1>
          <p>The nights went back to the calendar. You can hold them again if they are still free. {charged(booking)}</p>
          {tenant && <Link className="button button-main" to={`${again}?check_in=${booking.check_in}&check_out=${booking.check_out}`}>Look at these nights again</Link>}
        </>
      );
    case 'cancelled':
      return (
        <>
          <h1>Released</h1>
          <p>The nights are free again. {charged(booking)}</p>
          {tenant && <Link className="button" to={again}>Back to this home</Link>}
        </>
      );
    default:
      return (
        <>
          <h1>{bookingStatus(booking).label}</h1>
          <Badge {...bookingStatus(booking)} />
        </>
      );
  }
}

/** Where the money of a booking that ended is. */
function charged(booking: Booking): string {
  const status = booking.payment?.status ?? '';
  if (status === 'refunded') return 'The payment has been refunded in full.';
  if (status === 'succeeded' || status.startsWith('refund')) return 'The payment is being refunded in full.';
  return 'Nothing was charged.';
}

function Held({ booking, paid, tenant, refetch }: { booking: Booking; paid: boolean; tenant: boolean; refetch: () => void }) {
  const left = useTimeLeft(booking.expires_at);
  const over = booking.expires_at != null && left === 0;
  useEffect(() => {
    if (!over) return;
    // The server ends the hold, not this clock: ask until it has.
    const timer = window.setInterval(refetch, 1_000);
    return () => window.clearInterval(timer);
  }, [over, refetch]);
  if (paid) return <Confirming />;
  return (
    <div className="held">
      {booking.expires_at && <Countdown from={booking.created_at} until={booking.expires_at} />}
      <div>
        <h1>{over ? 'The hold is ending' : tenant ? 'These nights are held for you' : 'Held by a tenant'}</h1>
        <p>
          {over
            ? 'The time is up. One moment, please.'
            : tenant
              ? `Nobody else can book ${formatRange(booking.check_in, booking.check_out)} while the ring runs. Pay to keep them.`
              : 'The nights are theirs until the time is up or they have paid.'}
        </p>
        {tenant && !over && <HeldActions booking={booking} />}
      </div>
    </div>
  );
}

/** After paying: the provider's word to the server may take a moment longer than the page. */
function Confirming() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSlow(true), 20_000);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <>
      <span className="spinner" aria-hidden="true" />
      <h1>Confirming your payment</h1>
      <p>
        {slow
          ? 'This takes longer than usual. You can leave this page: the booking is confirmed as soon as the payment provider answers.'
          : 'The payment provider is telling us about it. This page follows by itself.'}
      </p>
    </>
  );
}

function HeldActions({ booking }: { booking: Booking }) {
  const queries = useQueryClient();
  const version = useVersion();
  const payKeys = useActionKeys();
  const releaseKeys = useActionKeys();
  const [asking, setAsking] = useState(false);
  const [noPage, setNoPage] = useState(false);

  const settle = (keys: typeof payKeys) => (error: unknown) => {
    if (!(error instanceof Problem) || error.status >= 500) return;
    keys.settled();
    // The booking has moved on meanwhile: show where it is.
    if (error.code === 'invalid-transition') void queries.invalidateQueries({ queryKey: ['booking', booking.id] });
  };
  const pay = useMutation({
    mutationFn: async () => {
      setNoPage(false);
      const open = booking.payment?.checkout_url;
      if (booking.status === 'pending_payment' && open) return open;
      const checkout = await api.checkout(booking.id, payKeys.keyFor(booking.id));
      return checkout.checkout_url ?? checkout.payment?.checkout_url ?? null;
    },
    onSuccess: (url) => {
      if (url && /^https?:$/.test(new URL(url, location.href).protocol)) location.assign(url);
      else setNoPage(true);
    },
    onError: settle(payKeys),
  });
  const release = useMutation({
    mutationFn: () => api.release(booking.id, releaseKeys.keyFor(booking.id)),
    onSuccess: (next) => {
      releaseKeys.settled();
      queries.setQueryData(['booking', booking.id], next);
      void queries.invalidateQueries({ queryKey: ['bookings'] });
      void queries.invalidateQueries({ queryKey: ['calendar', booking.property_id] });
    },
    onError: settle(releaseKeys),
  });
  const busy = pay.isPending || pay.isSuccess || release.isPending;
  const off = version.data?.payments === 'off';

  if (asking) {
    return (
      <div className="ask">
        <p>Give these nights back? Others can book them at once.</p>
        <Refusal error={release.error} />
        <div className="actions">
          <button type="button" className="button button-bad" disabled={release.isPending} onClick={() => release.mutate()}>
            {release.isPending ? 'Releasing…' : 'Release nights'}
          </button>
          <button type="button" className="button" disabled={release.isPending} onClick={() => setAsking(false)}>
            Keep them
          </button>
        </div>
      </div>
    );
  }
  return (
    <>
      {off && <p className="refusal">Payments are switched off on this server.</p>}
      {noPage && <p className="refusal" role="alert">The payment page is not open yet. Try again in a moment.</p>}
      <Refusal error={pay.error} />
      <div className="actions">
        <button type="button" className="button button-main" disabled={(busy && !noPage) || off} onClick={() => pay.mutate()}>
          {pay.isPending || (pay.isSuccess && !noPage) ? 'Opening the payment page…' : `Pay ${formatMoney(booking.price.total)}`}
        </button>
        <button type="button" className="button" disabled={busy && !noPage} onClick={() => setAsking(true)}>
          Release
        </button>
      </div>
      {version.data?.payments === 'sandbox' && <p className="fine">Test payments: use card 4242 4242 4242 4242.</p>}
    </>
  );
}

function Tick() {
  return (
    <svg className="tick" viewBox="0 0 48 48" aria-hidden="true">
      <circle cx="24" cy="24" r="22" />
      <path d="m15 24.500 6.500 6.500L34 18" />
    </svg>
  );
}
