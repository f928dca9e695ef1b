import { describe, expect, it } from 'vitest';
import { cellsOf, drawn, isMarked, moved, range, type Run } from '../src/domain/grid';

const RUNS: Run[] = [
  { from: '2026-11-28', to: '2026-12-02', state: 'booked', bookingId: 'bkg_1', label: 'Ann' },
  { from: '2026-12-02', to: '2026-12-03', state: 'held' },
  { from: '2026-12-06', to: '2026-12-20', state: 'blocked', blockId: 'blk_1' },
];
const ROW = { runs: RUNS };

describe('the grid', () => {
  it('cuts runs at the edges of what is on show', () => {
    const cells = cellsOf(ROW, '2026-12-01', 8);
    expect(cells.map((cell) => (cell.kind === 'run' ? `${cell.run.state} ${cell.span}` : `free ${cell.day}`))).toEqual([
      'booked 1', 'held 1', 'free 2026-12-03', 'free 2026-12-04', 'free 2026-12-05', 'blocked 3',
    ]);
    const [first, , , , , last] = cells;
    expect(first).toMatchObject({ startsHere: false, endsHere: true });
    expect(last).toMatchObject({ startsHere: true, endsHere: false });
  });

  it('marks free nights in both directions, and stops where they end', () => {
    const mark = { row: 'a', anchor: '2026-12-04', reach: '2026-12-04' };
    expect(range(drawn(mark, ROW, '2026-12-05', '2026-12-01'))).toEqual({ from: '2026-12-04', to: '2026-12-06' });
    expect(range(drawn(mark, ROW, '2026-12-15', '2026-12-01'))).toEqual({ from: '2026-12-04', to: '2026-12-06' });
    expect(range(drawn(mark, ROW, '2026-12-01', '2026-12-01'))).toEqual({ from: '2026-12-03', to: '2026-12-05' });
    expect(range(drawn(mark, ROW, '2026-12-01', '2026-12-04'))).toEqual({ from: '2026-12-04', to: '2026-12-05' });
  });

  it('knows what is marked', () => {
    const mark = { row: 'a', anchor: '2026-12-05', reach: '2026-12-03' };
    expect(isMarked(mark, 'a', '2026-12-04')).toBe(true);
    expect(isMarked(mark, 'a', '2026-12-06')).toBe(false);
    expect(isMarked(mark, 'b', '2026-12-04')).toBe(false);
  });

  it('is walked by keys, not over its edges', () => {
    const from = (key: string, row: number, day: string) => moved(key, 3, row, day, '2026-12-01', 7);
    expect(from('ArrowRight', 0, '2026-12-07')).toEqual({ row: 0, day: '2026-12-07' });
    expect(from('ArrowLeft', 0, '2026-12-02')).toEqual({ row: 0, day: '2026-12-01' });
    expect(from('ArrowDown', 2, '2026-12-02')).toEqual({ row: 2, day: '2026-12-02' });
    expect(from('ArrowUp', 1, '2026-12-02')).toEqual({ row: 0, day: '2026-12-02' });
    expect(from('End', 1, '2026-12-02')).toEqual({ row: 1, day: '2026-12-07' });
    expect(from('x', 1, '2026-12-02')).toBeNull();
  });
});
