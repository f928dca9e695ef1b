/** Saved searches, what came to match them, and favourites. */
import { client, data, until } from './app';
import type { Card, Instant, List, LocalDate, Money } from './types';

const part = encodeURIComponent;

export type Alert = 'instant' | 'daily' | 'off';

/** What is looked for, by the names of a search's parameters. */
export interface Criteria {
  q?: string;
  /** West, south, east, north. */
  bbox?: [number, number, number, number];
  near?: { lat: number; lon: number; radius_km: number };
  polygon?: [number, number][];
  price_min?: number;
  price_max?: number;
  currency?: string;
  bedrooms?: number;
  beds?: number;
  bathrooms?: number;
  kinds?: Card['kind'][];
  amenities?: string[];
  check_in?: LocalDate;
  check_out?: LocalDate;
  guests?: number;
}

export interface SavedSearch {
  id: string;
  name: string;
  criteria: Criteria;
  alert: Alert;
  /** Homes that have come to match since it was saved. */
  matches: number;
  /** Those of them that were not seen. */
  new: number;
  created_at: Instant;
  last_alert_at?: Instant | null;
}

export interface SearchMatch {
  home: Card;
  matched_at: Instant;
  new: boolean;
}

export interface Favourite {
  property_id: string;
  title: string;
  /** Absent while it cannot be found. */
  home?: Card | null;
  price_then?: Money | null;
  price_now?: Money | null;
  check_in?: LocalDate | null;
  check_out?: LocalDate | null;
  nights_free?: boolean | null;
  created_at: Instant;
}

export const watched = {
  async searches(signal?: AbortSignal): Promise<SavedSearch[]> {
    return (await data(client.ask<List<SavedSearch>>('GET', '/saved-searches', until(signal)))).data;
  },
  save: (body: { name: string; criteria: Criteria; alert: Alert }, idempotencyKey: string) =>
    data(client.ask<SavedSearch>('POST', '/saved-searches', { body, idempotencyKey })),
  change: (id: string, body: { name?: string; alert?: Alert; seen?: boolean }) =>
    data(client.ask<SavedSearch>('PATCH', `/saved-searches/${part(id)}`, { body })),
  async forget(id: string): Promise<void> {
    await client.ask('DELETE', `/saved-searches/${part(id)}`);
  },
  matches: (id: string, cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<SearchMatch>>('GET', `/saved-searches/${part(id)}/matches`, { query: { limit: 24, cursor }, ...until(signal) })),

  /** All of them: there are 500 at most. */
  async favourites(signal?: AbortSignal): Promise<Favourite[]> {
    const all: Favourite[] = [];
    let cursor: string | undefined;
    do {
      const page = await data(client.ask<List<Favourite>>('GET', '/favourites', { query: { limit: 100, cursor }, ...until(signal) }));
      all.push(...page.data);
      cursor = page.page.has_more ? (page.page.next ?? undefined) : undefined;
    } while (cursor !== undefined);
    return all;
  },
  keep: (id: string, dates: { check_in?: LocalDate; check_out?: LocalDate }) =>
    data(client.ask<Favourite>('PUT', `/favourites/${part(id)}`, { body: dates })),
  async drop(id: string): Promise<void> {
    await client.ask('DELETE', `/favourites/${part(id)}`);
  },

  async similar(id: string, signal?: AbortSignal): Promise<Card[]> {
    return (await data(client.ask<{ data: Card[] }>('GET', `/properties/${part(id)}/similar`, { auth: 'some', ...until(signal) }))).data;
  },
};
