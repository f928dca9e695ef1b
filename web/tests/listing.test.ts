import { describe, expect, it } from 'vitest';
import { amenityGroups, changes, completeness, emptyListing, emptyUnit, fromProperty, newProperty, readListing, type ListingForm } from '../src/domain/listing';
import { read, stored } from './listings';

const filled: ListingForm = {
  ...emptyListing('Europe/Dublin'),
  title: 'Quiet flat', city: 'Dublin', country: 'ie', lat: '53.35', lon: '-6,26', amenities: ['wifi', 'elevator'],
  units: [{ ...emptyUnit('first'), night: '95.50' }],
};

function faults(form: ListingForm): string[] {
  const found = readListing(form);
  return 'errors' in found ? Object.keys(found.errors).sort() : [];
}

describe('the listing form', () => {
  it('reads what is typed', () => {
    const body = newProperty(read(filled));
    expect(body).toMatchObject({
      address: { city: 'Dublin', country: 'IE' },
      location: { lat: 53.35, lon: -6.26 },
      amenities: ['wifi', 'elevator'],
      stay_mode: 'nightly',
      price_per_night: { amount: 9550, currency: 'EUR' },
      deposit: { amount: 0, currency: 'EUR' },
      unit: { count: 1, bathrooms: 1 },
    });
    expect('line' in body.address).toBe(false);
    expect('price_per_month' in body).toBe(false);
    expect('price_per_night' in body.unit).toBe(false);
  });

  it('names what is wrong by pointer', () => {
    const wrong = { ...filled, title: 'x', lat: '', country: 'Ireland', minNights: '0', checkInUntil: '14:00' };
    const units = [{ ...emptyUnit('first'), night: '0', count: '201' }, { ...emptyUnit('b'), night: '10', bathrooms: '1.3' }];
    expect(faults({ ...wrong, units })).toEqual([
      '/address/country', '/check_in_until', '/location/lat', '/min_nights', '/title',
      '/units/0/count', '/units/0/price_per_night/amount', '/units/1/bathrooms',
    ]);
  });

  it('asks for the prices of the way of letting, and keeps the other', () => {
    expect(faults({ ...filled, stayMode: 'monthly' })).toEqual(['/units/0/price_per_month/amount']);
    expect(faults({ ...filled, stayMode: 'both' })).toEqual(['/units/0/price_per_month/amount']);
    const monthly = read({ ...filled, stayMode: 'monthly', units: [{ ...emptyUnit('first'), night: '95', month: '1200' }] });
    expect(monthly.units[0]?.fields).toMatchObject({ price_per_night: { amount: 9500 }, price_per_month: { amount: 120_000 } });
  });

  it('gives back what is stored', () => {
    const form = { ...filled, deposit: '200', checkInUntil: '22:00', maxNights: '30', rules: 'No parties' };
    expect(read(fromProperty(stored(form, ['unt_1'])))).toEqual({ ...read(form), units: [{ ...read(form).units[0], id: 'unt_1', key: 'unt_1' }] });
  });

  it('tells what is missing', () => {
    expect(completeness(filled, 0).filter((hint) => hint.done)).toEqual([]);
    expect(completeness({ ...filled, rules: 'Quiet after ten' }, 5).filter((hint) => hint.done)).toHaveLength(3);
  });
});

describe('a merge patch', () => {
  it('says only what changed', () => {
    const before = read(filled).base;
    expect(changes(before, read({ ...filled, title: 'Quiet flat by the park' }).base)).toEqual({ title: 'Quiet flat by the park' });
    expect(changes(before, before)).toEqual({});
  });

  it('says null for what is gone, and no more of a part than changed', () => {
    const before = read({ ...filled, line: '7 Harbour Road' }).base;
    expect(changes(before, read({ ...filled, amenities: [] }).base)).toEqual({ address: { line: null }, amenities: [] });
    expect(changes({ price: { amount: 1, currency: 'EUR' } }, { price: { amount: 2, currency: 'EUR' } })).toEqual({ price: { amount: 2 } });
  });
});

describe('amenities', () => {
  it('are grouped as the catalogue has them, with other words at the end', () => {
    const catalogue = [
      { key: 'wifi', label: 'Wifi', group: 'basics' },
      { key: 'oven', label: 'Oven', group: 'kitchen' },
      { key: 'tv', label: 'TV', group: 'basics' },
    ];
    expect(amenityGroups(catalogue, ['wifi', 'Bread machine']).map(({ label, entries }) => [label, entries.map((one) => one.key)])).toEqual([
      ['Basics', ['wifi', 'tv']],
      ['Kitchen', ['oven']],
      ['Other', ['Bread machine']],
    ]);
  });
});
