// The slice in a browser: a landlord lists a home, a tenant finds, holds and pays it, both
// see it confirmed. Runs against BASE_URL, or starts the server itself (RENTEZY_BIN).
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { startServer } from './server.mjs';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'test-results');
mkdirSync(SHOTS, { recursive: true });

let passed = 0;
let failed = 0;

/** One thing that has to be so. */
async function check(name, work) {
  const started = performance.now();
  try {
    await work();
    passed += 1;
    console.log(`ok    ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split('\n').slice(0, 6).join('\n      ')}`);
  }
}

/** One without which the rest makes no sense. */
async function need(name, work) {
  const before = failed;
  await check(name, work);
  if (failed > before) {
    console.log(`stop  the rest builds on "${name}"`);
    await finish();
  }
}

/** Closes everything, says how it went and ends. */
async function finish() {
  if (failed > 0) await Promise.all([shot(landlord, 'failed-landlord'), shot(tenant, 'failed-tenant'), shot(phone, 'failed-phone')]).catch(() => {});
  await Promise.all([landlord.close(), tenant.close(), phone.close()]);
  if (server) {
    await check('the server stops when asked', async () => {
      const how = await server.stop();
      must(how === 'exit 0', `it ended with ${how}`);
    });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

function must(condition, text) {
  if (!condition) throw new Error(text);
}

/** Waits for a condition; the guard is generous, the condition is what counts. */
async function eventually(what, work, guard = 30_000) {
  const until = Date.now() + guard;
  for (;;) {
    const value = await work();
    if (value) return value;
    if (Date.now() > until) throw new Error(`waited ${guard / 1000} s for ${what}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

const tag = Math.random().toString(36).slice(2, 8);
const TITLE = `Lighthouse flat ${tag}`;
const people = {
  landlord: { name: 'Lena Landlord', email: `landlord-${tag}@example.org`, password: `landlord-${tag}-pass` },
  tenant: { name: 'Timo Tenant', email: `tenant-${tag}@example.org`, password: `tenant-${tag}-pass` },
  rival: { name: 'Rita Rival', email: `rival-${tag}@example.org`, password: `rival-${tag}-pass` },
};

const server = process.env.BASE_URL ? null : await startServer();
const base = (process.env.BASE_URL ?? server.base).replace(/\/$/, '');
console.log(`against ${base}`);

const landlord = await openBrowser();
const tenant = await openBrowser();
const phone = await openBrowser({ width: 390, height: 844, phone: true, dark: true });

const shot = (browser, name, fullPage = false) =>
  browser.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });

/** Switches on what a home has, in whatever group of the catalogue it is. */
async function offer(page, amenity) {
  const box = page.locator(`[name=amenity][value=${amenity}]`);
  await box.waitFor({ state: 'attached' });
  if (!(await box.isVisible())) await page.locator('details.offer-group', { has: box }).locator('summary').click();
  await box.check();
}

async function register(page, person) {
  await page.fill('[name=name]', person.name);
  await page.fill('[name=email]', person.email);
  await page.fill('[name=password]', person.password);
  await page.click('main button[type=submit]');
}

async function signIn(page, { email, password }) {
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav >> text=Account');
}

async function signOut(page) {
  await page.goto(`${base}/account`);
  await page.click('text=Sign out');
  await page.waitForSelector('nav >> text=Sign in');
}

/** The first day on show from which `count` nights are free, as [check-in, check-out]. */
async function freeStay(page, count) {
  return page.evaluate((count) => {
    const after = (day, days) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
    const free = new Set([...document.querySelectorAll('[data-state=free]')].map((one) => one.dataset.day));
    for (const day of free) {
      const nights = Array.from({ length: count }, (_, index) => after(day, index));
      const out = after(day, count);
      if (nights.every((night) => free.has(night)) && document.querySelector(`[data-day="${out}"]`)) return [day, out];
    }
    return null;
  }, count);
}

async function chooseStay(page, count) {
  await page.waitForSelector('[data-state=free]');
  if ((await freeStay(page, count)) === null) await page.click('[aria-label="Later month"]');
  const stay = await eventually(`${count} free nights on show`, () => freeStay(page, count));
  await page.click(`[data-day="${stay[0]}"]`);
  await page.click(`[data-day="${stay[1]}"]`);
  await page.waitForSelector('.hold-act >> text=Hold these nights');
  return stay;
}

async function stateOf(page, day) {
  return page.getAttribute(`[data-day="${day}"]`, 'data-state');
}

async function openListing(page) {
  await page.goto(`${base}${listing}`);
  await page.waitForSelector('[data-state]');
}

/** Somebody else, without a browser. */
async function holdByApi(person, body) {
  const call = async (path, payload, headers = {}) => {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: base, ...headers },
      body: JSON.stringify(payload),
    });
    return { status: answer.status, body: await answer.json() };
  };
  await call('/auth/register', person);
  const { email, password } = person;
  const session = await call('/auth/login', { email, password });
  return call('/bookings', body, {
    Authorization: `Bearer ${session.body.access_token}`,
    'Idempotency-Key': crypto.randomUUID(),
  });
}

let listing = '';
let stay = null;
let booking = '';

// ---- the landlord ---------------------------------------------------------------------

await need('a landlord registers and may list homes', async () => {
  const { page } = landlord;
  await page.goto(`${base}/register`);
  await register(page, people.landlord);
  await page.click('nav >> text=Account');
  await page.click('text=Become a landlord');
  await page.waitForSelector('nav >> text=Your listings');
});

await check('a form with gaps says where they are', async () => {
  const { page } = landlord;
  await page.click('nav >> text=Your listings');
  await page.click('text=New listing');
  await page.click('text=Save and publish');
  await page.waitForSelector('.field-error');
  must((await page.getAttribute(':focus', 'name')) === 'title', 'the first wrong field has no focus');
});

await need('a listing is written and published', async () => {
  const { page } = landlord;
  await page.selectOption('[name=kind]', 'flat');
  await page.fill('[name=title]', TITLE);
  await page.fill('textarea[name=description]', 'A flat with a view over the bay.\nThe tram stops at the door.');
  for (const amenity of ['wifi', 'balcony', 'washer']) await offer(page, amenity);
  await page.fill('[name=line]', '7 Harbour Road');
  await page.fill('[name=city]', 'Dublin');
  await page.fill('[name=country]', 'ie');
  await page.selectOption('[name=zone]', 'Europe/Dublin');
  await page.fill('[name=lat]', '53.3441');
  await page.fill('[name=lon]', '-6.2675');
  await page.fill('[name=guests]', '3');
  await page.fill('[name=price]', '95.50');
  await page.click('text=Save and publish');
  const own = page.locator('.own', { hasText: TITLE });
  await own.locator('text=Live').waitFor();
  listing = await own.locator('h2 a').getAttribute('href');
  must(listing?.startsWith('/listings/'), `odd link ${listing}`);
});

await check('the landlord changes the listing', async () => {
  const { page } = landlord;
  await page.locator('.own', { hasText: TITLE }).locator('text=Edit').click();
  await offer(page, 'piano');
  await page.click('text=Save changes');
  await page.waitForURL(`${base}/landlord`);
  await page.goto(`${base}${listing}`);
  await page.waitForSelector('.amenities >> text=Piano');
});

// ---- the tenant -----------------------------------------------------------------------

await check('a visitor sees homes, their number and the time it took', async () => {
  const { page } = tenant;
  // The index follows the database; on an empty server the first home is there a moment later.
  await eventually('homes to be indexed', async () => {
    await page.goto(base);
    await page.waitForSelector('.results .card a, .results .state');
    return (await page.locator('.results .card a').count()) > 0;
  });
  const count = await page.textContent('.results-count');
  must(/[\d,]+ homes? in <?\d+ ms/.test(count), `odd count ${count}`);
  await page.waitForSelector('.pin > span');
  await shot(tenant, '01-search');
});

await need('search finds the new listing by a word of its title', async () => {
  const { page } = tenant;
  // The index follows the database; a new listing is there a moment later.
  await eventually('the listing to be indexed', async () => {
    await page.goto(`${base}/?q=${tag}`);
    await page.waitForSelector('.results .card a, .results .state');
    return (await page.locator('.results .card a').count()) === 1;
  });
  await page.waitForSelector(`.card >> text=${TITLE}`);
  must(/^1 home /.test(await page.textContent('.results-count')), 'the count is not one');
});

await check('filters by price, dates and map area', async () => {
  const { page } = tenant;
  await page.click('.tool');
  await page.fill('[name=price_max]', '90');
  await page.waitForSelector('.results .state', { state: 'attached' });
  await page.fill('[name=price_max]', '100');
  await page.click('.filters-foot >> text=Show 1 home');
  await page.fill('[name=check_in]', '2027-05-03');
  await page.fill('[name=check_out]', '2027-05-06');
  await page.click('.bar-go');
  await page.waitForSelector(`.card >> text=${TITLE}`);
  await page.waitForSelector('.card-total');
  must((await page.textContent('.card-price')).includes('€286.50 in total'), `odd price ${await page.textContent('.card-price')}`);
  const map = await page.locator('.map').boundingBox();
  await page.mouse.move(map.x + map.width / 2, map.y + map.height / 2 + 60);
  await page.mouse.down();
  await page.mouse.move(map.x + map.width / 2 + 60, map.y + map.height / 2 + 80, { steps: 8 });
  await page.mouse.up();
  await page.click('text=Search this area');
  await page.waitForSelector('.chip >> text=map’s area');
  await page.waitForSelector(`.card >> text=${TITLE}`);
  must(page.url().includes('bbox='), 'the area is not in the address');
});

await check('the calendar is worked by keyboard', async () => {
  const { page } = tenant;
  await page.click(`.card >> text=${TITLE}`);
  await page.waitForSelector('[data-state=free]');
  await page.locator('[data-day][tabindex="0"]').focus();
  const from = await page.getAttribute(':focus', 'data-day');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const to = await page.getAttribute(':focus', 'data-day');
  must(Date.parse(to) - Date.parse(from) === 8 * 86_400_000, `from ${from} the arrows led to ${to}`);
  await page.keyboard.press('PageDown');
  await page.keyboard.press('Enter');
  must(page.url().includes('check_in='), 'Enter chose nothing');
});

await need('nights are chosen and added up', async () => {
  const { page } = tenant;
  await openListing(page);
  stay = await chooseStay(page, 3);
  must((await page.textContent('.lines-total')).includes('€286.50'), 'the total is wrong');
  await shot(tenant, '02-listing');
});

await need('holding asks to register first and keeps the choice', async () => {
  const { page } = tenant;
  await page.click('text=Hold these nights');
  await page.waitForSelector('h1 >> text=Sign in');
  await page.click('main >> text=Register');
  await register(page, people.tenant);
  await page.waitForSelector('.hold-act >> text=Hold these nights');
  must(page.url().includes(`check_in=${stay[0]}&check_out=${stay[1]}`), `the choice is lost: ${page.url()}`);
});

await need('the hold counts down', async () => {
  const { page } = tenant;
  await page.click('text=Hold these nights');
  await page.waitForSelector('.ring-text');
  booking = new URL(page.url()).pathname;
  const left = async () => {
    const [minutes, seconds] = (await page.textContent('.ring-text')).split(':').map(Number);
    return minutes * 60 + seconds;
  };
  const first = await left();
  must(first > 30 && first <= 20 * 60, `odd time ${first} s`);
  await eventually('the countdown to move', async () => (await left()) < first);
  await shot(tenant, '03-hold');
});

await check('the nights are taken for everybody', async () => {
  const { page } = phone;
  await openListing(page);
  if ((await page.locator(`[data-day="${stay[0]}"]`).count()) === 0) await page.click('[aria-label="Later month"]');
  must((await stateOf(page, stay[0])) === 'taken', 'the first night is free');
  must((await overflow(page)) <= 0, 'the listing is wider than the phone');
  await shot(phone, '04-phone-listing-dark');
});

await need('paying on the hosted page confirms the booking', async () => {
  const { page } = tenant;
  await page.click('main button:has-text("Pay ")');
  const number = page.locator('input[name=number], input[name=card_number]');
  await number.waitFor();
  must(page.url().includes('/sandbox/pay/'), `odd payment page ${page.url()}`);
  await number.fill('4242 4242 4242 4242');
  // The sandbox may ask for the number alone.
  for (const [name, value] of [['exp', '12/34'], ['cvc', '123']]) {
    const input = page.locator(`input[name=${name}]`);
    if (await input.count()) await input.fill(value);
  }
  await shot(tenant, '05-pay');
  const form = page.locator('form', { has: page.locator('input[name=number], input[name=card_number]') });
  await form.locator('button[type=submit], input[type=submit], button:not([type])').first().click();
  await page.waitForURL(`${base}${booking}**`);
  await page.waitForSelector('.tick');
  await shot(tenant, '06-confirmed');
});

await check('a reload keeps the tenant signed in', async () => {
  const { page } = tenant;
  await page.reload();
  await page.waitForSelector('.tick');
});

await check('the booking is among the tenant’s', async () => {
  const { page } = tenant;
  await page.click('nav >> text=Bookings');
  const row = page.locator('.row', { hasText: TITLE });
  await row.locator('text=Confirmed').waitFor();
  must((await row.textContent()).includes('€286.50'), 'the price is missing');
  await shot(tenant, '07-bookings');
});

await check('the landlord sees the booking', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord`);
  const row = page.locator('.own', { hasText: TITLE }).locator('.row');
  await row.locator('text=Confirmed').waitFor();
  await shot(landlord, '08-landlord');
});

// ---- when it does not go straight -----------------------------------------------------

await check('nights that a rival took meanwhile lead back to the calendar', async () => {
  const { page } = tenant;
  await openListing(page);
  const wanted = await chooseStay(page, 2);
  const rival = await holdByApi(people.rival, {
    property_id: listing.split('/').pop(),
    check_in: wanted[0],
    check_out: wanted[1],
    guests: 1,
  });
  must(rival.status === 201, `the rival got ${rival.status} ${JSON.stringify(rival.body)}`);
  tenant.expect(/409.*\/bookings/);
  await page.click('text=Hold these nights');
  await page.waitForSelector('h1 >> text=Someone else just took these nights');
  await page.waitForSelector('.offer');
  await shot(tenant, '09-nights-gone');
  await page.click('text=Back to the calendar');
  await page.waitForSelector(`[data-day="${wanted[0]}"][data-state=taken]`);
});

await check('a hold is released and its nights are free again', async () => {
  const { page } = tenant;
  const wanted = await chooseStay(page, 2);
  await page.click('text=Hold these nights');
  await page.waitForSelector('.ring');
  await page.click('main >> text=Release');
  await page.click('text=Release nights');
  await page.waitForSelector('h1 >> text=Released');
  await openListing(page);
  await page.waitForSelector(`[data-day="${wanted[0]}"][data-state=free]`);
});

await check('a release during payment closes the payment first', async () => {
  const { page } = tenant;
  await openListing(page);
  await chooseStay(page, 2);
  await page.click('text=Hold these nights');
  await page.waitForSelector('.ring');
  const held = page.url();
  await page.click('main button:has-text("Pay ")');
  await page.waitForURL('**/sandbox/pay/**');
  await page.goto(held);
  await page.waitForSelector('.step-now >> text=Payment');
  await page.click('main >> text=Release');
  await page.click('text=Release nights');
  await page.waitForSelector('h1 >> text=/^(The payment is being closed|Released)$/');
  await page.waitForSelector('h1 >> text=Released');
});

await check('a booked home can still be edited', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord`);
  await page.locator('.own', { hasText: TITLE }).locator('text=Edit').click();
  await page.fill('[name=beds]', '2');
  await page.fill('[name=price]', '99');
  await page.click('text=Save changes');
  await page.waitForURL(`${base}/landlord`);
  await page.locator('.own', { hasText: TITLE }).locator('text=€99 a night').waitFor();
});

await check('an address without a page says so', async () => {
  const { page } = tenant;
  await page.goto(`${base}/no/such/page`);
  await page.waitForSelector('text=There is no page at this address');
});

await check('a home that does not exist says so', async () => {
  const { page } = tenant;
  tenant.expect(/(404|400).*\/properties\//);
  await page.goto(`${base}/listings/prp_00000000-0000-7000-8000-000000000000`);
  await page.waitForSelector('text=This home is not listed');
});

await check('a booking of one’s own asks a visitor to sign in', async () => {
  const { page } = phone;
  await page.goto(`${base}${booking}`);
  await page.waitForSelector('h1 >> text=Sign in');
  must(page.url().includes(encodeURIComponent(booking)), 'the way back is lost');
});

await check('a wrong password is refused in plain words', async () => {
  const { page } = phone;
  phone.expect(/401.*\/auth\/login/);
  await page.fill('[name=email]', people.tenant.email);
  await page.fill('[name=password]', 'not-this-password');
  await page.click('main button[type=submit]');
  await page.waitForSelector('text=don’t match an account');
});

await check('pages fit a phone', async () => {
  const { page } = phone;
  await signIn(page, people.tenant);
  for (const path of ['/', '/bookings', booking, '/account']) {
    await page.goto(`${base}${path}`);
    await page.waitForSelector('main h1, main .card a');
    must((await overflow(page)) <= 0, `${path} is wider than the phone`);
  }
  await page.goto(base);
  await page.waitForSelector('.card a');
  await shot(phone, '10-phone-search-dark');
  await page.click('text=Show map');
  await page.waitForSelector('.pin > span');
  await shot(phone, '11-phone-map-dark');
});

await check('pages are accessible', async () => {
  const found = [];
  const look = async (browser, path, ready) => {
    await browser.page.goto(`${base}${path}`);
    await browser.page.waitForSelector(ready);
    found.push(...(await accessibility(browser.page)).map((one) => `${path}: ${one}`));
  };
  await look(tenant, '/', '.card a');
  await look(tenant, listing, '[data-state=free]');
  await look(tenant, booking, '.tick');
  await look(tenant, '/bookings', '.row');
  await look(tenant, '/account', '.panel');
  await look(landlord, '/landlord', '.own');
  await look(landlord, '/landlord/new', '.editor');
  await look(phone, '/', '.card a');
  await look(phone, listing, '[data-state]');
  must(found.length === 0, found.join('\n'));
});

await check('signing out ends the session', async () => {
  const { page } = tenant;
  await signOut(page);
  await page.reload();
  await page.waitForSelector('nav >> text=Sign in');
});

const demo = {
  tenant: server?.demo.tenant ?? given('TENANT'),
  landlord: server?.demo.landlord ?? given('LANDLORD'),
};
for (const [role, path, ready] of [['tenant', '/bookings', 'main h1'], ['landlord', '/landlord', '.own']]) {
  if (!demo[role]) continue;
  await check(`the demo ${role} can sign in`, async () => {
    await signIn(tenant.page, demo[role]);
    await tenant.page.goto(`${base}${path}`);
    await tenant.page.waitForSelector(ready);
    await shot(tenant, `12-demo-${role}`);
    await signOut(tenant.page);
  });
}

await check('no browser complained', async () => {
  const complaints = [landlord, tenant, phone].flatMap((browser) => browser.complaints());
  must(complaints.length === 0, complaints.join('\n'));
});

await finish();

/** A demo account from the environment, as DEMO_TENANT="email / password". */
function given(role) {
  const [email, password] = (process.env[`DEMO_${role}`] ?? '').split(' / ');
  return email && password ? { email, password } : null;
}
