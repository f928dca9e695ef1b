import { describe, expect, it } from 'vitest';
import { formatExact, formatMoney, formatShort, moneyInput, parseMoney, sum } from '../src/domain/money';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('money', () => {
  it('shows decimals only where there are some', () => {
    expect(formatMoney(eur(12000))).toBe('€120');
    expect(formatMoney(eur(12050))).toBe('€120.50');
    expect(formatMoney(eur(5))).toBe('€0.05');
    expect(formatMoney(eur(123456700))).toBe('€1,234,567');
    expect(formatExact(eur(12000))).toBe('€120.00');
  });

  it('knows currencies without two decimals', () => {
    expect(formatMoney({ amount: 9800, currency: 'JPY' })).toBe('JP¥9,800');
    expect(formatExact({ amount: 1250, currency: 'KWD' }).replace(/\s/g, ' ')).toBe('KWD 1.250');
  });

  it('has a short form for small places', () => {
    expect([58910, 999900, 1234500, 25000000].map((amount) => formatShort(eur(amount)))).toEqual(['589', '9999', '12.3k', '250k']);
    expect(formatShort({ amount: 9800, currency: 'JPY' })).toBe('9800');
  });

  it('keeps every digit of large amounts', () => {
    expect(formatExact(eur(9007199254740991))).toBe('€90,071,992,547,409.91');
  });

  it('reads what people type, and nothing else', () => {
    expect(parseMoney('120', 'EUR')).toEqual(eur(12000));
    expect(parseMoney(' 120.5 ', 'EUR')).toEqual(eur(12050));
    expect(parseMoney('120,50', 'EUR')).toEqual(eur(12050));
    expect(parseMoney('1,200', 'EUR')).toEqual(eur(120000));
    expect(parseMoney('1,200.10', 'EUR')).toEqual(eur(120010));
    expect(parseMoney('9800', 'JPY')).toEqual({ amount: 9800, currency: 'JPY' });
    for (const wrong of ['', 'abc', '-5', '1.234', '1e5', '12.3.4']) {
      expect(parseMoney(wrong, 'EUR'), wrong).toBeNull();
    }
    expect(parseMoney('10.5', 'JPY')).toBeNull();
    expect(parseMoney('19.99', 'EUR')).toEqual(eur(1999));
  });

  it('gives an input the text that it reads back', () => {
    for (const amount of [0, 5, 100, 12050, 999999]) {
      expect(parseMoney(moneyInput(eur(amount)), 'EUR')).toEqual(eur(amount));
    }
  });

  it('adds up one currency only', () => {
    expect(sum([eur(1), eur(2)])).toEqual(eur(3));
    expect(sum([])).toBeNull();
    expect(sum([eur(1), { amount: 1, currency: 'USD' }])).toBeNull();
  });
});
