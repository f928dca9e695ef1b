import { describe, expect, it } from 'vitest';
import { boxText, commonCity, group, type Point } from '../src/map/groups';

const point = (id: string, lon: number, lat: number, city = 'Dublin'): Point => ({ id, lat, lon, label: '€1', city });
const plain = (one: Point) => ({ x: one.lon, y: one.lat });

describe('pins', () => {
  it('joins what would overlap, and only that', () => {
    const groups = group([point('a', 0, 0), point('b', 4, 4), point('c', 100, 0)], plain, 10, 10);
    expect(groups.map((one) => one.points.map((each) => each.id))).toEqual([['a', 'b'], ['c']]);
    expect(groups[0]).toMatchObject({ x: 2, y: 2 });
  });

  it('names a city only when it is the only one', () => {
    expect(commonCity([point('a', 0, 0), point('b', 0, 0)])).toBe('Dublin');
    expect(commonCity([point('a', 0, 0), point('b', 0, 0, 'Cork')])).toBeNull();
    expect(commonCity([])).toBeNull();
  });

  it('writes boxes inside the world', () => {
    expect(boxText(-200, -91, 10.1234567, 53)).toBe('-180,-90,10.12346,53');
  });
});
