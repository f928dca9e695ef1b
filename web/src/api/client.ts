import type { ServerClock } from './clock';
import { Problem, Unreachable, readProblem, seconds } from './problem';
import type { SessionStore } from './session';
import type { Session } from './types';

/** One answer of the server that is not an error. */
export interface Answer<T> {
  status: number;
  data: T;
  etag: string | null;
  /** Seconds. */
  retryAfter: number | undefined;
}

export interface Ask {
  query?: Record<string, string | number | boolean | undefined | null>;
  body?: unknown;
  /** What the answer is read as; `json` by default. */
  as?: 'json' | 'blob';
  /** `none`: sent without a token. `some`: with one if there is one. `must`: refused
   *  here when nobody is signed in. Default `must`. */
  auth?: 'none' | 'some' | 'must';
  idempotencyKey?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

export interface ClientParts {
  fetch: typeof fetch;
  session: SessionStore;
  clock: ServerClock;
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
  /** Runs `work` alone among all tabs of this browser: they share the refresh cookie, and
   *  using one twice ends the session. */
  alone?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told after each try whether the server could be reached. */
  onReach?: (reached: boolean) => void;
}

const BASE = '/api/v1';
const TRIES = 4;

/** A thin layer over fetch: token and its refresh, problems, idempotent retries. */
export class Client {
  private refreshing: Promise<boolean> | null = null;
  private booting: Promise<void> | null = null;

  constructor(private readonly parts: ClientParts) {}

  /** Resumes the session of the refresh cookie, once per page load. */
  boot(): Promise<void> {
    this.booting ??= (async () => {
      if (this.parts.session.mayResume()) await this.refresh().catch(() => false);
      this.parts.session.settle();
    })();
    return this.booting;
  }

  async ask<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
    const auth = ask.auth ?? 'must';
    if (auth !== 'none') {
      await this.boot();
      if (this.parts.session.stale()) await this.refresh();
      if (auth === 'must' && this.parts.session.accessToken() === null) throw signedOut();
    }
    const first = await this.sendSurely(method, path, ask, auth);
    if (first.status !== 401 || auth === 'none') return this.read<T>(first, ask.as);
    const resumed = await this.refresh();
    if (!resumed && auth === 'must') throw await readProblem(first);
    return this.read<T>(await this.sendSurely(method, path, ask, auth), ask.as);
  }

  /** A token for a request that does not go through fetch, such as an upload with
   *  progress. */
  async token(): Promise<string> {
    await this.boot();
    if (this.parts.session.stale()) await this.refresh();
    const token = this.parts.session.accessToken();
    if (token === null) throw signedOut();
    return token;
  }

  /** Trades the refresh cookie for a new token; callers at the same time share one trade.
   *  False when there is no session any more. */
  refresh(): Promise<boolean> {
    this.refreshing ??= this.trade().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async trade(): Promise<boolean> {
    const alone = this.parts.alone ?? ((work) => work());
    const response = await alone(() => this.send('POST', '/auth/refresh', {}, 'none'));
    if (response.ok) {
      this.parts.session.open((await response.json()) as Session);
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      this.parts.session.close();
      return false;
    }
    throw await readProblem(response);
  }

  /** With an idempotency key, "no answer" is not an outcome: the same request under the
   *  same key either does it now or tells what it did. */
  private async sendSurely(
    method: string,
    path: string,
    ask: Ask,
    auth: NonNullable<Ask['auth']>,
  ): Promise<Response> {
    const tries = ask.idempotencyKey ? TRIES : 1;
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt >= tries;
      try {
        const response = await this.send(method, path, ask, auth);
        if (last || (response.status !== 503 && response.status !== 504)) return response;
        await this.pause(attempt, seconds(response.headers.get('Retry-After')));
      } catch (error) {
        if (last || !(error instanceof Unreachable)) throw error;
        await this.pause(attempt, undefined);
      }
    }
  }

  private async send(
    method: string,
    path: string,
    ask: Ask,
    auth: NonNullable<Ask['auth']>,
  ): Promise<Response> {
    const headers = new Headers({ Accept: 'application/json' });
    if (ask.body !== undefined) headers.set('Content-Type', 'application/json');
    if (ask.idempotencyKey) headers.set('Idempotency-Key', ask.idempotencyKey);
    if (ask.ifMatch) headers.set('If-Match', ask.ifMatch);
    const token = this.parts.session.accessToken();
    if (auth !== 'none' && token !== null) headers.set('Authorization', `Bearer ${token}`);
    const now = this.parts.now ?? Date.now;
    const sentAt = now();
    let response: Response;
    try {
      response = await this.parts.fetch(address(path, ask.query), {
        method,
        headers,
        credentials: 'same-origin',
        ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
        ...(ask.signal ? { signal: ask.signal } : {}),
      });
    } catch (error) {
      if (ask.signal?.aborted) throw error;
      this.parts.onReach?.(false);
      throw new Unreachable(error);
    }
    this.parts.onReach?.(true);
    this.parts.clock.observe(response.headers.get('Date'), sentAt, now());
    return response;
  }

  private async read<T>(response: Response, as: Ask['as']): Promise<Answer<T>> {
    if (!response.ok) throw await readProblem(response);
    return {
      status: response.status,
      data: (as === 'blob' ? await response.blob() : parsed(await response.text())) as T,
      etag: response.headers.get('ETag'),
      retryAfter: seconds(response.headers.get('Retry-After')),
    };
  }

  private pause(attempt: number, retryAfter: number | undefined): Promise<void> {
    const ms = retryAfter === undefined ? 300 * 2 ** (attempt - 1) : Math.min(retryAfter, 5) * 1000;
    return (this.parts.sleep ?? sleep)(ms);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function address(path: string, query: Ask['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  const tail = params.size > 0 ? `?${params}` : '';
  // /version and its like are at the root; everything else is under the API's base.
  return `${path.startsWith('//') ? path.slice(1) : BASE + path}${tail}`;
}

function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

function signedOut(): Problem {
  return new Problem(401, {
    code: 'unauthenticated',
    title: 'you are signed out',
    detail: 'sign in to go on',
    retryable: false,
  });
}
