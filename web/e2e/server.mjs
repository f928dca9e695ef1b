// Starts the server on an empty data directory, as a new user would, and stops it.
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WEB = join(dirname(fileURLToPath(import.meta.url)), '..');
const START_MS = 180_000;
const STOP_MS = 60_000;

/** `demo`: with invented homes and accounts. `settings` are more variables of the
 *  environment, such as RENTEZY_LISTINGS_REVIEW. */
export async function startServer({ demo = true, settings = {} } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'rentezy-e2e-'));
  // The database may run as another user, who has to be able to reach its directory.
  chmodSync(home, 0o755);
  const program = resolve(WEB, process.env.RENTEZY_BIN ?? '../target/debug/rentezy');
  const dataDir = join(home, 'data');
  const env = {
    // People of a test are signed in at once, unless it is about just that.
    RENTEZY_ACCOUNTS_EMAIL_VERIFICATION: 'optional',
    RENTEZY_OPERATOR_LISTEN: '127.0.0.1:0',
    ...process.env,
    RENTEZY_SERVER_DATA_DIR: dataDir,
    RENTEZY_SERVER_LISTEN: '127.0.0.1:0',
    ...settings,
  };
  const child = spawn(program, demo ? ['serve', '--demo'] : ['serve'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = [];
  const listen = (stream) => {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      output.push(...lines.map((line) => line.replace(/\u001b\[[0-9;]*m/g, '')));
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  let ended = null;
  const end = new Promise((done) => {
    child.on('error', (error) => done((ended = `could not start ${program}: ${error.message}`)));
    child.on('exit', (code, signal) => done((ended = `exit ${code ?? signal}`)));
  });
  const lastWord = () => child.kill('SIGKILL');
  process.on('exit', lastWord);

  const until = Date.now() + START_MS;
  let base = null;
  while (base === null) {
    if (ended !== null) throw new Error(`the server ended: ${ended}\n${output.slice(-40).join('\n')}`);
    if (Date.now() > until) throw new Error(`the server gave no URL\n${output.slice(-40).join('\n')}`);
    base = await publicUrl(output);
    if (base === null) await new Promise((done) => setTimeout(done, 200));
  }
  // The accounts are told right after the address.
  for (let looks = 0; demo && looks < 25 && account(output, 'landlord') === null; looks += 1) {
    await new Promise((done) => setTimeout(done, 200));
  }
  return {
    base,
    demo: { tenant: account(output, 'tenant'), landlord: account(output, 'landlord') },
    output,
    dataDir,
    /** The operators' address; null when there is none. */
    operators: () => /\boperators?:\s+(http:\/\/\S+)/i.exec(output.join('\n'))?.[1]?.replace(/\/$/, '') ?? null,
    operatorToken: () => process.env.RENTEZY_OPERATOR_TOKEN ?? readFileSync(join(dataDir, 'operator.token'), 'utf8').trim(),
    /** Runs a command of the program beside the server; its output. */
    run: async (...words) => (await promisify(execFile)(program, words, { cwd: home, env })).stdout,
    async stop() {
      child.kill('SIGTERM');
      const late = new Promise((done) => setTimeout(() => done('late'), STOP_MS).unref());
      const how = await Promise.race([end, late]);
      process.off('exit', lastWord);
      if (how === 'late') {
        child.kill('SIGKILL');
        throw new Error(`the server did not stop within ${STOP_MS / 1000} s of SIGTERM`);
      }
      rmSync(home, { recursive: true, force: true });
      return how;
    },
  };
}

/** Of the addresses in the output, the one where the public API answers. */
async function publicUrl(output) {
  const named = new Set(output.join('\n').match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []);
  for (const base of named) {
    try {
      const answer = await fetch(`${base}/api/v1/search?limit=1`);
      if (answer.ok && answer.headers.get('Content-Type')?.includes('json')) return base;
    } catch {
      // Not this one, or not yet.
    }
  }
  return null;
}

/** From a line like "tenant: email / password". */
function account(output, role) {
  for (const line of output) {
    const match = new RegExp(`\\b${role}:\\s+(\\S+@\\S+)\\s+/\\s+(\\S+)`).exec(line);
    if (match) return { email: match[1], password: match[2] };
  }
  return null;
}
