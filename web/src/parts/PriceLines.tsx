import type { ReactNode } from 'react';
import type { Price } from '../api/types';
import { formatExact } from '../domain/money';
import { lineLabel } from '../domain/pricing';

/** What a stay costs, line by line, with the deposit beside it. */
export function PriceLines({ price, children }: { price: Price; children?: ReactNode }) {
  return (
    <dl className="lines">
      {price.lines.map((line, index) => (
        <div key={index} className={line.amount.amount < 0 ? 'lines-off' : undefined}>
          <dt>{lineLabel(line)}</dt>
          <dd>{formatExact(line.amount)}</dd>
        </div>
      ))}
      <div className="lines-total">
        <dt>Total</dt>
        <dd>{formatExact(price.total)}</dd>
      </div>
      {price.deposit.amount > 0 && (
        <>
          <div className="lines-deposit">
            <dt>Deposit <span className="fine">given back after the stay</span></dt>
            <dd>{formatExact(price.deposit)}</dd>
          </div>
          <div className="lines-due">
            <dt>To be paid</dt>
            <dd>{formatExact(price.due)}</dd>
          </div>
        </>
      )}
      {children}
    </dl>
  );
}
