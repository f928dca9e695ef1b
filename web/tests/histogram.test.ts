import { describe, expect, it } from 'vitest';
import { heights, prices, scaleOf, thumbs, type Scale } from '../src/domain/histogram';

const buckets = [
  { from_minor: 2000, to_minor: 4000, count: 10 },
  { from_minor: 4000, to_minor: 6000, count: 200 },
  { from_minor: 6000, to_minor: 8000, count: 0 },
  { from_minor: 8000, count: 1 },
];
const scale = scaleOf(buckets, 100) as Scale;

describe('the scale of prices', () => {
  it('has whole units at the bounds, and an end for what is dearer', () => {
    expect(scale).toEqual({ edges: [20, 40, 60, 80, 100], counts: [10, 200, 0, 1], open: true });
    expect(scaleOf([{ from_minor: 0, to_minor: 500, count: 1 }], 1)).toEqual({ edges: [0, 500], counts: [1], open: false });
    expect(scaleOf([], 100)).toBeNull();
  });

  it('shows few beside many, and none as none', () => {
    expect(heights(scale)).toEqual([0.05, 1, 0, 0.04]);
    expect(heights({ ...scale, counts: [0, 0, 0, 0] })).toEqual([0, 0, 0, 0]);
  });

  it('has thumbs at the ends when nothing is chosen, and prices again when they move', () => {
    expect(thumbs(scale, '', '')).toEqual([0, 4]);
    expect(prices(scale, 0, 4)).toEqual({ priceMin: '', priceMax: '' });
    expect(prices(scale, 1, 3)).toEqual({ priceMin: '40', priceMax: '80' });
    expect(thumbs(scale, '40', '80')).toEqual([1, 3]);
  });

  it('takes prices between bounds to the nearer one, with the thumbs apart', () => {
    expect(thumbs(scale, '49', '71')).toEqual([1, 3]);
    expect(thumbs(scale, '60', '60')).toEqual([2, 3]);
    expect(thumbs(scale, '900', '')).toEqual([3, 4]);
    expect(thumbs(scale, '', '1')).toEqual([0, 1]);
  });
});
