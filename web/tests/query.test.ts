import { describe, expect, it } from 'vitest';
import { ANYWHERE, filterCount, formError, hasArea, readForm, toCriteria, toQuery, withBar, writeForm } from '../src/domain/query';

const read = (text: string) => readForm(new URLSearchParams(text));
const kept = (text: string) => writeForm(read(text)).toString();

describe('the search in the address bar', () => {
  it('reads back what it writes', () => {
    const text =
      'q=sea+view&check_in=2026-12-01&check_out=2026-12-04&guests=2&price_min=50&price_max=200&currency=EUR&kind=room%2Cflat&amenities=wifi%2Cpets_allowed&bedrooms=2&beds=3&bathrooms=1.5&bbox=1%2C2%2C3%2C4&sort=distance';
    expect(kept(text)).toBe(text);
    expect(kept('polygon=1%2C2%3B3%2C4%3B5%2C0')).toBe('polygon=1%2C2%3B3%2C4%3B5%2C0');
    expect(kept('near=53.3%2C-6.2&radius_km=2.5')).toBe('near=53.3%2C-6.2&radius_km=2.5');
    expect(kept('')).toBe('');
  });

  it('drops what makes no sense', () => {
    expect(kept('check_in=2026-12-04&check_out=2026-12-01&guests=-3&price_min=x&bbox=1,2,3&sort=evil')).toBe('');
    expect(kept('kind=castle&amenities=%3Cb%3E,,&bedrooms=-1&beds=1.5&bathrooms=0.3&currency=XXX&polygon=1,2;3,4&near=1&radius_km=5')).toBe('');
    expect(kept('near=1,2&radius_km=-5')).toBe('');
    expect(kept('bbox=,,,')).toBe('');
  });

  it('keeps one area, the most exact', () => {
    const form = read('bbox=1,2,3,4&polygon=1,2;3,4;5,0&near=1,2&radius_km=5');
    expect(form).toMatchObject({ bbox: '', polygon: '1,2;3,4;5,0', near: '', radiusKm: 0 });
    expect(read('bbox=1,2,3,4&near=1,2&radius_km=5')).toMatchObject({ bbox: '', near: '1,2', radiusKm: 5 });
  });

  it('has no order by distance without an area', () => {
    expect(read('sort=distance').sort).toBe('relevance');
    expect(writeForm({ ...read('bbox=1,2,3,4&sort=distance'), ...ANYWHERE }).toString()).toBe('');
  });
});

describe('what the API is asked', () => {
  it('has prices in hundredths, or in minor units of a currency', () => {
    expect(toQuery(read('q=a&price_max=200&guests=1'), 24)).toEqual({ q: 'a', price_max: 20000, limit: 24 });
    expect(toCriteria(read('price_min=5&currency=EUR'))).toEqual({ price_min: 500, currency: 'EUR' });
    expect(toCriteria(read('price_min=9000&currency=JPY'))).toEqual({ price_min: 9000, currency: 'JPY' });
    expect(toCriteria(read('price_max=9&currency=KWD'))).toEqual({ price_max: 9000, currency: 'KWD' });
  });

  it('has every filter, order and page', () => {
    expect(toCriteria(read('kind=flat,room&amenities=wifi,pool&bedrooms=2&bathrooms=1.5&near=1,2&radius_km=3'))).toEqual({
      kind: 'room,flat', amenities: 'wifi,pool', bedrooms: 2, bathrooms: 1.5, near: '1,2', radius_km: 3,
    });
    expect(toQuery(read('sort=price_desc'), 5, 'abc')).toEqual({ sort: 'price_desc', limit: 5, cursor: 'abc' });
  });
});

describe('the bar', () => {
  const form = read('q=Dublin&kind=flat&polygon=1,2;3,4;5,0');

  it('leaves an area behind when it asks for something else', () => {
    const next = withBar(form, { q: 'Lisbon', checkIn: '', checkOut: '', guests: 2 });
    expect(hasArea(next)).toBe(false);
    expect(next).toMatchObject({ q: 'Lisbon', guests: 2, kinds: ['flat'] });
  });

  it('keeps it when only nights or guests change', () => {
    expect(withBar(form, { q: 'Dublin', checkIn: '2026-12-01', checkOut: '2026-12-02', guests: 1 }).polygon).toBe(form.polygon);
  });

  it('names what is wrong', () => {
    expect(formError({ checkIn: '2026-12-01', checkOut: '' })).toMatch(/both dates/);
    expect(formError({ checkIn: '2026-12-02', checkOut: '2026-12-01' })).toMatch(/after/);
    expect(formError({ checkIn: '', checkOut: '' })).toBeNull();
  });
});

it('counts the filters of the panel, not what the bar asks', () => {
  expect(filterCount(read('q=a&check_in=2026-12-01&check_out=2026-12-04&guests=3&bbox=1,2,3,4'))).toBe(0);
  expect(filterCount(read('price_min=1&price_max=9&kind=flat,room&amenities=wifi&beds=2'))).toBe(5);
});
