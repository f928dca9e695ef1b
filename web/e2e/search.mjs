// The search in a browser: suggestions by keyboard, words with a typo, counts beside filters
// that change with the nights, prices by two thumbs, a drawn area, a map that comes apart, the
// way back, and all of it on a phone. Runs against BASE_URL, or starts the server itself
// (RENTEZY_BIN) with its invented homes.
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { Caller } from './caller.mjs';
import { startServer } from './server.mjs';
import { Run, eventually, must } from './steps.mjs';

const tag = Math.random().toString(36).slice(2, 8);
const people = {
  landlord: { name: 'Lena Landlord', email: `landlord-${tag}@example.org`, password: `landlord-${tag}-pass` },
  tenant: { name: 'Timo Tenant', email: `tenant-${tag}@example.org`, password: `tenant-${tag}-pass` },
};
const LOFT = `Lantern <b>loft</b> ${tag}`;
const BARN = `Weaver barn ${tag}`;
const UNIT = { name: 'Whole place', count: 1, bedrooms: 2, beds: 2, bathrooms: 1, guests: 3 };
const PHONE = { width: 390, height: 844, phone: true, dark: true };

const server = process.env.BASE_URL ? null : await startServer();
const base = (process.env.BASE_URL ?? server.base).replace(/\/$/, '');
console.log(`against ${base}`);

const desk = await openBrowser();
const phone = await openBrowser(PHONE);
const run = new Run('search', server, { desk, phone });
const { page } = desk;

const after = (day, days) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
const checkIn = after(new Date().toISOString().slice(0, 10), 40);
const NIGHTS = `check_in=${checkIn}&check_out=${after(checkIn, 3)}`;

// ---- what the server says and what the page shows ---------------------------------------

const ask = async (path) => {
  const answer = await fetch(`${base}/api/v1/search${path}`);
  must(answer.ok, `GET /search${path}: ${answer.status}`);
  return answer.json();
};

/** Of the address on show, as the API takes it; prices are whole units in the address. */
const asked = () => {
  const params = new URL(page.url()).searchParams;
  for (const name of ['price_min', 'price_max']) if (params.has(name)) params.set(name, String(Number(params.get(name)) * 100));
  return `?${params}`;
};

const total = async (from = page) => Number(/^[\d,]+/.exec((await from.textContent('.results-count')) ?? '')?.[0].replaceAll(',', '') ?? NaN);

/** Goes to a search, and waits for what it finds. */
async function open(path, from = page) {
  await from.goto(`${base}${path}`);
  await found(from);
}

async function found(from = page) {
  await from.waitForSelector('.results .cards:not([aria-hidden]):not(.is-old), .results .state');
  await from.waitForSelector('.results-count:not(.is-old) strong');
}

/** Waits until the page shows as many homes as the server has for its address. */
async function agrees() {
  await eventually('the page to show what the server has', async () => (await total()) === (await ask(asked())).total);
}

/** The pins that can be seen, as numbers of homes; one with a price counts one. */
const pins = () =>
  page.evaluate(() => {
    const map = document.querySelector('.map')?.getBoundingClientRect();
    if (!map) return [];
    const seen = [...document.querySelectorAll('.pin')].filter((one) => {
      const { left, top } = one.getBoundingClientRect();
      return left > map.left && left < map.right && top > map.top && top < map.bottom;
    });
    return seen.map((one) => (one.classList.contains('pin-many') ? Number(one.querySelector('b').textContent.replaceAll(',', '')) : 1));
  });

/** The pins once they stand still. */
async function settledPins(what = 'pins', good = (seen) => seen.length > 0) {
  let before = '';
  return eventually(`${what} on the map`, async () => {
    const seen = await pins();
    const same = JSON.stringify(seen) === before;
    before = JSON.stringify(seen);
    return same && good(seen) ? seen : null;
  });
}

const pill = (name, from = page) => from.locator('.pill', { has: from.locator(`input[value="${name}"]`) });
const countOf = async (name) => Number((await pill(name).locator('small').innerText()).replace(/\D/g, ''));

async function accessible(name, from = page) {
  const wrong = await accessibility(from);
  const wide = await overflow(from);
  must(wrong.length === 0, `${name}: ${wrong.join('\n')}`);
  must(wide <= 0, `${name} is ${wide} px wider than the screen`);
}

let city = '';
let homes = {};
const callers = { landlord: new Caller(base), tenant: new Caller(base) };

// ---- homes --------------------------------------------------------------------------------

await run.need('there are homes, two of them made for this', async () => {
  await callers.landlord.join(people.landlord);
  await callers.landlord.host();
  await callers.tenant.join(people.tenant);
  homes.loft = await callers.landlord.list(LOFT, UNIT);
  homes.barn = await callers.landlord.list(BARN, UNIT, null, { kind: 'house', amenities: ['wifi', 'parking'], location: { lat: 53.42, lon: -6.12 }, price_per_night: { amount: 18_000, currency: 'EUR' } });
  await eventually('both to be indexed', async () => (await ask(`?q=${tag}`)).total === 2);
  // The city that has most homes of those that one can mistype.
  const counts = new Map();
  for (const home of (await ask('?limit=100')).data) counts.set(home.city, (counts.get(home.city) ?? 0) + 1);
  const plain = [...counts].filter(([name]) => /^[A-Z][a-z]{5,}$/.test(name)).sort((a, b) => b[1] - a[1]);
  must(plain.length > 0, `no city with a plain name among ${[...counts.keys()].join(', ')}`);
  [city] = plain[0];
});

await run.check('the page shows homes, their number, the time it took and where they are', async () => {
  await open('/');
  must(/[\d,]+ homes? in <?\d+ ms/.test(await page.textContent('.results-count')), `odd count ${await page.textContent('.results-count')}`);
  await settledPins();
  await accessible('the search');
  await run.shot('desk', '01-home');
});

// ---- words --------------------------------------------------------------------------------

await run.check('a suggestion is taken by keyboard alone', async () => {
  await open('/');
  await page.focus('[name=q]');
  await page.keyboard.type(city.slice(0, 4).toLowerCase());
  const option = page.locator('[role=option]', { hasText: city }).first();
  await option.waitFor();
  must((await page.getAttribute('[name=q]', 'aria-expanded')) === 'true', 'the list is not said to be open');
  await accessible('suggestions');
  await run.shot('desk', '02-suggestions');
  await page.keyboard.press('Escape');
  must((await page.getAttribute('[name=q]', 'aria-expanded')) === 'false', 'Escape leaves the list open');
  must((await page.inputValue('[name=q]')) !== '', 'Escape takes the words away');
  const chosen = page.locator('[role=option][aria-selected=true]', { hasText: city });
  for (let presses = 0; presses < 20 && (await chosen.count()) === 0; presses += 1) await page.keyboard.press('ArrowDown');
  const active = await page.getAttribute('[name=q]', 'aria-activedescendant');
  must(active !== null && (await page.locator(`[id="${active}"]`).innerText()).includes(city), 'the arrows do not lead to the city');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/?q=${city}*`);
  await found();
  must((await page.inputValue('[name=q]')) === city, 'the box does not have the city');
  await agrees();
});

await run.check('typing asks seldom, not for each letter', async () => {
  await open('/');
  const requests = [];
  const listen = (request) => request.url().includes('/search/suggest') && requests.push(request.url());
  page.on('request', listen);
  await page.focus('[name=q]');
  await page.keyboard.type(city, { delay: 20 });
  await page.locator('[role=option]', { hasText: city }).first().waitFor();
  page.off('request', listen);
  must(requests.length < city.length, `${requests.length} requests for ${city.length} letters`);
});

await run.check('a typo still finds homes, and what was meant is a link', async () => {
  const typo = `${city.slice(0, 2)}${city[3]}${city[2]}${city.slice(4)}`.toLowerCase();
  await open('/');
  await page.fill('[name=q]', typo);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/?q=${typo}`);
  await found();
  must((await total()) > 0, `nothing for ${typo}`);
  const meant = page.locator('.meant a');
  must((await meant.innerText()).toLowerCase().includes(city.toLowerCase()), `odd advice ${await meant.innerText()}`);
  await run.shot('desk', '03-typo');
  await meant.click();
  await page.waitForURL((url) => url.searchParams.get('q')?.toLowerCase() === city.toLowerCase());
  await found();
  must((await page.locator('.meant').count()) === 0, 'advice for the right word');
  must((await page.locator('.card-place').first().innerText()).includes(city), 'another city comes first');
});

await run.check('words are marked, and a title is never markup', async () => {
  await open(`/?q=lantern+${tag}`);
  const title = page.locator('.card h2');
  must((await title.innerText()) === LOFT, `the title reads ${await title.innerText()}`);
  must((await title.locator('b').count()) === 0, 'the title is markup');
  const marks = (await title.locator('mark').allInnerTexts()).join(' ').toLowerCase();
  must(marks.includes('lantern'), `marked is ${marks}`);
  await accessible('marked words');
});

// ---- filters ------------------------------------------------------------------------------

await run.check('filters show what each choice leaves, and what leaves nothing is off', async () => {
  await open(`/?q=${tag}`);
  await page.click('.tool');
  await pill('house').locator('small').waitFor();
  must((await countOf('flat')) === 1 && (await countOf('house')) === 1 && (await countOf('room')) === 0, 'the kinds are miscounted');
  must((await pill('room').locator('input').getAttribute('aria-disabled')) === 'true', 'what leaves nothing can be chosen');
  await pill('room').click({ force: true });
  await pill('house').click();
  await page.waitForURL('**kind=house');
  must((await countOf('flat')) === 1, 'a chosen kind takes the count of another away');
  await page.waitForSelector('.filters-foot >> text=Show 1 home');
  await accessible('filters');
  await run.shot('desk', '04-filters');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.filters', { state: 'detached' });
  must(await page.evaluate(() => document.activeElement?.classList.contains('tool')), 'the focus does not come back');
  await page.waitForSelector(`.card >> text=${BARN}`);
  await page.click('.chips >> text=House');
  await page.waitForURL((url) => !url.searchParams.has('kind'));
  await agrees();
});

await run.check('counts change with the nights', async () => {
  await open(`/?q=${tag}&${NIGHTS}`);
  await page.click('.tool');
  await pill('flat').locator('small').waitFor();
  must((await countOf('flat')) === 1, 'the flat is not free to begin with');
  await callers.tenant.ask('POST', '/bookings', { property_id: homes.loft, check_in: checkIn, check_out: after(checkIn, 2), guests: 1 });
  await eventually('the count to follow a hold', async () => {
    await open(`/?q=${tag}&${NIGHTS}`);
    await page.click('.tool');
    await pill('flat').locator('small').waitFor();
    return (await countOf('flat')) === 0 && (await countOf('house')) === 1;
  });
});

await run.check('the price is narrowed by keyboard, and the way back undoes it', async () => {
  await open(`/?q=${city}`);
  const before = await total();
  await page.click('.tool');
  const highest = page.locator('[aria-label="Highest price a night"]');
  await highest.focus();
  const end = Number(await highest.getAttribute('max'));
  for (let step = 0; step < Math.ceil(end / 2); step += 1) await page.keyboard.press('ArrowLeft');
  await page.waitForURL('**price_max=**');
  await eventually('fewer homes', async () => (await total()) < before);
  await agrees();
  must((await highest.getAttribute('aria-valuetext')).includes(new URL(page.url()).searchParams.get('price_max')), 'the thumb does not say its price');
  await run.shot('desk', '05-price');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.chips .chip');
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has('price_max'));
  await found();
  must((await total()) === before, 'the way back does not lead to the homes of before');
});

await run.check('nothing found tells what to leave out', async () => {
  await open(`/?q=${tag}&kind=house&price_max=20`);
  must((await total()) === 0, 'something was found');
  await page.click('.way >> text=a night');
  await found();
  await page.waitForSelector(`.card >> text=${BARN}`);
});

// ---- the map ------------------------------------------------------------------------------

await run.check('a pin of many comes apart when it is opened', async () => {
  await open('/');
  const before = await settledPins('a pin of many', (seen) => seen.some((count) => count > 1));
  const most = Math.max(...before);
  await page.locator('.pin-many > span', { hasText: most.toLocaleString('en-GB') }).first().click();
  const seen = await settledPins('more pins of fewer homes', (now) => now.length > 1 && Math.max(...now) < most);
  must(seen.length > 1, 'it does not come apart');
  await run.shot('desk', '06-closer');
});

await run.check('a drawn area narrows, and is in the address', async () => {
  await open(`/?q=${city}`);
  await settledPins();
  const before = await total();
  await page.click('button:has-text("Draw an area")');
  const map = await page.locator('.map').boundingBox();
  const corner = async (x, y) => page.mouse.click(map.x + map.width * x, map.y + map.height * y);
  // The left half of the map, below its tools.
  for (const [x, y] of [[0.02, 0.25], [0.5, 0.25], [0.5, 0.8]]) await corner(x, y);
  await page.waitForSelector('.map-draw >> text=3 corners');
  await corner(0.02, 0.8);
  await page.waitForSelector('.map-draw >> text=4 corners');
  await accessible('drawing');
  await run.shot('desk', '07-drawing');
  await page.click('.map-draw button:has-text("Finish")');
  await page.waitForURL('**polygon=**');
  await found();
  await agrees();
  must((await total()) < before, `${await total()} homes of ${before} in half the map`);
  await page.waitForSelector('.area-shape');
  await run.shot('desk', '08-drawn');
  await page.selectOption('.sort select', 'distance');
  await page.waitForURL('**sort=distance');
  await found();
  await page.goBack();
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has('polygon'));
  await found();
  must((await total()) === before, 'the way back does not lead to the homes of before');
});

await run.check('without a pointer: what the map shows', async () => {
  await open(`/?q=${city}`);
  await settledPins();
  await page.focus('.map');
  for (let presses = 0; presses < 2; presses += 1) await page.keyboard.press('ArrowRight');
  await page.locator('button:has-text("Search this area")').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**bbox=**');
  await found();
  await agrees();
});

await run.check('the search follows the map when told to', async () => {
  await open('/');
  await settledPins();
  await page.check('.map-follow input');
  await page.click('.leaflet-control-zoom-in');
  await page.waitForURL('**bbox=**');
  await agrees();
  const first = page.url();
  await page.click('.leaflet-control-zoom-in');
  await page.waitForURL((url) => String(url) !== first);
  await agrees();
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has('bbox'));
});

// ---- on a phone ---------------------------------------------------------------------------

await run.check('all of it fits a phone', async () => {
  const from = phone.page;
  await open('/', from);
  await accessible('the search on a phone', from);
  await from.fill('[name=q]', city.slice(0, 4));
  const option = from.locator('[role=option]', { hasText: city }).first();
  await option.waitFor();
  await accessible('suggestions on a phone', from);
  await run.shot('phone', '09-phone-suggestions');
  await option.tap();
  await from.waitForURL(`**/?q=${city}*`);
  await found(from);
  await from.tap('.tool');
  await from.waitForSelector('.range input');
  await accessible('filters on a phone', from);
  await run.shot('phone', '10-phone-filters');
  await pill('wifi', from).first().tap();
  await from.waitForURL('**amenities=wifi');
  await from.tap('.filters-foot .button-main');
  await from.waitForSelector('.chips >> text=Wifi');
  await from.tap('.map-toggle');
  await from.waitForSelector('.pin > span');
  await accessible('the map on a phone', from);
  await from.tap('button:has-text("Draw an area")');
  const map = await from.locator('.map').boundingBox();
  for (const [x, y] of [[0.1, 0.35], [0.9, 0.4], [0.5, 0.8]]) await from.touchscreen.tap(map.x + map.width * x, map.y + map.height * y);
  await from.waitForSelector('.map-draw >> text=3 corners');
  await accessible('drawing on a phone', from);
  await run.shot('phone', '11-phone-drawing');
  await from.tap('.map-draw button:has-text("Finish")');
  await from.waitForURL('**polygon=**');
});

await run.check('nothing complained', async () => {
  const complaints = [...desk.complaints(), ...phone.complaints()];
  must(complaints.length === 0, complaints.join('\n'));
});

await run.finish();
