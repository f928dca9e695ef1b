import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '../../api/problem';
import { stays } from '../../api/stays';
import type { Booking, CancellationPreview } from '../../api/types';
import { formatExact, formatMoney } from '../../domain/money';
import { refundLabel } from '../../domain/pricing';
import { Field } from '../Field';
import { Failure, Loading, Refusal } from '../States';
import { useStep } from './steps';

/** Calling a stay off: what comes back is shown before it is done, and is what comes back. */
export function Cancel({ booking, tenant, onStop }: { booking: Booking; tenant: boolean; onStop: () => void }) {
  const found = useQuery({
    queryKey: ['booking', booking.id, 'cancellation'],
    queryFn: ({ signal }) => stays.cancellation(booking.id, signal),
    staleTime: 0,
    refetchOnWindowFocus: 'always',
  });
  return (
    <div className="ask">
      <h3>Cancel this stay</h3>
      {found.isPending ? (
        <Loading label="Working out what comes back" />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : !found.data.possible ? (
        <p>It cannot be cancelled any more.</p>
      ) : (
        <Confirm booking={booking} preview={found.data} tenant={tenant} onStop={onStop} />
      )}
    </div>
  );
}

function Confirm({ booking, preview, tenant, onStop }: { booking: Booking; preview: CancellationPreview; tenant: boolean; onStop: () => void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const cancel = useStep(booking, (why: string, key) => stays.cancel(booking.id, { ...(why && { reason: why }), expected_refund: preview.refund }, key));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    cancel.mutate(reason.trim(), {
      // The clock went on: what comes back is another sum by now.
      onError: (error) => {
        if (error instanceof Problem && error.status === 409) void queries.invalidateQueries({ queryKey: ['booking', booking.id, 'cancellation'] });
      },
    });
  };
  const nothing = preview.refund.amount === 0;
  return (
    <form onSubmit={submit}>
      {nothing ? (
        <p>Nothing would come back: {tenant ? 'it is too late for a refund by the terms of this booking' : 'nothing was paid here'}.</p>
      ) : (
        <>
          <p>{tenant ? 'This comes back to you:' : 'This goes back to the guest:'}</p>
          <dl className="lines refund-lines">
            {preview.lines.map((line, index) => (
              <div key={index}>
                <dt>{refundLabel(line)}</dt>
                <dd>{formatExact(line.amount)}</dd>
              </div>
            ))}
            {preview.deposit.amount > 0 && (
              <div>
                <dt>Deposit</dt>
                <dd>{formatExact(preview.deposit)}</dd>
              </div>
            )}
            {preview.before.amount > 0 && (
              <div>
                <dt>{tenant ? 'You have that already, or did not pay it' : 'Went back before, or was not paid'}</dt>
                <dd>{formatExact({ ...preview.before, amount: -preview.before.amount })}</dd>
              </div>
            )}
            <div className="lines-total">
              <dt>Refund</dt>
              <dd>{formatExact(preview.refund)}</dd>
            </div>
          </dl>
        </>
      )}
      <Field label="Why?" hint={tenant ? 'The landlord reads it. You may leave it empty.' : 'The guest reads it. You may leave it empty.'}>
        {(id, note) => <textarea id={id} name="reason" rows={2} maxLength={1000} aria-describedby={note} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <Refusal error={cancel.error} />
      <div className="actions form-go">
        <button type="submit" className="button button-bad" disabled={cancel.isPending}>
          {cancel.isPending ? 'Cancelling…' : nothing ? 'Cancel without a refund' : `Cancel, ${formatMoney(preview.refund)} back`}
        </button>
        <button type="button" className="button" disabled={cancel.isPending} onClick={onStop}>Keep the stay</button>
      </div>
    </form>
  );
}
