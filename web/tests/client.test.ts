import { describe, expect, it } from 'vitest';
import { ActionKeys } from '../src/api/action';
import { Client, type ClientParts } from '../src/api/client';
import { ServerClock } from '../src/api/clock';
import { Problem, Unreachable, sentence } from '../src/api/problem';
import { SessionStore } from '../src/api/session';

interface Seen {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
}

function memory(values: Record<string, string> = {}) {
  const map = new Map(Object.entries(values));
  return {
    getItem: (name: string) => map.get(name) ?? null,
    setItem: (name: string, value: string) => void map.set(name, value),
    removeItem: (name: string) => void map.delete(name),
  };
}

const USER = { id: 'usr_1', email: 'a@b.c', name: 'A', roles: ['tenant'], created_at: '2026-01-01T00:00:00Z' };

function sessionAnswer(token: string) {
  return json(200, { access_token: token, token_type: 'Bearer', expires_in: 900, user: USER });
}

function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

function rig(answer: (seen: Seen, count: number) => Response | Promise<Response>, resumable = true) {
  const seen: Seen[] = [];
  const waits: number[] = [];
  const reached: boolean[] = [];
  const store = new SessionStore(memory(resumable ? { 'rentezy.signed-in': '1' } : {}));
  const parts: ClientParts = {
    session: store,
    clock: new ServerClock(),
    sleep: async (ms) => void waits.push(ms),
    onReach: (value) => reached.push(value),
    fetch: (async (url: string, init: RequestInit) => {
      const one: Seen = {
        method: init.method ?? 'GET',
        url,
        headers: init.headers as Headers,
        body: init.body ? JSON.parse(init.body as string) : undefined,
      };
      seen.push(one);
      return answer(one, seen.length);
    }) as unknown as typeof fetch,
  };
  return { client: new Client(parts), seen, waits, reached, store };
}

describe('session', () => {
  it('resumes once for callers that come together', async () => {
    const { client, seen, store } = rig((one) =>
      one.url.endsWith('/auth/refresh') ? sessionAnswer('t1') : json(200, { ok: true }),
    );
    await Promise.all([client.ask('GET', '/me'), client.ask('GET', '/bookings'), client.boot()]);
    expect(seen.filter((one) => one.url.endsWith('/auth/refresh'))).toHaveLength(1);
    expect(seen[1]?.headers.get('Authorization')).toBe('Bearer t1');
    expect(store.get().phase).toBe('in');
  });

  it('refreshes once for many 401s, and repeats each request once', async () => {
    let live = 't1';
    let refreshes = 0;
    const { client, seen } = rig((one) => {
      if (one.url.endsWith('/auth/refresh')) {
        refreshes += 1;
        if (refreshes > 1) live = 't2';
        return sessionAnswer(live);
      }
      const ok = refreshes > 1 && one.headers.get('Authorization') === 'Bearer t2';
      return ok ? json(200, { ok: true }) : json(401, { code: 'unauthenticated' });
    });
    await client.boot();
    const answers = await Promise.all([1, 2, 3].map(() => client.ask('GET', '/me')));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(refreshes).toBe(2);
    expect(seen.filter((one) => one.url === '/api/v1/me')).toHaveLength(6);
  });

  it('ends when the refresh is refused, but not when the server is away', async () => {
    let refused = false;
    const { client, store } = rig((one, count) => {
      if (count === 1) return sessionAnswer('t1');
      if (one.url.endsWith('/auth/refresh')) {
        if (refused) return json(401, { code: 'token-reuse' });
        throw new TypeError('network');
      }
      return json(401, { code: 'unauthenticated', title: 'sign in' });
    });
    await client.boot();
    await expect(client.ask('GET', '/me')).rejects.toBeInstanceOf(Unreachable);
    expect(store.get().phase).toBe('in');
    refused = true;
    await expect(client.ask('GET', '/me')).rejects.toMatchObject({ status: 401, title: 'sign in' });
    expect(store.get().phase).toBe('out');
  });

  it('asks nothing for a visitor who never signed in', async () => {
    const { client, seen, store } = rig(() => json(200, {}), false);
    await client.boot();
    expect(seen).toHaveLength(0);
    expect(store.get().phase).toBe('out');
    await expect(client.ask('GET', '/me')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(seen).toHaveLength(0);
    await client.ask('GET', '/search', { auth: 'none' });
    expect(seen[0]?.headers.has('Authorization')).toBe(false);
  });

  it('shows what is public when the session has ended', async () => {
    const { client, seen } = rig((one, count) => {
      if (count === 1) return sessionAnswer('t1');
      if (one.url.endsWith('/auth/refresh')) return json(401, {});
      return one.headers.has('Authorization') ? json(401, {}) : json(200, { id: 'prp_1' });
    });
    await client.boot();
    const answer = await client.ask<{ id: string }>('GET', '/properties/prp_1', { auth: 'some' });
    expect(answer.data.id).toBe('prp_1');
    expect(seen).toHaveLength(4);
  });
});

describe('requests', () => {
  it('builds addresses from what is set', async () => {
    const { client, seen } = rig(() => json(200, {}), false);
    await client.ask('GET', '/search', { auth: 'none', query: { q: 'sea view', guests: 2, cursor: undefined, bbox: '' } });
    await client.ask('GET', '//version', { auth: 'none' });
    expect(seen.map((one) => one.url)).toEqual(['/api/v1/search?q=sea+view&guests=2', '/version']);
  });

  it('repeats under the same key until there is an outcome', async () => {
    const { client, seen, waits } = rig((_, count) => {
      if (count === 1) throw new TypeError('network');
      if (count === 2) return json(503, { code: 'outcome-unknown' }, { 'Retry-After': '2' });
      return json(201, { id: 'bkg_1' });
    }, false);
    const answer = await client.ask('POST', '/bookings', { auth: 'none', body: { a: 1 }, idempotencyKey: 'k1' });
    expect(answer.status).toBe(201);
    expect(seen.map((one) => one.headers.get('Idempotency-Key'))).toEqual(['k1', 'k1', 'k1']);
    expect(waits).toEqual([300, 2000]);
  });

  it('repeats nothing without a key, and no refusal', async () => {
    const down = rig(() => json(503, {}), false);
    await expect(down.client.ask('POST', '/x', { auth: 'none' })).rejects.toMatchObject({ status: 503 });
    expect(down.seen).toHaveLength(1);
    const refused = rig(() => json(409, { code: 'nights-taken' }), false);
    await expect(
      refused.client.ask('POST', '/bookings', { auth: 'none', idempotencyKey: 'k' }),
    ).rejects.toMatchObject({ code: 'nights-taken' });
    expect(refused.seen).toHaveLength(1);
  });

  it('tells an unreachable server from one that refuses', async () => {
    const { client, reached } = rig((_, count) => {
      if (count === 1) throw new TypeError('Failed to fetch');
      return json(404, {});
    }, false);
    await expect(client.ask('GET', '/x', { auth: 'none' })).rejects.toBeInstanceOf(Unreachable);
    await expect(client.ask('GET', '/x', { auth: 'none' })).rejects.toBeInstanceOf(Problem);
    expect(reached).toEqual([false, true]);
  });

  it('reads 204, tags and Retry-After', async () => {
    const { client } = rig(
      (_, count) => (count === 1 ? new Response(null, { status: 204 }) : json(202, { id: 1 }, { ETag: '"7"', 'Retry-After': '3' })),
      false,
    );
    expect((await client.ask('POST', '/a', { auth: 'none' })).data).toBeUndefined();
    expect(await client.ask('POST', '/b', { auth: 'none' })).toMatchObject({ status: 202, etag: '"7"', retryAfter: 3 });
  });
});

describe('problems', () => {
  it('reads title, detail, code and field errors by pointer', async () => {
    const { client } = rig(
      () =>
        json(422, {
          type: '/problems/validation',
          title: 'the request has wrong values',
          detail: 'two fields',
          instance: 'req_1',
          errors: [{ pointer: '/unit/count', code: 'too-small', detail: 'must be at least 1' }],
        }),
      false,
    );
    const problem = await client.ask('POST', '/properties', { auth: 'none' }).catch((error: Problem) => error);
    expect(problem).toMatchObject({ code: 'validation', detail: 'two fields', requestId: 'req_1', retryable: false });
    expect((problem as Problem).field('/unit/count')).toBe('Must be at least 1.');
    expect((problem as Problem).field('/title')).toBeUndefined();
  });

  it('survives bodies that are no problem', async () => {
    for (const body of ['<html>', '', '[]', 'null', '{"errors":7}']) {
      const { client } = rig(() => new Response(body, { status: 502 }), false);
      await expect(client.ask('GET', '/x', { auth: 'none' })).rejects.toMatchObject({
        status: 502,
        code: 'http-502',
        errors: [],
        retryable: true,
      });
    }
  });

  it('makes sentences of server text', () => {
    expect(sentence('must be at least 1')).toBe('Must be at least 1.');
    expect(sentence('Already one.')).toBe('Already one.');
    expect(sentence('too-small')).toBe('Too small.');
  });
});

describe('action keys', () => {
  it('keeps the key of one request until its outcome is known', () => {
    let count = 0;
    const keys = new ActionKeys(() => `k${(count += 1)}`);
    expect(keys.keyFor({ a: 1 })).toBe('k1');
    expect(keys.keyFor({ a: 1 })).toBe('k1');
    expect(keys.keyFor({ a: 2 })).toBe('k2');
    keys.settled();
    expect(keys.keyFor({ a: 2 })).toBe('k3');
  });
});
