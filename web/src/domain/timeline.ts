/** What has happened to a booking, in words. */

const HAPPENINGS: Record<string, string> = {
  'booking.held': 'Nights put on hold',
  'booking.extended': 'Hold extended',
  'booking.requested': 'Landlord asked',
  'booking.approved': 'Request approved',
  'booking.declined': 'Request declined',
  'booking.payment_pending': 'On the way to be paid',
  'booking.expiring': 'Payment being closed',
  'booking.confirmed': 'Confirmed',
  'booking.recorded': 'Entered by the landlord',
  'booking.expired': 'Time ran out',
  'booking.failed': 'Payment failed for good',
  'booking.cancelled': 'Called off',
  'booking.released': 'Nights given back',
  'booking.late_payment_resolved': 'Late payment settled',
  'booking.change_proposed': 'Change proposed',
  'booking.change_accepted': 'Change accepted, to be paid',
  'booking.change_declined': 'Change came to nothing',
  'booking.modified': 'Changed',
  'booking.moved': 'Moved to another unit',
  'booking.checked_in': 'Guests arrived',
  'booking.completed': 'Stay over',
  'booking.no_show': 'Nobody came',
  'payment.created': 'Payment made out',
  'payment.authorized': 'Price reserved on the card',
  'payment.capturing': 'Reserved money being taken',
  'payment.capture_failed': 'Card could not be charged',
  'payment.succeeded': 'Payment arrived',
  'payment.failed': 'Payment attempt failed',
  'payment.canceled': 'Payment closed',
  'payment.closing': 'Payment being closed',
  'refund.created': 'Refund on its way',
  'refund.succeeded': 'Refund arrived',
  'refund.failed': 'Refund failed',
  'deposit.held': 'Deposit kept',
  'deposit.deducted': 'Kept of the deposit',
  'deposit.released': 'Deposit given back',
  'deposit.contested': 'Deduction contested',
};

/** One that this page does not know is told by its name. */
export function happening(type: string): string {
  const known = HAPPENINGS[type];
  if (known) return known;
  const plain = type.replace(/[._-]+/g, ' ').trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

const WHO: Record<string, string> = {
  tenant: 'Guest',
  guest: 'Guest',
  landlord: 'Landlord',
  owner: 'Landlord',
  admin: 'RentEzy',
  operator: 'RentEzy',
  provider: 'Payment provider',
  system: 'By itself',
};

export function whoText(actor: string): string {
  return WHO[actor] ?? actor;
}

/** "4 Dec 2026, 15:04", by the clocks of the home. */
export function momentText(at: string, zone: string | undefined): string {
  const when = Date.parse(at);
  if (Number.isNaN(when)) return '';
  const show = (timeZone: string | undefined): string =>
    new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', ...(timeZone && { timeZone }) }).format(when);
  try {
    return show(zone);
  } catch {
    return show(undefined);
  }
}
