import { describe, expect, it } from 'vitest';
import { group, homes, type Point } from '../src/map/groups';

const point = (id: string | null, lon: number, lat: number, count = 1): Point => ({ id, lat, lon, count, label: '€1', city: '' });
const plain = (one: Point) => ({ x: one.lon, y: one.lat });

describe('pins', () => {
  it('joins what would overlap, and only that', () => {
    const groups = group([point('a', 0, 0), point('b', 4, 4), point('c', 100, 0)], plain, 10, 10);
    expect(groups.map((one) => one.points.map((each) => each.id))).toEqual([['a', 'b'], ['c']]);
    expect(groups[0]).toMatchObject({ x: 2, y: 2 });
  });

  it('stands in the middle of all homes, not of the clusters', () => {
    const [one] = group([point(null, 0, 0, 9), point('b', 5, 0)], plain, 10, 10);
    expect(one).toMatchObject({ x: 0.5, y: 0 });
    expect(one && homes(one)).toBe(10);
  });
});
