/** What administrators look at and decide. */
import { client, data, until } from './app';
import { tag } from '.';
import type { AdminUser, UserQuery } from './next';
import type { List, Property, Role } from './types';

const user = (id: string, rest: string): string => `/admin/users/${encodeURIComponent(id)}${rest}`;

export const admin = {
  waiting: (cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<Property>>('GET', '/admin/properties', { query: { status: 'pending_review', limit: 20, cursor }, ...until(signal) })),
  approve: (property: Property) =>
    data(client.ask<Property>('POST', `/admin/properties/${encodeURIComponent(property.id)}/approve`, { ifMatch: tag(property) })),
  reject: (property: Property, reason: string) =>
    data(
      client.ask<Property>('POST', `/admin/properties/${encodeURIComponent(property.id)}/reject`, {
        ifMatch: tag(property),
        body: { reason },
      }),
    ),

  applications: (cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<AdminUser>>('GET', '/admin/landlord-applications', { query: { limit: 20, cursor }, ...until(signal) })),
  approveLandlord: (id: string) => data(client.ask<AdminUser>('POST', user(id, '/landlord-application/approve'), { body: {} })),
  declineLandlord: (id: string, reason: string) =>
    data(client.ask<AdminUser>('POST', user(id, '/landlord-application/decline'), { body: { reason } })),

  users: (query: UserQuery, cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<AdminUser>>('GET', '/admin/users', { query: { ...query, limit: 30, cursor }, ...until(signal) })),
  suspend: (id: string, reason: string) => data(client.ask<AdminUser>('POST', user(id, '/suspend'), { body: { reason } })),
  reinstate: (id: string) => data(client.ask<AdminUser>('POST', user(id, '/reinstate'), { body: {} })),
  setRoles: (id: string, roles: Role[]) => data(client.ask<AdminUser>('POST', user(id, '/role'), { body: { roles } })),
};
