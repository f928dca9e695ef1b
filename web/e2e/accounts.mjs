// An account's life in a browser: registered, proved by a letter, its password forgotten and
// reset by another, its old sessions dead. Starts the server itself (RENTEZY_BIN), because
// it reads the letters in its data folder.
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { startServer } from './server.mjs';
import { Run, deadAfter, eventually, mailedLink, must, watchToken } from './steps.mjs';

/** "Within 5 s", and what a poll and a busy machine add. */
const DEAD_MS = 5_000;

const tag = Math.random().toString(36).slice(2, 8);
const person = { name: 'Vera Verified', email: `vera-${tag}@example.org`, password: `first-${tag}-pass` };
const SECOND = `second-${tag}-pass`;
const THIRD = `third-${tag}-pass`;

const server = await startServer({ settings: { RENTEZY_ACCOUNTS_EMAIL_VERIFICATION: 'required' } });
const { base } = server;
console.log(`against ${base}, letters in ${server.dataDir}/mail`);
const laptop = await openBrowser();
const phone = await openBrowser({ width: 360, height: 740, phone: true, dark: true });
const run = new Run('accounts', server, { laptop, phone });
const links = new Set();
const tokenOf = { laptop: watchToken(laptop.page), phone: watchToken(phone.page) };
const mailed = (page) => mailedLink(server.dataDir, person.email, page, links);

async function signIn({ page }, password) {
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', person.email);
  await page.fill('[name=password]', password);
  await page.click('main button[type=submit]');
}

const isIn = ({ page }) => page.waitForSelector('nav >> text=Account', { state: 'attached' });

await run.need('registering asks to look into the mail', async () => {
  const { page } = laptop;
  laptop.expect(/403.*\/auth\/login/);
  await page.goto(`${base}/register`);
  await page.fill('[name=name]', person.name);
  await page.fill('[name=email]', person.email);
  await page.fill('[name=password]', person.password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('h1 >> text=Look into your mail');
  must((await page.textContent('main')).includes(person.email), 'the address is not told');
  await run.shot('laptop', '01-look-into-mail');
});

await run.check('signing in before that is refused, with another letter on offer', async () => {
  phone.expect(/403.*\/auth\/login/);
  await signIn(phone, person.password);
  await phone.page.waitForSelector('text=not confirmed yet');
  await phone.page.click('text=send it again');
  await phone.page.waitForSelector('text=We have sent another letter');
  must((await overflow(phone.page)) <= 0, 'the page is wider than the phone');
});

await run.need('the link of the newest letter confirms the address', async () => {
  const { page } = laptop;
  laptop.expect(/(400|404|422).*\/auth\/email\/verify/);
  // Two letters were sent, and only the later link is good: which file is which is not told.
  const opened = [];
  await eventually('a link that works', async () => {
    const path = await mailed('verify').catch((error) => {
      throw new Error(`${error.message}; links tried: ${opened.length}`);
    });
    opened.push(path);
    await page.goto(`${base}${path}`);
    await page.waitForSelector('h1 >> text=/confirmed|not good any more/');
    return /is confirmed/.test(await page.textContent('h1'));
  });
  must(!page.url().includes('token='), 'the token is still in the address bar');
  await page.goto(`${base}${opened.at(-1)}`);
  await page.waitForSelector('h1 >> text=not good any more');
});

await run.need('now signing in works', async () => {
  await signIn(laptop, person.password);
  await isIn(laptop);
  await laptop.page.click('nav >> text=Account');
  await laptop.page.waitForSelector('.devices li');
  must((await laptop.page.locator('.devices li').count()) === 1, 'there is not just one device');
  await laptop.page.waitForSelector('.devices >> text=This one');
  await run.shot('laptop', '02-account', true);
});

await run.check('the profile is changed and stays so', async () => {
  const { page } = laptop;
  await page.fill('[name=name]', 'Vera Changed');
  await page.selectOption('[name=zone]', 'Europe/Lisbon');
  await page.click('text=Save profile');
  await page.waitForSelector('text=Saved.');
  await page.reload();
  await page.waitForSelector('[name=zone]');
  must((await page.inputValue('[name=zone]')) === 'Europe/Lisbon', 'the zone is as before');
  must((await page.inputValue('[name=name]')) === 'Vera Changed', 'the name is as before');
});

await run.check('a device is signed out from another, and dead within 5 s', async () => {
  await signIn(phone, person.password);
  await isIn(phone);
  await phone.page.goto(`${base}/account`);
  await phone.page.waitForSelector('.devices li');
  const token = tokenOf.phone();
  must(token, 'the phone sent no token');
  await laptop.page.goto(`${base}/account`);
  await laptop.page.waitForSelector('.devices li:nth-child(2)');
  await laptop.page.locator('.devices li:not([data-current=true]) button').click();
  const since = Date.now();
  const took = await deadAfter(base, token, since);
  must(took <= DEAD_MS, `it took ${took} ms`);
  await eventually('the row to go', async () => (await laptop.page.locator('.devices li').count()) === 1);
  phone.expect(/401/);
  await phone.page.goto(`${base}/account`);
  await phone.page.waitForSelector('h1 >> text=Sign in');
});

await run.check('a wrong present password changes nothing', async () => {
  const { page } = laptop;
  laptop.expect(/(401|422).*\/auth\/password\/change/);
  await page.fill('[name=current]', 'not-my-password');
  await page.fill('[name=new]', SECOND);
  await page.click('text=Change password');
  await page.waitForSelector('.field-error');
});

await run.check('the password is changed; other devices are out, this one is not', async () => {
  await signIn(phone, person.password);
  await isIn(phone);
  await phone.page.goto(`${base}/account`);
  await phone.page.waitForSelector('.devices li');
  const token = tokenOf.phone();
  const { page } = laptop;
  await page.goto(`${base}/account`);
  await page.waitForSelector('[name=current]');
  await page.fill('[name=current]', person.password);
  await page.fill('[name=new]', SECOND);
  await page.click('text=Change password');
  await page.waitForSelector('text=Your password is changed');
  const took = await deadAfter(base, token, Date.now());
  must(took <= DEAD_MS, `it took ${took} ms`);
  await page.reload();
  await page.waitForSelector('.devices li');
});

await run.need('a forgotten password is asked for without telling whether there is an account', async () => {
  const { page } = phone;
  await page.goto(`${base}/forgot`);
  await page.fill('[name=email]', `nobody-${tag}@example.org`);
  await page.click('main button[type=submit]');
  await page.waitForSelector('h1 >> text=Look into your mail');
  await page.click('text=Try another address');
  await page.fill('[name=email]', person.email);
  await page.click('main button[type=submit]');
  await page.waitForSelector('h1 >> text=Look into your mail');
});

await run.need('the letter’s link sets a new one, and every old session is dead within 5 s', async () => {
  const old = tokenOf.laptop();
  must(old, 'the laptop sent no token');
  const { page } = phone;
  await page.goto(`${base}${await mailed('reset')}`);
  await page.fill('[name=password]', THIRD);
  await page.fill('[name=again]', `${THIRD}x`);
  await page.click('main button[type=submit]');
  await page.waitForSelector('text=The two are not the same');
  await page.fill('[name=again]', THIRD);
  await page.click('main button[type=submit]');
  await page.waitForURL('**/signin?done=reset');
  const took = await deadAfter(base, old, Date.now());
  must(took <= DEAD_MS, `it took ${took} ms`);
  console.log(`      the old access token was refused after ${took} ms`);
  laptop.expect(/401/);
  await laptop.page.goto(`${base}/bookings`);
  await laptop.page.waitForSelector('h1 >> text=Sign in');
  await run.shot('phone', '03-reset');
});

await run.check('the link of that letter is used up', async () => {
  const { page } = phone;
  phone.expect(/(400|404|422).*\/auth\/password\/reset/);
  await page.goto(`${base}${[...links].at(-1)}`);
  await page.fill('[name=password]', THIRD);
  await page.fill('[name=again]', THIRD);
  await page.click('main button[type=submit]');
  await page.waitForSelector('h1 >> text=not good any more');
});

await run.need('the old password is refused and the new one taken', async () => {
  laptop.expect(/401.*\/auth\/login/);
  await signIn(laptop, SECOND);
  await laptop.page.waitForSelector('text=don’t match an account');
  await signIn(laptop, THIRD);
  await isIn(laptop);
  await signIn(phone, THIRD);
  await isIn(phone);
});

await run.check('preferences are kept, and the account’s cannot be switched off', async () => {
  const { page } = laptop;
  await page.goto(`${base}/account/notifications`);
  await page.waitForSelector('[name=bookings-email]');
  must(await page.isDisabled('[name=security-email]'), 'security can be switched off');
  // `uncheck` would look before React has drawn it.
  await page.click('[name=bookings-email]');
  await page.waitForSelector('text=Saved.');
  must(!(await page.isChecked('[name=bookings-email]')), 'it is still on');
  await page.reload();
  await page.waitForSelector('[name=bookings-email]');
  must(!(await page.isChecked('[name=bookings-email]')), 'it is on again');
});

await run.check('notifications can be empty', async () => {
  await laptop.page.click('[aria-label^=Notifications]');
  await laptop.page.waitForSelector('text=Nothing yet');
});

await run.check('an unsubscribe link that is none says so', async () => {
  laptop.expect(/(404|400|422).*\/unsubscribe\//);
  await laptop.page.goto(`${base}/unsubscribe?token=${'x'.repeat(64)}`);
  await laptop.page.waitForSelector('h1 >> text=leads nowhere');
});

await run.check('pages fit a phone and are accessible', async () => {
  const found = [];
  for (const path of ['/account', '/notifications', '/account/notifications', '/', '/bookings']) {
    await phone.page.goto(`${base}${path}`);
    await phone.page.waitForSelector('main h1, main .card a');
    await eventually(`${path} to be loaded`, async () => (await phone.page.locator('main .loading').count()) === 0);
    const wide = await overflow(phone.page);
    if (wide > 0) found.push(`${path} is ${wide} px wider than the phone`);
    found.push(...(await accessibility(phone.page)).map((one) => `${path}: ${one}`));
  }
  await run.shot('phone', '04-phone', true);
  must(found.length === 0, found.join('\n'));
});

await run.check('signing out everywhere ends every session within 5 s', async () => {
  const tokens = [tokenOf.laptop(), tokenOf.phone()];
  await laptop.page.goto(`${base}/account`);
  await laptop.page.click('text=Sign out everywhere');
  const since = Date.now();
  await laptop.page.waitForSelector('h1 >> text=Sign in');
  for (const token of tokens) {
    const took = await deadAfter(base, token, since);
    must(took <= DEAD_MS, `it took ${took} ms`);
  }
});

await run.check('pages for visitors are accessible', async () => {
  const found = [];
  phone.expect(/401/);
  for (const path of ['/signin', '/register', '/forgot', '/reset?token=x', '/verify']) {
    await phone.page.goto(`${base}${path}`);
    await phone.page.waitForSelector('main h1');
    const wide = await overflow(phone.page);
    if (wide > 0) found.push(`${path} is ${wide} px wider than the phone`);
    found.push(...(await accessibility(phone.page)).map((one) => `${path}: ${one}`));
  }
  must(found.length === 0, found.join('\n'));
});

await run.check('no browser complained', async () => {
  const complaints = [laptop, phone].flatMap((browser) => browser.complaints());
  must(complaints.length === 0, complaints.join('\n'));
});

await run.finish();
