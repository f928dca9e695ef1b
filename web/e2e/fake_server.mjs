#!/usr/bin/env node
// A fake of the RentEzy server for work on the pages: the same HTTP API, kept in memory,
// with invented listings and a pretend payment page. It proves nothing about the server.
//
//   node e2e/fake_server.mjs [serve --demo]
//   RENTEZY_SERVER_LISTEN=127.0.0.1:8080   where to listen (port 0: any)
//   FAKE_HOLD_SECONDS=600                  how long a hold lasts
//   FAKE_DELAY_MS=0                        added to every API answer
//   RENTEZY_SERVER_DATA_DIR=data           where mail is put, in mail/, and operator.token
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE, POLICIES, rooms } from './fake_rooms.mjs';
import { blur, searching } from './fake_search.mjs';
import { stays } from './fake_stays.mjs';
import { watching } from './fake_watched.mjs';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const HOLD_MS = Number(process.env.FAKE_HOLD_SECONDS ?? 600) * 1000;
const DELAY = Number(process.env.FAKE_DELAY_MS ?? 0);
const DATA = process.env.RENTEZY_SERVER_DATA_DIR ?? join(tmpdir(), `rentezy-fake-${process.pid}`);
const CSP =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const COOKIE = '__Host-rentezy-refresh';

// `admin grant EMAIL`, beside a fake that runs on the same data.
if (process.argv[2] === 'admin') {
  appendFileSync(join(DATA, 'admins'), `${process.argv[4]}\n`);
  process.exit(0);
}
const isGranted = (email) => existsSync(join(DATA, 'admins')) && readFileSync(join(DATA, 'admins'), 'utf8').split('\n').includes(email);

const users = new Map();
const access = new Map();
const refreshes = new Map();
const properties = new Map();
const bookings = new Map();
const sessions = new Map();
const commands = new Map();
const devices = new Map();

// ---- invented data --------------------------------------------------------------------

function dice(seed) {
  let state = seed >>> 0 || 1;
  return (sides) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % sides;
  };
}

const CITIES = [
  ['Dublin', 'Leinster', 'IE', 53.345, -6.264, 'Europe/Dublin', 'EUR'],
  ['Galway', 'Connacht', 'IE', 53.272, -9.054, 'Europe/Dublin', 'EUR'],
  ['Edinburgh', 'Scotland', 'GB', 55.951, -3.189, 'Europe/London', 'GBP'],
  ['Lisbon', 'Lisboa', 'PT', 38.722, -9.139, 'Europe/Lisbon', 'EUR'],
  ['Kraków', 'Małopolskie', 'PL', 50.061, 19.937, 'Europe/Warsaw', 'PLN'],
  ['Athens', 'Attica', 'GR', 37.976, 23.735, 'Europe/Athens', 'EUR'],
];
const KINDS = ['flat', 'flat', 'flat', 'room', 'room', 'house', 'house', 'bed'];
const MOODS = ['Bright', 'Quiet', 'Warm', 'Airy', 'Tidy', 'Old-town', 'Sunlit', 'Snug'];
const THINGS = {
  flat: ['flat above the bakery', 'two-room flat by the tram', 'top-floor flat with a view over the roofs', 'garden flat'],
  room: ['room in a shared house', 'room with a desk by the window', 'corner room near the market'],
  house: ['brick house with a yard', 'terraced house for a family', 'house at the end of the lane'],
  bed: ['bed in a four-bed dorm', 'bunk by the window'],
};
const AMENITIES = ['wifi', 'kitchen', 'washer', 'dishwasher', 'elevator', 'balcony', 'heating', 'workspace', 'bicycles', 'garden', 'parking', 'pets_allowed'];

function addUser(email, password, name, roles) {
  const user = { id: `usr_${randomUUID()}`, email, name, roles, created_at: iso(), email_verified: true, locale: 'en', zone: 'Europe/Dublin' };
  users.set(email, { user, password });
  return user;
}

function seed() {
  const landlord = addUser('landlord@example.org', 'landlord-demo-pass', 'Nora Byrne', ['tenant', 'landlord']);
  addUser('admin@example.org', 'admin-demo-pass', 'Ada Admin', ['tenant', 'admin']);
  const tenant = addUser('tenant@example.org', 'tenant-demo-pass', 'Sam Okafor', ['tenant']);
  for (let n = 0; n < 140; n += 1) {
    const roll = dice(n * 7919 + 17);
    for (let warm = 0; warm < 5; warm += 1) roll(10);
    const [city, region, country, lat, lon, zone, currency] = CITIES[roll(CITIES.length)];
    const kind = KINDS[roll(KINDS.length)];
    const bedrooms = kind === 'house' ? 2 + roll(3) : kind === 'flat' ? roll(4) : 1;
    const base = { bed: 28, room: 55, flat: 95, house: 170 }[kind];
    addProperty(n < 6 ? landlord.id : `usr_${n % 9}`, {
      kind,
      title: `${MOODS[roll(MOODS.length)]} ${THINGS[kind][roll(THINGS[kind].length)]}`,
      description:
        'Light comes in from two sides, and the street is calm after seven. The kitchen has what you need to cook for real.\n\nShops, a park and a stop are within ten minutes on foot. Keys are handed over in person.',
      address: { line: `${1 + roll(90)} Mill Street`, city, region, country },
      location: { lat: lat + (roll(900) - 450) / 10000, lon: lon + (roll(1200) - 600) / 10000 },
      zone,
      amenities: AMENITIES.filter((_, index) => (n + index * 3) % 4 !== 0),
      unit: { name: 'Whole place', count: kind === 'bed' ? 4 : 1, bedrooms, beds: Math.max(1, bedrooms + roll(2)), bathrooms: 1 + roll(3) / 2, guests: Math.max(1, bedrooms * 2) },
      price_per_night: { amount: (base + roll(base)) * (currency === 'PLN' ? 430 : 100), currency },
    }, 'live');
  }
  const own = [...properties.values()].filter((one) => one.owner_id === landlord.id);
  own[5].status = 'draft';
  const samples = [['confirmed', 9, 3], ['confirmed', 40, 7], ['cancelled', 20, 2], ['expired', 25, 4]];
  samples.forEach(([status, ahead, count], index) => {
    const booking = newBooking(own[index % 2], tenant.id, day(ahead), day(ahead + count), 2);
    Object.assign(booking, { status, expires_at: null });
  });
}

function addProperty(owner, body, status) {
  const id = `prp_${randomUUID()}`;
  const price = body.price_per_night ?? body.price_per_month;
  const unit = { ...body.unit, id: `unt_${randomUUID()}`, price_per_night: body.price_per_night, price_per_month: body.price_per_month };
  const made = { stay_mode: 'nightly', policies: { ...POLICIES }, ...body, currency: price.currency, id, owner_id: owner, status, version: 1, unit, units: body.units?.map((one) => ({ ...one, id: `unt_${randomUUID()}` })) ?? [unit], created_at: iso(), updated_at: iso() };
  made.unit = made.units[0];
  properties.set(id, made);
  return made;
}

// ---- rules, roughly -------------------------------------------------------------------

const iso = (at = Date.now()) => new Date(at).toISOString();
const day = (ahead, from = iso().slice(0, 10)) => iso(Date.parse(`${from}T00:00:00Z`) + ahead * 86_400_000).slice(0, 10);
const span = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
const TAKING = new Set(['hold', 'pending_payment', 'expiring', 'confirmed']);

function freeUnits(property, night) {
  const held = [...bookings.values()].filter((one) => one.property_id === property.id && TAKING.has(one.status) && one.check_in <= night && night < one.check_out);
  const noise = createHash('md5').update(`${property.id}${Math.floor(Date.parse(night) / 86_400_000 / 4)}`).digest()[0];
  const others = property.demo !== false && noise < 60 ? property.unit.count : 0;
  return Math.max(0, property.unit.count - held.length - others);
}

function newBooking(property, tenant, checkIn, checkOut, guests) {
  const nights = span(checkIn, checkOut);
  const booking = {
    id: `bkg_${randomUUID()}`, property_id: property.id, property_title: property.title, unit_id: property.unit.id,
    tenant_id: tenant, landlord_id: property.owner_id, check_in: checkIn, check_out: checkOut, nights, guests, status: 'hold',
    price: inFull.price(property, property.unit, checkIn, checkOut), by_request: property.policies.instant_book === false,
    expires_at: iso(Date.now() + HOLD_MS), version: 1, created_at: iso(), updated_at: iso(),
  };
  bookings.set(booking.id, booking);
  return booking;
}

function sweep() {
  for (const booking of bookings.values()) {
    if (!booking.expires_at || Date.parse(booking.expires_at) > Date.now()) continue;
    if (booking.status === 'hold') Object.assign(booking, { status: 'expired', released_at: iso() });
    if (booking.status === 'pending_payment') {
      booking.status = 'expiring';
      setTimeout(() => booking.status === 'expiring' && Object.assign(booking, { status: 'expired', released_at: iso() }), 4000);
    }
  }
}

class Refused extends Error {
  constructor(status, code, detail, more = {}, headers = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.body = { type: `/problems/${code}`, title: code.replaceAll('-', ' '), status, detail, instance: `req_${randomUUID()}`, code, retryable: status >= 500, ...more };
  }
}

// ---- the API --------------------------------------------------------------------------

function openSession(user, agent, was) {
  const token = randomBytes(16).toString('hex');
  const refresh = randomBytes(16).toString('hex');
  const { roles } = users.get(user.email).user;
  if (isGranted(user.email) && !roles.includes('admin')) roles.push('admin');
  const id = was ?? `ses_${randomUUID()}`;
  if (!was) devices.set(id, { id, email: user.email, created_at: iso(), user_agent: agent, address: '127.0.0.1' });
  devices.get(id).last_used_at = iso();
  access.set(token, { email: user.email, id });
  refreshes.set(refresh, { email: user.email, id });
  return {
    status: 200,
    body: { access_token: token, token_type: 'Bearer', expires_in: 900, user: users.get(user.email).user },
    headers: { 'Set-Cookie': `${COOKIE}=${refresh}; HttpOnly; Secure; SameSite=Strict; Path=/` },
  };
}

function who(request) {
  const header = request.headers.authorization;
  if (!header) return null;
  const email = access.get(header.replace('Bearer ', ''))?.email;
  if (!email) throw new Refused(401, 'unauthenticated', 'the access token is not valid');
  return users.get(email).user;
}

function must(request) {
  const user = who(request);
  if (!user) throw new Refused(401, 'unauthenticated', 'sign in first');
  return user;
}

/** Once per Idempotency-Key and user. */
function once(request, body, work) {
  const user = must(request);
  const key = request.headers['idempotency-key'];
  if (!key) throw new Refused(400, 'idempotency-key-required', 'send an idempotency-key header');
  const id = `${user.id} ${request.method} ${request.url} ${key}`;
  const print = JSON.stringify(body);
  const known = commands.get(id);
  if (known) {
    if (known.print !== print) throw new Refused(422, 'idempotency-key-reused', 'the key was used for another request');
    return known.answer;
  }
  const answer = work(user);
  commands.set(id, { print, answer });
  return answer;
}

function seen(property, user) {
  const owner = user?.id === property.owner_id;
  if (property.status !== 'live' && !owner) throw new Refused(404, 'not-found', 'no such property');
  if (owner) return property;
  const { line: _, ...address } = property.address;
  return { ...property, address, location: blur(property.location) };
}

function listing(data) {
  return { status: 200, body: { data, page: { next: null, has_more: false } } };
}

function tag(property, status = 200) {
  return { status, body: property, headers: { ETag: `"${property.version}"` } };
}

function owned(request, id) {
  const user = must(request);
  const property = properties.get(id);
  if (!property || property.owner_id !== user.id) throw new Refused(404, 'not-found', 'no such property');
  if (!request.headers['if-match']) throw new Refused(428, 'precondition-required', 'send if-match');
  if (request.headers['if-match'] !== `"${property.version}"`) throw new Refused(412, 'precondition-failed', 'the property has changed');
  return property;
}

/** A JSON merge patch (RFC 7396). */
function merge(target, patch) {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name];
    else if (typeof value === 'object' && !Array.isArray(value)) target[name] = merge(target[name] ?? {}, value);
    else target[name] = value;
  }
  return target;
}

function own(request, id) {
  const user = must(request);
  const booking = bookings.get(id);
  if (!booking || (booking.tenant_id !== user.id && booking.landlord_id !== user.id)) throw new Refused(404, 'not-found', 'no such booking');
  return booking;
}

function checkout(request, id) {
  const booking = own(request, id);
  if (booking.status === 'hold') {
    booking.status = 'pending_payment';
    booking.payment = { id: `pay_${randomUUID()}`, status: 'created' };
    const session = `cs_${randomBytes(8).toString('hex')}`;
    booking.opensAt = Date.now() + 700;
    sessions.set(session, booking.id);
    booking.session = session;
  }
  if (booking.status !== 'pending_payment') throw new Refused(409, 'invalid-transition', `a booking that is ${booking.status} can not be paid`, { allowed: [] });
  if (Date.now() < booking.opensAt) return { status: 202, body: { booking, payment: booking.payment }, headers: { 'Retry-After': '1' } };
  booking.payment.checkout_url = `http://${request.headers.host}/sandbox/pay/${booking.session}`;
  return { status: 200, body: { booking, payment: booking.payment, checkout_url: booking.payment.checkout_url } };
}

function api(request, path, query, body) {
  const call = `${request.method} ${path}`;
  const [, noun, id, verb] = path.split('/');
  if (call === 'POST /auth/register') {
    if ((body.password ?? '').length < 10) throw new Refused(422, 'validation', 'one field is wrong', { errors: [{ pointer: '/password', code: 'too-short', detail: 'must have at least 10 characters' }] });
    if (!users.has(body.email)) more.registered(addUser(body.email, body.password, body.name, ['tenant']));
    return { status: 202, body: { status: 'accepted' } };
  }
  if (call === 'POST /auth/login') {
    const known = users.get(body.email);
    if (!known || known.password !== body.password) throw new Refused(401, 'invalid-credentials', 'email and password do not match');
    if (known.user.suspended) throw new Refused(403, 'suspended', 'this account may not be used for the time being');
    if (known.user.email_verified === false) throw new Refused(403, 'email-unverified', 'open the link that was mailed to you');
    return openSession(known.user, request.headers['user-agent']);
  }
  if (call === 'POST /auth/refresh') {
    const token = /__Host-rentezy-refresh=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (new URL(request.headers.origin ?? 'http://none').host !== request.headers.host) throw new Refused(403, 'forbidden', 'wrong origin');
    const known = refreshes.get(token);
    if (!known) throw new Refused(401, 'unauthenticated', 'no session', {}, { 'Set-Cookie': `${COOKIE}=; Secure; Path=/; Max-Age=0` });
    refreshes.delete(token);
    return openSession({ email: known.email }, request.headers['user-agent'], known.id);
  }
  if (call === 'POST /auth/logout') return { status: 204, headers: { 'Set-Cookie': `${COOKIE}=; Secure; Path=/; Max-Age=0` } };
  const answer = found.api(request, path, query) ?? more.api(request, path, query, body) ?? inFull.api(request, path, query, body) ?? watched(request, path, body);
  if (answer) return answer;
  if (call === 'POST /me/landlord-application') {
    const user = must(request);
    if (more.applied(user)) return { status: 202, body: { status: 'pending' } };
    if (!user.roles.includes('landlord')) user.roles.push('landlord');
    const opened = openSession(user, request.headers['user-agent']);
    return { ...opened, status: 201, body: { status: 'approved', session: opened.body } };
  }
  if (call === 'GET /properties') {
    const user = must(request);
    return listing([...properties.values()].filter((one) => one.owner_id === user.id));
  }
  if (call === 'POST /properties') return once(request, body, (user) => tag(Object.assign(addProperty(user.id, body, 'draft'), { demo: false }), 201));
  if (noun === 'properties' && properties.has(id)) {
    const property = properties.get(id);
    if (request.method === 'GET' && !verb) return tag(seen(property, who(request)));
    if (request.method === 'PATCH') {
      const { unit = {}, price_per_night, price_per_month, ...rest } = body;
      const edited = merge(owned(request, id), rest);
      merge(edited.units[0], { ...unit, ...(price_per_night && { price_per_night }), ...(price_per_month && { price_per_month }) });
      more.relist(edited);
      return tag(Object.assign(edited, { version: property.version + 1 }));
    }
    if (verb === 'calendar') {
      const [from, to] = [query.get('from'), query.get('to')];
      const unit = property.units.find((one) => one.id === query.get('unit_id')) ?? property.unit;
      const nights = Array.from({ length: Math.min(400, span(from, to)) }, (_, n) => {
        const free = freeUnits(property, day(n, from));
        return { night: day(n, from), state: free > 0 ? 'free' : 'taken', free, price: unit.price_per_night };
      });
      return { status: 200, body: { property_id: id, from, to, unit_id: unit.id, nights } };
    }
  }
  if (call === 'POST /bookings') {
    return once(request, body, (user) => {
      const property = properties.get(body.property_id);
      for (let night = body.check_in; night < body.check_out; night = day(1, night)) {
        if (freeUnits(property, night) === 0) throw new Refused(409, 'nights-taken', 'at least one of these nights is taken');
      }
      return { status: 201, body: newBooking(property, user.id, body.check_in, body.check_out, body.guests) };
    });
  }
  if (call === 'GET /bookings') {
    const user = must(request);
    const side = query.get('role') === 'landlord' ? 'landlord_id' : 'tenant_id';
    return listing([...bookings.values()].filter((one) => one[side] === user.id).reverse().map((one) => inFull.shown(one, user).body));
  }
  if (noun === 'bookings' && id) {
    if (request.method === 'GET') return { status: 200, body: own(request, id) };
    if (verb === 'checkout') return checkout(request, id);
    if (verb === 'hold') {
      return once(request, body, () => {
        const booking = own(request, id);
        if (booking.status === 'pending_payment') {
          booking.status = 'expiring';
          setTimeout(() => Object.assign(booking, { status: 'cancelled', released_at: iso() }), 3000);
        } else if (booking.status === 'hold') Object.assign(booking, { status: 'cancelled', released_at: iso() });
        else throw new Refused(409, 'invalid-transition', `a booking that is ${booking.status} can not be released`, { allowed: [] });
        return { status: 200, body: booking };
      });
    }
  }
  throw new Refused(404, 'not-found', 'nothing is here');
}

// ---- the pretend payment page -----------------------------------------------------------

function payPage(session) {
  const booking = bookings.get(sessions.get(session));
  if (!booking) return null;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pay</title><h1>Test payment</h1>
<p>${booking.property_title.replace(/[<&]/g, '')}: ${booking.price.due.amount / 100} ${booking.price.due.currency}</p>
<form method="post"><label>Card number <input name="number" required></label> <label>Expiry <input name="exp" required></label> <label>Code <input name="cvc" required></label> <button type="submit">Pay</button></form></html>`;
}

function pay(session) {
  const booking = bookings.get(sessions.get(session));
  booking.payment.status = 'succeeded';
  setTimeout(() => {
    Object.assign(booking, { status: 'confirmed', expires_at: null, version: booking.version + 1 });
    const data = { booking_id: booking.id, property_id: booking.property_id, check_in: booking.check_in, check_out: booking.check_out };
    for (const user of [booking.tenant_id, booking.landlord_id]) more.tell(user, 'booking.confirmed', data, booking.property_title);
  }, 1200);
  return `/bookings/${booking.id}?paid=1`;
}

// ---- HTTP -------------------------------------------------------------------------------

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2', '.png': 'image/png' };

async function file(path, response) {
  const wanted = normalize(path).replace(/^(\.\.[/\\])+/, '');
  for (const name of [wanted, '/index.html']) {
    try {
      const bytes = await readFile(join(DIST, name));
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP, 'X-Content-Type-Options': 'nosniff' });
      return response.end(bytes);
    } catch {
      if (extname(wanted) !== '') break;
    }
  }
  response.writeHead(404).end();
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  request.bytes = Buffer.concat(chunks);
  return request.headers['content-type']?.includes('octet-stream') ? '' : request.bytes.toString();
}

function send(response, answer) {
  if (answer.bytes) return response.writeHead(answer.status, answer.headers).end(answer.bytes);
  const problem = answer.body?.type?.startsWith?.('/problems/');
  const text = answer.body === undefined ? undefined : JSON.stringify(answer.body);
  response.writeHead(answer.status, { ...(text && { 'Content-Type': problem ? 'application/problem+json' : 'application/json' }), ...answer.headers });
  response.end(text);
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://fake');
  sweep();
  if (url.pathname === '/version') return send(response, { status: 200, body: { name: 'rentezy', version: '0.1.0-fake', payments: 'sandbox', tzdb: 'none' } });
  if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
  if (url.pathname.startsWith('/sandbox/pay/')) {
    const session = url.pathname.split('/')[3];
    const page = payPage(session);
    if (!page) return response.writeHead(404).end();
    if (request.method === 'POST') return response.writeHead(303, { Location: pay(session) }).end();
    return response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
  }
  if (!url.pathname.startsWith('/api/v1')) return file(url.pathname === '/' ? '/index.html' : url.pathname, response);
  const text = await readBody(request);
  if (DELAY) await new Promise((resolve) => setTimeout(resolve, DELAY));
  try {
    send(response, api(request, url.pathname.slice(7), url.searchParams, text === '' ? {} : JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send(response, error);
  }
}

const sessionsOf = {
  current: (request) => access.get((request.headers.authorization ?? '').replace('Bearer ', ''))?.id,
  list: (email, current) => [...devices.values()].filter((one) => one.email === email).map((one) => ({ ...one, current: one.id === current })),
  end(email, but) {
    for (const one of [...devices.values()]) if (one.email === email && one.id !== but) this.endOne(email, one.id);
  },
  endOne(email, id) {
    if (devices.get(id)?.email !== email) throw new Refused(404, 'not-found', 'no such session');
    devices.delete(id);
    for (const map of [access, refreshes]) for (const [token, one] of map) if (one.id === id) map.delete(token);
  },
};
const operatorToken = randomBytes(16).toString('hex');
const more = rooms({ Refused, must, who, users, sessionsOf, properties, owned, tag, once, addProperty, dataDir: DATA, operatorToken, site: () => `http://${host}:${server.address().port}` });

const found = searching({ properties, freeUnits, day, span, Refused, catalogue: CATALOGUE });
const watched = watching({ Refused, must, properties, once, search: found.search, cardOf: found.cardOf, iso });
const inFull = stays({ Refused, must, properties, bookings, newBooking, once, own, span, day, iso });

async function operators(request, response) {
  const url = new URL(request.url, 'http://fake');
  if (!url.pathname.startsWith('/ops/v1/')) return file(url.pathname === '/' ? '/ops.html' : url.pathname, response);
  const text = await readBody(request);
  try {
    send(response, more.ops(request, url.pathname.slice(7), url.searchParams, text === '' ? {} : JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send(response, error);
  }
}

seed();
mkdirSync(DATA, { recursive: true });
writeFileSync(join(DATA, 'operator.token'), operatorToken);
const [host, port] = (process.env.RENTEZY_SERVER_LISTEN ?? '127.0.0.1:8080').split(':');
const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
const desk = createServer((request, response) => {
  operators(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
const [opsHost, opsPort] = (process.env.RENTEZY_OPERATOR_LISTEN ?? '127.0.0.1:0').split(':');
desk.listen(Number(opsPort), opsHost, () => console.log(`operators: http://${opsHost}:${desk.address().port}`));
server.listen(Number(port), host, () => {
  console.log('tenant: tenant@example.org / tenant-demo-pass');
  console.log('admin: admin@example.org / admin-demo-pass');
  console.log('landlord: landlord@example.org / landlord-demo-pass');
  console.log(`rentezy (a fake, for work on the pages) listens on http://${host}:${server.address().port}`);
});
process.on('SIGTERM', () => process.exit(0));
