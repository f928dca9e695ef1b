import { describe, expect, it } from 'vitest';
import {
  addDays, addMonths, formatRange, isDate, monthGrid, nightsBetween, todayIn,
} from '../src/domain/dates';

describe('dates', () => {
  it('steps over months, years, leap days and summer time', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-03-29', 1)).toBe('2026-03-30');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(nightsBetween('2026-10-24', '2026-10-26')).toBe(2);
    expect(addMonths('2026-12', 1)).toBe('2027-01');
    expect(addMonths('2026-01', -1)).toBe('2025-12');
  });

  it('takes no day that does not exist', () => {
    expect(isDate('2026-02-28')).toBe(true);
    for (const wrong of ['2026-02-30', '2026-13-01', '26-01-01', '', null, 'today']) {
      expect(isDate(wrong)).toBe(false);
    }
  });

  it('lays a month out from Monday', () => {
    const weeks = monthGrid('2026-12'); // the 1st is a Tuesday
    expect(weeks[0]).toEqual([null, '2026-12-01', '2026-12-02', '2026-12-03', '2026-12-04', '2026-12-05', '2026-12-06']);
    expect(weeks.every((week) => week.length === 7)).toBe(true);
    expect(weeks.flat().filter(Boolean)).toHaveLength(31);
    expect(monthGrid('2027-02')).toHaveLength(4); // 28 days from a Monday
  });

  it('knows the day where the property stands', () => {
    const now = Date.parse('2026-11-30T23:30:00Z');
    expect(todayIn('Europe/Dublin', now)).toBe('2026-11-30');
    expect(todayIn('Asia/Tokyo', now)).toBe('2026-12-01');
    expect(todayIn('Not/AZone', now)).toBe('2026-11-30');
  });

  it('writes ranges without saying anything twice', () => {
    expect(formatRange('2026-12-01', '2026-12-04')).toBe('1 – 4 Dec 2026');
    expect(formatRange('2026-11-30', '2026-12-02')).toBe('30 Nov – 2 Dec 2026');
    expect(formatRange('2026-12-30', '2027-01-02')).toBe('30 Dec 2026 – 2 Jan 2027');
  });
});
