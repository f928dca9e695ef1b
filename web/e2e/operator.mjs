// An operator's morning in a browser: an event that a consumer cannot take is parked, becomes a
// dead letter, is retried in vain, and again when the fault is gone; the landlord is told once.
// The fault is the database's, made with psql; the clock is a file (`clock.file`).
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openBrowser } from './browser.mjs';
import { startServer } from './server.mjs';
import { Run, eventually, must } from './steps.mjs';

/** More than the longest wait between two tries of an event. */
const STEP_S = 730;
const TRIES = 8;

const folder = mkdtempSync(join(tmpdir(), 'rentezy-e2e-clock-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const clock = join(folder, 'clock');
let ahead = 0;

/** Moves the clock as a whole: half a number would be another number. */
function moveClock() {
  ahead += STEP_S;
  writeFileSync(`${clock}.new`, String(ahead));
  renameSync(`${clock}.new`, clock);
}

const server = await startServer({ settings: { RENTEZY_CLOCK_FILE: clock, RENTEZY_ACCOUNTS_ACCESS_TOKEN_MINUTES: '1440' } });
const { base } = server;
console.log(`against ${base}, operators at ${server.operators()}`);
const operator = await openBrowser();
const tenant = await openBrowser({ width: 360, height: 740, phone: true });
const run = new Run('operator', server, { operator, tenant });
const psql = process.env.RENTEZY_DATABASE_BINARIES ? join(process.env.RENTEZY_DATABASE_BINARIES, 'psql') : 'psql';
const person = { name: 'Tilda Tenant', email: `tilda-${randomUUID()}@example.org`, password: 'tilda-has-a-pass' };
let poisoned = '';

/** Runs SQL on the server's private Postgres; what it answers. */
async function sql(text) {
  const socket = join(server.dataDir, 'postgres/run');
  const { stdout } = await promisify(execFile)(psql, ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', socket, '-U', 'rentezy', '-d', 'rentezy', '-c', text]);
  return stdout.trim();
}

async function api(path, token, body) {
  const answer = await fetch(`${base}/api/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { ...(body && { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Holds two nights of any home that has them; the booking. */
async function hold(token) {
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const stay = { check_in: day(40), check_out: day(42), guests: 1 };
  const homes = (await api(`search?limit=20&check_in=${stay.check_in}&check_out=${stay.check_out}`)).body.data;
  const said = [];
  for (const home of homes) {
    const { status, body } = await api('bookings', token, { property_id: home.id, ...stay });
    if (status === 201) return body;
    said.push(`${status} ${body.detail ?? body.title}`);
  }
  throw new Error(`no home could be held: ${said.join('; ') || 'search found none'}`);
}

const told = () => sql(`select count(*) from notifications where kind = 'booking.held' and data ->> 'booking_id' = '${poisoned}'`);
const letter = (badge) => operator.page.locator('.letter', { hasText: 'booking.held' }).locator(`.badge >> text="${badge}"`);

await run.need('an event that cannot be told of is parked', async () => {
  await sql(`create function poison() returns trigger language plpgsql as $$ begin
      if new.kind = 'booking.held' then raise exception 'poisoned'; end if;
      return new;
    end $$;
    create trigger poison before insert on notifications for each row execute function poison()`);
  must((await api('auth/register', null, person)).status < 300, 'the tenant cannot register');
  const signedIn = await api('auth/login', null, { email: person.email, password: person.password });
  must(signedIn.status === 200, `the tenant was refused: ${JSON.stringify(signedIn.body)}`);
  poisoned = (await hold(signedIn.body.access_token)).id;
  const { page } = operator;
  await page.goto(server.operators());
  await page.fill('[name=token]', server.operatorToken());
  await page.click('text=Enter');
  const row = page.locator('[data-consumer=notifications]');
  await row.waitFor();
  await eventually('the page to show it as parked', async () => /^[1-9]/.test((await row.locator('td').nth(3).textContent()) ?? ''));
  await run.shot('operator', '01-parked');
});

await run.need('after eight tries it is a dead letter', async () => {
  const { page } = operator;
  const tries = () => sql('select max(attempts) from parked_events');
  const dead = () => sql("select count(*) from dead_letters where state = 'open'");
  for (let moves = 0; (await dead()) === '0'; moves += 1) {
    must(moves < 3 * TRIES, `after ${moves} moves of the clock it is not dead; tries: ${await tries()}`);
    const before = await tries();
    moveClock();
    await eventually('it to be tried again', async () => (await tries()) !== before || (await dead()) !== '0');
  }
  await page.click('.tabs >> text=Dead letters');
  await letter('Open').waitFor();
  const text = await page.locator('.letter').innerText();
  must(text.includes('poisoned'), `the error is not told: ${text}`);
  must(text.includes(`${TRIES} tries`), `odd number of tries: ${text}`);
  await page.click('[aria-label^="Show event"]');
  await page.waitForSelector('.letter >> text=property_id');
  await run.shot('operator', '02-dead-letter', true);
});

await run.need('retried while the fault is there, it is open again', async () => {
  const { page } = operator;
  await page.click('[aria-label="Retry booking.held of notifications"]');
  await eventually('the ninth try', async () => (await page.locator('.letter').allInnerTexts()).some((text) => text.includes(`${TRIES + 1} tries`)));
  await letter('Open').waitFor();
  must((await told()) === '0', 'the landlord was told all the same');
});

await run.need('retried when the fault is gone, it is done', async () => {
  const { page } = operator;
  await sql('drop trigger poison on notifications');
  await page.click('[aria-label="Retry booking.held of notifications"]');
  await page.waitForSelector('.state >> text=None');
  await page.selectOption('[name=state]', 'retried');
  await letter('Retried').waitFor();
  must((await told()) === '1', `the landlord was told ${await told()} times`);
  await run.shot('operator', '03-retried');
  await page.click('.tabs >> text=Consumers');
  const row = page.locator('[data-consumer=notifications]');
  await eventually('nothing to be parked', async () => (await row.locator('td').nth(3).textContent())?.trim() === '0');
});

await run.check('what waited behind it has reached the tenant', async () => {
  const { page } = tenant;
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', person.email);
  await page.fill('[name=password]', person.password);
  await page.click('main button[type=submit]');
  await page.waitForSelector('.bell', { state: 'attached' });
  await page.goto(`${base}/notifications`);
  await page.locator(`a[href="/bookings/${poisoned}"]`, { hasText: 'The hold ran out' }).waitFor();
  await run.shot('tenant', '04-told');
});

await run.check('the cluster is shown: one server that owns every shard', async () => {
  const { page } = operator;
  await page.click('.tabs >> text=Cluster');
  const row = page.locator('tr[data-node]');
  await row.locator('.badge >> text=Active').waitFor();
  must((await row.count()) === 1, 'there is one server');
  must((await row.locator('td').nth(1).innerText()) === '256', 'it does not own every shard');
  must((await page.locator('.shards > [data-owner="0"]:not(.moving)').count()) === 256, 'a shard is elsewhere');
  must((await row.locator('button').count()) === 0, 'it cannot be drained: nobody is there to take over');
  await page.click('text=Look for misplaced shards');
  await page.waitForSelector('[role=status] >> text=Every shard is where it should be.');
  await run.shot('operator', '05-cluster');
});

await run.check('the search index is built anew, and searched then', async () => {
  const { page } = operator;
  await page.click('.tabs >> text=Search');
  const generation = page.locator('tr', { hasText: 'Generation' }).locator('td');
  await generation.waitFor();
  const before = Number(await generation.innerText());
  await page.click('button >> text=Build it anew');
  await page.waitForSelector('[role=status] >> text=A new index is being built');
  await eventually('the new one to be searched', async () => Number(await generation.innerText()) === before + 1);
  await run.shot('operator', '06-search');
});

await run.check('no browser complained', async () => {
  const complaints = [operator, tenant].flatMap((browser) => browser.complaints());
  must(complaints.length === 0, complaints.join('\n'));
});

await run.finish();
