import { describe, expect, it } from 'vitest';
import { formError, readForm, toQuery, writeForm } from '../src/domain/query';

const read = (text: string) => readForm(new URLSearchParams(text));

describe('the search in the address bar', () => {
  it('reads back what it writes', () => {
    const text = 'q=sea+view&check_in=2026-12-01&check_out=2026-12-04&guests=2&price_min=50&price_max=200&bbox=1%2C2%2C3%2C4&sort=price';
    expect(writeForm(read(text)).toString()).toBe(text);
    expect(writeForm(read('')).toString()).toBe('');
  });

  it('drops what makes no sense', () => {
    const form = read('check_in=2026-12-04&check_out=2026-12-01&guests=-3&price_min=x&bbox=1,2,3&sort=evil');
    expect(writeForm(form).toString()).toBe('');
  });

  it('asks the API in minor units', () => {
    expect(toQuery(read('q=a&price_max=200&guests=1'), 24)).toEqual({ q: 'a', price_max: 20000, limit: 24 });
  });

  it('names what is wrong', () => {
    expect(formError({ ...read(''), checkIn: '2026-12-01' })).toMatch(/both dates/);
    expect(formError({ ...read(''), priceMin: '9', priceMax: '5' })).toMatch(/lowest/);
    expect(formError(read(''))).toBeNull();
  });
});
