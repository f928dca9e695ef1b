/** What people are told, and how they want to be told. */
import { client, data, until } from './app';
import type { Notification, Preference, Subscription } from './next';
import type { List } from './types';

const part = encodeURIComponent;

export const notifications = {
  list: (unread: boolean, cursor?: string, signal?: AbortSignal) =>
    data(
      client.ask<List<Notification>>('GET', '/notifications', {
        query: { unread: unread || undefined, limit: 30, cursor },
        ...until(signal),
      }),
    ),
  async unread(signal?: AbortSignal): Promise<number> {
    return (await data(client.ask<{ unread: number }>('GET', '/notifications/unread-count', until(signal)))).unread;
  },
  async read(id: string): Promise<void> {
    await client.ask('PUT', `/notifications/${part(id)}/read`);
  },
  async readAll(): Promise<void> {
    await client.ask('PUT', '/notifications/read-all');
  },
  async remove(id: string): Promise<void> {
    await client.ask('DELETE', `/notifications/${part(id)}`);
  },

  async preferences(signal?: AbortSignal): Promise<Preference[]> {
    return (await data(client.ask<{ preferences: Preference[] }>('GET', '/notification-preferences', until(signal)))).preferences;
  },
  async setPreferences(preferences: Preference[]): Promise<Preference[]> {
    const body = { preferences: preferences.map(({ category, in_app, email }) => ({ category, in_app, email })) };
    return (await data(client.ask<{ preferences: Preference[] }>('PUT', '/notification-preferences', { body }))).preferences;
  },

  subscription: (token: string, signal?: AbortSignal) =>
    data(client.ask<Subscription>('GET', `/unsubscribe/${part(token)}`, { auth: 'none', ...until(signal) })),
  unsubscribe: (token: string) => data(client.ask<Subscription>('POST', `/unsubscribe/${part(token)}`, { auth: 'none' })),
};
