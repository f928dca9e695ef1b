// The fake's accounts, mail, notifications, unit types, policies, photos, administration and
// operators' API: see fake_server.mjs.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const iso = (at = Date.now()) => new Date(at).toISOString();

export const CATALOGUE = [
  ['basics', 'wifi', 'Wifi'], ['basics', 'tv', 'TV'], ['basics', 'essentials', 'Essentials'],
  ['kitchen', 'kitchen', 'Kitchen'], ['kitchen', 'dishwasher', 'Dishwasher'],
  ['bathroom', 'washer', 'Washer'], ['rooms', 'workspace', 'Workspace'], ['climate', 'heating', 'Heating'],
  ['leisure', 'piano', 'Piano'], ['leisure', 'bicycles', 'Bicycles'],
  ['outdoors', 'balcony', 'Balcony'], ['outdoors', 'garden', 'Garden'], ['family', 'pets_allowed', 'Pets allowed'],
  ['access', 'elevator', 'Elevator'], ['access', 'parking', 'Parking'],
].map(([group, key, label]) => ({ key, label, group }));

export const POLICIES = { cancellation: 'flexible', check_in_from: '15:00', check_out_until: '11:00', house_rules: '', instant_book: true, min_nights: 1, version: 1 };

/** `base` has what the rest of the fake shares: users, sessions, properties and its helpers. */
export function rooms(base) {
  const { Refused, must, users, sessionsOf, properties, owned, tag, once, addProperty, dataDir } = base;
  const verification = process.env.RENTEZY_ACCOUNTS_EMAIL_VERIFICATION === 'required';
  const admission = process.env.RENTEZY_ACCOUNTS_LANDLORD_APPROVAL ?? 'auto';
  const review = process.env.RENTEZY_LISTINGS_REVIEW ?? 'auto';
  const links = new Map();
  const notes = [];
  const photos = new Map();
  const blobs = new Map();
  const preferences = new Map();

  function mail(to, subject, path) {
    const folder = join(dataDir, 'mail');
    mkdirSync(folder, { recursive: true });
    const url = path ? `${base.site()}${path}` : '';
    writeFileSync(join(folder, `${randomUUID()}.eml`), `From: RentEzy <no-reply@localhost>\r\nTo: ${to}\r\nSubject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${subject}\r\n${url}\r\n`);
  }
  function link(email, purpose, page, subject) {
    for (const [token, one] of links) if (one.email === email && one.purpose === purpose) links.delete(token);
    const token = randomBytes(24).toString('hex');
    links.set(token, { email, purpose });
    mail(email, subject, `/${page}?token=${token}`);
  }
  function tell(user, kind, data, title) {
    notes.unshift({ id: `ntf_${randomUUID()}`, user, kind, data, property_title: title, created_at: iso() });
  }
  const page = (data) => ({ status: 200, body: { data, page: { next: null, has_more: false } } });
  const none = { status: 204 };

  function account(request, call, query, body) {
    const id = call.split('/')[3];
    switch (call.replace(/ses_[\w-]+/, '{id}')) {
      case 'POST /auth/email/verify': {
        const one = links.get(body.token);
        if (one?.purpose !== 'verify') throw new Refused(400, 'invalid-token', 'it was used before, is too old or was replaced: ask again');
        links.delete(body.token);
        users.get(one.email).user.email_verified = true;
        return none;
      }
      case 'POST /auth/email/resend':
        if (users.get(body.email)?.user.email_verified === false) link(body.email, 'verify', 'verify', 'Confirm your address');
        return { status: 202, body: { status: 'accepted' } };
      case 'POST /auth/password/forgot':
        if (users.has(body.email)) link(body.email, 'reset', 'reset', 'Choose a new password');
        return { status: 202, body: { status: 'accepted' } };
      case 'POST /auth/password/reset': {
        const one = links.get(body.token);
        if (one?.purpose !== 'reset') throw new Refused(400, 'invalid-token', 'it was used before, is too old or was replaced: ask again');
        links.delete(body.token);
        Object.assign(users.get(one.email), { password: body.password });
        users.get(one.email).user.email_verified = true;
        sessionsOf.end(one.email);
        return none;
      }
      case 'POST /auth/password/change': {
        const user = must(request);
        if (users.get(user.email).password !== body.current) throw new Refused(401, 'invalid-credentials', 'that is not the password');
        users.get(user.email).password = body.new;
        sessionsOf.end(user.email, sessionsOf.current(request));
        return none;
      }
      case 'POST /auth/logout-all':
        sessionsOf.end(must(request).email);
        return none;
      case 'GET /auth/sessions':
        return page(sessionsOf.list(must(request).email, sessionsOf.current(request)));
      case 'DELETE /auth/sessions/{id}':
        sessionsOf.endOne(must(request).email, id);
        return none;
      case 'GET /me':
        return { status: 200, body: must(request), headers: { ETag: `"${must(request).version ?? 1}"` } };
      case 'PATCH /me': {
        const user = must(request);
        Object.assign(user, body, { version: (user.version ?? 1) + 1 });
        return { status: 200, body: user, headers: { ETag: `"${user.version}"` } };
      }
      default:
        return null;
    }
  }

  function told(request, call, query, body) {
    const mine = () => notes.filter((one) => one.user === must(request).id);
    const [method, path] = call.split(' ');
    const [, noun, id, verb] = path.split('/');
    if (call === 'GET /notifications') return page(mine().filter((one) => !query.get('unread') || !one.read_at));
    if (call === 'GET /notifications/unread-count') return { status: 200, body: { unread: mine().filter((one) => !one.read_at).length } };
    if (call === 'PUT /notifications/read-all') {
      mine().forEach((one) => (one.read_at ??= iso()));
      return { status: 200, body: { read: 1 } };
    }
    if (noun === 'notifications') {
      const one = mine().find((note) => note.id === id);
      if (!one) throw new Refused(404, 'not-found', 'no such thing');
      if (method === 'DELETE') notes.splice(notes.indexOf(one), 1);
      else if (verb === 'read') one.read_at ??= iso();
      return none;
    }
    if (noun === 'notification-preferences') {
      const user = must(request);
      if (method === 'PUT') preferences.set(user.id, body.preferences);
      const rows = ['security', 'bookings', 'hosting', 'alerts'].map((category) => ({ in_app: true, email: true, ...preferences.get(user.id)?.find((row) => row.category === category), category, locked: category === 'security' }));
      return { status: 200, body: { preferences: rows } };
    }
    if (noun === 'unsubscribe') {
      if (id !== 'sample') throw new Refused(404, 'not-found', 'no such thing');
      return { status: 200, body: { category: 'bookings', subscribed: method === 'GET' } };
    }
    return null;
  }

  const changed = (property, part) => tag(Object.assign(property, part, { version: property.version + 1 }));
  const relist = (property) => {
    property.unit = property.units[0];
    const prices = property.units.map((unit) => unit.price_per_night).filter(Boolean);
    property.price_per_night = prices.sort((a, b) => a.amount - b.amount)[0];
  };

  function listing(request, path, query, body) {
    const [, noun, id, verb, unitId] = path.split('/');
    if (path === '/amenities') return { status: 200, body: { data: CATALOGUE } };
    if (noun === 'photos') return photo(request, id, verb, body);
    const property = noun === 'properties' ? properties.get(id) : undefined;
    if (!property) return null;
    if (verb === 'photos') return album(request, property, path.split('/')[4], body);
    if (request.method === 'POST' && verb === 'duplicate') {
      return once(request, body, (user) => tag(Object.assign(addProperty(user.id, { ...structuredClone(property), photos: undefined, cover: undefined }, 'draft'), { demo: false }), 201));
    }
    if (request.method === 'POST' && { submit: 1, publish: 1, unpublish: 1, archive: 1 }[verb]) {
      owned(request, id);
      const status = { submit: review === 'admin' ? 'pending_review' : 'live', publish: 'live', unpublish: 'paused', archive: 'archived' }[verb];
      return changed(property, { status, rejection: undefined });
    }
    if (verb === 'units') {
      owned(request, id);
      if (request.method === 'POST') property.units.push({ id: `unt_${randomUUID()}`, ...body });
      if (request.method === 'PATCH') Object.assign(property.units.find((unit) => unit.id === unitId), body);
      if (request.method === 'DELETE') property.units = property.units.filter((unit) => unit.id !== unitId);
      relist(property);
      return changed(property, {});
    }
    if (verb === 'policies') {
      owned(request, id);
      return changed(property, { policies: { ...body, version: property.policies.version + 1 } });
    }
    return null;
  }

  const albumOf = (id) => [...photos.values()].filter((one) => one.property_id === id).sort((a, b) => a.position - b.position);
  function renumber(property, order) {
    order.forEach((one, index) => (one.position = index));
    property.photos = order;
    property.cover = order[0]?.pictures;
    property.album = (property.album ?? 0) + 1;
    return { status: 200, body: { data: order }, headers: { ETag: `"${property.album}"` } };
  }
  function album(request, property, verb, body) {
    if (request.method === 'GET') return { status: 200, body: { data: albumOf(property.id) }, headers: { ETag: `"${property.album ?? 0}"` } };
    if (verb === 'order') {
      if (request.headers['if-match'] !== `"${property.album ?? 0}"`) throw new Refused(412, 'precondition-failed', 'the photos have changed');
      return renumber(property, body.photos.map((id) => photos.get(id)));
    }
    const sha256 = createHash('sha256').update(request.bytes).digest('hex');
    const known = albumOf(property.id).find((one) => one.sha256 === sha256);
    if (known) return { status: 200, body: known };
    const magic = request.bytes.subarray(0, 4).toString('hex');
    if (!magic.startsWith('ffd8') && magic !== '89504e47' && magic !== '52494646') throw new Refused(422, 'unsupported-image', 'neither jpeg, png nor webp');
    blobs.set(sha256, request.bytes);
    const picture = (variant, width) => ({ url: `/api/v1/photos/${sha256}/${variant}`, width, height: Math.round((width * 3) / 4) });
    const made = { id: `pho_${randomUUID()}`, property_id: property.id, position: 99, caption: '', sha256, width: 800, height: 600, pictures: { thumb: picture('thumb', 320), card: picture('card', 800), full: picture('full', 1920) }, created_at: iso() };
    photos.set(made.id, made);
    renumber(property, albumOf(property.id));
    return { status: 201, body: made };
  }
  function photo(request, id, variant, body) {
    if (variant) {
      const bytes = blobs.get(id);
      const owner = [...photos.values()].find((one) => one.sha256 === id);
      const property = owner && properties.get(owner.property_id);
      if (!bytes || (property.status !== 'live' && base.who(request)?.id !== property.owner_id && !base.who(request)?.roles.includes('admin'))) throw new Refused(404, 'not-found', 'no such picture');
      return { status: 200, bytes, headers: { 'Content-Type': bytes[0] === 0x89 ? 'image/png' : 'image/jpeg' } };
    }
    const one = photos.get(id);
    if (!one) throw new Refused(404, 'not-found', 'no such photo');
    const property = properties.get(one.property_id);
    if (request.method === 'DELETE') {
      photos.delete(id);
      renumber(property, albumOf(property.id));
      return none;
    }
    if (body.caption !== undefined) one.caption = body.caption;
    return { status: 200, body: one };
  }

  const seenByAdmin = ({ user }) => ({ ...user, status: user.suspended ? 'suspended' : user.email_verified === false ? 'unverified' : 'active', suspension_reason: user.suspended });
  function admin(request, call, query, body) {
    const [method, path] = call.split(' ');
    const [, , noun, id, verb, deed] = path.split('/');
    if (!must(request).roles.includes('admin')) throw new Refused(403, 'forbidden', 'only admins may do this');
    if (noun === 'properties' && method === 'GET') return page([...properties.values()].filter((one) => one.status === (query.get('status') ?? 'pending_review')));
    if (noun === 'properties') {
      const property = properties.get(id);
      if (request.headers['if-match'] !== `"${property.version}"`) throw new Refused(412, 'precondition-failed', 'it has changed');
      tell(property.owner_id, verb === 'approve' ? 'property.approved' : 'property.rejected', { property_id: id, reason: body.reason }, property.title);
      return changed(property, verb === 'approve' ? { status: 'live' } : { status: 'rejected', rejection: body.reason });
    }
    const all = [...users.values()];
    if (noun === 'landlord-applications') return page(all.filter(({ user }) => user.landlord_application?.status === 'pending').map(seenByAdmin));
    if (noun === 'users' && !id) {
      const text = (query.get('q') ?? '').toLowerCase();
      return page(all.filter(({ user }) => `${user.name} ${user.email}`.toLowerCase().includes(text) && (!query.get('role') || user.roles.includes(query.get('role')))).map(seenByAdmin));
    }
    const row = all.find(({ user }) => user.id === id);
    if (verb === 'suspend') {
      row.user.suspended = body.reason;
      sessionsOf.end(row.user.email);
    }
    if (verb === 'reinstate') delete row.user.suspended;
    if (verb === 'role') row.user.roles = body.roles;
    if (deed === 'approve') {
      row.user.roles.push('landlord');
      delete row.user.landlord_application;
      tell(id, 'user.role_changed', { roles: row.user.roles });
    }
    if (deed === 'decline') {
      row.user.landlord_application = { status: 'declined', reason: body.reason };
      tell(id, 'user.landlord_declined', { reason: body.reason });
    }
    return { status: 200, body: seenByAdmin(row) };
  }

  // ---- operators ------------------------------------------------------------------------

  const letter = { id: 'dlt_1', consumer: 'notifications', stream: 3, seq: 41, type: 'booking.confirmed', key: randomUUID(), error: 'the database refused: check constraint "fault"', attempts: 8, first_at: iso(), dead_at: iso(), state: 'open', pending: false };
  const event = (seq, type) => ({ stream: 3, seq, type, key: letter.key, occurred_at: iso(), actor: 'system', causation: randomUUID(), data: { booking_id: 'bkg_1', nights: 3 } });
  const events = ['booking.confirmed', 'booking.payment_pending', 'booking.held', 'property.published', 'user.verified'].map((type, index) => event(41 - index, type));
  const replays = [];
  function ops(request, path, query, body) {
    if (request.headers.authorization !== `Bearer ${base.operatorToken}`) throw new Refused(401, 'unauthenticated', 'the operators’ token is required');
    const call = `${request.method} ${path}`;
    if (call === 'GET /consumers') {
      const consumer = (name, more = {}) => ({ name, done: 1234, lag_events: 0, lag_seconds: 0, parked: 0, dead: 0, streams: [], ...more });
      return { status: 200, body: { data: [consumer('mail'), consumer('notifications', { dead: letter.state === 'open' ? 1 : 0 }), consumer('payments', { lag_events: 12, lag_seconds: 45, streams: [{ stream: 3, cursor: 29, head: 41, lag_events: 12, lag_seconds: 45 }] })] } };
    }
    if (call === 'GET /jobs') return { status: 200, body: { data: [{ name: 'partitions', schedule: '0 0 3 * * *', started_at: iso(), ended_at: iso(), rows: 12, error: null }] } };
    if (call === 'GET /events') return page(events.filter((one) => one.type.startsWith(query.get('type') ?? '')));
    if (/^GET \/events\/\d+\/\d+$/.test(call)) return { status: 200, body: { event: events[0], same_cause: [events[1]], before: events.slice(2) } };
    if (call === 'GET /dead-letters') return page([letter].filter((one) => !query.get('state') || one.state === query.get('state')));
    if (call === `GET /dead-letters/${letter.id}`) return { status: 200, body: { ...letter, event: events[0] } };
    if (call === `POST /dead-letters/${letter.id}/retry`) return { status: 202, body: Object.assign(letter, { state: 'retried' }) };
    if (call === `DELETE /dead-letters/${letter.id}`) return { status: 200, body: Object.assign(letter, { state: 'discarded' }) };
    if (call === 'POST /replays' && body.dry_run) return { status: 200, body: { scanned: 41, events: 5, by_type: { 'booking.held': 5 }, effects_present: 5, effects_missing: 0, complete: true } };
    if (call === 'POST /replays') {
      replays.unshift({ id: `rpl_${randomUUID()}`, from: null, to: null, stream: null, from_seq: null, to_seq: null, key: null, type: null, ...body, state: 'done', scanned: 41, applied: 5, failed: 0, created_at: iso(), updated_at: iso() });
      return { status: 202, body: replays[0] };
    }
    if (call === 'GET /replays') return page(replays);
    if (call === 'GET /ledger/trial-balance') {
      const line = (account, amount) => ({ currency: 'EUR', account, amount, lines: 3 });
      return { status: 200, body: { balanced: true, data: [line('cash_clearing', 50_000), line('deposits_held', -20_000), line('landlord_payable', -30_000)] } };
    }
    if (call === 'GET /ledger/audits') return { status: 200, body: { data: [{ everything: false, started_at: iso(), ended_at: iso(), checked_to: 1_234, events: 12, bookings: 2, violations: [] }] } };
    if (call === 'GET /ledger/postings') return { status: 200, body: { data: [{ id: randomUUID(), kind: 'payment_received', source: randomUUID(), reverses: null, at: iso(), currency: 'EUR', lines: [{ account: 'cash_clearing', amount: 30_000 }, { account: 'landlord_payable', amount: -30_000 }] }] } };
    if (call === 'GET /cluster') {
      const server = (name, incarnation, more) => ({ name, incarnation, address: `${name}:7400`, state: 'active', leased: true, version: '0.1.0', shards: 128, reached: true, waiting: 0, joined_at: iso(), ended_at: null, ...more });
      const shards = Array.from({ length: 256 }, (_, shard) => ({ shard, owner: 1 + (shard % 2), epoch: 3, target: shard === 7 ? 1 : 1 + (shard % 2) }));
      const queues = [{ property: randomUUID(), waiting: 2, oldest_ms: 340 }];
      return { status: 200, body: { node: 1, nodes: [server('a', 1), server('b', 2, { waiting: 3 }), server('c', 3, { state: 'dead', shards: 0, leased: false, reached: false, ended_at: iso() })], shards, moves: [{ shard: 7, from: 1, to: 2, epoch: 3, seconds_ago: 12 }], entities: { awake: 12, waiting: 3, queues, oldest: queues } } };
    }
    if (/^POST \/cluster\/(rebalance|nodes\/\w+\/drain)$/.test(call)) return { status: 202, body: { misplaced: 1 } };
    const search = { served: { generation: 7, listings: 12_345, deleted: 210, segments: 6, bytes: 69_000_000 }, building: null, lag_events: 0, lag_seconds: 0, streams: [] };
    const building = { generation: 8, why: 'ordered', since: iso(), listings: 4_000, expected: 12_345 };
    if (call === 'GET /search') return { status: 200, body: search };
    if (call === 'POST /search/reindex') return { status: 202, body: { begun: true, ...search, building } };
    throw new Refused(404, 'not-found', 'nothing is here');
  }

  return {
    verification,
    ops,
    registered(user) {
      user.email_verified = !verification;
      if (verification) link(user.email, 'verify', 'verify', 'Confirm your address');
    },
    applied(user) {
      if (admission !== 'admin') return false;
      user.landlord_application = { status: 'pending', requested_at: iso() };
      return true;
    },
    tell,
    relist,
    api(request, path, query, body) {
      const call = `${request.method} ${path}`;
      if (path.startsWith('/admin/')) return admin(request, call, query, body);
      return account(request, call, query, body) ?? told(request, call, query, body) ?? listing(request, path, query, body);
    },
  };
}
