// What the browser tests share: steps that have to be so, waiting for conditions, letters.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'test-results');
mkdirSync(SHOTS, { recursive: true });

export function must(condition, text) {
  if (!condition) throw new Error(text);
}

/** Waits for a condition; the guard is generous, the condition is what counts. */
export async function eventually(what, work, guard = 30_000) {
  const until = Date.now() + guard;
  for (;;) {
    const value = await work();
    if (value) return value;
    if (Date.now() > until) throw new Error(`waited ${guard / 1000} s for ${what}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** A run of steps over some browsers and a server. */
export class Run {
  passed = 0;
  failed = 0;

  constructor(name, server, browsers) {
    Object.assign(this, { name, server, browsers });
  }

  /** One thing that has to be so. When it is not, what every browser shows is told. */
  async check(name, work) {
    const started = performance.now();
    try {
      await work();
      this.passed += 1;
      console.log(`ok    ${name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split('\n').slice(0, 8).join('\n      ')}`);
      for (const [who, browser] of Object.entries(this.browsers)) {
        console.log(`      ${who} sees ${await seen(browser.page)}`);
        await this.shot(who, `failed-${this.failed}-${who}`).catch(() => {});
      }
      const fresh = Object.values(this.browsers).flatMap((browser) => browser.complaints()).slice(-4);
      for (const complaint of fresh) console.log(`      complaint: ${complaint.slice(0, 300)}`);
    }
  }

  /** One without which the rest makes no sense. */
  async need(name, work) {
    const before = this.failed;
    await this.check(name, work);
    if (this.failed > before) {
      console.log(`stop  the rest builds on "${name}"`);
      await this.finish();
    }
  }

  shot(who, name, fullPage = false) {
    return this.browsers[who].page.screenshot({ path: join(SHOTS, `${this.name}-${name}.png`), fullPage });
  }

  /** Closes everything, says how it went and ends. */
  async finish() {
    if (this.failed > 0 && this.server) console.log(`the server said last:\n  ${this.server.output.slice(-15).join('\n  ')}`);
    await Promise.all(Object.values(this.browsers).map((browser) => browser.close()));
    if (this.server) {
      await this.check('the server stops when asked', async () => {
        this.browsers = {};
        const how = await this.server.stop();
        must(how === 'exit 0', `it ended with ${how}`);
      });
    }
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 ? 0 : 1);
  }
}

async function seen(page) {
  try {
    const text = await page.evaluate(() => (document.querySelector('main') ?? document.body).innerText);
    return `${page.url()}: ${text.replace(/\s+/g, ' ').slice(0, 400)}`;
  } catch (error) {
    return `nothing (${error.message.split('\n')[0]})`;
  }
}

// ---- letters ----------------------------------------------------------------------------

/** The letters to somebody, in no order: each with its subject and its text. */
function letters(dataDir, to) {
  const folder = join(dataDir, 'mail');
  let names = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  } catch {
    return [];
  }
  return names
    .map((name) => ({ name, raw: readFileSync(join(folder, name), 'utf8') }))
    .filter(({ raw }) => new RegExp(`^To:.*${to.replaceAll('.', '\\.')}`, 'im').test(raw))
    .map(({ name, raw }) => ({ name, text: plain(raw) }));
}

/** A letter without its transfer encodings, as far as links need it. */
function plain(raw) {
  const parts = raw.split(/\r?\n--[^\r\n]+\r?\n/);
  return parts
    .map((part) => {
      const [head, ...rest] = part.split(/\r?\n\r?\n/);
      const body = rest.join('\n\n');
      if (/content-transfer-encoding:\s*base64/i.test(head)) return `${head}\n\n${Buffer.from(body.replace(/\s+/g, ''), 'base64').toString()}`;
      if (/content-transfer-encoding:\s*quoted-printable/i.test(head)) return `${head}\n\n${body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))}`;
      return part;
    })
    .join('\n');
}

/** The newest link to a page of the app in the letters to somebody that was not given
 *  before: `known` remembers those. */
export async function mailedLink(dataDir, to, page, known) {
  return eventually(
    `a letter to ${to} with a link to /${page} in ${join(dataDir, 'mail')}; there are: ${letters(dataDir, to).map((one) => one.name).join(', ') || 'none'}`,
    () => {
      for (const { text } of letters(dataDir, to)) {
        const path = new RegExp(`/${page}\\?token=[\\w.~-]+`).exec(text)?.[0];
        if (path && !known.has(path)) {
          known.add(path);
          return path;
        }
      }
      return null;
    },
  );
}

// ---- pictures ---------------------------------------------------------------------------

/** A PNG of a gradient, different for each `hue` from 0 to 255. */
export function png(width, height, hue) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      rows[at] = hue;
      rows[at + 1] = Math.round((x / width) * 255);
      rows[at + 2] = Math.round((y / height) * 255);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const whole = Buffer.alloc(data.length + 12);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc(body), data.length + 8);
  return whole;
}

/** CRC-32 as PNG has it (ISO 3309). */
function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

// ---- sessions ---------------------------------------------------------------------------

/** Remembers the access token that a page last sent. */
export function watchToken(page) {
  let token = null;
  page.on('request', (request) => {
    const header = request.headers()['authorization'];
    if (header?.startsWith('Bearer ')) token = header.slice(7);
  });
  return () => token;
}

/** How long, in milliseconds, until a token that was good is refused. */
export async function deadAfter(base, token, since, guard = 15_000) {
  await eventually(
    `the access token to be refused`,
    async () => (await fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).status === 401,
    guard,
  );
  return Date.now() - since;
}
