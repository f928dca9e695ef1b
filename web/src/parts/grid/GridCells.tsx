import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react';
import { Link } from 'react-router';
import type { LocalDate } from '../../api/types';
import { addDays, formatDay, formatFull, formatRange, formatWeekday, monthOf } from '../../domain/dates';
import { cellsOf, isMarked, type Cell, type GridRow, type Marked, type Run, type RunState } from '../../domain/grid';
import { formatShort } from '../../domain/money';

const STATES: Record<RunState, string> = { held: 'on hold', booked: 'booked', blocked: 'blocked' };

export function DayHeads({ from, days, today }: { from: LocalDate; days: number; today: LocalDate }) {
  return (
    <thead>
      <tr>
        <th scope="col" className="grid-name"><span className="hidden">Unit</span></th>
        {Array.from({ length: days }, (_, index) => addDays(from, index)).map((day, index) => {
          const weekday = formatWeekday(day);
          const isWeekend = weekday === 'Saturday' || weekday === 'Sunday';
          const classes = ['grid-day', isWeekend && 'grid-weekend', day === today && 'grid-today'].filter(Boolean).join(' ');
          return (
            <th key={day} scope="col" className={classes} abbr={formatFull(day)}>
              <span>{weekday.slice(0, 2)}</span>
              <strong>{index === 0 || monthOf(day) !== monthOf(addDays(day, -1)) ? formatDay(day) : Number(day.slice(8))}</strong>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

interface Hands {
  pointerDown: (event: PointerEvent, night: LocalDate) => void;
  pointerOver: (night: LocalDate) => void;
  click: (event: MouseEvent, night: LocalDate) => void;
  key: (event: KeyboardEvent, first: LocalDate, span: number) => void;
  focus: (night: LocalDate) => void;
  block: (run: Run) => void;
}

interface RowProps {
  row: GridRow;
  from: LocalDate;
  days: number;
  today: LocalDate;
  marked: Marked | null;
  /** The day of the one cell in the tab order, if it is in this row. */
  cursor: LocalDate | null;
  on: Hands;
}

export function RowCells({ row, from, days, today, marked, cursor, on }: RowProps) {
  return (
    <tr data-row={row.key}>
      <th scope="row" className="grid-name"><span>{row.label}</span></th>
      {cellsOf(row, from, days).map((cell) => {
        const span = cell.kind === 'run' ? cell.span : 1;
        const isStop = cursor !== null && cell.day <= cursor && cursor < addDays(cell.day, span);
        return cell.kind === 'free' ? (
          <FreeCell key={cell.day} row={row} day={cell.day} isPast={cell.day < today} isOn={isMarked(marked, row.key, cell.day)} isStop={isStop} on={on} />
        ) : (
          <RunCell key={cell.day} cell={cell} isStop={isStop} on={on} />
        );
      })}
    </tr>
  );
}

function FreeCell({ row, day, isPast, isOn, isStop, on }: { row: GridRow; day: LocalDate; isPast: boolean; isOn: boolean; isStop: boolean; on: Hands }) {
  const price = row.priceOn(day);
  const classes = ['grid-free', isPast && 'grid-past', isOn && 'grid-marked'].filter(Boolean).join(' ');
  return (
    <td role="gridcell" className={classes} aria-selected={isOn}>
      <button
        type="button"
        data-cell
        data-night={day}
        tabIndex={isStop ? 0 : -1}
        aria-disabled={isPast}
        onPointerDown={(event) => on.pointerDown(event, day)}
        onPointerEnter={() => on.pointerOver(day)}
        onClick={(event) => on.click(event, day)}
        onKeyDown={(event) => on.key(event, day, 1)}
        onFocus={() => on.focus(day)}
      >
        <span className="hidden">{row.label}, {formatFull(day)}, {isPast ? 'over' : 'free'} </span>
        {price && !isPast && (
          <>
            {formatShort(price)} <span className="hidden">{price.currency}</span>
          </>
        )}
      </button>
    </td>
  );
}

function RunCell({ cell, isStop, on }: { cell: Extract<Cell, { kind: 'run' }>; isStop: boolean; on: Hands }) {
  const { run, span, day } = cell;
  const said = [run.label, STATES[run.state], formatRange(run.from, run.to)].filter(Boolean).join(', ');
  const classes = ['grid-run', `grid-${run.state}`, cell.startsHere && 'grid-starts', cell.endsHere && 'grid-ends'].filter(Boolean).join(' ');
  const common = {
    'data-cell': true,
    'data-run': run.state,
    tabIndex: isStop ? 0 : -1,
    'aria-label': said,
    title: said,
    onKeyDown: (event: KeyboardEvent) => on.key(event, day, span),
    onFocus: () => on.focus(day),
  };
  const text = <span>{run.label ?? (span > 1 ? STATES[run.state] : '')}</span>;
  return (
    <td role="gridcell" colSpan={span} className={classes}>
      {run.bookingId ? (
        <Link to={`/bookings/${encodeURIComponent(run.bookingId)}`} draggable={false} {...common}>{text}</Link>
      ) : (
        <button type="button" aria-disabled={!run.blockId} onClick={() => run.blockId && on.block(run)} {...common}>{text}</button>
      )}
    </td>
  );
}
