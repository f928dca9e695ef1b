// Somebody who calls the API without a browser, for what a browser test only needs done.
import { must } from './steps.mjs';

/** The unit type of the homes here. */
export const UNIT = { name: 'Whole place', count: 1, bedrooms: 1, beds: 1, bathrooms: 1, guests: 3 };

/** Calls the API of the server at `base`. */
export class Caller {
  token = null;

  constructor(base) {
    this.base = base;
  }

  async ask(method, path, body, headers = {}) {
    const answer = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: {
        Origin: this.base,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(this.token && { Authorization: `Bearer ${this.token}` }),
        ...(method !== 'GET' && { 'Idempotency-Key': crypto.randomUUID() }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const found = text === '' ? null : JSON.parse(text);
    must(answer.ok, `${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return found;
  }

  async join(person) {
    await this.ask('POST', '/auth/register', person);
    const { email, password } = person;
    this.token = (await this.ask('POST', '/auth/login', { email, password })).access_token;
    return this;
  }

  async host() {
    const answer = await this.ask('POST', '/me/landlord-application', {});
    if (answer.session) this.token = answer.session.access_token;
    return this;
  }

  /** A home that is live; `more` takes the place of what it has by default. */
  async list(title, unit, policies, more = {}) {
    const made = await this.ask('POST', '/properties', {
      kind: 'flat',
      title,
      description: 'Rooms by the water, with a view over the weir and a stove for the evenings.',
      address: { city: 'Dublin', country: 'IE' },
      location: { lat: 53.34, lon: -6.26 },
      zone: 'Europe/Dublin',
      amenities: ['wifi'],
      unit,
      stay_mode: 'nightly',
      price_per_night: { amount: 10_000, currency: 'EUR' },
      ...more,
    });
    let { version } = made;
    if (policies) {
      const now = await this.ask('GET', `/properties/${made.id}`);
      const { version: _, ...old } = now.policies;
      version = (await this.ask('PUT', `/properties/${made.id}/policies`, { ...old, ...policies }, { 'If-Match': `"${version}"` })).version;
    }
    await this.ask('POST', `/properties/${made.id}/submit`, undefined, { 'If-Match': `"${version}"` });
    return made.id;
  }
}
