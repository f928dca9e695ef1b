/** Accounts: proving an address, passwords, devices, the profile. */
import { client, data, session, until } from './app';
import type { Device, ProfileChange } from './next';
import type { List, User } from './types';

export interface Profile {
  user: User;
  etag: string;
}

const part = encodeURIComponent;

export const accounts = {
  async verify(token: string): Promise<void> {
    await client.ask('POST', '/auth/email/verify', { auth: 'none', body: { token } });
  },
  async resend(email: string): Promise<void> {
    await client.ask('POST', '/auth/email/resend', { auth: 'none', body: { email } });
  },
  async forgot(email: string): Promise<void> {
    await client.ask('POST', '/auth/password/forgot', { auth: 'none', body: { email } });
  },
  async reset(token: string, password: string): Promise<void> {
    await client.ask('POST', '/auth/password/reset', { auth: 'none', body: { token, password } });
  },
  async changePassword(current: string, next: string): Promise<void> {
    await client.ask('POST', '/auth/password/change', { body: { current, new: next } });
  },
  async logoutAll(): Promise<void> {
    await client.ask('POST', '/auth/logout-all');
    session.close();
  },

  devices: (cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<Device>>('GET', '/auth/sessions', { query: { limit: 50, cursor }, ...until(signal) })),
  async endDevice(id: string): Promise<void> {
    await client.ask('DELETE', `/auth/sessions/${part(id)}`);
  },

  async profile(signal?: AbortSignal): Promise<Profile> {
    const before = session.get().user?.roles.join();
    const answer = await client.ask<User>('GET', '/me', until(signal));
    // The token says which roles one has: a new role needs a new token.
    if (before !== undefined && answer.data.roles.join() !== before) await client.refresh();
    session.update(answer.data);
    return { user: answer.data, etag: answer.etag ?? '*' };
  },
  async editProfile(change: ProfileChange, ifMatch: string): Promise<Profile> {
    const answer = await client.ask<User>('PATCH', '/me', { body: change, ifMatch });
    session.update(answer.data);
    return { user: answer.data, etag: answer.etag ?? '*' };
  },
};

/** Where signing in with another provider begins; it comes back to `next`. */
export function providerPath(name: string, next: string): string {
  return `/api/v1/auth/oauth/${part(name)}/start?return_to=${part(next)}`;
}
