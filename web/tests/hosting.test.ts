import { describe, expect, it } from 'vitest';
import type { HostingHome } from '../src/api/next';
import { currencyOf, rowsOf, stepped } from '../src/domain/hosting';

const HOME: HostingHome = {
  property_id: 'prp_1', title: 'Mill', from: '2026-12-01', to: '2026-12-29', today: '2026-12-01',
  types: [
    { unit_id: 'unt_1', name: 'House', prices: [], units: [{ unit_no: 1, runs: [] }] },
    {
      unit_id: 'unt_2', name: 'Room',
      prices: [{ from: '2026-12-01', to: '2026-12-04', price: { amount: 8000, currency: 'EUR' } }],
      units: [
        { unit_no: 1, runs: [{ from: '2026-12-02', to: '2026-12-05', state: 'booked', booking_id: 'bkg_1', guest: 'Ann' }] },
        { unit_no: 2, runs: [{ from: '2026-12-02', to: '2026-12-03', state: 'blocked', block_id: 'blk_1', reason: '' }] },
      ],
    },
  ],
};

describe('the calendar of all homes', () => {
  it('has a row for each unit, with a number where there are several', () => {
    expect(rowsOf(HOME).map((row) => `${row.unitId} ${row.slot} ${row.label}`)).toEqual(['unt_1 1 House', 'unt_2 1 Room 1', 'unt_2 2 Room 2']);
  });

  it('knows who is there and what is blocked', () => {
    const [, first, second] = rowsOf(HOME);
    expect(first?.runs).toEqual([{ from: '2026-12-02', to: '2026-12-05', state: 'booked', bookingId: 'bkg_1', label: 'Ann' }]);
    expect(second?.runs).toEqual([{ from: '2026-12-02', to: '2026-12-03', state: 'blocked', blockId: 'blk_1' }]);
  });

  it('reads prices from runs, up to the day after the last night', () => {
    const [house, room] = rowsOf(HOME);
    expect(room?.priceOn('2026-12-03')?.amount).toBe(8000);
    expect(room?.priceOn('2026-12-04')).toBeUndefined();
    expect(house?.priceOn('2026-12-03')).toBeUndefined();
    expect(currencyOf(HOME)).toBe('EUR');
    expect(currencyOf({ ...HOME, types: [] })).toBeUndefined();
  });

  it('never steps before today', () => {
    expect(stepped('2026-12-10', -28, '2026-12-01')).toBe('2026-12-01');
    expect(stepped('2026-12-10', 14, '2026-12-01')).toBe('2026-12-24');
  });
});
