/** What happens to a booking after its nights are held. */
import { client, data, until } from './app';
import { sleep } from './client';
import type { Booking, CancellationPreview, Checkout, List, Money, NewChange, NewManualBooking, TimelineEntry } from './types';

/** Enough for any booking that a person looks at. */
const TIMELINE_PAGES = 10;

const part = encodeURIComponent;
const at = (id: string, rest: string): string => `/bookings/${part(id)}${rest}`;

/** A step that answers with the booking as it is then. */
const step = (id: string, rest: string, idempotencyKey: string, body?: object): Promise<Booking> =>
  data(client.ask<Booking>('POST', at(id, rest), { ...(body && { body }), idempotencyKey }));

export const stays = {
  extend: (id: string, key: string) => step(id, '/extend', key),
  request: (id: string, message: string, key: string) => step(id, '/request', key, message ? { message } : {}),
  approve: (id: string, key: string) => step(id, '/approve', key),
  decline: (id: string, reason: string, key: string) => step(id, '/decline', key, { reason }),

  cancellation: (id: string, signal?: AbortSignal) =>
    data(client.ask<CancellationPreview>('GET', at(id, '/cancellation-preview'), until(signal))),
  cancel: (id: string, body: { reason?: string; expected_refund: Money }, key: string) => step(id, '/cancel', key, body),

  checkIn: (id: string, code: string, key: string) => step(id, '/check-in', key, code ? { code } : {}),
  checkOut: (id: string, key: string) => step(id, '/check-out', key),
  noShow: (id: string, key: string) => step(id, '/no-show', key),
  move: (id: string, unit_no: number, key: string) => step(id, '/move', key, { unit_no }),

  propose: (id: string, body: NewChange, key: string) => step(id, '/changes', key, body),
  answer: (id: string, change: string, answer: 'accept' | 'decline' | 'withdraw', key: string) =>
    step(id, `/changes/${part(change)}/${answer}`, key),
  /** Asks for the payment page of a change until it is open. */
  async payChange(id: string, change: string, idempotencyKey: string): Promise<Checkout> {
    const giveUpAt = Date.now() + 60_000;
    for (;;) {
      const answer = await client.ask<Checkout>('POST', at(id, `/changes/${part(change)}/checkout`), {
        body: { return_url: `/bookings/${id}` },
        idempotencyKey,
      });
      if (answer.status !== 202 || answer.data.checkout_url || Date.now() > giveUpAt) return answer.data;
      await sleep(Math.min(answer.retryAfter ?? 1, 5) * 1000);
    }
  },

  manual: (body: NewManualBooking, idempotencyKey: string) =>
    data(client.ask<Booking>('POST', '/bookings/manual', { body, idempotencyKey })),
  /** All that has happened, the latest first. The server looks at a part of its log at a
   *  time, so a page may be short. */
  async timeline(id: string, signal?: AbortSignal): Promise<TimelineEntry[]> {
    const found: TimelineEntry[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < TIMELINE_PAGES; pages += 1) {
      const page = await data(client.ask<List<TimelineEntry>>('GET', at(id, '/timeline'), { query: { limit: 100, cursor }, ...until(signal) }));
      found.push(...page.data);
      if (!page.page.has_more || !page.page.next) break;
      cursor = page.page.next;
    }
    return found;
  },
};
