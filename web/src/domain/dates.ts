import type { LocalDate } from '../api/types';

/** Days as YYYY-MM-DD text. Texts of this form sort as the days do, and no time zone can
 *  shift them; arithmetic goes through UTC, where every day has 24 hours. */

const DAY = 86_400_000;

function utc(date: LocalDate): number {
  return Date.parse(`${date}T00:00:00Z`);
}

export function isDate(text: string | null | undefined): text is LocalDate {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = utc(text);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(utc(date) + days * DAY).toISOString().slice(0, 10);
}

export function nightsBetween(checkIn: LocalDate, checkOut: LocalDate): number {
  return Math.round((utc(checkOut) - utc(checkIn)) / DAY);
}

/** Today where the property stands. */
export function todayIn(zone: string, now: number): LocalDate {
  try {
    return new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }).format(now);
  } catch {
    return new Date(now).toISOString().slice(0, 10);
  }
}

/** The month of a day, as YYYY-MM. */
export function monthOf(date: LocalDate): string {
  return date.slice(0, 7);
}

export function addMonths(month: string, count: number): string {
  const year = Number(month.slice(0, 4));
  const index = Number(month.slice(5, 7)) - 1 + count;
  return new Date(Date.UTC(year, index, 1)).toISOString().slice(0, 7);
}

/** Weeks of a month, Monday first; null where a week reaches out of it. */
export function monthGrid(month: string): (LocalDate | null)[][] {
  const first = `${month}-01`;
  const lead = (new Date(utc(first)).getUTCDay() + 6) % 7;
  const count = nightsBetween(first, `${addMonths(month, 1)}-01`);
  const cells: (LocalDate | null)[] = Array<null>(lead).fill(null);
  for (let day = 0; day < count; day += 1) cells.push(addDays(first, day));
  while (cells.length % 7 !== 0) cells.push(null);
  const weeks: (LocalDate | null)[][] = [];
  for (let at = 0; at < cells.length; at += 7) weeks.push(cells.slice(at, at + 7));
  return weeks;
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const fullFormat = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const weekdayFormat = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });
const monthFormat = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** "4 Dec" */
export const formatDay = (date: LocalDate): string => dayFormat.format(utc(date));
/** "Fri, 4 Dec 2026" */
export const formatFull = (date: LocalDate): string => fullFormat.format(utc(date));
/** "Friday" */
export const formatWeekday = (date: LocalDate): string => weekdayFormat.format(utc(date));
/** "December 2026" */
export const formatMonth = (month: string): string => monthFormat.format(utc(`${month}-01`));

/** "1 – 4 Dec 2026", "30 Nov – 2 Dec 2026", "30 Dec 2026 – 2 Jan 2027" */
export function formatRange(from: LocalDate, to: LocalDate): string {
  const year = (date: LocalDate): string => date.slice(0, 4);
  if (year(from) !== year(to)) {
    return `${formatDay(from)} ${year(from)} – ${formatDay(to)} ${year(to)}`;
  }
  const start = monthOf(from) === monthOf(to) ? String(Number(from.slice(8))) : formatDay(from);
  return `${start} – ${formatDay(to)} ${year(to)}`;
}
