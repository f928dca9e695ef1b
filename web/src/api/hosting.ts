/** What landlords do with the nights of their homes. */
import { client, data, until } from './app';
import { randomKey } from './action';
import type { Answer } from './client';
import type { Block, HostingHome, NewBlock, StayRules, NewStayRules } from './next';
import type { List } from './types';

const part = encodeURIComponent;
const at = (id: string, rest: string): string => `/properties/${part(id)}${rest}`;

export const hosting = {
  calendar: (from: string, to: string, cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<HostingHome>>('GET', '/me/calendar', { query: { from, to, limit: 20, cursor }, ...until(signal) })),
  block: (property: string, body: NewBlock, idempotencyKey: string) =>
    data(client.ask<{ data: Block[] }>('POST', at(property, '/blocks'), { body, idempotencyKey })),
  async unblock(block: string): Promise<void> {
    await client.ask('DELETE', `/blocks/${part(block)}`, { idempotencyKey: randomKey() });
  },

  stayRules: (property: string, signal?: AbortSignal) =>
    withTag(client.ask<StayRules>('GET', at(property, '/stay-rules'), { auth: 'some', ...until(signal) })),
  setStayRules: (property: string, ifMatch: string, body: NewStayRules) =>
    withTag(client.ask<StayRules>('PUT', at(property, '/stay-rules'), { body, ifMatch })),
};

async function withTag(answer: Promise<Answer<StayRules>>): Promise<{ rules: StayRules; etag: string }> {
  const { data: rules, etag } = await answer;
  return { rules, etag: etag ?? '*' };
}
