// Signs in by a provider that nobody here wrote (oauth2-mock-server), as a browser would, and
// then by one that lies. RENTEZY_BIN names the server's program.
import assert from 'node:assert/strict';
import { OAuth2Server } from 'oauth2-mock-server';
import { startServer } from '../../../web/e2e/server.mjs';

const provider = new OAuth2Server();
await provider.issuer.keys.generate('RS256');
await provider.start(0, '127.0.0.1');
const issuer = `http://127.0.0.1:${provider.address().port}`;
provider.issuer.url = issuer;

// Who sits before the provider, and what is done to their tokens.
let person = { sub: 'ada', email: 'ada@example.org', email_verified: true, name: 'Ada Lovelace' };
let lie = () => {};
let forge = false;
provider.service.on('beforeTokenSigning', (token) => {
  Object.assign(token.payload, person);
  lie(token.payload);
});
provider.service.on('beforeResponse', (answer) => {
  if (!forge || !answer.body.id_token) return;
  const [head, claims, signature] = answer.body.id_token.split('.');
  const turned = [...signature].reverse().join('');
  answer.body.id_token = `${head}.${claims}.${turned}`;
});

Object.assign(process.env, {
  RENTEZY_OIDC_NAME: 'mock',
  RENTEZY_OIDC_ISSUER: issuer,
  RENTEZY_OIDC_CLIENT_ID: 'rentezy',
  RENTEZY_OIDC_CLIENT_SECRET: 'hush',
});
const server = await startServer({ demo: false });
const api = `${server.base}/api/v1`;
const get = (url, cookie) => fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} });
const post = (path, body, cookie) =>
  fetch(`${api}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
    body: JSON.stringify(body),
  });
const to = (answer) => {
  assert.equal(answer.status, 302, `${answer.url}: ${answer.status}`);
  return answer.headers.get('location');
};
const setCookie = (answer, name) => {
  const cookies = answer.headers.getSetCookie();
  return cookies.find((cookie) => cookie.startsWith(`${name}=`)) ?? null;
};
const pair = (cookie) => cookie.split(';')[0];
const OAUTH = '__Host-rentezy-oauth';
const REFRESH = '__Host-rentezy-refresh';

/** To the provider and to the door of the way back. */
async function away(query = '') {
  const begun = await get(`${api}/auth/oauth/mock/start${query}`);
  const kept = setCookie(begun, OAUTH);
  for (const word of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) assert.ok(kept.includes(word), kept);
  const page = new URL(to(begun));
  assert.equal(page.origin, issuer);
  assert.equal(page.searchParams.get('code_challenge_method'), 'S256');
  assert.ok(page.searchParams.get('state') && page.searchParams.get('nonce'));
  return { kept: pair(kept), back: to(await get(page)) };
}

/** All the way: where it ends, and the refresh cookie. */
async function signIn(query) {
  const { kept, back } = await away(query);
  const answer = await get(back, kept);
  assert.match(setCookie(answer, OAUTH), /Max-Age=0/);
  const session = setCookie(answer, REFRESH);
  return { location: to(answer), session: session && pair(session), kept, back };
}

async function refused(error) {
  const { location, session } = await signIn();
  assert.deepEqual({ location, session }, { location: `/signin?error=${error}`, session: null });
}

async function who(session) {
  const answer = await post('auth/refresh', {}, session);
  assert.equal(answer.status, 200);
  return (await answer.json()).user;
}

async function check(what, work) {
  await work();
  console.log(`ok: ${what}`);
}

try {
  let ada;
  await check('somebody new gets an account and a session', async () => {
    const { location, session } = await signIn('?return_to=/bookings?x=1');
    assert.equal(location, '/bookings?x=1');
    ada = await who(session);
    assert.equal(ada.email, 'ada@example.org');
    assert.equal(ada.name, 'Ada Lovelace');
    assert.equal(ada.email_verified, true);
    assert.deepEqual(ada.roles, ['tenant']);
    const login = await post('auth/login', { email: ada.email, password: '' });
    assert.equal(login.status, 401, 'an account without a password has none');
  });
  await check('the same person comes back to the same account, by another address too', async () => {
    person = { ...person, email: 'ada@elsewhere.example', email_verified: false };
    const { session } = await signIn();
    assert.equal((await who(session)).id, ada.id);
  });
  await check('a code is good once, and only in the browser that began', async () => {
    const first = await signIn();
    const again = await get(first.back, first.kept);
    assert.equal(to(again), '/signin?error=provider-refused');
    const { back } = await away();
    const stranger = await away();
    for (const kept of [null, stranger.kept, `${OAUTH}=nonsense`]) {
      const answer = await get(back, kept);
      assert.equal(to(answer), '/signin?error=expired');
      assert.equal(setCookie(answer, REFRESH), null);
    }
  });
  await check('an address that the provider has not checked opens nothing', async () => {
    person = { sub: 'eve', email: 'ada@example.org', email_verified: false };
    await refused('email-unverified');
    person = { sub: 'eve' };
    await refused('email-unverified');
  });
  await check('an account with an unproved address is taken over without its password', async () => {
    const account = { email: 'bob@example.org', password: 'set by somebody', name: 'Bob' };
    assert.equal((await post('auth/register', account)).status, 202);
    const { email, password } = account;
    const before = await post('auth/login', { email, password });
    assert.equal(before.status, 200);
    const stolen = pair(setCookie(before, REFRESH));
    person = { sub: 'bob', email: 'Bob@example.org', email_verified: true };
    const bob = await who((await signIn()).session);
    assert.equal(bob.id, (await before.json()).user.id);
    assert.equal((await post('auth/login', { email, password })).status, 401);
    assert.equal((await post('auth/refresh', {}, stolen)).status, 401);
  });
  await check('a token that lies is not believed', async () => {
    for (const [name, value] of [
      ['aud', 'somebody-else'],
      ['iss', 'https://evil.example'],
      ['exp', Math.floor(Date.now() / 1000) - 60],
      ['nonce', 'another'],
    ]) {
      lie = (claims) => Object.assign(claims, { [name]: value });
      await refused('provider-refused');
    }
    lie = () => {};
    forge = true;
    await refused('provider-refused');
    forge = false;
    assert.equal((await signIn()).location, '/');
  });
  await check('who says no at the provider is told so', async () => {
    const { kept, back } = await away();
    const no = new URL(back);
    no.searchParams.delete('code');
    no.searchParams.set('error', 'access_denied');
    assert.equal(to(await get(no, kept)), '/signin?error=provider-refused');
  });
  await check('nobody is sent to another site, or by another provider', async () => {
    for (const path of ['//evil.example', 'https://evil.example', '/\\evil.example', 'x']) {
      const query = new URLSearchParams({ return_to: path });
      assert.equal((await get(`${api}/auth/oauth/mock/start?${query}`)).status, 422, path);
    }
    assert.equal((await get(`${api}/auth/oauth/other/start`)).status, 404);
    assert.equal((await get(`${api}/auth/oauth/other/callback`)).status, 404);
  });
  await check('a provider that is away is said to be', async () => {
    await provider.stop();
    const begun = await get(`${api}/auth/oauth/mock/start`);
    assert.equal(to(begun), '/signin?error=provider-unavailable');
  });
} catch (error) {
  console.error(server.output.slice(-40).join('\n'));
  throw error;
} finally {
  await server.stop();
}
