import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from 'react';
import type { LocalDate } from '../../api/types';
import { addDays } from '../../domain/dates';
import { drawn, isMarked, moved, type GridRow, type Marked, type Run } from '../../domain/grid';
import { DayHeads, RowCells } from './GridCells';

export interface GridHome {
  id: string;
  title: string;
  rows: GridRow[];
}

interface GridProps {
  homes: GridHome[];
  from: LocalDate;
  days: number;
  today: LocalDate;
  marked: Marked | null;
  onMark: (marked: Marked | null) => void;
  /** Somebody wants to go on with what is marked. */
  onEnter: () => void;
  onBlock: (row: GridRow, run: Run) => void;
}

/** Units down, nights across. Free nights are marked by drawing over them, by tapping the
 *  first and the last, or with Shift and the arrows. */
export function Grid({ homes, from, days, today, marked, onMark, onEnter, onBlock }: GridProps) {
  const rows = homes.flatMap((home) => home.rows);
  const [cursor, setCursor] = useState<{ row: number; day: LocalDate }>({ row: 0, day: from });
  const table = useRef<HTMLTableElement>(null);
  const drawing = useRef<Marked | null>(null);
  const byMouse = useRef(false);
  const refocus = useRef(false);
  const day = cursor.day < from || cursor.day >= addDays(from, days) ? from : cursor.day;
  const at = Math.min(cursor.row, rows.length - 1);

  useEffect(() => {
    const end = (): void => {
      drawing.current = null;
    };
    window.addEventListener('pointerup', end);
    return () => window.removeEventListener('pointerup', end);
  }, []);
  useEffect(() => {
    if (!refocus.current) return;
    refocus.current = false;
    table.current?.querySelector<HTMLElement>('[data-cell][tabindex="0"]')?.focus();
  });

  const draw = (row: GridRow, mark: Marked, to: LocalDate): void => {
    const next = drawn(mark, row, to, today);
    drawing.current = drawing.current ? next : null;
    onMark(next);
  };
  const begin = (row: GridRow, first: LocalDate): Marked | null => {
    const isFree = first >= today && !row.runs.some((run) => run.from <= first && first < run.to);
    return isFree ? { row: row.key, anchor: first, reach: first } : null;
  };

  const onPointerDown = (event: PointerEvent, row: GridRow, night: LocalDate): void => {
    byMouse.current = event.pointerType === 'mouse';
    if (!byMouse.current || event.button !== 0) return;
    if (event.shiftKey && marked?.row === row.key) {
      draw(row, marked, night);
      return;
    }
    drawing.current = begin(row, night);
    onMark(drawing.current);
  };
  const onPointerOver = (row: GridRow, night: LocalDate): void => {
    if (drawing.current?.row === row.key) draw(row, drawing.current, night);
  };
  const onClick = (event: MouseEvent, row: GridRow, night: LocalDate): void => {
    // The mouse has marked already, when it was pressed.
    if (byMouse.current && event.detail > 0) return;
    const inside = isMarked(marked, row.key, night);
    if (event.detail === 0 && inside) onEnter();
    else if (marked?.row === row.key && marked.anchor === marked.reach && !inside) draw(row, marked, night);
    else onMark(inside ? null : begin(row, night));
  };
  const onKey = (event: KeyboardEvent, index: number, first: LocalDate, span: number): void => {
    if (event.key === 'Escape') {
      onMark(null);
      return;
    }
    const edge = event.key === 'ArrowRight' ? addDays(first, span - 1) : first;
    const target = moved(event.key, rows.length, index, edge, from, days);
    if (!target) return;
    event.preventDefault();
    const row = rows[index] as GridRow;
    if (event.shiftKey && target.row === index) {
      const mark = marked?.row === row.key ? marked : begin(row, first);
      if (!mark) return;
      const next = drawn(mark, row, target.day, today);
      onMark(next);
      target.day = next.reach;
    }
    refocus.current = true;
    setCursor(target);
  };

  let index = -1;
  return (
    <div className="grid-scroll">
      <table ref={table} role="grid" className="grid" aria-label="Your homes, night by night" aria-multiselectable="true">
        <DayHeads from={from} days={days} today={today} />
        {homes.map((home) => (
          <tbody key={home.id}>
            <tr className="grid-home">
              <th colSpan={days + 1} scope="rowgroup"><span>{home.title}</span></th>
            </tr>
            {home.rows.map((row) => {
              index += 1;
              const place = index;
              return (
                <RowCells
                  key={row.key}
                  row={row}
                  from={from}
                  days={days}
                  today={today}
                  marked={marked}
                  cursor={place === at ? day : null}
                  on={{
                    pointerDown: (event, night) => onPointerDown(event, row, night),
                    pointerOver: (night) => onPointerOver(row, night),
                    click: (event, night) => onClick(event, row, night),
                    key: (event, first, span) => onKey(event, place, first, span),
                    focus: (night) => setCursor({ row: place, day: night }),
                    block: (run) => onBlock(row, run),
                  }}
                />
              );
            })}
          </tbody>
        ))}
      </table>
    </div>
  );
}
