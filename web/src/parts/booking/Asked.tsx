import { useState } from 'react';
import { stays } from '../../api/stays';
import type { Booking } from '../../api/types';
import { formatRange } from '../../domain/dates';
import { formatMoney } from '../../domain/money';
import { momentText } from '../../domain/timeline';
import { isReserved, plural } from '../../domain/words';
import { WithReason } from '../Reason';
import { Refusal } from '../States';
import { useVersion } from '../hooks';
import { Release } from './Held';
import { usePaymentPage } from './payment';
import { may, useStep } from './steps';

export const REASON_MAX = 1000;

/** A request that its landlord has yet to answer. */
export function Asked({ booking, paid, tenant, zone }: { booking: Booking; paid: boolean; tenant: boolean; zone: string | undefined }) {
  const [leaving, setLeaving] = useState(false);
  return (
    <>
      <h1>{tenant ? 'The landlord is asked' : 'Somebody asks to come'}</h1>
      <p>
        {tenant
          ? `${formatRange(booking.check_in, booking.check_out)} stays reserved for you meanwhile. Nothing is charged before the landlord has said yes.`
          : `${formatRange(booking.check_in, booking.check_out)}, ${plural(booking.guests, 'guest')}. ${isReserved(booking) ? 'The price is reserved on their card: it is taken with your yes.' : 'They pay once you have said yes.'}`}
      </p>
      {booking.expires_at && <p className="fine">To be answered by {momentText(booking.expires_at, zone)}</p>}
      {tenant && !leaving && <Reserve booking={booking} paid={paid} />}
      {booking.message && <blockquote className="quote">{booking.message}</blockquote>}
      {tenant ? (
        leaving ? (
          <Release booking={booking} onStop={() => setLeaving(false)} />
        ) : (
          <button type="button" className="button" onClick={() => setLeaving(true)}>Take the request back</button>
        )
      ) : (
        <AnswerRequest booking={booking} />
      )}
    </>
  );
}

/** Having the price reserved on a card while the landlord thinks. */
function Reserve({ booking, paid }: { booking: Booking; paid: boolean }) {
  const version = useVersion();
  const page = usePaymentPage(booking);
  const due = formatMoney(booking.price.due);
  if (isReserved(booking)) {
    return <p role="status"><strong>Card authorised, not charged.</strong> {due} is reserved: it is taken if the landlord says yes, and let go otherwise.</p>;
  }
  if (paid && booking.payment) return <p role="status">Your bank is reserving {due}. This page follows by itself.</p>;
  if (!(may(booking, 'checkout') || may(booking, 'pay')) || version.data?.payments === 'off') return null;
  return (
    <>
      <p>You can have {due} reserved on your card now. Then you need not come back to pay: it is taken with the landlord’s yes, and let go otherwise.</p>
      {page.noPage && <p className="refusal" role="alert">The payment page is not open yet. Try again in a moment.</p>}
      <Refusal error={page.error} />
      <div className="actions">
        <button type="button" className="button button-main" disabled={page.opening} onClick={page.go}>
          {page.opening ? 'Opening the payment page…' : `Reserve ${due}`}
        </button>
      </div>
      {version.data?.payments === 'sandbox' && <p className="fine">Test payments: use card 4242 4242 4242 4242.</p>}
    </>
  );
}

/** The landlord's yes or no. */
export function AnswerRequest({ booking }: { booking: Booking }) {
  const approve = useStep(booking, (_: void, key) => stays.approve(booking.id, key));
  const decline = useStep(booking, (reason: string, key) => stays.decline(booking.id, reason, key));
  const busy = approve.isPending || decline.isPending;
  return (
    <>
      <Refusal error={approve.error ?? decline.error} />
      <div className="actions">
        {may(booking, 'approve') && (
          <button type="button" className="button button-main" disabled={busy} onClick={() => approve.mutate()}>
            {approve.isPending ? 'Approving…' : 'Approve'}
          </button>
        )}
        {may(booking, 'decline') && <WithReason label="Decline" about={booking.property_title} busy={busy} max={REASON_MAX} onReason={(reason) => decline.mutate(reason)} />}
      </div>
    </>
  );
}
