import { describe, expect, it } from 'vitest';
import type { Night } from '../src/api/types';
import { addDays } from '../src/domain/dates';
import {
  NOTHING, byNight, canPick, isBookable, lastCheckOut, nearbyStays, pick, stayNights, stayTotal,
} from '../src/domain/nights';

const TODAY = '2026-12-01';

/** One letter a night from 1 December: f free, t taken. */
function calendar(pattern: string, price = 10000) {
  return byNight(
    [...pattern].map((letter, index): Night => ({
      night: addDays(TODAY, index),
      state: letter === 'f' ? 'free' : 'taken',
      free: letter === 'f' ? 1 : 0,
      price: { amount: price + index, currency: 'EUR' },
    })),
  );
}

describe('choosing nights', () => {
  const nights = calendar('fffttfffff');

  it('takes a check-in, then a check-out', () => {
    const start = pick(nights, NOTHING, '2026-12-01', TODAY);
    expect(start).toEqual({ checkIn: '2026-12-01', checkOut: null });
    expect(pick(nights, start, '2026-12-03', TODAY)).toEqual({ checkIn: '2026-12-01', checkOut: '2026-12-03' });
  });

  it('lets a stay end on the morning of a taken night, and no later', () => {
    const start = { checkIn: '2026-12-01', checkOut: null };
    expect(lastCheckOut(nights, '2026-12-01')).toBe('2026-12-04');
    expect(canPick(nights, start, '2026-12-04', TODAY)).toBe(true);
    expect(canPick(nights, start, '2026-12-05', TODAY)).toBe(false);
    expect(pick(nights, start, '2026-12-05', TODAY)).toEqual(start);
  });

  it('begins anew behind taken nights, and before the check-in', () => {
    const start = { checkIn: '2026-12-02', checkOut: null };
    expect(pick(nights, start, '2026-12-07', TODAY)).toEqual({ checkIn: '2026-12-07', checkOut: null });
    expect(pick(nights, start, '2026-12-01', TODAY)).toEqual({ checkIn: '2026-12-01', checkOut: null });
  });

  it('begins anew after a whole choice, and lets go on a second click', () => {
    const whole = { checkIn: '2026-12-01', checkOut: '2026-12-03' };
    expect(pick(nights, whole, '2026-12-06', TODAY)).toEqual({ checkIn: '2026-12-06', checkOut: null });
    expect(pick(nights, { checkIn: '2026-12-06', checkOut: null }, '2026-12-06', TODAY)).toEqual(NOTHING);
  });

  it('takes no past, taken or unknown night', () => {
    expect(canPick(nights, NOTHING, '2026-11-30', TODAY)).toBe(false);
    expect(canPick(nights, NOTHING, '2026-12-04', TODAY)).toBe(false);
    expect(canPick(nights, NOTHING, '2027-06-01', TODAY)).toBe(false);
    expect(canPick(nights, NOTHING, '2026-12-01', '2026-12-02')).toBe(false);
  });

  it('keeps to the days on which one may come and go, and to the shortest stay', () => {
    const ruled = byNight(
      [...calendar('ffffff').values()].map((night): Night => ({ ...night, min_nights: 2, arrival: night.night !== '2026-12-02', departure: night.night !== '2026-12-05' })),
    );
    expect(pick(ruled, NOTHING, '2026-12-02', TODAY)).toEqual(NOTHING);
    const start = pick(ruled, NOTHING, '2026-12-03', TODAY);
    expect(pick(ruled, start, '2026-12-04', TODAY)).toEqual(start);
    expect(pick(ruled, start, '2026-12-05', TODAY)).toEqual(start);
    expect(pick(ruled, start, '2026-12-06', TODAY)).toEqual({ checkIn: '2026-12-03', checkOut: '2026-12-06' });
    expect(pick(ruled, start, '2026-12-01', TODAY)).toEqual({ checkIn: '2026-12-01', checkOut: null });
  });

  it('counts nights and adds their prices', () => {
    const stay = { checkIn: '2026-12-01', checkOut: '2026-12-04' };
    expect(stayNights(stay)).toEqual(['2026-12-01', '2026-12-02', '2026-12-03']);
    expect(stayTotal(nights, stay)).toEqual({ amount: 30003, currency: 'EUR' });
    expect(stayTotal(nights, NOTHING)).toBeNull();
    expect(isBookable(nights, stay, TODAY)).toBe(true);
    expect(isBookable(nights, { ...stay, checkOut: '2026-12-05' }, TODAY)).toBe(false);
    expect(isBookable(nights, { checkIn: stay.checkOut, checkOut: stay.checkIn }, TODAY)).toBe(false);
  });

  it('finds the nearest stays of the same length', () => {
    const gone = { checkIn: '2026-12-04', checkOut: '2026-12-06' };
    expect(nearbyStays(nights, gone, TODAY)).toEqual([
      { checkIn: '2026-12-02', checkOut: '2026-12-04' },
      { checkIn: '2026-12-06', checkOut: '2026-12-08' },
      { checkIn: '2026-12-08', checkOut: '2026-12-10' },
    ]);
    expect(nearbyStays(calendar('tttt'), gone, TODAY)).toEqual([]);
  });
});
