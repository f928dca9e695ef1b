/** Deposits: money that is kept for damages and given back. */
import { client, data, until } from './app';
import type { Deposit, NewDeduction } from './next';
import type { List } from './types';

const at = (id: string, rest: string): string => `/deposits/${encodeURIComponent(id)}${rest}`;
/** The newest are first; the deposit of a stay that people look at is among these. */
const PAGES = 5;

export const deposits = {
  /** The deposit of a booking, which has its id. */
  async of(booking: string, role: 'tenant' | 'landlord', signal?: AbortSignal): Promise<Deposit | null> {
    let cursor: string | undefined;
    for (let pages = 0; pages < PAGES; pages += 1) {
      const page = await data(client.ask<List<Deposit>>('GET', '/deposits', { query: { role, limit: 100, cursor }, ...until(signal) }));
      const found = page.data.find((one) => one.id === booking);
      if (found || !page.page.next) return found ?? null;
      cursor = page.page.next;
    }
    return null;
  },
  deduct: (id: string, items: NewDeduction[], idempotencyKey: string) =>
    data(client.ask<Deposit>('POST', at(id, '/deductions'), { body: { items }, idempotencyKey })),
  release: (id: string, idempotencyKey: string) => data(client.ask<Deposit>('POST', at(id, '/release'), { idempotencyKey })),
  contest: (id: string, reason: string, idempotencyKey: string) =>
    data(client.ask<Deposit>('POST', at(id, '/contest'), { body: { reason }, idempotencyKey })),
};
