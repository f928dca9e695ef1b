import type { PriceBucket } from '../api/search';

/** The prices that homes have, as a row of bars with a thumb at either end. Thumbs stand on
 *  the bounds between bars: `edges[0]` left of the first, the last right of the last bar. */
export interface Scale {
  /** Whole units of the currency. */
  edges: number[];
  /** How many homes between two edges. */
  counts: number[];
  /** Whether the last bar holds all that is dearer. */
  open: boolean;
}

/** `unit`: minor units in a whole one. */
export function scaleOf(buckets: PriceBucket[], unit: number): Scale | null {
  const [first] = buckets;
  const last = buckets[buckets.length - 1];
  if (!first || !last) return null;
  const open = last.to_minor === undefined || last.to_minor === null;
  const step = first.to_minor ? first.to_minor - first.from_minor : unit;
  const end = open ? last.from_minor + step : (last.to_minor as number);
  const edges = [...buckets.map((bucket) => bucket.from_minor), end].map((minor) => Math.round(minor / unit));
  return { edges, counts: buckets.map((bucket) => bucket.count), open };
}

/** Heights from 0 to 1. A few homes beside many are still to be seen. */
export function heights(scale: Scale): number[] {
  const most = Math.max(...scale.counts, 1);
  return scale.counts.map((count) => (count === 0 ? 0 : Math.max(0.04, count / most)));
}

/** Where the thumbs stand for prices that are chosen; prices between two edges go to the
 *  nearer one. The thumbs never share a place. */
export function thumbs(scale: Scale, priceMin: string, priceMax: string): [low: number, high: number] {
  const end = scale.edges.length - 1;
  const low = priceMin === '' ? 0 : Math.min(nearest(scale.edges, Number(priceMin)), end - 1);
  const high = priceMax === '' ? end : Math.max(nearest(scale.edges, Number(priceMax)), low + 1);
  return [low, high];
}

/** The prices that thumbs stand for. A thumb at its end limits nothing. */
export function prices(scale: Scale, low: number, high: number): { priceMin: string; priceMax: string } {
  const at = (index: number): string => String(scale.edges[index] ?? '');
  return { priceMin: low <= 0 ? '' : at(low), priceMax: high >= scale.edges.length - 1 ? '' : at(high) };
}

function nearest(edges: number[], price: number): number {
  let best = 0;
  edges.forEach((edge, index) => {
    if (Math.abs(edge - price) < Math.abs((edges[best] as number) - price)) best = index;
  });
  return best;
}
