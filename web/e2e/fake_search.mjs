// Search for the fake server: the same questions and answers as the real one has, over a few
// homes in memory and with rules that are only roughly the same.

const ZOOM_CELL = 90;
const STEPS = { bedrooms: 20, beds: 20, bathrooms: 10 };

export const blur = ({ lat, lon }) => ({ lat: Number(lat.toFixed(2)), lon: Number(lon.toFixed(2)) });
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ł', 'l').toLowerCase();
const wordsOf = (text) => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
const took = (started) => Math.ceil((performance.now() - started) * 100) / 100;

/** Letters to change, add, drop or swap to make `b` of `a`, up to 3. */
function distance(a, b) {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows = [Array.from({ length: b.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}

const reach = (word) => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/** `base`: the homes, how many units of one are free on a night, days, and the catalogue. */
export function searching({ properties, freeUnits, day, span, Refused, catalogue }) {
  const live = () => [...properties.values()].filter((one) => one.status === 'live' && one.price_per_night);
  const labels = new Map(catalogue.map(({ key, label }) => [key, label]));
  const textOf = (one) => `${one.title} ${one.description} ${one.address.city} ${one.kind} ${one.amenities.map((key) => labels.get(key) ?? key).join(' ')}`;

  function wanted(query) {
    const get = (name) => query.get(name) || undefined;
    const number = (name, none) => Number(get(name) ?? none);
    const list = (name) => get(name)?.split(',') ?? [];
    if (['bbox', 'near', 'polygon'].filter(get).length > 1) throw new Refused(422, 'validation', 'only one of bbox, near and polygon');
    const [checkIn, checkOut] = [get('check_in'), get('check_out')];
    return {
      words: wordsOf(get('q') ?? ''),
      inside: inside(get),
      centre: centre(get),
      currency: get('currency'),
      // Hundredths without a currency; the currencies of the fake all have two decimals.
      price: [number('price_min', 0), number('price_max', Infinity)],
      kinds: list('kind'),
      amenities: list('amenities'),
      bedrooms: number('bedrooms', 0),
      beds: number('beds', 0),
      bathrooms: number('bathrooms', 0),
      guests: number('guests', 1),
      nights: checkIn && checkOut ? Array.from({ length: span(checkIn, checkOut) }, (_, n) => day(n, checkIn)) : [],
    };
  }

  /** The homes that match, as if what is named in `but` were not asked for. */
  function found(want, but) {
    const texts = live().map((one) => [one, wordsOf(textOf(one))]);
    const known = new Set(texts.flatMap(([, words]) => words));
    const tests = {
      words: (one, words) =>
        want.words.every((word) => words.some((each) => each.startsWith(word) || (!known.has(word) && distance(word, each) <= reach(word)))),
      area: (one) => want.inside(blur(one.location)),
      price: (one) => one.price_per_night.amount >= want.price[0] && one.price_per_night.amount <= want.price[1],
      currency: (one) => !want.currency || one.price_per_night.currency === want.currency,
      kind: (one) => want.kinds.length === 0 || want.kinds.includes(one.kind),
      amenities: (one) => want.amenities.every((key) => one.amenities.includes(key)),
      bedrooms: (one) => one.unit.bedrooms >= want.bedrooms,
      beds: (one) => one.unit.beds >= want.beds,
      bathrooms: (one) => one.unit.bathrooms >= want.bathrooms,
      guests: (one) => one.unit.guests >= want.guests,
      nights: (one) => want.nights.every((night) => freeUnits(one, night) > 0),
    };
    const asked = Object.entries(tests).filter(([name]) => name !== but);
    return texts.filter(([one, words]) => asked.every(([, test]) => test(one, words))).map(([one]) => one);
  }

  function cardOf(one) {
    return {
      id: one.id, title: one.title, kind: one.kind, city: one.address.city, country: one.address.country, location: blur(one.location),
      price_per_night: one.price_per_night, unit_types: one.units.length, cover: one.cover, bedrooms: one.unit.bedrooms, beds: one.unit.beds, bathrooms: one.unit.bathrooms,
      guests: one.unit.guests, amenities: one.amenities.slice(0, 6),
    };
  }

  function search(query) {
    const started = performance.now();
    const want = wanted(query);
    const matches = found(want);
    const sort = query.get('sort');
    const price = (one) => one.price_per_night.amount;
    if (sort === 'price') matches.sort((a, b) => price(a) - price(b));
    if (sort === 'price_desc') matches.sort((a, b) => price(b) - price(a));
    if (sort === 'newest') matches.reverse();
    if (sort === 'distance') {
      if (!want.centre) throw new Refused(422, 'validation', 'distance needs one of near, bbox and polygon', { errors: [{ pointer: '/sort', code: 'invalid' }] });
      matches.sort((a, b) => metres(want.centre, a.location) - metres(want.centre, b.location));
    }
    const total = matches.length;
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 24);
    const data = matches.slice(from, from + limit).map((one, index) => ({
      ...cardOf(one),
      ...((from + index) % 3 !== 2 && { rating: 4.1 + ((from + index) % 9) / 10 }),
      ...(want.nights.length > 0 && { total: { ...one.price_per_night, amount: price(one) * want.nights.length } }),
      ...(want.centre && { distance_m: Math.round(metres(want.centre, blur(one.location))) }),
      ...(query.get('highlight') === 'true' && { highlight: { title: marked(one.title, want.words), description: marked(part(one.description, want.words), want.words) } }),
    }));
    const more = from + limit < total;
    const meant = didYouMean(want.words);
    return {
      status: 200,
      body: {
        data, page: { next: more ? String(from + limit) : null, has_more: more }, total, timed_out: false,
        ...(meant && { did_you_mean: meant }), ...(query.get('facets') === 'true' && { facets: facetsOf(want) }), took_ms: took(started),
      },
    };
  }

  /** Words that occur nowhere, changed to the commonest ones that are near. */
  function didYouMean(words) {
    const counts = new Map();
    for (const one of live()) for (const word of wordsOf(textOf(one))) counts.set(word, (counts.get(word) ?? 0) + 1);
    const meant = words.map((word) => {
      if (counts.has(word)) return word;
      const near = [...counts].filter(([each]) => distance(word, each) <= reach(word));
      return near.sort((a, b) => distance(word, a[0]) - distance(word, b[0]) || b[1] - a[1])[0]?.[0] ?? word;
    });
    return meant.join(' ') === words.join(' ') ? undefined : meant.join(' ');
  }

  function facetsOf(want) {
    const count = (list, keys) => Object.fromEntries(keys.map((key) => [key, list.filter((one) => one.kind === key).length]).filter(([, many]) => many > 0));
    const steps = (name, width) => {
      const list = found(want, name);
      return Object.fromEntries(Array.from({ length: STEPS[name] / width }, (_, n) => (n + 1) * width).map((least) => [String(least), list.filter((one) => one.unit[name] >= least).length]));
    };
    const matches = found(want);
    const has = (key) => matches.filter((one) => one.amenities.includes(key)).length;
    return {
      kind: count(found(want, 'kind'), ['bed', 'room', 'flat', 'house']),
      amenities: Object.fromEntries([...labels.keys()].map((key) => [key, has(key)]).filter(([, many]) => many > 0)),
      bedrooms: steps('bedrooms', 1),
      beds: steps('beds', 1),
      bathrooms: steps('bathrooms', 0.5),
      price: { ...(want.currency && { currency: want.currency }), buckets: buckets(found(want, 'price').map((one) => one.price_per_night.amount)) },
    };
  }

  function facets(query) {
    const started = performance.now();
    const want = wanted(query);
    return { status: 200, body: { facets: facetsOf(want), total: found(want).length, timed_out: false, took_ms: took(started) } };
  }

  function map(query) {
    const started = performance.now();
    const want = wanted(query);
    const scale = (256 * 2 ** Number(query.get('zoom'))) / 360 / ZOOM_CELL;
    const cells = new Map();
    const matches = found(want);
    for (const one of matches) {
      const { lat, lon } = blur(one.location);
      const cell = `${Math.floor(lon * scale)} ${Math.floor((lat * scale) / Math.cos((lat * Math.PI) / 180))}`;
      cells.set(cell, [...(cells.get(cell) ?? []), one]);
    }
    const mean = (list, of) => list.reduce((sum, one) => sum + of(blur(one.location)), 0) / list.length;
    const clusters = [...cells.values()].map((list) => ({
      count: list.length,
      centre: { lat: mean(list, ({ lat }) => lat), lon: mean(list, ({ lon }) => lon) },
      cheapest: list.map((one) => one.price_per_night).sort((a, b) => a.amount - b.amount)[0],
      ...(list.length === 1 && { home: cardOf(list[0]) }),
    }));
    clusters.sort((a, b) => b.count - a.count);
    return { status: 200, body: { clusters: clusters.slice(0, 256), total: matches.length, timed_out: false, took_ms: took(started) } };
  }

  function suggest(query) {
    const typed = wordsOf(query.get('q') ?? '').join(' ');
    const limit = Number(query.get('limit') ?? 5);
    const near = (name) => {
      const text = wordsOf(name).join(' ');
      return typed !== '' && (text.startsWith(typed) || text.includes(` ${typed}`) || (typed.length > 3 && distance(typed, text.slice(0, typed.length)) <= 1));
    };
    const tally = (list, key) => {
      const counts = new Map();
      for (const one of list) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
      return [...counts].sort((a, b) => b[1] - a[1]);
    };
    const homes = live();
    const country = (city) => homes.find((one) => one.address.city === city).address.country;
    const places = tally(homes, (one) => one.address.city).filter(([city]) => near(city));
    const titles = tally(homes, (one) => one.title).filter(([title]) => near(title));
    const amenities = tally(homes.flatMap((one) => one.amenities), (key) => key).filter(([key]) => labels.has(key) && near(labels.get(key)));
    return {
      status: 200,
      body: {
        places: places.slice(0, limit).map(([city, count]) => ({ city, country: country(city), count })),
        titles: titles.slice(0, limit).map(([title, count]) => ({ title, count })),
        amenities: amenities.slice(0, limit).map(([key, count]) => ({ key, label: labels.get(key), count })),
      },
    };
  }

  const routes = { 'GET /search': search, 'GET /search/facets': facets, 'GET /search/map': map, 'GET /search/suggest': suggest };
  return { search, cardOf, api: (request, path, query) => routes[`${request.method} ${path}`]?.(query) ?? null };
}

// ---- places -----------------------------------------------------------------------------

function corners(text) {
  return text.split(';').filter(Boolean).map((part) => part.split(',').map(Number));
}

function inside(get) {
  if (get('bbox')) {
    const [west, south, east, north] = get('bbox').split(',').map(Number);
    return ({ lat, lon }) => lat >= south && lat <= north && (west <= east ? lon >= west && lon <= east : lon >= west || lon <= east);
  }
  if (get('near') && get('radius_km')) {
    const at = centre(get);
    return (place) => metres(at, place) <= Number(get('radius_km')) * 1000;
  }
  if (!get('polygon')) return () => true;
  const ring = corners(get('polygon'));
  // Even-odd: a ray to the east crosses the ring an odd number of times.
  return ({ lat, lon }) =>
    ring.filter(([x, y], n) => {
      const [nextX, nextY] = ring[(n + 1) % ring.length];
      return y > lat !== nextY > lat && lon < ((nextX - x) * (lat - y)) / (nextY - y) + x;
    }).length % 2 === 1;
}

function centre(get) {
  if (get('near')) {
    const [lat, lon] = get('near').split(',').map(Number);
    return { lat, lon };
  }
  const box = get('bbox')?.split(',').map(Number);
  const ring = box ? [[box[0], box[1]], [box[2], box[3]]] : get('polygon') ? corners(get('polygon')) : null;
  if (!ring) return null;
  const mean = (n) => ring.reduce((sum, corner) => sum + corner[n], 0) / ring.length;
  return { lat: mean(1), lon: mean(0) };
}

function metres(a, b) {
  const north = (b.lat - a.lat) * 111_195;
  const east = (b.lon - a.lon) * 111_195 * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

// ---- words and prices -------------------------------------------------------------------

/** A text in pieces, those that begin like a word or nearly marked. */
function marked(text, words) {
  return text.split(/([\p{L}\p{N}]+)/u).filter(Boolean).map((piece) => {
    const folded = fold(piece);
    return { text: piece, hit: words.some((word) => folded.startsWith(word) || distance(word, folded) <= reach(word)) && /\p{L}|\p{N}/u.test(piece) };
  });
}

/** The sentence with most of the words. */
function part(text, words) {
  const sentences = text.replaceAll('\n', ' ').split(/(?<=\.)\s+/);
  const hits = (sentence) => marked(sentence, words).filter((piece) => piece.hit).length;
  const best = sentences.reduce((a, b) => (hits(b) > hits(a) ? b : a));
  return sentences.length > 1 ? `… ${best} …` : best;
}

/** About 24 ranges that are 1, 2 or 5 times a power of ten wide; the last is open. */
function buckets(prices) {
  if (prices.length === 0) return [];
  const sorted = [...prices].sort((a, b) => a - b);
  const top = sorted[Math.floor((sorted.length - 1) * 0.98)];
  const rough = (top - sorted[0]) / 24 || 100;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = Math.max(100, [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough));
  const made = [];
  for (let from = Math.floor(sorted[0] / width) * width; from <= top; from += width) made.push({ from_minor: from, to_minor: from + width, count: 0 });
  for (const price of sorted) made[Math.min(made.length - 1, Math.floor((price - made[0].from_minor) / width))].count += 1;
  const last = made[made.length - 1];
  if (sorted[sorted.length - 1] >= last.to_minor) delete last.to_minor;
  return made;
}
