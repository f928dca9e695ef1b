/** Everything that is asked of the search, and what it answers. */
import { client, data, until } from './app';
import type { Card, List, LocalDate, Location, Money } from './types';

export type Sort = 'relevance' | 'price' | 'price_desc' | 'distance' | 'newest';

/** What is looked for. */
export interface SearchCriteria {
  q?: string;
  /** west,south,east,north; only one of this, `near` and `polygon`. */
  bbox?: string;
  /** lat,lon; with `radius_km`. */
  near?: string;
  radius_km?: number;
  /** lon,lat;lon,lat;… */
  polygon?: string;
  /** Minor units of `currency`; without one hundredths of the major unit. */
  price_min?: number;
  price_max?: number;
  currency?: string;
  /** Any of these, with commas between them. */
  kind?: string;
  /** All of these keys, with commas between them. */
  amenities?: string;
  /** At least so many, as the next two are. */
  bedrooms?: number;
  beds?: number;
  bathrooms?: number;
  check_in?: LocalDate;
  check_out?: LocalDate;
  guests?: number;
}

export interface SearchQuery extends SearchCriteria {
  sort?: Sort;
  /** Whether results say where the words are. */
  highlight?: boolean;
  limit?: number;
  cursor?: string;
}

export interface SearchAnswer extends List<Card> {
  total: number;
  took_ms: number;
  /** There may be more than was found. */
  timed_out?: boolean;
  /** Words that are more likely meant. */
  did_you_mean?: string | null;
}

export interface PriceBucket {
  from_minor: number;
  /** The first price beyond it; none in a last one that holds all that is dearer. */
  to_minor?: number | null;
  count: number;
}

/** Beside each choice, how many results it would give with all else that is chosen. */
export interface Facets {
  kind: Record<string, number>;
  amenities: Record<string, number>;
  /** Homes with at least so many. */
  bedrooms: Record<string, number>;
  beds: Record<string, number>;
  bathrooms: Record<string, number>;
  price: { currency?: string | null; buckets: PriceBucket[] };
}

export interface FacetsAnswer {
  facets: Facets;
  total: number;
  timed_out?: boolean;
  took_ms: number;
}

/** Homes that a map shows as one. */
export interface Cluster {
  count: number;
  centre: Location;
  /** The lowest price of a night among them. */
  cheapest?: Money | null;
  /** The home, where it is one. */
  home?: Card | null;
}

export interface MapAnswer {
  clusters: Cluster[];
  total: number;
  timed_out?: boolean;
  took_ms: number;
}

export interface SuggestAnswer {
  places: { city: string; country: string; count: number }[];
  titles: { title: string; count: number }[];
  amenities: { key: string; label: string; count: number }[];
}

const get = <T>(path: string, query: object, signal?: AbortSignal): Promise<T> =>
  data(client.ask<T>('GET', path, { auth: 'none', query: { ...query }, ...until(signal) }));

export const search = {
  homes: (query: SearchQuery, signal?: AbortSignal) => get<SearchAnswer>('/search', query, signal),
  facets: (criteria: SearchCriteria, signal?: AbortSignal) => get<FacetsAnswer>('/search/facets', criteria, signal),
  map: (criteria: SearchCriteria & { zoom: number }, signal?: AbortSignal) => get<MapAnswer>('/search/map', criteria, signal),
  suggest: (q: string, signal?: AbortSignal) => get<SuggestAnswer>('/search/suggest', { q, limit: 4 }, signal),
};
