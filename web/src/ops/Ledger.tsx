import { useState, type FormEvent } from 'react';
import { formatExact } from '../domain/money';
import { Badge } from '../parts/Badge';
import { TextField } from '../parts/Field';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { ops, useAct, usePoll } from './hooks';
import type { Audit, Posting } from './types';
import { instant } from './words';

/** What stands in every account, what the auditor found, and where a booking's money went. */
export function Ledger() {
  const balance = usePoll('trial-balance', ops.trialBalance, 15_000);
  const audits = usePoll('audits', ops.audits, 15_000);
  return (
    <>
      <h1>Ledger</h1>
      {balance.data === undefined ? (
        balance.error ? <Failure error={balance.error} retry={balance.renew} /> : <Loading />
      ) : balance.data.data.length === 0 ? (
        <Empty title="No money has moved yet" />
      ) : (
        <>
          <Refusal error={balance.error} />
          <p>
            {balance.data.balanced
              ? <Badge label="Adds up to zero" tone="ok" />
              : <Badge label="Does not add up to zero" tone="bad" />}
          </p>
          <div className="table-box" tabIndex={0} role="region" aria-label="Trial balance">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Account</th>
                  <th scope="col" className="num">Debit</th>
                  <th scope="col" className="num">Credit</th>
                  <th scope="col" className="num">Lines</th>
                </tr>
              </thead>
              <tbody>
                {balance.data.data.map(({ account, currency, amount, lines }) => (
                  <tr key={`${currency} ${account}`} data-account={account}>
                    <th scope="row">{account.replaceAll('_', ' ')}</th>
                    <td className="num">{amount > 0 ? formatExact({ amount, currency }) : ''}</td>
                    <td className="num">{amount < 0 ? formatExact({ amount: -amount, currency }) : ''}</td>
                    <td className="num">{lines.toLocaleString('en-GB')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <h2 className="list-title">Audits</h2>
      {audits.data === undefined ? (
        audits.error ? <Failure error={audits.error} retry={audits.renew} /> : <Loading />
      ) : audits.data.length === 0 ? (
        <Empty title="The auditor has not looked yet" />
      ) : (
        <div className="table-box" tabIndex={0} role="region" aria-label="Audits">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Ended</th>
                <th scope="col">Looked at</th>
                <th scope="col" className="num">Checked up to</th>
                <th scope="col">Found</th>
              </tr>
            </thead>
            <tbody>
              {audits.data.map((one) => (
                <AuditRow key={`${one.ended_at} ${one.checked_to} ${String(one.everything)}`} audit={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Postings />
    </>
  );
}

function AuditRow({ audit }: { audit: Audit }) {
  return (
    <tr>
      <th scope="row">{instant(audit.ended_at)}</th>
      <td>{audit.everything ? 'everything' : `${audit.events.toLocaleString('en-GB')} events, ${audit.bookings.toLocaleString('en-GB')} bookings`}</td>
      <td className="num">{audit.checked_to.toLocaleString('en-GB')}</td>
      <td>
        {audit.violations.length === 0 ? <Badge label="Nothing" tone="ok" /> : audit.violations.map((one) => (
          <p key={one.what}><Badge label={one.invariant} tone="bad" /> {one.what}: {one.count} <span className="mono fine">{one.keys.join(' ')}</span></p>
        ))}
      </td>
    </tr>
  );
}

function Postings() {
  const [booking, setBooking] = useState('');
  const [found, setFound] = useState<Posting[] | null>(null);
  const look = useAct(async () => {
    setFound(null);
    setFound(await ops.postings(booking.trim()));
    return '';
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    look.run();
  };
  return (
    <section>
      <h2 className="list-title">Money of a booking</h2>
      <form className="sheet" onSubmit={submit}>
        <TextField label="Booking" name="booking" required value={booking} onText={setBooking} hint="Its id, such as bkg_0197…" />
        <button type="submit" className="button" disabled={look.busy}>{look.busy ? 'Looking…' : 'Show its postings'}</button>
        <Refusal error={look.error} />
      </form>
      {found && (found.length === 0 ? <Empty title="Nothing was posted for this booking" /> : (
        <div className="table-box" tabIndex={0} role="region" aria-label="Postings">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Accounts</th>
              </tr>
            </thead>
            <tbody>
              {found.map(({ id, at, kind, currency, lines }) => (
                <tr key={id}>
                  <th scope="row">{instant(at)}</th>
                  <td>{kind.replaceAll('_', ' ')}</td>
                  <td>{lines.map(({ account, amount }) => <p key={account}>{account.replaceAll('_', ' ')} {formatExact({ amount, currency })}</p>)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </section>
  );
}
