// Bookings in full in a browser: a price with its lines, paid, changed with a difference,
// called off with its preview; a request that is approved; nights blocked and priced by
// drawing over them; a stay taken in place of one that is gone. Runs against BASE_URL, or
// starts the server itself (RENTEZY_BIN).
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { Caller, UNIT } from './caller.mjs';
import { startServer } from './server.mjs';
import { Run, eventually, must } from './steps.mjs';

const tag = Math.random().toString(36).slice(2, 8);
const people = {
  landlord: { name: 'Lena Landlord', email: `landlord-${tag}@example.org`, password: `landlord-${tag}-pass` },
  tenant: { name: 'Timo Tenant', email: `tenant-${tag}@example.org`, password: `tenant-${tag}-pass` },
  rival: { name: 'Rita Rival', email: `rival-${tag}@example.org`, password: `rival-${tag}-pass` },
};
const PLAIN = `Mill loft ${tag}`;
const ASKED = `Garden room ${tag}`;

const server = process.env.BASE_URL ? null : await startServer({ demo: false });
const base = (process.env.BASE_URL ?? server.base).replace(/\/$/, '');
console.log(`against ${base}`);

const landlord = await openBrowser({ width: 1400 });
const tenant = await openBrowser();
const phone = await openBrowser({ width: 390, height: 844, phone: true, dark: true });
const run = new Run('bookings', server, { landlord, tenant, phone });

// ---- without a browser ------------------------------------------------------------------

const callers = { landlord: new Caller(base), rival: new Caller(base) };

// ---- with one ---------------------------------------------------------------------------

async function signIn(page, { email, password }) {
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav >> text=Bookings');
}

const after = (day, days) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

/** The first Friday at least so many days from now. */
function friday(ahead) {
  let day = after(new Date().toISOString().slice(0, 10), ahead);
  while (new Date(day).getUTCDay() !== 5) day = after(day, 1);
  return day;
}

const stayPath = (id, checkIn, nights) => `/listings/${id}?check_in=${checkIn}&check_out=${after(checkIn, nights)}`;

/** Pays on the sandbox's page, which the browser is on its way to. */
async function pay(page, back) {
  const number = page.locator('input[name=number], input[name=card_number]');
  await number.waitFor();
  must(page.url().includes('/sandbox/pay/'), `odd payment page ${page.url()}`);
  await number.fill('4242 4242 4242 4242');
  for (const [name, value] of [['exp', '12/34'], ['cvc', '123']]) {
    const input = page.locator(`input[name=${name}]`);
    if (await input.count()) await input.fill(value);
  }
  const form = page.locator('form', { has: number });
  await form.locator('button[type=submit], input[type=submit], button:not([type])').first().click();
  await page.waitForURL(`${base}${back}**`);
}

/** The lines of the price on show, as text. */
const lines = async (page) => ((await page.textContent('dl.lines')) ?? '').replace(/\s+/g, ' ');

const start = friday(21);
let plain = '';
let asked = '';
let booking = '';

// ---- two homes and their prices -----------------------------------------------------------

await run.need('a landlord with two homes, and a tenant', async () => {
  await callers.landlord.join(people.landlord);
  await callers.landlord.host();
  plain = await callers.landlord.list(PLAIN, UNIT);
  asked = await callers.landlord.list(ASKED, { ...UNIT, name: 'Room', count: 2 }, { instant_book: false });
  await callers.rival.join(people.rival);
  await new Caller(base).join(people.tenant);
  await signIn(landlord.page, people.landlord);
  await signIn(tenant.page, people.tenant);
});

await run.need('the landlord asks more for weekends, and a deposit', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord`);
  await page.locator('.own', { hasText: PLAIN }).locator('a >> text=Prices').click();
  await page.fill('[name=weekend]', 'much');
  await page.click('text=Save prices');
  await page.waitForSelector('.field-error');
  must((await page.getAttribute(':focus', 'name')) === 'weekend', 'the wrong field has no focus');
  await page.fill('[name=weekend]', '150');
  await page.fill('[name=cleaning]', '30');
  await page.fill('[name=deposit]', '200');
  await page.click('text=Save prices');
  await page.waitForSelector('text=Saved.');
});

await run.check('seasons are added and taken away, and a promo code made', async () => {
  const { page } = landlord;
  await page.click('text=Add a rule');
  await page.fill('[name=rule_name]', 'Regatta');
  await page.fill('[name=rule_from]', after(start, 60));
  await page.fill('[name=rule_to]', after(start, 66));
  await page.fill('[name=rule_rate]', '220');
  await page.click('text=Save rule');
  await page.locator('.price-rule', { hasText: '€220 a night' }).waitFor();
  await page.click('[aria-label="Remove Regatta"]');
  await page.waitForSelector('.price-rule', { state: 'detached' });
  await page.click('text=Add a code');
  await page.fill('[name=promo_code]', `ten-${tag}`);
  await page.fill('[name=promo_off]', '10');
  await page.click('text=Save code');
  await page.waitForSelector(`text=TEN-${tag.toUpperCase()}`);
  await run.shot('landlord', '01-prices', true);
});

// ---- a stay: price, hold, payment ---------------------------------------------------------

await run.need('a price has its lines: weekend, cleaning, deposit', async () => {
  const { page } = tenant;
  await page.goto(`${base}${stayPath(plain, start, 3)}`);
  await page.waitForSelector('.lines-due');
  const told = await lines(page);
  for (const part of ['Weekend: €150 × 2 nights', '€300.00', '€100 × 1 night', 'Cleaning', 'Total€430.00', 'To be paid€630.00']) {
    must(told.includes(part), `no ${part} in ${told}`);
  }
});

await run.check('a promo code is refused in plain words, or taken off', async () => {
  const { page } = tenant;
  await page.click('text=I have a promo code');
  tenant.expect(/4\d\d.*\/quote/);
  await page.fill('[name=promo]', 'NOSUCH');
  await page.click('.promo button');
  await page.waitForSelector('.promo .field-error');
  must((await lines(page)).includes('Total€430.00'), 'the price went away with the code');
  await page.fill('[name=promo]', `ten-${tag}`);
  await page.click('.promo button');
  await page.waitForSelector('.lines-total >> text=€390.00');
  await run.shot('tenant', '02-price');
});

await run.need('the nights are held at that price, and the hold is extended', async () => {
  const { page } = tenant;
  await page.click('text=Hold these nights');
  await page.waitForSelector('.ring-text');
  booking = new URL(page.url()).pathname;
  must((await lines(page)).includes('Total€390.00'), `the price is another one: ${await lines(page)}`);
  const left = async () => {
    const [minutes, seconds] = (await page.textContent('.ring-text')).split(':').map(Number);
    return minutes * 60 + seconds;
  };
  const before = await left();
  await page.click('text=5 minutes more');
  await eventually('more time', async () => (await left()) > before);
  await page.waitForSelector('text=5 minutes more', { state: 'detached' });
});

await run.need('it is paid', async () => {
  const { page } = tenant;
  await page.click('main button:has-text("Pay €590")');
  await pay(page, booking);
  await page.waitForSelector('.tick');
  await page.waitForSelector('.timeline [data-type="booking.confirmed"]');
  await run.shot('tenant', '03-confirmed', true);
});

// ---- changed, and called off ----------------------------------------------------------------

await run.need('a change shows what it costs before it is asked for', async () => {
  const { page } = tenant;
  await page.click('text=Change the stay');
  await page.fill('[name=check_out]', after(start, 4));
  await page.waitForSelector('.change-difference >> text=/more/');
  await page.click('text=Ask the landlord');
  await page.waitForSelector('[data-change=open] >> text=You asked for a change');
  await run.shot('tenant', '04-change');
});

await run.need('the landlord accepts it on the board', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/requests`);
  const card = page.locator('[data-column=changes] .board-card', { hasText: PLAIN });
  await card.locator('text=/more/').waitFor();
  await run.shot('landlord', '05-board');
  await card.locator('button >> text=Accept').click();
  await page.locator('[data-column=paying] .board-card', { hasText: PLAIN }).waitFor();
});

await run.need('the difference is paid, and the stay is longer', async () => {
  const { page } = tenant;
  await page.click('[data-change=accepted] button:has-text("Pay €")');
  await pay(page, booking);
  await page.waitForSelector('.timeline [data-type="booking.modified"]');
  // The page asks for the booking again every second.
  await page.locator('.outcome', { hasText: '4 nights' }).waitFor();
});

await run.need('calling it off says what comes back, and that comes back', async () => {
  const { page } = tenant;
  await page.click('text=Cancel the stay');
  await page.waitForSelector('.refund-lines .lines-total');
  const refund = (await page.textContent('.refund-lines .lines-total dd')).trim();
  const due = (await page.textContent('section.panel > .lines .lines-due dd')).trim();
  must(refund === due, `${refund} of ${due} would come back on the day of the booking`);
  await run.shot('tenant', '06-cancel', true);
  await page.click('.ask button.button-bad');
  await page.waitForSelector('h1 >> text=Cancelled');
  await eventually('the refund to be told', async () => {
    await page.reload();
    await page.waitForSelector('.timeline li');
    return (await page.locator('.timeline [data-type="refund.succeeded"]').count()) > 0;
  });
  must(/refunded/.test(await page.textContent('.outcome')), 'the page does not say that the money goes back');
  await run.shot('tenant', '07-cancelled', true);
});

// ---- a home whose landlord is asked -----------------------------------------------------------

await run.need('a request is sent with a few words', async () => {
  const { page } = tenant;
  await page.goto(`${base}${stayPath(asked, start, 2)}`);
  await page.waitForSelector('.lines-total');
  await page.click('text=Hold these nights');
  await page.waitForSelector('.ring-text');
  booking = new URL(page.url()).pathname;
  await page.click('text=Ask to book');
  await page.fill('[name=message]', 'We come for the regatta.');
  await page.click('text=Send the request');
  await page.waitForSelector('h1 >> text=The landlord is asked');
});

await run.need('the landlord approves it, and it is paid', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/requests`);
  const card = page.locator('[data-column=answer] .board-card', { hasText: ASKED });
  await card.locator('text=We come for the regatta.').waitFor();
  await run.shot('landlord', '08-request');
  await card.locator('button >> text=Approve').click();
  await card.waitFor({ state: 'detached' });
  await tenant.page.reload();
  await tenant.page.click('main button:has-text("Pay €")');
  await pay(tenant.page, booking);
  await tenant.page.waitForSelector('.tick');
});

await run.check('a second request is declined with a reason', async () => {
  const { page } = tenant;
  await page.goto(`${base}${stayPath(asked, after(start, 7), 2)}`);
  await page.waitForSelector('.lines-total');
  await page.click('text=Hold these nights');
  await page.click('text=Ask to book');
  await page.click('text=Send the request');
  await page.waitForSelector('h1 >> text=The landlord is asked');
  await landlord.page.goto(`${base}/landlord/requests`);
  const card = landlord.page.locator('[data-column=answer] .board-card', { hasText: ASKED });
  await card.locator('button >> text=Decline').click();
  await card.locator('[name=reason]').fill('The roof is being mended.');
  await card.locator('.reason button >> text=Decline').click();
  await card.waitFor({ state: 'detached' });
  await page.reload();
  await page.waitForSelector('h1 >> text=The landlord said no');
  await page.waitForSelector('text=The roof is being mended.');
});

await run.check('a guest is moved to the other unit', async () => {
  const { page } = landlord;
  await page.goto(`${base}${booking}`);
  const before = await page.locator('.pairs div', { hasText: 'Unit' }).locator('dd').textContent();
  await page.click('text=Move to another unit');
  await page.click('main button >> text=/^Move$/');
  await eventually('the other unit', async () => (await page.locator('.pairs div', { hasText: 'Unit' }).locator('dd').textContent()) !== before);
});

// ---- the calendar of all homes ----------------------------------------------------------------

/** The cell of a free night in the row of a unit. */
const cell = (page, label, night) => page.locator('tr[data-row]', { has: page.locator(`th >> text="${label}"`) }).locator(`[data-night="${night}"]`);

await run.need('nights are blocked by drawing over them', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/calendar`);
  await page.waitForSelector('.grid [data-night]');
  const [from, to] = [await cell(page, 'Whole place', after(start, -14)).boundingBox(), await cell(page, 'Whole place', after(start, -12)).boundingBox()];
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
  await page.mouse.up();
  await page.waitForSelector('#marked-title >> text=3 nights');
  await run.shot('landlord', '09-marked');
  await page.fill('.marked [name=reason]', 'Painting');
  await page.click('text=Block these nights');
  await page.waitForSelector('[data-run=blocked] >> text=Painting');
  await run.shot('landlord', '10-blocked');
  await tenant.page.goto(`${base}${stayPath(plain, after(start, -14), 2)}`);
  await tenant.page.waitForSelector('text=Some of these nights are taken');
});

await run.check('a stay of another kind leads to it', async () => {
  const { page } = landlord;
  const run = page.locator('[data-run=booked]').first();
  await run.click();
  await page.waitForSelector('.booking h1');
  await page.goBack();
  await page.waitForSelector('.grid [data-night]');
});

await run.check('nights get a price of their own by keyboard', async () => {
  const { page } = landlord;
  await cell(page, 'Whole place', after(start, -11)).focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#marked-title >> text=2 nights');
  await page.click('.marked >> text=Set a price');
  await page.fill('[name=night_price]', '77');
  await page.click('.marked button >> text=Set the price');
  await eventually('the price to be on show', async () => / free 77 EUR$/.test((await cell(page, 'Whole place', after(start, -11)).innerText()).replace(/\s+/g, ' ')));
  await tenant.page.goto(`${base}${stayPath(plain, after(start, -11), 2)}`);
  await tenant.page.waitForSelector('.lines >> text=€77 × 2 nights');
});

await run.check('a stay from elsewhere is entered', async () => {
  const { page } = landlord;
  await cell(page, 'Whole place', after(start, -8)).click();
  await page.click('.marked >> text=Enter a stay');
  await page.fill('[name=guest_name]', 'Aunt Agatha');
  await page.fill('[name=guest_total]', '50');
  await page.click('.marked button >> text=Enter the stay');
  await page.locator('[data-run=booked]', { hasText: 'Aunt Agatha' }).click();
  await page.waitForSelector('h1 >> text=Aunt Agatha is coming');
});

await run.check('blocked nights are given back', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/calendar`);
  await page.click('[data-run=blocked] >> text=Painting');
  await page.click('text=Unblock these nights');
  await page.waitForSelector('[data-run=blocked]', { state: 'detached' });
});

await run.check('rules about stays are set, and told to who breaks them', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/${plain}/stay-rules`);
  await page.fill('[name=min_friday]', '3');
  await page.click('text=Save stay rules');
  await page.waitForSelector('text=Saved.');
  tenant.expect(/409.*\/quote/);
  await tenant.page.goto(`${base}${stayPath(plain, start, 2)}`);
  await tenant.page.waitForSelector('.hold-panel .refusal >> text=/least 3 nights/');
  await tenant.page.waitForSelector('.offer');
  await run.shot('tenant', '11-rule');
});

// ---- somebody was faster ----------------------------------------------------------------------

await run.check('one click takes another stay in place of one that is gone', async () => {
  const { page } = tenant;
  const wanted = after(start, 3);
  await page.goto(`${base}${stayPath(plain, wanted, 2)}`);
  await page.waitForSelector('.lines-total');
  const body = { property_id: plain, check_in: wanted, check_out: after(wanted, 2), guests: 1 };
  await callers.rival.ask('POST', '/bookings', body);
  tenant.expect(/409.*\/bookings/);
  await page.click('text=Hold these nights');
  await page.waitForSelector('h1 >> text=Someone else just took these nights');
  await page.waitForSelector('.offer');
  await run.shot('tenant', '12-nights-gone');
  await page.locator('.offer').first().click();
  await page.waitForSelector('.ring-text');
  must(/\/bookings\/bkg_/.test(page.url()), `odd place ${page.url()}`);
});

await run.check('a code that is ended takes nothing off, and the price stays', async () => {
  const code = `TEN-${tag.toUpperCase()}`;
  await landlord.page.goto(`${base}/landlord/${plain}/prices`);
  await landlord.page.click(`[aria-label="End ${code}"]`);
  await landlord.page.waitForSelector(`text=${code}`, { state: 'detached' });
  const { page } = tenant;
  await page.goto(`${base}${stayPath(plain, after(start, 14), 3)}`);
  await page.waitForSelector('.lines-total');
  const before = await lines(page);
  await page.click('text=I have a promo code');
  await page.fill('[name=promo]', code);
  await page.click('.promo button');
  await page.waitForSelector('.promo .field-error >> text=/not good any more/');
  await eventually('the price without it', async () => (await lines(page)) === before);
  await page.fill('[name=promo]', '');
  await page.click('.promo button >> text=Remove');
  await page.waitForSelector('.promo .field-error', { state: 'detached' });
});

// ---- for everybody ------------------------------------------------------------------------------

await run.check('these pages fit a phone and are accessible', async () => {
  const found = [];
  const look = async (browser, path, ready) => {
    await browser.page.goto(`${base}${path}`);
    await browser.page.waitForSelector(ready);
    const wide = await overflow(browser.page);
    if (wide > 0) found.push(`${path} is ${wide} px too wide`);
    found.push(...(await accessibility(browser.page)).map((one) => `${path}: ${one}`));
  };
  const hosting = [
    ['/landlord/calendar', '.grid [data-night]'],
    ['/landlord/requests', '.board, .state'],
    [`/landlord/${plain}/prices`, '[name=weekend]'],
    [`/landlord/${plain}/stay-rules`, '[name=notice]'],
    [booking, '.timeline li'],
  ];
  for (const [path, ready] of hosting) await look(landlord, path, ready);
  await look(tenant, booking, '.timeline li');
  await look(tenant, stayPath(plain, after(start, 14), 3), '.lines-total');
  await signIn(phone.page, people.landlord);
  for (const [path, ready] of hosting) await look(phone, path, ready);
  await run.shot('phone', '13-phone-booking-dark');
  must(found.length === 0, found.join('\n'));
});

await run.check('on a phone nights are marked with two taps', async () => {
  const { page } = phone;
  await page.goto(`${base}/landlord/calendar`);
  await page.waitForSelector('.grid [data-night]');
  const nights = page.locator('tr[data-row]').first().locator('[data-night]:not([aria-disabled=true])');
  await nights.nth(0).tap();
  await page.waitForSelector('#marked-title >> text=1 night');
  await nights.nth(1).tap();
  await page.waitForSelector('#marked-title >> text=2 nights');
  await run.shot('phone', '14-phone-calendar-dark');
  must((await overflow(page)) <= 0, 'the calendar is wider than the phone');
});

await run.check('no browser complained', async () => {
  const complaints = [landlord, tenant, phone].flatMap((browser) => browser.complaints());
  must(complaints.length === 0, complaints.join('\n'));
});

await run.finish();
