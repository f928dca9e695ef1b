import type { LocalDate, Money, Night } from '../api/types';
import { addDays, nightsBetween } from './dates';
import { sum } from './money';

/** What a tenant has chosen in a calendar. A stay takes the nights from check-in to the
 *  night before check-out, so a check-out may fall on a taken night. */
export interface Stay {
  checkIn: LocalDate | null;
  checkOut: LocalDate | null;
}

export interface Nights {
  get(night: LocalDate): Night | undefined;
}

export const NOTHING: Stay = { checkIn: null, checkOut: null };

/** The server's longest stay is far above; this keeps a slip of the hand in bounds. */
export const LONGEST_STAY = 90;

export function byNight(nights: Night[]): Map<LocalDate, Night> {
  return new Map(nights.map((night) => [night.night, night]));
}

export function isFree(nights: Nights, night: LocalDate, today: LocalDate): boolean {
  return night >= today && nights.get(night)?.state === 'free';
}

/** The last day on which a stay from `checkIn` can end. */
export function lastCheckOut(nights: Nights, checkIn: LocalDate): LocalDate {
  let day = checkIn;
  for (let count = 0; count < LONGEST_STAY && nights.get(day)?.state === 'free'; count += 1) {
    day = addDays(day, 1);
  }
  return day;
}

/** The shortest stay from a day on. */
export function leastNights(nights: Nights, checkIn: LocalDate): number {
  return Math.max(1, nights.get(checkIn)?.min_nights ?? 1);
}

/** Whether a stay may begin on a day. */
export function canArrive(nights: Nights, day: LocalDate, today: LocalDate): boolean {
  return isFree(nights, day, today) && nights.get(day)?.arrival !== false;
}

/** Whether a stay from `checkIn` may end on a day, as far as the calendar tells. */
export function canLeave(nights: Nights, checkIn: LocalDate, day: LocalDate): boolean {
  const inReach = day <= lastCheckOut(nights, checkIn) && nightsBetween(checkIn, day) >= leastNights(nights, checkIn);
  return day > checkIn && inReach && nights.get(day)?.departure !== false;
}

/** Whether a click on `day` would mean something. A day within the reach of a stay that is
 *  being chosen is its end or nothing: it would be a surprise if it began another. */
export function canPick(nights: Nights, stay: Stay, day: LocalDate, today: LocalDate): boolean {
  if (choosingEnd(stay) && day > stay.checkIn && day <= lastCheckOut(nights, stay.checkIn)) return canLeave(nights, stay.checkIn, day);
  return canArrive(nights, day, today) || (choosingEnd(stay) && day === stay.checkIn);
}

/** The choice after a click on `day`: the first click is a check-in, the second a
 *  check-out if the nights between are free, else a new check-in. */
export function pick(nights: Nights, stay: Stay, day: LocalDate, today: LocalDate): Stay {
  if (!canPick(nights, stay, day, today)) return stay;
  if (choosingEnd(stay) && canLeave(nights, stay.checkIn, day)) return { checkIn: stay.checkIn, checkOut: day };
  if (choosingEnd(stay) && day === stay.checkIn) return NOTHING;
  return { checkIn: day, checkOut: null };
}

/** True when a check-in is chosen and its check-out is not. */
export function choosingEnd(stay: Stay): stay is { checkIn: LocalDate; checkOut: null } {
  return stay.checkIn !== null && stay.checkOut === null;
}

export function stayNights(stay: Stay): LocalDate[] {
  if (stay.checkIn === null || stay.checkOut === null) return [];
  const count = nightsBetween(stay.checkIn, stay.checkOut);
  return Array.from({ length: Math.max(0, count) }, (_, index) => addDays(stay.checkIn as string, index));
}

/** Whether every night of the stay is free. */
export function isBookable(nights: Nights, stay: Stay, today: LocalDate): boolean {
  const wanted = stayNights(stay);
  return wanted.length > 0 && wanted.every((night) => isFree(nights, night, today));
}

/** The sum of the chosen nights' prices; null while it is not known. */
export function stayTotal(nights: Nights, stay: Stay): Money | null {
  const prices: Money[] = [];
  for (const night of stayNights(stay)) {
    const price = nights.get(night)?.price;
    if (!price) return null;
    prices.push(price);
  }
  return sum(prices);
}

/** Stays of the same length nearest to one that is gone: at most one before, two after. */
export function nearbyStays(nights: Nights, stay: Stay, today: LocalDate, reach = 45): Stay[] {
  if (stay.checkIn === null || stay.checkOut === null) return [];
  const length = nightsBetween(stay.checkIn, stay.checkOut);
  const shifted = (days: number): Stay => ({
    checkIn: addDays(stay.checkIn as string, days),
    checkOut: addDays(stay.checkIn as string, days + length),
  });
  const search = (step: 1 | -1, wanted: number): Stay[] => {
    const found: Stay[] = [];
    for (let days = 1; days <= reach && found.length < wanted; days += 1) {
      const candidate = shifted(days * step);
      if (!isBookable(nights, candidate, today)) continue;
      found.push(candidate);
      days += length - 1;
    }
    return found;
  };
  return [...search(-1, 1), ...search(1, 2)];
}
