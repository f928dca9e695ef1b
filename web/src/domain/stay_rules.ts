import type { DateRule, NewStayRules, Weekday } from '../api/next';
import type { LocalDate } from '../api/types';
import { addDays, isDate } from './dates';
import { WEEKDAYS, type Errors } from './pricing';

/** A rule for certain dates as typed. */
export interface DateRuleText {
  key: string;
  from: string;
  /** The last date, as people say it. */
  last: string;
  minNights: string;
  noArrival: boolean;
  noDeparture: boolean;
}

/** The rules about stays as typed. Errors are kept by the server's pointers. */
export interface StayRulesForm {
  arrival: Weekday[];
  departure: Weekday[];
  /** Shortest stays by the day of arrival; empty where the usual holds. */
  minOn: Record<Weekday, string>;
  notice: string;
  cutOff: string;
  window: string;
  before: string;
  after: string;
  noGaps: boolean;
  dates: DateRuleText[];
}

export const ALL_DAYS: Weekday[] = WEEKDAYS.map(([day]) => day);

export function fromStayRules(rules: NewStayRules): StayRulesForm {
  const some = (count: number | null | undefined): string => (count ? String(count) : '');
  return {
    // No day named means any day.
    arrival: rules.arrival_days.length > 0 ? rules.arrival_days : ALL_DAYS,
    departure: rules.departure_days.length > 0 ? rules.departure_days : ALL_DAYS,
    minOn: Object.fromEntries(ALL_DAYS.map((day) => [day, some(rules.min_nights_on.find((one) => one.day === day)?.nights)])) as Record<Weekday, string>,
    notice: some(rules.notice_days),
    cutOff: rules.cut_off?.slice(0, 5) ?? '',
    window: some(rules.window_days),
    before: some(rules.buffer_before),
    after: some(rules.buffer_after),
    noGaps: rules.no_orphan_gaps,
    dates: rules.dates.map((rule, index) => ({
      key: String(index),
      from: rule.from,
      last: addDays(rule.to, -1),
      minNights: some(rule.min_nights),
      noArrival: rule.closed_to_arrival,
      noDeparture: rule.closed_to_departure,
    })),
  };
}

export function readStayRules(form: StayRulesForm): { body: NewStayRules } | { errors: Errors } {
  const errors: Errors = {};
  const count = (pointer: string, text: string, least: number, most: number): number | undefined => {
    if (text.trim() === '') return undefined;
    const value = Number(text);
    if (!(Number.isInteger(value) && value >= least && value <= most)) errors[pointer] = `A whole number from ${least} to ${most}, or nothing.`;
    return value;
  };
  const days = (pointer: string, chosen: Weekday[]): Weekday[] => {
    if (chosen.length === 0) errors[pointer] = 'At least one day.';
    return chosen.length === ALL_DAYS.length ? [] : ALL_DAYS.filter((day) => chosen.includes(day));
  };
  const minOn: NewStayRules['min_nights_on'] = [];
  for (const day of ALL_DAYS) {
    const least = count('/min_nights_on', form.minOn[day], 1, 365);
    if (least !== undefined) minOn.push({ day, nights: least });
  }
  const window = count('/window_days', form.window, 1, 730);
  const body: NewStayRules = {
    min_nights_on: minOn,
    arrival_days: days('/arrival_days', form.arrival),
    departure_days: days('/departure_days', form.departure),
    notice_days: count('/notice_days', form.notice, 0, 365) ?? 0,
    ...(form.cutOff && { cut_off: form.cutOff }),
    ...(window !== undefined && { window_days: window }),
    buffer_before: count('/buffer_before', form.before, 0, 14) ?? 0,
    buffer_after: count('/buffer_after', form.after, 0, 14) ?? 0,
    no_orphan_gaps: form.noGaps,
    dates: form.dates.map((rule, index) => readDates(rule, index, errors, count)),
  };
  return Object.keys(errors).length > 0 ? { errors } : { body };
}

function readDates(
  rule: DateRuleText,
  index: number,
  errors: Errors,
  count: (pointer: string, text: string, least: number, most: number) => number | undefined,
): DateRule {
  const at = (name: string): string => `/dates/${index}/${name}`;
  if (!isDate(rule.from)) errors[at('from')] = 'A day.';
  if (!isDate(rule.last) || rule.last < rule.from) errors[at('to')] = 'A day, not before the first.';
  const least = count(at('min_nights'), rule.minNights, 1, 365);
  if (least === undefined && !rule.noArrival && !rule.noDeparture) errors[at('min_nights')] = 'What is different on these days?';
  const to: LocalDate = isDate(rule.last) ? addDays(rule.last, 1) : rule.last;
  return { from: rule.from, to, ...(least !== undefined && { min_nights: least }), closed_to_arrival: rule.noArrival, closed_to_departure: rule.noDeparture };
}
