// A landlord's rooms in a browser: asking to become one, a listing with two unit types and
// photos, its review by an administrator, what a tenant sees of it, and the operators' page.
// Starts the server itself (RENTEZY_BIN), and makes the administrator by its command.
import { accessibility, openBrowser, overflow } from './browser.mjs';
import { startServer } from './server.mjs';
import { Run, eventually, must, png } from './steps.mjs';

const tag = Math.random().toString(36).slice(2, 8);
const TITLE = `Boathouse rooms ${tag}`;
const people = {
  landlord: { name: 'Lars Landlord', email: `lars-${tag}@example.org`, password: `lars-${tag}-pass` },
  admin: { name: 'Asta Admin', email: `asta-${tag}@example.org`, password: `asta-${tag}-pass` },
};

const server = await startServer({ settings: { RENTEZY_ACCOUNTS_LANDLORD_APPROVAL: 'admin', RENTEZY_LISTINGS_REVIEW: 'admin' } });
const { base } = server;
console.log(`against ${base}, operators at ${server.operators()}`);
const landlord = await openBrowser();
const admin = await openBrowser();
const phone = await openBrowser({ width: 360, height: 740, phone: true, dark: true });
const run = new Run('landlord', server, { landlord, admin, phone });
let listing = '';

async function register({ page }, { name, email, password }) {
  await page.goto(`${base}/register`);
  await page.fill('[name=name]', name);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('nav >> text=Account');
}

/** Switches on what a home has, in whatever group of the catalogue it is. */
async function offer(page, amenity) {
  const box = page.locator(`[name=amenity][value=${amenity}]`);
  await box.waitFor({ state: 'attached' });
  if (!(await box.isVisible())) await page.locator('details.offer-group', { has: box }).locator('summary').click();
  await box.check();
}

const own = () => landlord.page.locator('.own', { hasText: TITLE });
const isRead = (name) => ({ name: `${name}.png`, mimeType: 'image/png', buffer: png(640, 480, name.length * 20) });

// ---- who may offer homes ----------------------------------------------------------------

await run.need('somebody asks to become a landlord and waits', async () => {
  await register(landlord, people.landlord);
  await landlord.page.click('nav >> text=Account');
  await landlord.page.click('text=Become a landlord');
  await landlord.page.waitForSelector('text=Your application is in');
});

await run.need('an administrator is made by the command', async () => {
  await register(admin, people.admin);
  await server.run('admin', 'grant', people.admin.email);
  await eventually('the administrator’s rooms', async () => {
    // A new token says the new role.
    await admin.page.goto(`${base}/admin/applications`);
    await admin.page.waitForSelector('main h1, main .state h2');
    return (await admin.page.locator('.tabs').count()) > 0;
  });
});

await run.need('the application is approved', async () => {
  const { page } = admin;
  const row = page.locator('.panel', { hasText: people.landlord.email });
  await row.locator('button', { hasText: 'Approve' }).click();
  await row.waitFor({ state: 'detached' });
});

await run.need('the landlord is told and may list homes', async () => {
  const { page } = landlord;
  await eventually('the bell to count it', async () => {
    await page.goto(`${base}/account`);
    await page.waitForSelector('.bell');
    return page.locator('.bell-count').waitFor({ timeout: 2_000 }).then(() => true, () => false);
  });
  await page.click('.bell');
  await page.click('text=You may offer homes now');
  await page.waitForURL(`${base}/landlord`);
  await page.goto(`${base}/account`);
  await page.waitForSelector('h2 >> text=You are a landlord');
  await page.waitForSelector('nav >> text=listings');
});

// ---- the listing ------------------------------------------------------------------------

await run.need('a draft with two unit types is saved', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord/new`);
  await page.selectOption('[name=kind]', 'house');
  await page.fill('[name=title]', TITLE);
  await page.fill('textarea[name=description]', 'Rooms over the water, with a jetty.');
  await page.fill('[name=unit_name]', 'Double room');
  await page.fill('[name=price]', '80');
  await page.click('text=Add another unit type');
  const second = page.locator('.unit').nth(1);
  await second.locator('[name=unit_name]').fill('Loft');
  await second.locator('[name=guests]').fill('4');
  await second.locator('[name=price]').fill('120.50');
  await page.fill('[name=deposit]', '200');
  await page.fill('[name=line]', '3 Quay');
  await page.fill('[name=city]', 'Galway');
  await page.fill('[name=country]', 'ie');
  await page.selectOption('[name=zone]', 'Europe/Dublin');
  await page.fill('[name=lat]', '53.27');
  await page.fill('[name=lon]', '-9.05');
  await offer(page, 'wifi');
  await offer(page, 'balcony');
  await page.fill('[name=house_rules]', 'Quiet after ten.');
  await page.fill('[name=min_nights]', '2');
  await page.click('text=Save as draft');
  await page.waitForURL(/\/landlord\/prp_/);
  await page.waitForSelector('h2 >> text=Photos');
  must((await page.locator('.unit').count()) === 2, `there are ${await page.locator('.unit').count()} unit types`);
  listing = `/listings/${new URL(page.url()).pathname.split('/').at(-1)}`;
});

await run.need('photos are uploaded and shown to their owner', async () => {
  const { page } = landlord;
  await page.setInputFiles('[name=photos]', [isRead('one'), isRead('three'), isRead('fourteen')]);
  await page.waitForSelector('.tile:nth-child(3) img');
  await eventually('the uploads to end', async () => (await page.locator('.upload').count()) === 0);
  const widths = await page.locator('.tile img').evaluateAll((all) => all.map((one) => one.naturalWidth));
  must(widths.length === 3 && widths.every((width) => width > 0), `widths ${widths}`);
  await run.shot('landlord', '01-editor', true);
});

await run.check('what is no picture is refused in plain words', async () => {
  const { page } = landlord;
  landlord.expect(/(415|422).*\/photos/);
  await page.setInputFiles('[name=photos]', [{ name: 'page.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('<html>no picture</html>') }]);
  await page.waitForSelector('.upload .field-error');
  await page.click('[aria-label="Forget page.jpg"]');
  must((await page.locator('.tile').count()) === 3, 'it is among the photos');
});

await run.check('photos are ordered by keyboard, captioned and deleted', async () => {
  const { page } = landlord;
  const sources = () => page.locator('.tile').evaluateAll((all) => all.map((one) => one.querySelector('.tile-caption').getAttribute('aria-label') + (one.querySelector('.tile-caption').value ?? '')));
  await page.fill('[aria-label="Caption of photo 3"]', 'The jetty');
  const [kept] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.url().includes('/photos/')),
    page.press('[aria-label="Caption of photo 3"]', 'Enter'),
  ]);
  must(kept.ok(), `the caption was answered with ${kept.status()}`);
  await page.reload();
  await page.waitForSelector('.tile:nth-child(3)');
  const caption = await page.inputValue('[aria-label="Caption of photo 3"]');
  must(caption === 'The jetty', `the caption is "${caption}"`);
  await page.focus('[aria-label="Move photo 3 earlier"]');
  await page.keyboard.press('Enter');
  await eventually('it to be second', async () => (await sources())[1] === 'Caption of photo 2The jetty');
  await page.click('[aria-label="Make cover: photo 2"]');
  await eventually('it to be the cover', async () => (await sources())[0] === 'Caption of photo 1The jetty');
  await page.reload();
  await page.waitForSelector('.tile:nth-child(3)');
  must((await sources())[0] === 'Caption of photo 1The jetty', `after a reload ${await sources()}`);
  await page.click('[aria-label="Delete photo 3"]');
  await page.click('[aria-label="Really delete photo 3"]');
  await eventually('it to be gone', async () => (await page.locator('.tile').count()) === 2);
});

await run.need('it is handed in, and sent back with a reason', async () => {
  await landlord.page.click('.steps-actions >> text=Publish');
  await landlord.page.waitForSelector('.standing >> text=In review');
  const { page } = admin;
  await page.goto(`${base}/admin`);
  const row = page.locator('.own', { hasText: TITLE });
  await row.locator('text=Reject').click();
  await row.locator('[name=reason]').fill('Please say how one gets there.');
  await run.shot('admin', '02-review');
  await row.locator('.reason >> text=Reject').click();
  await row.waitFor({ state: 'detached' });
});

await run.need('the landlord reads the reason, changes the text and hands it in again', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord`);
  await own().locator('text=Please say how one gets there.').waitFor();
  await own().locator('text=Edit').click();
  await page.fill('textarea[name=description]', 'Rooms over the water, with a jetty. The bus stops at the quay.');
  await page.click('text=Save and publish');
  await page.waitForURL(`${base}/landlord`);
  await own().locator('text=In review').waitFor();
});

await run.need('the administrator approves it, and it is live', async () => {
  const { page } = admin;
  await page.goto(`${base}/admin`);
  const row = page.locator('.own', { hasText: TITLE });
  await row.locator('button', { hasText: 'Approve' }).click();
  await row.waitFor({ state: 'detached' });
  await landlord.page.goto(`${base}/landlord`);
  await own().locator('.badge >> text=Live').waitFor();
});

// ---- what a visitor sees ----------------------------------------------------------------

await run.check('search shows its cover and its lowest price', async () => {
  const { page } = phone;
  await eventually('it to be indexed', async () => {
    await page.goto(`${base}/?q=${tag}`);
    await page.waitForSelector('.results .card a, .results .state');
    return (await page.locator('.results .card a').count()) === 1;
  });
  await eventually('its cover', async () => (await page.locator('.card img').evaluateAll((all) => all[0]?.naturalWidth ?? 0)) > 0);
  const price = await page.textContent('.card-price');
  must(/from €80 a night/.test(price), `odd price ${price}`);
  await run.shot('phone', '03-card');
});

await run.check('its photos open in a dialog that keys turn and close', async () => {
  const { page } = admin;
  await page.goto(`${base}${listing}`);
  await page.focus('.gallery button');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.lightbox[open] >> text=1 of 2');
  await page.waitForSelector('.lightbox figcaption >> text=The jetty');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.lightbox >> text=2 of 2');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.lightbox >> text=1 of 2');
  await run.shot('admin', '04-lightbox');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.lightbox', { state: 'detached' });
  must(await page.evaluate(() => document.activeElement?.closest('.gallery') !== null), 'the focus is not where it was');
});

await run.check('a unit type is chosen with its own calendar and price', async () => {
  const { page } = admin;
  await page.click('.unit-choice >> text=Loft');
  await page.waitForSelector('.hold-price >> text=€120.50');
  must(page.url().includes('unit='), 'the choice is not in the address');
  await page.waitForSelector('[data-state=free]');
  await page.waitForSelector('.house-rules >> text=at least 2 nights');
  await page.waitForSelector('.amenities >> text=Balcony');
  await run.shot('admin', '05-listing', true);
});

await run.check('a paused listing is gone from search, and comes back', async () => {
  const { page } = landlord;
  await page.goto(`${base}/landlord`);
  await own().locator('text=Pause').click();
  await own().locator('.badge >> text=Paused').waitFor();
  const count = async () => (await (await fetch(`${base}/api/v1/search?q=${tag}`)).json()).total;
  await eventually('it to leave the index', async () => (await count()) === 0);
  await own().locator('text=Publish again').click();
  await own().locator('.badge >> text=Live').waitFor();
  await eventually('it to be back in the index', async () => (await count()) === 1);
});

await run.check('a copy is a draft without photos, and can be archived', async () => {
  const { page } = landlord;
  await own().first().locator('text=Duplicate').click();
  await page.waitForURL(/\/landlord\/prp_/);
  await page.waitForSelector('.standing >> text=Draft');
  must((await page.locator('.unit').count()) === 2, 'the copy lacks a unit type');
  must((await page.locator('.tile').count()) === 0, 'the copy has photos');
  await page.click('.steps-actions >> text=Archive');
  await page.click('text=Yes, archive');
  await page.waitForSelector('.standing >> text=Archived');
});

await run.check('an account is suspended and reinstated', async () => {
  const { page } = admin;
  await page.goto(`${base}/admin/users`);
  await page.fill('[name=q]', people.landlord.email);
  await page.click('main >> text=Find');
  const row = page.locator('.person', { hasText: people.landlord.email });
  await row.locator('text=Suspend').click();
  await row.locator('[name=reason]').fill('For the test.');
  await row.locator('.reason >> text=Suspend').click();
  await row.locator('.badge >> text=Suspended').waitFor();
  landlord.expect(/401/);
  landlord.expect(/403.*\/auth\//);
  await eventually('the landlord to be signed out', async () => {
    await landlord.page.goto(`${base}/bookings`);
    await landlord.page.waitForSelector('main h1');
    return (await landlord.page.textContent('main h1')) === 'Sign in';
  });
  await landlord.page.fill('[name=email]', people.landlord.email);
  await landlord.page.fill('[name=password]', people.landlord.password);
  await landlord.page.click('main button[type=submit]');
  await landlord.page.waitForSelector('text=This account is suspended');
  await row.locator('text=Reinstate').click();
  // As it was before: nobody confirmed this address.
  await row.locator('.badge >> text=Not confirmed').waitFor();
  await landlord.page.click('main button[type=submit]');
  await landlord.page.waitForSelector('nav >> text=Account');
});

await run.check('these pages fit a phone and are accessible', async () => {
  const found = [];
  const look = async (browser, path, ready) => {
    await browser.page.goto(`${base}${path}`);
    await browser.page.waitForSelector(ready);
    const wide = await overflow(browser.page);
    if (wide > 0) found.push(`${path} is ${wide} px too wide`);
    found.push(...(await accessibility(browser.page)).map((one) => `${path}: ${one}`));
  };
  await look(landlord, '/landlord', '.own');
  await look(landlord, listing.replace('/listings/', '/landlord/'), '.tile img');
  await look(admin, '/admin', 'h1');
  await look(admin, '/admin/users', '.person');
  await look(phone, listing, '[data-state]');
  await landlord.page.setViewportSize({ width: 360, height: 740 });
  await look(landlord, '/landlord', '.own');
  await look(landlord, listing.replace('/listings/', '/landlord/'), '.tile img');
  await run.shot('landlord', '06-phone-editor', true);
  await admin.page.setViewportSize({ width: 360, height: 740 });
  await look(admin, '/admin/users', '.person');
  await look(admin, '/notifications', 'h1');
  await run.shot('admin', '07-phone-users');
  must(found.length === 0, found.join('\n'));
});

// ---- the operators' page ----------------------------------------------------------------

await run.need('the operators’ page takes the token and no other', async () => {
  const desk = server.operators();
  must(desk, `the server told no address for operators; it said: ${server.output.slice(-8).join(' | ')}`);
  await admin.page.setViewportSize({ width: 1280, height: 900 });
  const { page } = admin;
  admin.expect(/401.*\/ops\/v1\//);
  await page.goto(desk);
  await page.fill('[name=token]', 'not-the-token');
  await page.click('text=Enter');
  await page.waitForSelector('text=does not take this token');
  await page.fill('[name=token]', server.operatorToken());
  await page.click('text=Enter');
  await page.waitForSelector('[data-consumer=notifications]');
  await page.reload();
  await page.waitForSelector('[data-consumer=notifications]');
  await run.shot('admin', '08-consumers');
});

await run.check('the operators’ page is not at the public address', async () => {
  const found = await (await fetch(`${base}/ops.html`)).text();
  const desk = await (await fetch(server.operators())).text();
  must(/assets\/ops-/.test(desk), 'the operators’ address does not serve it');
  must(!/assets\/ops-/.test(found), 'the public address serves it');
});

await run.check('the event log is filtered, and an event opened', async () => {
  const { page } = admin;
  await page.click('.tabs >> text=Events');
  await page.fill('[name=type]', 'property.');
  await eventually('only events of properties', async () => {
    const types = await page.locator('.event').evaluateAll((all) => all.map((one) => one.dataset.type));
    return types.length > 0 && types.every((type) => type.startsWith('property.'));
  });
  await page.locator('.event-head').first().click();
  await page.waitForSelector('.event-body pre');
  await run.shot('admin', '09-events');
});

await run.check('dead letters are told', async () => {
  const { page } = admin;
  await page.click('.tabs >> text=Dead letters');
  await page.waitForSelector('.letter, .state');
});

await run.check('a replay is tried dry, then run, and makes nothing twice', async () => {
  const { page } = admin;
  const told = async () => (await page.textContent('.note')) ?? '';
  await page.click('.tabs >> text=Replays');
  await page.waitForSelector('[name=consumer] option[value], [name=consumer] option:nth-child(2)', { state: 'attached' });
  await page.selectOption('[name=consumer]', 'notifications');
  await page.click('text=Find out what it would do');
  await page.waitForSelector('.note');
  must(/events would be given/.test(await told()), `odd answer ${await told()}`);
  await page.click('main button:has-text("Replay ")');
  await page.waitForSelector('text=The replay has begun');
  await page.waitForSelector('[data-replay] >> text=Done');
  await page.click('text=Find out what it would do');
  await page.waitForSelector('.note');
  must(/ 0 effects would be made/.test(await told()), `after the replay ${await told()}`);
  await run.shot('admin', '10-replay');
});

await run.check('the operators’ page fits a phone and is accessible', async () => {
  const { page } = admin;
  const found = [];
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const room of ['Consumers', 'Dead letters', 'Events', 'Replays']) {
      await page.click(`.tabs >> text=${room}`);
      await page.waitForSelector(`h1 >> text=${room}`);
      await eventually(`${room} to be loaded`, async () => (await page.locator('main .loading').count()) === 0);
      const wide = await overflow(page);
      if (wide > 0) found.push(`${room} is ${wide} px too wide at ${width}`);
      found.push(...(await accessibility(page)).map((one) => `${room} at ${width}: ${one}`));
    }
  }
  must(found.length === 0, found.join('\n'));
});

await run.check('no browser complained', async () => {
  const complaints = [landlord, admin, phone].flatMap((browser) => browser.complaints());
  must(complaints.length === 0, complaints.join('\n'));
});

await run.finish();
