import { describe, expect, it } from 'vitest';
import type { Facets } from '../src/api/search';
import { amenityChoices, chips, commonest, currenciesOf, kindChoices, priceLabel, roomChoices, toggled, withoutFilters } from '../src/domain/filters';
import { readForm, writeForm } from '../src/domain/query';
import { stepTo, suggestionGroups } from '../src/domain/suggestions';
import { distance } from '../src/domain/words';

const read = (text: string) => readForm(new URLSearchParams(text));
const catalogue = [['wifi', 'Wifi'], ['pool', 'Pool'], ['piano', 'Piano']].map(([key, label]) => ({ key: key as string, label: label as string, group: 'basics' }));
const facets: Facets = {
  kind: { flat: 12, room: 3 },
  amenities: { wifi: 9, piano: 9, pool: 20 },
  bedrooms: { 1: 15, 2: 4, 3: 0 },
  beds: {},
  bathrooms: { 1: 15, 1.5: 6 },
  price: { buckets: [] },
};

describe('choices with their counts', () => {
  it('off where nothing would be found, unless chosen', () => {
    const kinds = kindChoices(read('kind=house'), facets);
    const seen = Object.fromEntries(kinds.map((one) => [one.value, [one.count, one.chosen, one.disabled]]));
    expect(seen).toEqual({ bed: [0, false, true], room: [3, false, false], flat: [12, false, false], house: [0, true, false] });
  });

  it('on and without a number while counts are not known', () => {
    expect(kindChoices(read(''), undefined).every((one) => one.count === null && !one.disabled)).toBe(true);
  });

  it('keep the order of the catalogue, with what it does not know last', () => {
    const choices = amenityChoices(read('amenities=hot_tub,wifi'), facets, catalogue);
    expect(choices.map((one) => [one.label, one.count, one.chosen])).toEqual([['Wifi', 9, true], ['Pool', 20, false], ['Piano', 9, false], ['Hot tub', 0, true]]);
  });

  it('name the commonest', () => {
    expect(commonest(facets, 2)).toEqual(['pool', 'piano']);
  });

  it('offer steps, and a step beyond them that is chosen', () => {
    const rooms = roomChoices(read('bedrooms=7'), facets, 'bedrooms', 3);
    expect(rooms.map((one) => [one.label, one.count, one.chosen, one.disabled])).toEqual([
      ['Any', null, false, false], ['1+', 15, false, false], ['2+', 4, false, false], ['3+', 0, false, true], ['7+', 0, true, false],
    ]);
    expect(roomChoices(read('bathrooms=1.5'), facets, 'bathrooms', 2).map((one) => one.label)).toEqual(['Any', '1+', '1.5+', '2+']);
    expect(roomChoices(read(''), facets, 'beds', 1)[0]?.chosen).toBe(true);
  });
});

describe('chips', () => {
  const text = 'q=sea&check_in=2026-12-01&check_out=2026-12-04&guests=2&price_max=90&currency=EUR&kind=flat&amenities=wifi,pool&bedrooms=2&bathrooms=1.5&bbox=1,2,3,4&sort=distance';

  it('tell everything that narrows beside words', () => {
    expect(chips(read(text), catalogue).map((chip) => chip.label)).toEqual([
      'In the map’s area', '1 – 4 Dec 2026', '2 guests', 'Up to €90 a night', 'In EUR', 'Flat', '2+ bedrooms', '1.5+ baths', 'Wifi', 'Pool',
    ]);
    expect(chips(read('q=sea&sort=price'), catalogue)).toEqual([]);
    expect(chips(read('polygon=1,2;3,4;5,0'), catalogue)[0]?.label).toBe('In the drawn area');
    expect(chips(read('near=1,2&radius_km=5'), catalogue)[0]?.label).toBe('Within 5 km');
  });

  it('take away just what they name', () => {
    for (const chip of chips(read(text), catalogue)) {
      const left = chips(chip.without, catalogue);
      expect(left.map((one) => one.key), chip.key).toEqual(chips(read(text), catalogue).map((one) => one.key).filter((key) => key !== chip.key));
      expect(chip.without.q).toBe('sea');
    }
  });

  it('leave words, dates, guests and area when filters are cleared', () => {
    expect(writeForm(withoutFilters(read(text))).toString()).toBe('q=sea&check_in=2026-12-01&check_out=2026-12-04&guests=2&bbox=1%2C2%2C3%2C4&sort=distance');
  });
});

describe('words', () => {
  it('for prices', () => {
    expect(priceLabel({ priceMin: '50', priceMax: '1200', currency: 'EUR' })).toBe('€50 – €1,200');
    expect(priceLabel({ priceMin: '50', priceMax: '', currency: '' })).toBe('From 50');
    expect(priceLabel({ priceMin: '', priceMax: '', currency: 'EUR' })).toBe('Any price');
  });

  it('for distances no finer than places are known', () => {
    expect([0, 840, 949, 3_449, 9_960, 120_400].map(distance)).toEqual(['100 m', '800 m', '900 m', '3.4 km', '10 km', '120 km']);
  });
});

it('names the currencies of homes, the commonest first', () => {
  const asks = (currency: string) => ({ price_per_night: { amount: 1, currency } });
  expect(currenciesOf([asks('GBP'), asks('EUR'), { price_per_night: null }, asks('EUR')])).toEqual(['EUR', 'GBP']);
});

it('toggles', () => {
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
});

describe('suggestions', () => {
  it('come in groups that have something', () => {
    const groups = suggestionGroups({ places: [{ city: 'Dublin', country: 'IE', count: 1 }], titles: [], amenities: [{ key: 'pool', label: 'Pool', count: 1200 }] });
    expect(groups).toEqual([
      { label: 'Places', entries: [{ kind: 'place', value: 'Dublin', label: 'Dublin', note: 'Ireland · 1 home' }] },
      { label: 'What homes have', entries: [{ kind: 'amenity', value: 'pool', label: 'Pool', note: '1,200 homes' }] },
    ]);
  });

  it('are gone through by arrows, in a ring with the box', () => {
    expect([stepTo(-1, 1, 3), stepTo(2, 1, 3), stepTo(-1, -1, 3), stepTo(0, -1, 3), stepTo(-1, 1, 0)]).toEqual([0, -1, 2, -1, -1]);
  });
});
