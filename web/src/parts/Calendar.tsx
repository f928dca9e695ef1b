import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { LocalDate } from '../api/types';
import { addDays, addMonths, formatMonth, formatWeekday, monthGrid, monthOf } from '../domain/dates';
import { formatShort } from '../domain/money';
import { canArrive, canLeave, canPick, choosingEnd, isFree, leastNights, pick, type Nights, type Stay } from '../domain/nights';
import { useMedia } from './hooks';

const DAYS = [
  ['Mo', 'Monday'], ['Tu', 'Tuesday'], ['We', 'Wednesday'], ['Th', 'Thursday'],
  ['Fr', 'Friday'], ['Sa', 'Saturday'], ['Su', 'Sunday'],
] as const;

interface CalendarProps {
  nights: Nights;
  stay: Stay;
  today: LocalDate;
  /** The last day that is known. */
  until: LocalDate;
  onStay: (stay: Stay) => void;
}

/** Nights of a home, free and taken. Arrows move by day and week, Page Up and Down by
 *  month, Enter chooses. */
export function Calendar({ nights, stay, today, until, onStay }: CalendarProps) {
  const wide = useMedia('(min-width: 46rem)');
  const [month, setMonth] = useState(() => monthOf(stay.checkIn ?? today));
  const [cursor, setCursor] = useState<LocalDate>(stay.checkIn ?? today);
  const [hovered, setHovered] = useState<LocalDate | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const refocus = useRef(false);
  const shown = wide ? [month, addMonths(month, 1)] : [month];
  const first = monthOf(today);
  const last = monthOf(until);

  useEffect(() => {
    if (!refocus.current) return;
    refocus.current = false;
    grid.current?.querySelector<HTMLButtonElement>(`[data-day="${cursor}"]`)?.focus();
  }, [cursor, month]);

  const moveTo = (day: LocalDate): void => {
    const target = day < today ? today : day > until ? until : day;
    refocus.current = true;
    setCursor(target);
    if (!shown.includes(monthOf(target))) setMonth(monthOf(target));
  };

  const onKey = (event: KeyboardEvent, day: LocalDate): void => {
    const steps: Record<string, LocalDate> = {
      ArrowLeft: addDays(day, -1),
      ArrowRight: addDays(day, 1),
      ArrowUp: addDays(day, -7),
      ArrowDown: addDays(day, 7),
      PageUp: sameDay(day, -1),
      PageDown: sameDay(day, 1),
      Home: `${monthOf(day)}-01`,
    };
    const target = steps[event.key];
    if (!target) return;
    event.preventDefault();
    moveTo(target);
  };

  const choose = (day: LocalDate): void => {
    setCursor(day);
    onStay(pick(nights, stay, day, today));
  };

  const end = choosingEnd(stay) && hovered && canLeave(nights, stay.checkIn, hovered) ? hovered : stay.checkOut;
  // Exactly one day is in the tab order; it has to be one that is on show.
  const tabStop = shown.includes(monthOf(cursor)) ? cursor : firstOpen(shown[0] as string, today);

  return (
    <div className="calendar" ref={grid} onMouseLeave={() => setHovered(null)}>
      <div className="calendar-months">
        {shown.map((one, index) => (
          <div key={one} className="month">
            <div className="month-head">
              {index === 0 && (
                <button type="button" className="icon-button" aria-label="Earlier month" disabled={month <= first} onClick={() => setMonth(addMonths(month, -1))}>
                  ‹
                </button>
              )}
              <h3 aria-live={index === 0 ? 'polite' : undefined}>{formatMonth(one)}</h3>
              {index === shown.length - 1 && (
                <button type="button" className="icon-button month-next" aria-label="Later month" disabled={one >= last} onClick={() => setMonth(addMonths(month, 1))}>
                  ›
                </button>
              )}
            </div>
            <table role="grid" aria-label={formatMonth(one)}>
              <thead>
                <tr>
                  {DAYS.map(([short, long]) => (
                    <th key={short} scope="col" abbr={long}>{short}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {weeksFrom(one, today).map((week, row) => (
                  <tr key={row}>
                    {week.map((day, column) =>
                      day === null ? (
                        <td key={column} />
                      ) : (
                        <DayCell
                          key={day}
                          day={day}
                          nights={nights}
                          stay={stay}
                          shownEnd={end}
                          today={today}
                          tabStop={day === tabStop}
                          onChoose={choose}
                          onHover={setHovered}
                          onKey={onKey}
                        />
                      ),
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ))}
      </div>
    </div>
  );
}

interface DayProps {
  day: LocalDate;
  nights: Nights;
  stay: Stay;
  shownEnd: LocalDate | null;
  today: LocalDate;
  tabStop: boolean;
  onChoose: (day: LocalDate) => void;
  onHover: (day: LocalDate) => void;
  onKey: (event: KeyboardEvent, day: LocalDate) => void;
}

function DayCell({ day, nights, stay, shownEnd, today, tabStop, onChoose, onHover, onKey }: DayProps) {
  const night = nights.get(day);
  const free = isFree(nights, day, today);
  const open = canPick(nights, stay, day, today);
  const start = day === stay.checkIn;
  const finish = day === shownEnd;
  const inside = stay.checkIn !== null && shownEnd !== null && day > stay.checkIn && day < shownEnd;
  const known = night !== undefined && day >= today;
  const state = !known ? 'past' : free ? 'free' : 'taken';
  const classes = ['day', `day-${state}`];
  if (start) classes.push('day-start');
  if (finish) classes.push('day-end');
  if (inside) classes.push('day-in');
  if (free && !open && !start && !inside) classes.push('day-shut');
  if (start && shownEnd) classes.push('day-joined');
  const said = [formatMonth(monthOf(day))];
  if (start) said.push('check-in');
  if (day === stay.checkOut) said.push('check-out');
  if (known) said.push(free ? 'free' : open ? 'taken, but you can leave on this day' : night.state === 'closed' ? 'not offered' : 'taken');
  if (free) said.push(...rulesOf(nights, stay, day, today));
  return (
    <td className={classes.join(' ')} role="gridcell" aria-selected={start || inside || day === stay.checkOut}>
      <button
        type="button"
        data-day={day}
        data-state={state}
        tabIndex={tabStop ? 0 : -1}
        aria-disabled={!open}
        onClick={() => open && onChoose(day)}
        onMouseEnter={() => onHover(day)}
        onFocus={() => onHover(day)}
        onKeyDown={(event) => onKey(event, day)}
      >
        <span className="hidden">{formatWeekday(day)} </span>
        <span className="day-number">{Number(day.slice(8))}</span>
        <span className="hidden"> {said.join(', ')} </span>
        {free && night?.price && (
          <span className="day-price">
            {formatShort(night.price)}
            <span className="hidden"> {night.price.currency}</span>
          </span>
        )}
      </button>
    </td>
  );
}

/** What its rules say of a free day, for who cannot see that it does nothing. */
function rulesOf(nights: Nights, stay: Stay, day: LocalDate, today: LocalDate): string[] {
  const said: string[] = [];
  if (choosingEnd(stay) && day > stay.checkIn) {
    if (day < addDays(stay.checkIn, leastNights(nights, stay.checkIn))) said.push(`the stay is at least ${leastNights(nights, stay.checkIn)} nights`);
    else if (nights.get(day)?.departure === false) said.push('nobody leaves on this day');
  } else if (!canArrive(nights, day, today)) {
    said.push('nobody arrives on this day');
  } else if (leastNights(nights, day) > 1) {
    said.push(`at least ${leastNights(nights, day)} nights`);
  }
  return said;
}

/** The weeks of a month without those that are over: they only push the rest down. */
function weeksFrom(month: string, today: LocalDate): (LocalDate | null)[][] {
  return monthGrid(month).filter((week) => week.some((day) => day !== null && day >= today));
}

function firstOpen(month: string, today: LocalDate): LocalDate {
  return monthOf(today) === month ? today : `${month}-01`;
}

/** The same day of another month, or its last one. */
function sameDay(day: LocalDate, months: number): LocalDate {
  const month = addMonths(monthOf(day), months);
  const wanted = `${month}-${day.slice(8)}`;
  const end = addDays(`${addMonths(month, 1)}-01`, -1);
  return wanted > end ? end : wanted;
}
