// Prices, calendars and bookings of the fake server: as much as it takes to look at the pages.
import { randomUUID } from 'node:crypto';

const WEEKEND = new Set([5, 6]);

/** `parts` are what the rest of the fake lends. */
export function stays({ Refused, must, properties, bookings, newBooking, once, own, span, day, iso }) {
  const pricings = new Map();
  const rules = new Map();
  const blocks = new Map();

  function pricing(property) {
    if (!pricings.has(property.id)) {
      pricings.set(property.id, { property_id: property.id, currency: property.currency, weekly_off_bp: 0, monthly_off_bp: 0, taxes: [], rules: [], nights: [], version: 1 });
    }
    const units = property.units.map((unit) => ({ unit_id: unit.id, name: unit.name, price_per_night: unit.price_per_night }));
    return { ...pricings.get(property.id), units };
  }

  /** What one night costs. */
  function night(property, unit, date) {
    const { weekend, nights } = pricing(property);
    const special = nights.find((one) => (!one.unit_id || one.unit_id === unit.id) && one.from <= date && date < one.to);
    if (special) return special.price;
    return weekend?.night && WEEKEND.has(new Date(date).getUTCDay()) ? weekend.night : unit.price_per_night;
  }

  function price(property, unit, checkIn, checkOut) {
    const { cleaning_fee, deposit, currency } = pricing(property);
    const count = span(checkIn, checkOut);
    const money = (amount) => ({ amount, currency });
    const groups = new Map();
    for (let date = checkIn; date < checkOut; date = day(1, date)) {
      const { amount } = night(property, unit, date);
      groups.set(amount, (groups.get(amount) ?? 0) + 1);
    }
    const lines = [...groups].map(([amount, quantity]) => ({ kind: 'nights', label: amount === unit.price_per_night.amount ? '' : 'Special price', quantity, amount: money(amount * quantity) }));
    if (cleaning_fee?.amount) lines.push({ kind: 'cleaning', label: '', quantity: 1, amount: cleaning_fee });
    const total = lines.reduce((sum, line) => sum + line.amount.amount, 0);
    const kept = deposit?.amount ?? 0;
    return { per_night: money(Math.round(total / count)), nights: count, lines, total: money(total), deposit: money(kept), due: money(total + kept) };
  }

  function allowed(booking, user) {
    const isTenant = booking.tenant_id === user.id;
    switch (booking.status) {
      case 'hold':
        return isTenant ? ['release', booking.by_request ? 'request' : 'checkout', ...(booking.extended ? [] : ['extend'])] : [];
      case 'pending_approval':
        return isTenant ? ['release'] : ['approve', 'decline'];
      case 'confirmed':
        return ['cancel', 'change', ...(isTenant ? [] : ['check-in'])];
      case 'checked_in':
        return ['check-out'];
      default:
        return [];
    }
  }

  const shown = (booking, user) => ({ status: 200, body: { ...booking, allowed: allowed(booking, user) } });

  function step(request, body, id, verb) {
    return once(request, body, (user) => {
      const booking = own(request, id);
      const to = (status, part = {}) => Object.assign(booking, { status, version: booking.version + 1, updated_at: iso(), ...part });
      (booking.happened ??= []).push({ type: `booking.${verb}`, at: iso(), actor: booking.tenant_id === user.id ? 'tenant' : 'landlord' });
      if (verb === 'extend') Object.assign(booking, { extended: true, expires_at: iso(Date.parse(booking.expires_at) + 300_000) });
      else if (verb === 'request') to('pending_approval', { message: body.message ?? null, expires_at: iso(Date.now() + 86_400_000) });
      else if (verb === 'approve') to('hold', { by_request: false });
      else if (verb === 'decline') to('declined', { reason: body.reason });
      else if (verb === 'cancel') to('cancelled', { ended_by: booking.tenant_id === user.id ? 'tenant' : 'landlord', reason: body.reason });
      else if (verb === 'check-in') to('checked_in');
      else if (verb === 'check-out') to('completed');
      else throw new Refused(404, 'not-found', 'nothing is here');
      return shown(booking, user);
    });
  }

  function grid(user, query) {
    const [from, to] = [query.get('from'), query.get('to')];
    const homes = [...properties.values()].filter((one) => one.owner_id === user.id);
    const data = homes.map((property) => ({
      property_id: property.id, title: property.title, from, to, today: iso().slice(0, 10),
      types: property.units.map((unit) => ({
        unit_id: unit.id,
        name: unit.name,
        prices: Array.from({ length: span(from, to) }, (_, n) => ({ from: day(n, from), to: day(n + 1, from), price: night(property, unit, day(n, from)) })),
        units: Array.from({ length: unit.count }, (_, n) => ({ unit_no: n + 1, runs: n === 0 ? runs(property) : [] })),
      })),
    }));
    return { status: 200, body: { data, page: { next: null, has_more: false } } };
  }

  function runs(property) {
    const booked = [...bookings.values()].filter((one) => one.property_id === property.id && ['hold', 'pending_payment', 'confirmed'].includes(one.status));
    const blocked = [...blocks.values()].filter((one) => one.property_id === property.id);
    return [
      ...booked.map((one) => ({ from: one.check_in, to: one.check_out, state: one.status === 'confirmed' ? 'booked' : 'held', booking_id: one.id, guest: one.guest?.name ?? 'Sam Okafor' })),
      ...blocked.map((one) => ({ from: one.check_in, to: one.check_out, state: 'blocked', block_id: one.id, reason: one.reason })),
    ];
  }

  function ofProperty(request, property, verb, rest, body) {
    const change = (part) => {
      const now = pricing(property);
      pricings.set(property.id, { ...now, ...part, version: now.version + 1 });
      return { status: 200, body: pricing(property) };
    };
    const now = pricing(property);
    const unit = property.units.find((one) => one.id === body.unit_id) ?? property.units[0];
    switch (`${request.method} ${verb}`) {
      case 'POST quote':
        if (body.promo_code) throw new Refused(409, 'promo-refused', 'there is no such promo code for this home', { errors: [{ pointer: '/promo_code', code: 'unknown', detail: 'there is no such promo code for this home' }] });
        return { status: 200, body: { ...body, property_id: property.id, unit_id: unit.id, price: price(property, unit, body.check_in, body.check_out), cancellation: 'flexible', quote: 'fake', expires_at: iso(Date.now() + 900_000) } };
      case 'GET pricing':
        return { status: 200, body: now };
      case 'PUT pricing':
        return change({ weekend: undefined, cleaning_fee: undefined, deposit: undefined, extra_guests: undefined, ...body });
      case 'POST price-rules':
        return change({ rules: [...now.rules, { ...body, id: `prr_${randomUUID()}` }] });
      case 'DELETE price-rules':
        return change({ rules: now.rules.filter((one) => one.id !== rest) });
      case 'PUT night-prices':
        return change({ nights: [...now.nights.filter((one) => one.from !== body.from), ...(body.price ? [body] : [])] });
      case 'GET stay-rules':
      case 'PUT stay-rules':
        if (request.method === 'PUT') rules.set(property.id, body);
        return {
          status: 200,
          headers: { ETag: '"1"' },
          body: { min_nights_on: [], arrival_days: [], departure_days: [], notice_days: 0, buffer_before: 0, buffer_after: 0, no_orphan_gaps: false, dates: [], ...rules.get(property.id), min_nights: 1 },
        };
      case 'POST blocks': {
        const block = { id: `blk_${randomUUID()}`, property_id: property.id, unit_no: 1, ...body };
        blocks.set(block.id, block);
        return { status: 201, body: { data: [block] } };
      }
      case 'GET availability':
        return { status: 200, body: { available: false, nearest: [] } };
      default:
        return null;
    }
  }

  return {
    price,
    shown,
    api(request, path, query, body) {
      const [, noun, id, verb, rest] = path.split('/');
      if (path === '/me/calendar') return grid(must(request), query);
      if (path === '/promo-codes') return { status: 200, body: { data: [], page: { next: null, has_more: false } } };
      if (noun === 'properties' && properties.has(id)) return ofProperty(request, properties.get(id), verb, rest, body);
      if (noun === 'blocks') return blocks.delete(id) ? { status: 204 } : null;
      if (path === '/bookings/manual') {
        return once(request, body, (user) => {
          const booking = newBooking(properties.get(body.property_id), user.id, body.check_in, body.check_out, body.guests);
          return shown(Object.assign(booking, { status: 'confirmed', expires_at: null, guest: { name: body.guest_name, note: body.note } }), user);
        });
      }
      if (noun !== 'bookings' || !id) return null;
      const booking = own(request, id);
      if (verb === 'timeline') return { status: 200, body: { data: [...(booking.happened ?? []), { type: 'booking.held', at: booking.created_at, actor: 'tenant' }], page: { next: null, has_more: false } } };
      if (verb === 'cancellation-preview') {
        const { lines, deposit, due } = booking.price;
        return { status: 200, body: { possible: true, lines, deposit, before: { ...due, amount: 0 }, refund: due } };
      }
      if (request.method === 'GET' && !verb) return shown(booking, must(request));
      if (request.method === 'POST' && verb !== 'checkout') return step(request, body, id, verb);
      return null;
    },
  };
}
