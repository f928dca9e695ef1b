/** Every call that booking and signing in make. */
import { client, data, session } from './app';
import { sleep, type Answer } from './client';
import type {
  Availability,
  Booking,
  Calendar,
  Checkout,
  LandlordApplication,
  List,
  NewBooking,
  NewProperty,
  Property,
  Session,
  User,
  Version,
} from './types';

export { boot, clock, session } from './app';

/** A property with the tag that an edit has to name. */
export interface Tagged {
  property: Property;
  etag: string;
}

export async function tagged(answer: Promise<Answer<Property>>): Promise<Tagged> {
  const { data: property, etag } = await answer;
  return { property, etag: etag ?? tag(property) };
}

/** The tag of a version that was listed, not read alone. */
export function tag(property: Pick<Property, 'version'>): string {
  return `"${property.version}"`;
}

export const api = {
  version: (signal?: AbortSignal) =>
    data(client.ask<Version>('GET', '//version', { auth: 'none', ...(signal && { signal }) })),

  async register(body: { email: string; password: string; name: string }): Promise<void> {
    await client.ask('POST', '/auth/register', { auth: 'none', body });
  },
  async login(body: { email: string; password: string }): Promise<User> {
    const opened = await data(client.ask<Session>('POST', '/auth/login', { auth: 'none', body }));
    session.open(opened);
    return opened.user;
  },
  async logout(): Promise<void> {
    await client.ask('POST', '/auth/logout', { auth: 'none' });
    session.close();
  },
  async becomeLandlord(): Promise<LandlordApplication['status']> {
    const answer = await data(
      client.ask<LandlordApplication>('POST', '/me/landlord-application', { body: {} }),
    );
    if (answer.session) session.open(answer.session);
    else if (answer.status === 'approved') await client.refresh();
    return answer.status;
  },

  property: (id: string, signal?: AbortSignal) =>
    tagged(
      client.ask<Property>('GET', `/properties/${encodeURIComponent(id)}`, {
        auth: 'some',
        ...(signal && { signal }),
      }),
    ),
  calendar: (id: string, unitId: string | undefined, from: string, to: string, signal?: AbortSignal) =>
    data(
      client.ask<Calendar>('GET', `/properties/${encodeURIComponent(id)}/calendar`, {
        auth: 'some',
        query: { from, to, unit_id: unitId },
        ...(signal && { signal }),
      }),
    ),
  /** Whether a stay may be booked, and what is near if not. */
  availability: (id: string, query: { unit_id: string; check_in: string; check_out: string; guests: number }, signal?: AbortSignal) =>
    data(client.ask<Availability>('GET', `/properties/${encodeURIComponent(id)}/availability`, { auth: 'some', query, ...(signal && { signal }) })),

  ownProperties: (cursor?: string) =>
    data(client.ask<List<Property>>('GET', '/properties', { query: { owner: 'me', limit: 50, cursor } })),
  createProperty: (body: NewProperty, idempotencyKey: string) =>
    tagged(client.ask<Property>('POST', '/properties', { body, idempotencyKey })),
  editProperty: (id: string, body: Record<string, unknown>, ifMatch: string) =>
    tagged(client.ask<Property>('PATCH', `/properties/${encodeURIComponent(id)}`, { body, ifMatch })),
  submitProperty: (id: string, ifMatch: string) =>
    tagged(client.ask<Property>('POST', `/properties/${encodeURIComponent(id)}/submit`, { ifMatch })),

  hold: (body: NewBooking, idempotencyKey: string) =>
    data(client.ask<Booking>('POST', '/bookings', { body, idempotencyKey })),
  bookings: (role: 'tenant' | 'landlord', cursor?: string) =>
    data(client.ask<List<Booking>>('GET', '/bookings', { query: { role, limit: 50, cursor } })),
  booking: (id: string, signal?: AbortSignal) =>
    data(client.ask<Booking>('GET', `/bookings/${encodeURIComponent(id)}`, signal ? { signal } : {})),
  release: (id: string, idempotencyKey: string) =>
    data(client.ask<Booking>('DELETE', `/bookings/${encodeURIComponent(id)}/hold`, { idempotencyKey })),

  /** Asks for the payment page until it is open: 202 means "soon". */
  async checkout(id: string, idempotencyKey: string): Promise<Checkout> {
    const giveUpAt = Date.now() + 60_000;
    for (;;) {
      const answer = await client.ask<Checkout>('POST', `/bookings/${encodeURIComponent(id)}/checkout`, {
        body: { return_url: `/bookings/${id}` },
        idempotencyKey,
      });
      const open = answer.data?.checkout_url ?? answer.data?.payment?.checkout_url;
      if (answer.status !== 202 || open || Date.now() > giveUpAt) return answer.data;
      await sleep(Math.min(answer.retryAfter ?? 1, 5) * 1000);
    }
  },
};
