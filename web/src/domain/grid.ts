import type { LocalDate, Money } from '../api/types';
import { addDays, nightsBetween } from './dates';

/** Why nights are not free. */
export type RunState = 'held' | 'booked' | 'blocked';

/** Nights in a row that are not free, for one reason. */
export interface Run {
  from: LocalDate;
  /** The day after the last night. */
  to: LocalDate;
  state: RunState;
  bookingId?: string;
  blockId?: string;
  /** Who comes, or why it is blocked. */
  label?: string;
}

/** One unit of a home: a row of the grid. */
export interface GridRow {
  key: string;
  propertyId: string;
  unitId: string;
  /** Which one of its unit type, from 1. */
  slot: number;
  label: string;
  runs: Run[];
  priceOn: (night: LocalDate) => Money | undefined;
}

/** What one cell of a row shows: a free night, or the part of a run that is on show. */
export type Cell =
  | { kind: 'free'; day: LocalDate }
  | { kind: 'run'; day: LocalDate; span: number; run: Run; startsHere: boolean; endsHere: boolean };

/** The cells of a row over some days, in their order. */
export function cellsOf(row: Pick<GridRow, 'runs'>, from: LocalDate, days: number): Cell[] {
  const end = addDays(from, days);
  const cells: Cell[] = [];
  let day = from;
  while (day < end) {
    const run = row.runs.find((one) => one.from <= day && day < one.to);
    if (!run) {
      cells.push({ kind: 'free', day });
      day = addDays(day, 1);
      continue;
    }
    const last = run.to < end ? run.to : end;
    cells.push({ kind: 'run', day, span: nightsBetween(day, last), run, startsHere: run.from >= from, endsHere: run.to <= end });
    day = last;
  }
  return cells;
}

/** Nights of one row that somebody marks, from one day to another, in any direction. */
export interface Marked {
  row: string;
  anchor: LocalDate;
  reach: LocalDate;
}

/** The first of the marked nights and the day after the last. */
export function range(marked: Marked): { from: LocalDate; to: LocalDate } {
  const [first, last] = marked.anchor <= marked.reach ? [marked.anchor, marked.reach] : [marked.reach, marked.anchor];
  return { from: first, to: addDays(last, 1) };
}

export function isMarked(marked: Marked | null, row: string, day: LocalDate): boolean {
  if (!marked || marked.row !== row) return false;
  const { from, to } = range(marked);
  return from <= day && day < to;
}

/** The mark drawn on to a day: over free nights only, as far as they go, and never into the
 *  past. */
export function drawn(marked: Marked, row: Pick<GridRow, 'runs'>, to: LocalDate, today: LocalDate): Marked {
  const isFree = (day: LocalDate): boolean => day >= today && !row.runs.some((run) => run.from <= day && day < run.to);
  const step = to < marked.anchor ? -1 : 1;
  let reach = marked.anchor;
  while (reach !== to && isFree(addDays(reach, step))) reach = addDays(reach, step);
  return { ...marked, reach };
}

/** Where a key leads from a cell: the row and the day, or null when the key means nothing. */
export function moved(key: string, rows: number, row: number, day: LocalDate, first: LocalDate, days: number): { row: number; day: LocalDate } | null {
  const last = addDays(first, days - 1);
  switch (key) {
    case 'ArrowLeft':
      return { row, day: day > first ? addDays(day, -1) : first };
    case 'ArrowRight':
      return { row, day: day < last ? addDays(day, 1) : last };
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), day };
    case 'ArrowDown':
      return { row: Math.min(rows - 1, row + 1), day };
    case 'Home':
      return { row, day: first };
    case 'End':
      return { row, day: last };
    default:
      return null;
  }
}
