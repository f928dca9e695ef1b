import { useEffect, useState, type FormEvent } from 'react';
import { api } from '../../api';
import { stays } from '../../api/stays';
import type { Booking } from '../../api/types';
import { formatRange } from '../../domain/dates';
import { formatMoney } from '../../domain/money';
import { Countdown } from '../Countdown';
import { Field } from '../Field';
import { Refusal } from '../States';
import { useTimeLeft, useVersion } from '../hooks';
import { may, useStep } from './steps';
import { usePaymentPage } from './payment';

/** A booking that its tenant has yet to pay, or to ask for. */
export function Held({ booking, paid, tenant, refetch }: { booking: Booking; paid: boolean; tenant: boolean; refetch: () => void }) {
  const left = useTimeLeft(booking.expires_at);
  const over = booking.expires_at != null && left === 0;
  useEffect(() => {
    if (!over) return;
    // The server ends the hold, not this clock: ask until it has.
    const timer = window.setInterval(refetch, 1_000);
    return () => window.clearInterval(timer);
  }, [over, refetch]);
  if (paid) return <Confirming />;
  const approved = booking.by_request && booking.status === 'pending_payment';
  const range = formatRange(booking.check_in, booking.check_out);
  const title = over ? 'The hold is ending' : tenant ? (approved ? 'You may come' : 'These nights are held for you') : 'Held by a tenant';
  const text = over
    ? 'The time is up. One moment, please.'
    : !tenant
      ? 'The nights are theirs until the time is up or they have paid.'
      : approved
        ? `The landlord said yes to ${range}. Pay in time, and it is yours.`
        : booking.by_request
          ? `Nobody else can book ${range} while the ring runs. This landlord wants to be asked first.`
          : `Nobody else can book ${range} while the ring runs. Pay to keep them.`;
  return (
    <div className="held">
      {booking.expires_at && <Countdown from={booking.created_at} until={booking.expires_at} />}
      <div>
        <h1>{title}</h1>
        <p>{text}</p>
        {tenant && !over && <HeldActions booking={booking} />}
      </div>
    </div>
  );
}

/** After paying: the provider's word to the server may take a moment longer than the page. */
export function Confirming() {
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
  const [asking, setAsking] = useState<'release' | 'request' | null>(null);
  if (asking === 'release') return <Release booking={booking} onStop={() => setAsking(null)} />;
  if (asking === 'request') return <Request booking={booking} onStop={() => setAsking(null)} />;
  return <Ways booking={booking} onAsk={setAsking} />;
}

/** What can be done with the nights while the time runs. */
function Ways({ booking, onAsk }: { booking: Booking; onAsk: (what: 'release' | 'request') => void }) {
  const version = useVersion();
  const page = usePaymentPage(booking);
  const extend = useStep(booking, (_: void, key) => stays.extend(booking.id, key));
  const busy = page.opening || extend.isPending;
  const off = version.data?.payments === 'off';
  const asks = booking.by_request === true && booking.status === 'hold';
  return (
    <>
      {off && !asks && <p className="refusal">Payments are switched off on this server.</p>}
      {page.noPage && <p className="refusal" role="alert">The payment page is not open yet. Try again in a moment.</p>}
      <Refusal error={page.error ?? extend.error} />
      <div className="actions">
        {asks ? (
          <button type="button" className="button button-main" disabled={busy} onClick={() => onAsk('request')}>Ask to book</button>
        ) : (
          <button type="button" className="button button-main" disabled={busy || off} onClick={page.go}>
            {page.opening ? 'Opening the payment page…' : `Pay ${formatMoney(booking.price.due)}`}
          </button>
        )}
        {may(booking, 'extend') && (
          <button type="button" className="button" disabled={busy} onClick={() => extend.mutate()}>
            {extend.isPending ? 'Asking…' : '5 minutes more'}
          </button>
        )}
        <button type="button" className="button" disabled={busy} onClick={() => onAsk('release')}>Release</button>
      </div>
      {version.data?.payments === 'sandbox' && !asks && <p className="fine">Test payments: use card 4242 4242 4242 4242.</p>}
    </>
  );
}

/** Giving nights back, or a request, after asking whether that is meant. */
export function Release({ booking, onStop }: { booking: Booking; onStop: () => void }) {
  const release = useStep(booking, (_: void, key) => api.release(booking.id, key));
  const asked = booking.status === 'pending_approval';
  return (
    <div className="ask">
      <p>{asked ? 'Take your request back? The nights go back to the calendar.' : 'Give these nights back? Others can book them at once.'}</p>
      <Refusal error={release.error} />
      <div className="actions">
        <button type="button" className="button button-bad" disabled={release.isPending} onClick={() => release.mutate()}>
          {release.isPending ? 'Releasing…' : asked ? 'Take it back' : 'Release nights'}
        </button>
        <button type="button" className="button" disabled={release.isPending} onClick={onStop}>{asked ? 'Keep waiting' : 'Keep them'}</button>
      </div>
    </div>
  );
}

function Request({ booking, onStop }: { booking: Booking; onStop: () => void }) {
  const [message, setMessage] = useState('');
  const request = useStep(booking, (text: string, key) => stays.request(booking.id, text, key));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    request.mutate(message.trim());
  };
  return (
    <form className="reason" onSubmit={submit} aria-label="Ask to book">
      <Field label="A few words to the landlord" hint="Who comes, and why. You may leave it empty.">
        {(id, note) => (
          <textarea id={id} name="message" rows={3} maxLength={1000} autoFocus aria-describedby={note} value={message} onChange={(event) => setMessage(event.target.value)} />
        )}
      </Field>
      <Refusal error={request.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-main" disabled={request.isPending}>{request.isPending ? 'Asking…' : 'Send the request'}</button>
        <button type="button" className="button" onClick={onStop}>Never mind</button>
      </div>
    </form>
  );
}
