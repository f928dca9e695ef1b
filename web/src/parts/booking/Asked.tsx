import { useState } from 'react';
import { stays } from '../../api/stays';
import type { Booking } from '../../api/types';
import { formatRange } from '../../domain/dates';
import { momentText } from '../../domain/timeline';
import { plural } from '../../domain/words';
import { WithReason } from '../Reason';
import { Refusal } from '../States';
import { Release } from './Held';
import { may, useStep } from './steps';

export const REASON_MAX = 1000;

/** A request that its landlord has yet to answer. */
export function Asked({ booking, tenant, zone }: { booking: Booking; tenant: boolean; zone: string | undefined }) {
  const [leaving, setLeaving] = useState(false);
  return (
    <>
      <h1>{tenant ? 'The landlord is asked' : 'Somebody asks to come'}</h1>
      <p>
        {tenant
          ? `${formatRange(booking.check_in, booking.check_out)} stays reserved for you meanwhile. Nothing is charged before the landlord has said yes.`
          : `${formatRange(booking.check_in, booking.check_out)}, ${plural(booking.guests, 'guest')}. They pay once you have said yes.`}
      </p>
      {booking.expires_at && <p className="fine">To be answered by {momentText(booking.expires_at, zone)}</p>}
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
