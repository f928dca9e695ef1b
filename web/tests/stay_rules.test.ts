import { describe, expect, it } from 'vitest';
import type { NewStayRules } from '../src/api/next';
import type { Booking } from '../src/api/types';
import { board } from '../src/domain/board';
import { differenceText } from '../src/domain/pricing';
import { fromStayRules, readStayRules } from '../src/domain/stay_rules';
import { happening, momentText, whoText } from '../src/domain/timeline';

const RULES: NewStayRules = {
  min_nights_on: [{ day: 'friday', nights: 2 }], arrival_days: ['friday', 'saturday'], departure_days: [], notice_days: 1, cut_off: '18:00',
  window_days: 300, buffer_before: 0, buffer_after: 1, no_orphan_gaps: true,
  dates: [{ from: '2026-12-30', to: '2027-01-02', min_nights: 5, closed_to_arrival: true, closed_to_departure: false }],
};

describe('rules about stays', () => {
  it('are said as they were told', () => {
    expect(readStayRules(fromStayRules(RULES))).toEqual({ body: RULES });
  });

  it('count the last day of some days in', () => {
    expect(fromStayRules(RULES).dates[0]?.last).toBe('2027-01-01');
  });

  it('need a day to arrive on, and something that is different', () => {
    const form = fromStayRules(RULES);
    const [first] = form.dates;
    const read = readStayRules({ ...form, arrival: [], notice: '400', dates: first ? [{ ...first, minNights: '', noArrival: false, last: '2026-12-01' }] : [] });
    expect(Object.keys('errors' in read ? read.errors : {}).sort()).toEqual(['/arrival_days', '/dates/0/min_nights', '/dates/0/to', '/notice_days']);
  });
});

describe('the board of requests', () => {
  const booking = (id: string, part: Partial<Booking>): Booking =>
    ({ id, status: 'confirmed', check_in: '2027-03-01', check_out: '2027-03-04', ...part }) as Booking;

  it('puts each booking where something is next, what ends first on top', () => {
    const columns = board(
      [
        booking('late', { status: 'pending_approval', expires_at: '2026-12-02T10:00:00Z' }),
        booking('soon', { status: 'pending_approval', expires_at: '2026-12-01T10:00:00Z' }),
        booking('change', { change: { status: 'open', expires_at: '2026-12-01T10:00:00Z' } as Booking['change'] }),
        booking('pays', { change: { status: 'accepted', expires_at: '2026-12-01T10:00:00Z' } as Booking['change'] }),
        booking('comes', { check_in: '2026-12-05', check_out: '2026-12-08' }),
        booking('far', {}),
        booking('over', { status: 'cancelled', check_in: '2026-12-05' }),
      ],
      '2026-12-01',
    );
    expect(columns.map((one) => one.bookings.map(({ id }) => id))).toEqual([['soon', 'late'], ['change'], ['pays'], ['comes']]);
  });
});

describe('what has happened', () => {
  it('is told in words, by the clocks of the home', () => {
    expect(happening('booking.modified')).toBe('Changed');
    expect(happening('booking.something_new')).toBe('Booking something new');
    expect(whoText('landlord')).toBe('Landlord');
    expect(momentText('2026-12-04T23:30:00Z', 'Europe/Berlin')).toBe('5 Dec 2026, 00:30');
    expect(momentText('2026-12-04T23:30:00Z', 'No/Where')).not.toBe('');
  });

  it('says which way money goes', () => {
    expect(differenceText({ amount: 4000, currency: 'EUR' })).toBe('€40 more');
    expect(differenceText({ amount: -1250, currency: 'EUR' })).toBe('€12.50 back');
    expect(differenceText({ amount: 0, currency: 'EUR' })).toBe('the same price');
  });
});
