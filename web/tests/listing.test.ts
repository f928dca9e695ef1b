import { describe, expect, it } from 'vitest';
import type { Property } from '../src/api/types';
import { changes, emptyListing, fromProperty, readListing } from '../src/domain/listing';

const filled = {
  ...emptyListing('Europe/Dublin'),
  title: 'Quiet flat', city: 'Dublin', country: 'ie', lat: '53.35', lon: '-6,26', price: '95.50', amenities: 'Wifi, Lift\nWifi',
};

describe('the listing form', () => {
  it('reads what is typed', () => {
    const read = readListing(filled);
    expect(read).toMatchObject({
      property: {
        address: { city: 'Dublin', country: 'IE' },
        location: { lat: 53.35, lon: -6.26 },
        amenities: ['Wifi', 'Lift'],
        price_per_night: { amount: 9550, currency: 'EUR' },
        unit: { count: 1, bathrooms: 1 },
      },
    });
    expect('property' in read && 'line' in read.property.address).toBe(false);
  });

  it('names what is wrong by the pointers of the server', () => {
    const read = readListing({ ...filled, title: 'x', price: '0', count: '201', bathrooms: '1.3', lat: '', country: 'Ireland' });
    expect('errors' in read && Object.keys(read.errors).sort()).toEqual([
      '/address/country', '/location/lat', '/price_per_night/amount', '/title', '/unit/bathrooms', '/unit/count',
    ]);
  });

  it('sends only what changed', () => {
    const read = readListing(filled);
    if (!('property' in read)) throw new Error('valid form refused');
    const stored = { ...read.property, address: { region: null, ...read.property.address }, unit: { id: 'unt_1', ...read.property.unit } } as unknown as Property;
    const before = readListing(fromProperty(stored));
    const after = readListing({ ...fromProperty(stored), title: 'Quiet flat by the park' });
    if (!('property' in before) || !('property' in after)) throw new Error('valid form refused');
    expect(changes(before.property, after.property)).toEqual({ title: 'Quiet flat by the park' });
    expect(changes(before.property, before.property)).toEqual({});
  });

  it('says null for what is gone, and no more of a part than changed', () => {
    const read = (more: object) => {
      const form = readListing({ ...filled, ...more });
      if (!('property' in form)) throw new Error('valid form refused');
      return form.property;
    };
    expect(changes(read({ line: '7 Harbour Road' }), read({ beds: '2', amenities: '' }))).toEqual({
      address: { line: null },
      unit: { beds: 2 },
      amenities: [],
    });
    expect(changes(read({}), read({ price: '99' }))).toEqual({ price_per_night: { amount: 9900 } });
  });
});
