// What somebody looks for and keeps an eye on, in a browser: a search is saved, a home that
// comes to match is told and led to, kept as a favourite, told when it gets cheaper, and all of
// it given up again. Runs against BASE_URL, or starts the server itself (RENTEZY_BIN).
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { Caller, UNIT } from './caller.mjs';
import { startServer } from './server.mjs';
import { Run, eventually, must } from './steps.mjs';

const tag = Math.random().toString(36).slice(2, 8);
const people = {
  landlord: { name: 'Lena Landlord', email: `landlord-${tag}@example.org`, password: `landlord-${tag}-pass` },
  tenant: { name: 'Timo Tenant', email: `tenant-${tag}@example.org`, password: `tenant-${tag}-pass` },
};
const WORD = `weir${tag}`;

const server = process.env.BASE_URL ? null : await startServer({ demo: false });
const base = (process.env.BASE_URL ?? server.base).replace(/\/$/, '');
console.log(`against ${base}`);

const tenant = await openBrowser();
const phone = await openBrowser({ width: 390, height: 844, phone: true, dark: true });
const run = new Run('watched', server, { tenant, phone });
const landlord = new Caller(base);
let home = null;

async function signIn({ page }) {
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', people.tenant.email);
  await page.fill('[name=password]', people.tenant.password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav >> text=Bookings');
}

/** Waits for a notification of a title, and opens the page of all until then. */
const told = ({ page }, title) =>
  eventually(`the news "${title}"`, async () => {
    await page.goto(`${base}/notifications`);
    await page.waitForSelector('main .rows, main .state');
    return page.locator('main .rows').getByText(title).isVisible();
  });

await run.need('people and a browser that is signed in', async () => {
  await landlord.join(people.landlord);
  await landlord.host();
  await new Caller(base).join(people.tenant);
  await signIn(tenant);
});

await run.need('a search is saved', async () => {
  const { page } = tenant;
  await page.goto(`${base}/`);
  must((await page.getByRole('button', { name: 'Save this search' }).count()) === 0, 'a search for all homes can be saved');
  await page.goto(`${base}/?q=${WORD}&guests=2`);
  await page.getByRole('button', { name: 'Save this search' }).click();
  await page.getByLabel('Name').fill('By the weir');
  await page.getByLabel('Tell me').selectOption('instant');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await run.shot('tenant', '01-saved');
});

await run.need('a home that comes to match is told at once, and the news lead to it', async () => {
  const { page } = tenant;
  home = await landlord.list(`Loft at ${WORD}`, UNIT);
  await told(tenant, 'New for “By the weir”');
  await page.getByText('New for “By the weir”').click();
  await page.waitForSelector(`h1 >> text=Loft at ${WORD}`);
});

await run.need('it is kept, and told when it gets cheaper', async () => {
  const { page } = tenant;
  // A page that is left at once takes what it has not sent yet with it.
  const sent = page.waitForResponse((answer) => answer.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Keep as a favourite' }).click();
  await sent;
  await page.getByRole('button', { name: 'Kept as a favourite', pressed: true }).waitFor();
  await eventually('the server has it', async () => {
    await page.goto(`${base}/favourites`);
    await page.waitForSelector('.card, .state');
    return page.locator('.card h2').getByText(`Loft at ${WORD}`).isVisible();
  });
  await landlord.ask('PATCH', `/properties/${home}`, { price_per_night: { amount: 8_000, currency: 'EUR' } }, { 'If-Match': '*' });
  await told(tenant, 'A favourite costs less now');
  await page.goto(`${base}/favourites`);
  await page.getByText('20 % less than when you kept it').waitFor();
  await run.shot('tenant', '02-favourites');
});

await run.check('the match is new until it was seen', async () => {
  const { page } = tenant;
  await page.goto(`${base}/saved`);
  await page.locator('.saved').getByText('1 new').waitFor();
  await page.getByRole('button', { name: 'Show 1 match' }).click();
  await page.locator('.saved .card').getByText('New', { exact: true }).waitFor();
  await run.shot('tenant', '03-matches');
  await page.locator('.saved h2').getByText('1 new').waitFor({ state: 'detached' });
  const sent = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
  await page.getByLabel('Tell me').selectOption('off');
  await sent;
  await eventually('the choice is kept', async () => {
    await page.reload();
    await page.waitForSelector('.saved');
    return (await page.getByLabel('Tell me').inputValue()) === 'off';
  });
});

await run.check('homes like it stand below it', async () => {
  const { page } = tenant;
  await landlord.list(`Other loft at ${WORD}`, UNIT);
  await eventually('searches know of the other', async () => {
    await page.goto(`${base}/listings/${home}`);
    await page.waitForSelector('.listing-head');
    return page.locator('.similar .card').getByText(`Other loft at ${WORD}`).waitFor({ timeout: 3_000 }).then(() => true, () => false);
  });
});

await run.check('the pages fit a phone and can be used without a mouse', async () => {
  await signIn(phone);
  for (const path of ['/favourites', '/saved', `/?q=${WORD}`]) {
    await phone.page.goto(`${base}${path}`);
    await phone.page.waitForSelector('.card, .saved');
    must((await overflow(phone.page)) <= 0, `${path} is wider than the phone`);
    const found = await accessibility(phone.page);
    must(found.length === 0, `${path}: ${JSON.stringify(found).slice(0, 400)}`);
  }
  await run.shot('phone', '04-search', true);
});

await run.check('all of it is given up again', async () => {
  const { page } = tenant;
  await page.goto(`${base}/saved`);
  await page.getByRole('button', { name: 'Delete: By the weir' }).click();
  await page.getByText('No saved searches yet').waitFor();
  await page.goto(`${base}/favourites`);
  await page.getByRole('button', { name: `Favourite: Loft at ${WORD}` }).click();
  await page.getByText('No favourites yet').waitFor();
});

/** Searches, and presses the heart of the home before the page knows who is there. */
async function pressEarly({ page }) {
  let answer = null;
  const known = new Promise((done) => { answer = done; });
  await page.route('**/auth/refresh', async (route) => {
    await known;
    await route.continue();
  });
  await page.goto(`${base}/?q=${WORD}`);
  const heart = page.getByRole('button', { name: `Favourite: Loft at ${WORD}` });
  await heart.and(page.locator('[aria-pressed=false]')).click();
  must(new URL(page.url()).pathname === '/', 'it was taken for nobody’s');
  answer();
  return heart;
}

await run.check('a heart that is pressed early is kept, or leads to signing in', async () => {
  const { page } = tenant;
  const heart = await pressEarly(tenant);
  await heart.and(page.locator('[aria-pressed=true]:enabled')).waitFor();
  await page.unroute('**/auth/refresh');
  await page.goto(`${base}/favourites`);
  await page.locator('.card h2').getByText(`Loft at ${WORD}`).waitFor();
  phone.expect(/401.*\/auth\/refresh/);
  await phone.page.context().clearCookies();
  await pressEarly(phone);
  await phone.page.waitForURL(`${base}/signin?next=*`);
});

await run.check('nothing was complained about', async () => {
  const all = [...tenant.complaints(), ...phone.complaints()];
  must(all.length === 0, all.slice(0, 5).join('\n'));
});

await run.finish();
