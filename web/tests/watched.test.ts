import { describe, expect, it } from 'vitest';
import { notice } from '../src/domain/notices';
import { readForm, toQuery } from '../src/domain/query';
import { criteriaOf, criteriaText, nameOf, narrows, priceChange, searchPath } from '../src/domain/watched';

const params = new URLSearchParams('q=sea view&guests=2&price_max=120&bbox=-7,53,-6,54&check_in=2026-06-05&check_out=2026-06-08&sort=price');

describe('what a search looks for', () => {
  const criteria = criteriaOf({ ...toQuery(readForm(params), 24, 'abc') });

  it('is what was asked, without order and pages', () => {
    expect(criteria).toEqual({
      q: 'sea view', guests: 2, price_max: 12_000, bbox: [-7, 53, -6, 54], check_in: '2026-06-05', check_out: '2026-06-08',
    });
    expect(narrows(criteria)).toBe(true);
    expect(narrows(criteriaOf({ ...toQuery(readForm(new URLSearchParams('sort=newest')), 24) }))).toBe(false);
  });

  it('leads back to the same search', () => {
    const back = new URLSearchParams(searchPath(criteria).slice(2));
    expect({ ...readForm(back), sort: 'price' }).toEqual(readForm(params));
    expect(searchPath({})).toBe('/');
  });

  it('is all that the page can ask for', () => {
    const whole = new URLSearchParams('q=loft&currency=EUR&price_min=50&kind=flat,room&amenities=wifi,pool&bedrooms=2&bathrooms=1.5&near=53.3,-6.2&radius_km=5');
    const asked = criteriaOf({ ...toQuery(readForm(whole), 24) });
    expect(asked).toEqual({
      q: 'loft', currency: 'EUR', price_min: 5_000, kinds: ['room', 'flat'], amenities: ['wifi', 'pool'], bedrooms: 2, bathrooms: 1.5,
      near: { lat: 53.3, lon: -6.2, radius_km: 5 },
    });
    expect(readForm(new URLSearchParams(searchPath(asked).slice(2)))).toEqual(readForm(whole));
    const drawn = new URLSearchParams('polygon=-6.3,53.3;-6.2,53.3;-6.2,53.4');
    const area = criteriaOf({ ...toQuery(readForm(drawn), 24) });
    expect(area).toEqual({ polygon: [[-6.3, 53.3], [-6.2, 53.3], [-6.2, 53.4]] });
    expect(readForm(new URLSearchParams(searchPath(area).slice(2)))).toEqual(readForm(drawn));
  });

  it('is said in words, and gives a name that fits', () => {
    expect(criteriaText(criteria)).toContain('up to 120 a night');
    expect(criteriaText({ kinds: ['flat', 'room'], price_min: 5_000, price_max: 9_000, currency: 'EUR' })).toBe('Flat or Room · €50 to €90 a night');
    expect(criteriaText({ near: { lat: 53, lon: -6, radius_km: 5 }, amenities: ['wifi'] })).toBe('within 5 km of a point · 1 amenity');
    expect(nameOf(criteria)).toBe('sea view');
    expect(nameOf({ guests: 2 })).toBe('2 guests');
    expect(nameOf({ q: 'x'.repeat(200) })).toHaveLength(80);
  });
});

it('a price is compared only with one of its currency', () => {
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  expect(priceChange({ price_then: eur(10_000), price_now: eur(9_000) })).toBe(-10);
  expect(priceChange({ price_then: eur(10_000), price_now: eur(11_000) })).toBe(10);
  expect(priceChange({ price_then: eur(10_000), price_now: eur(10_001) })).toBeNull();
  expect(priceChange({ price_then: eur(10_000), price_now: { amount: 1, currency: 'USD' } })).toBeNull();
  expect(priceChange({ price_then: null, price_now: eur(1) })).toBeNull();
});

it('news of saved searches and favourites say what and where', () => {
  const told = (kind: string, data: Record<string, unknown>) => notice({ kind, property_title: 'Canal side flat', data: { property_id: 'prp_1', ...data } });
  const matched = told('search.matched', { name: 'By the sea', search_id: 'sav_1' });
  expect(matched).toEqual({ title: 'New for “By the sea”', text: 'Canal side flat', link: '/listings/prp_1' });
  const digest = told('search.digested', { name: 'By the sea', search_id: 'sav_1', count: 3 });
  expect(digest.title).toBe('3 new homes for “By the sea”');
  expect(digest.link).toBe('/saved?search=sav_1');
  const drop = told('favourite.price_dropped', { old: { amount: 15_000, currency: 'EUR' }, new: { amount: 12_000, currency: 'EUR' } });
  expect(drop.text).toBe('Canal side flat: €120 instead of €150');
  const freed = told('favourite.nights_freed', { check_in: '2026-06-05', check_out: '2026-06-08' });
  expect(freed.link).toBe('/listings/prp_1?check_in=2026-06-05&check_out=2026-06-08');
});
