import { describe, expect, it } from 'vitest';
import { notice } from '../src/domain/notices';

const told = (kind: string, data: Record<string, unknown> = {}) =>
  notice({
    kind,
    property_title: 'Canal side flat',
    data: { booking_id: 'bkg_1', property_id: 'prp_1', check_in: '2026-06-05', check_out: '2026-06-08', side: 'tenant', ...data },
  });

describe('news of a stay', () => {
  it('have a title for each side, and lead to the booking', () => {
    for (const kind of [
      'booking.requested', 'booking.approved', 'booking.declined', 'booking.confirmed', 'booking.checked_in',
      'booking.completed', 'booking.no_show', 'booking.change_accepted', 'payment.authorized',
    ]) {
      const titles = ['tenant', 'landlord'].map((side) => told(kind, { side }).title);
      expect(new Set(titles).size, kind).toBe(2);
      expect(told(kind).link).toBe('/bookings/bkg_1');
    }
    for (const kind of ['booking.recorded', 'booking.modified', 'payment.failed', 'payment.capture_failed', 'refund.created', 'refund.succeeded', 'refund.failed']) {
      // A kind that is not known is told by its name.
      expect(told(kind).title.toLowerCase()).not.toBe(kind.replace(/[._]/g, ' '));
    }
  });

  it('say of a yes whether anything is left to pay', () => {
    expect(told('booking.approved').title).toContain('pay to book');
    expect(told('booking.approved', { reserved: true }).title).toContain('your card is charged');
    expect(told('booking.approved', { reserved: true, side: 'landlord' }).title).toContain('their card');
  });

  it('say who did it', () => {
    expect(told('booking.cancelled', { by: 'tenant' }).title).toBe('You have called the stay off');
    expect(told('booking.cancelled', { by: 'landlord' }).title).toBe('The landlord has called the stay off');
    expect(told('booking.cancelled', { by: 'admin' }).title).toBe('RentEzy has called the stay off');
    expect(told('booking.cancelled', { by: 'tenant', side: 'landlord' }).title).toBe('The guest has called the stay off');
    expect(told('booking.cancelled').title).toBe('Booking released');
    expect(told('booking.change_proposed', { by: 'landlord' }).title).toBe('The landlord has proposed a change');
    expect(told('booking.change_declined', { why: 'expired' }).title).toContain('not answered');
  });

  it('say how much and why, where that is for people', () => {
    expect(told('refund.created', { amount: { amount: 12_050, currency: 'EUR' } }).text).toContain('€120.50');
    expect(told('booking.cancelled', { by: 'tenant', refund: { amount: 0, currency: 'EUR' } }).text).not.toContain('€');
    expect(told('booking.declined', { reason: 'no pets' }).text).toContain('no pets');
    expect(told('booking.failed', { reason: 'amount-differs' }).text).not.toContain('amount-differs');
  });

  it('do not lead an administrator into somebody else\'s booking', () => {
    expect(told('refund.failed', { side: 'admin' }).link).toBeNull();
  });
});
