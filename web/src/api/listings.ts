/** What landlords do with a listing beside its first draft. */
import { tag, tagged, type Tagged } from '.';
import { client, data, until } from './app';
import { randomKey } from './action';
import type { Activity, Amenity, NewPolicies, Photo, UnitForm } from './next';
import type { List, Property } from './types';

const part = encodeURIComponent;
const at = (id: string, rest = ''): string => `/properties/${part(id)}${rest}`;

/** What can be done with a listing as a whole. */
export type Step = 'submit' | 'publish' | 'unpublish' | 'archive';

export interface PhotoAlbum {
  photos: Photo[];
  etag: string;
}

export const listings = {
  async amenities(signal?: AbortSignal): Promise<Amenity[]> {
    return (await data(client.ask<{ data: Amenity[] }>('GET', '/amenities', { auth: 'none', ...until(signal) }))).data;
  },

  step: (property: Pick<Property, 'id' | 'version'>, step: Step): Promise<Tagged> =>
    tagged(client.ask<Property>('POST', at(property.id, `/${step}`), { ifMatch: tag(property), idempotencyKey: randomKey() })),
  duplicate: (id: string, idempotencyKey: string): Promise<Tagged> =>
    tagged(client.ask<Property>('POST', at(id, '/duplicate'), { idempotencyKey })),
  activity: (id: string, cursor?: string, signal?: AbortSignal) =>
    data(client.ask<List<Activity>>('GET', at(id, '/activity'), { query: { limit: 20, cursor }, ...until(signal) })),

  addUnit: (id: string, body: UnitForm, ifMatch: string, idempotencyKey: string) =>
    tagged(client.ask<Property>('POST', at(id, '/units'), { body, ifMatch, idempotencyKey })),
  editUnit: (id: string, unitId: string, body: Record<string, unknown>, ifMatch: string) =>
    tagged(client.ask<Property>('PATCH', at(id, `/units/${part(unitId)}`), { body, ifMatch })),
  removeUnit: (id: string, unitId: string, ifMatch: string) =>
    tagged(client.ask<Property>('DELETE', at(id, `/units/${part(unitId)}`), { ifMatch })),
  setPolicies: (id: string, body: NewPolicies, ifMatch: string) =>
    tagged(client.ask<Property>('PUT', at(id, '/policies'), { body, ifMatch })),

  async photos(id: string, signal?: AbortSignal): Promise<PhotoAlbum> {
    const answer = await client.ask<{ data: Photo[] }>('GET', at(id, '/photos'), { auth: 'some', ...until(signal) });
    return { photos: answer.data.data, etag: answer.etag ?? '*' };
  },
  async orderPhotos(id: string, photos: string[], ifMatch: string): Promise<PhotoAlbum> {
    const answer = await client.ask<{ data: Photo[] }>('PUT', at(id, '/photos/order'), { body: { photos }, ifMatch });
    return { photos: answer.data.data, etag: answer.etag ?? '*' };
  },
  editPhoto: (id: string, change: { caption?: string; position?: number }) =>
    data(client.ask<Photo>('PATCH', `/photos/${part(id)}`, { body: change })),
  async removePhoto(id: string): Promise<void> {
    await client.ask('DELETE', `/photos/${part(id)}`);
  },

  /** A picture that only its owner may see: an `img` could not send the token. */
  picture: (url: string, signal?: AbortSignal) =>
    data(client.ask<Blob>('GET', url.replace(/^\/api\/v1/, ''), { as: 'blob', ...until(signal) })),
};
