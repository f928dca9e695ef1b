import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../../api/problem';
import { stays } from '../../api/stays';
import type { Booking, Change, ChangeStatus, Property } from '../../api/types';
import { formatRange } from '../../domain/dates';
import { unitsOf } from '../../domain/listing';
import { formatMoney } from '../../domain/money';
import { differenceText } from '../../domain/pricing';
import { momentText } from '../../domain/timeline';
import { plural } from '../../domain/words';
import { useActionKeys } from '../hooks';
import { Refusal } from '../States';
import { toPaymentPage } from './payment';
import { may, useStep } from './steps';

const ENDED: Partial<Record<ChangeStatus, string>> = {
  declined: 'The change was declined. The stay is as it was.',
  withdrawn: 'The change was taken back. The stay is as it was.',
  expired: 'The change was not answered or paid for in time. The stay is as it was.',
  failed: 'The change could not be made: the nights were gone, or the payment failed. The stay is as it was, and what was paid for it goes back.',
};

/** A change that one side proposes, and what the viewer can do about it. */
export function ChangePanel({ booking, tenant, property }: { booking: Booking; tenant: boolean; property: Property | undefined }) {
  const { change } = booking;
  if (!change) return null;
  const ended = ENDED[change.status];
  if (ended) return <p className="note change-ended">{ended}</p>;
  if (change.status === 'applied') return null;
  const mine = (change.by === 'tenant') === tenant;
  const title = change.status === 'accepted' ? (tenant ? 'Pay the difference' : 'The guest has to pay the difference') : mine ? 'You asked for a change' : tenant ? 'The landlord proposes a change' : 'The guest asks for a change';
  return (
    <section className="panel change" aria-labelledby="change-title" data-change={change.status}>
      <h2 id="change-title">{title}</h2>
      <Compared booking={booking} change={change} property={property} />
      <p className="fine">{change.status === 'accepted' ? 'To be paid' : 'To be answered'} by {momentText(change.expires_at, booking.zone ?? property?.zone)}; until then the stay is as it was.</p>
      <ChangeAnswers booking={booking} change={change} tenant={tenant} />
    </section>
  );
}

/** What it was beside what it would be. */
export function Compared({ booking, change, property }: { booking: Booking; change: Change; property: Property | undefined }) {
  const unitName = (id: string): string => (property ? (unitsOf(property).find((one) => one.id === id)?.name ?? '') : '');
  return (
    <dl className="pairs compared">
      {(change.check_in !== booking.check_in || change.check_out !== booking.check_out) && (
        <div>
          <dt>Nights</dt>
          <dd><del>{formatRange(booking.check_in, booking.check_out)}</del> <ins>{formatRange(change.check_in, change.check_out)}</ins></dd>
        </div>
      )}
      {change.unit_id !== booking.unit_id && (
        <div>
          <dt>Unit</dt>
          <dd><del>{unitName(booking.unit_id)}</del> <ins>{unitName(change.unit_id) || 'another one'}</ins></dd>
        </div>
      )}
      {change.guests !== booking.guests && (
        <div>
          <dt>Guests</dt>
          <dd><del>{booking.guests}</del> <ins>{plural(change.guests, 'guest')}</ins></dd>
        </div>
      )}
      <div>
        <dt>Price</dt>
        <dd><del>{formatMoney(booking.price.due)}</del> <ins>{formatMoney(change.price.due)}</ins>, {differenceText(change.difference)}</dd>
      </div>
    </dl>
  );
}

export function ChangeAnswers({ booking, change, tenant }: { booking: Booking; change: Change; tenant: boolean }) {
  const accept = useStep(booking, (_: void, key) => stays.answer(booking.id, change.id, 'accept', key));
  const decline = useStep(booking, (_: void, key) => stays.answer(booking.id, change.id, 'decline', key));
  const withdraw = useStep(booking, (_: void, key) => stays.answer(booking.id, change.id, 'withdraw', key));
  const busy = accept.isPending || decline.isPending || withdraw.isPending;
  const mine = (change.by === 'tenant') === tenant;
  return (
    <>
      <Refusal error={accept.error ?? decline.error ?? withdraw.error} />
      <div className="actions">
        {may(booking, 'accept-change') && (
          <button type="button" className="button button-main" disabled={busy} onClick={() => accept.mutate()}>{accept.isPending ? 'Accepting…' : 'Accept'}</button>
        )}
        {may(booking, 'decline-change') && (
          <button type="button" className="button button-bad" disabled={busy} onClick={() => decline.mutate()}>{decline.isPending ? 'Declining…' : 'Decline'}</button>
        )}
        {may(booking, 'pay-change') && <PayDifference booking={booking} change={change} />}
        {may(booking, 'withdraw-change') && (
          <button type="button" className="button" disabled={busy} onClick={() => withdraw.mutate()}>{withdraw.isPending ? 'Taking it back…' : mine ? 'Take it back' : 'Leave the stay as it is'}</button>
        )}
      </div>
    </>
  );
}

function PayDifference({ booking, change }: { booking: Booking; change: Change }) {
  const keys = useActionKeys();
  const [noPage, setNoPage] = useState(false);
  const pay = useMutation({
    mutationFn: () => stays.payChange(booking.id, change.id, keys.keyFor(change.id)),
    onSuccess: (checkout) => setNoPage(!toPaymentPage(checkout.checkout_url ?? checkout.payment?.checkout_url)),
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });
  const busy = pay.isPending || (pay.isSuccess && !noPage);
  return (
    <>
      {noPage && <p className="refusal" role="alert">The payment page is not open yet. Try again in a moment.</p>}
      <Refusal error={pay.error} />
      <button type="button" className="button button-main" disabled={busy} onClick={() => pay.mutate()}>
        {busy ? 'Opening the payment page…' : `Pay ${formatMoney(change.difference)}`}
      </button>
    </>
  );
}
