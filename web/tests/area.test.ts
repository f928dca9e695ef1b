import { describe, expect, it } from 'vitest';
import { boxOf, boxText, closes, crosses, overlap, parseBox, parsePolygon, polygonText, widened, type Corner } from '../src/domain/area';

const square: Corner[] = [[0, 0], [4, 0], [4, 4], [0, 4]];

describe('a drawn area', () => {
  it('is written and read back to the metre', () => {
    const text = polygonText([[-6.2603123456, 53.3498], [-6.25, 53.36], [-6.2, 53.34]]);
    expect(text).toBe('-6.26031,53.3498;-6.25,53.36;-6.2,53.34');
    expect(parsePolygon(text)).toEqual([[-6.26031, 53.3498], [-6.25, 53.36], [-6.2, 53.34]]);
    expect(parsePolygon(`${text};`)).toHaveLength(3);
  });

  it('is none with too few corners, too many, or corners that are no places', () => {
    for (const text of ['', '1,2;3,4', '1,2;3,4;5', '1,2;3,4;5,', '1,2;3,4;5,x', '1,2;3,4;5,6,7', '0,0;1,91;2,0', '0,0;200,10;0,20']) {
      expect(parsePolygon(text), text).toBeNull();
    }
    const ring = (many: number): string => polygonText(Array.from({ length: many }, (_, n): Corner => [Math.cos(n / many), Math.sin(n / many)]));
    expect(parsePolygon(ring(200))).toHaveLength(200);
    expect(parsePolygon(ring(201))).toBeNull();
  });

  it('has lines that do not cross', () => {
    expect(crosses([[0, 0], [4, 0], [4, 4]], [2, -1])).toBe(true);
    expect(crosses([[0, 0], [4, 0], [4, 4]], [0, 4])).toBe(false);
    expect(crosses([[0, 0]], [1, 1])).toBe(false);
    expect(closes(square)).toBe(true);
    expect(closes(square.slice(0, 2))).toBe(false);
    // The last corner lies beyond the first line, so that closing would cut it.
    expect(closes([[0, 0], [4, 0], [4, 4], [2, 4], [5, 2]])).toBe(false);
  });
});

describe('boxes', () => {
  it('are written inside the world, also over the date line', () => {
    expect(boxText({ west: -5, south: -91, east: 10.1234567, north: 53 })).toBe('-5,-90,10.12346,53');
    expect(boxText({ west: 170, south: 0, east: 190, north: 1 })).toBe('170,0,-170,1');
    expect(boxText({ west: -200, south: 0, east: 200, north: 1 })).toBe('-180,0,180,1');
  });

  it('are read back', () => {
    expect(parseBox('1,2,3,4')).toEqual({ west: 1, south: 2, east: 3, north: 4 });
    expect(parseBox('170,0,-170,1')).toEqual({ west: 170, south: 0, east: 190, north: 1 });
    expect(parseBox('1,2,3')).toBeNull();
  });

  it('of corners hold them all', () => {
    expect(boxOf(square)).toEqual({ west: 0, south: 0, east: 4, north: 4 });
    expect(boxOf([])).toBeNull();
  });

  it('overlap where both are, whatever turn of the globe', () => {
    const [a, b] = [{ west: 0, south: 0, east: 4, north: 4 }, { west: 2, south: -1, east: 9, north: 3 }];
    expect(overlap(a, b)).toEqual({ west: 2, south: 0, east: 4, north: 3 });
    expect(overlap(a, { west: 5, south: 0, east: 6, north: 1 })).toBeNull();
    expect(overlap({ west: -190, south: 0, east: -170, north: 1 }, { west: 175, south: 0, east: 185, north: 1 })).toEqual({ west: -185, south: 0, east: -175, north: 1 });
  });

  it('get a margin', () => {
    expect(widened({ west: 0, south: 0, east: 10, north: 20 }, 0.1)).toEqual({ west: -1, south: -2, east: 11, north: 22 });
  });
});
