import type { Money } from '../api/types';

/** Decimals of the minor unit where they are not 2 (ISO 4217, as the server has them). */
const EXPONENTS: Record<string, number> = { JPY: 0, KRW: 0, KWD: 3 };

/** What a landlord can ask in; the list of the server. */
export const CURRENCIES = [
  'EUR', 'GBP', 'USD', 'CHF', 'AED', 'AUD', 'BRL', 'CAD', 'CZK', 'DKK', 'HKD', 'HUF', 'INR',
  'JPY', 'KRW', 'KWD', 'MXN', 'NOK', 'NZD', 'PLN', 'SEK', 'SGD', 'THB', 'TRY', 'ZAR',
] as const;

export function exponent(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(currency: string, decimals: number): Intl.NumberFormat {
  const id = `${currency}:${decimals}`;
  let found = formats.get(id);
  if (!found) {
    found = new Intl.NumberFormat('en-GB', {
      style: 'currency',
      currency,
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(id, found);
  }
  return found;
}

/** "€120", "€120.50": no decimals where there are none to tell. */
export function formatMoney(money: Money): string {
  const decimals = exponent(money.currency);
  const unit = 10 ** decimals;
  const whole = money.amount % unit === 0;
  // A string keeps every digit; a division would not for large amounts.
  const text = decimalText(money.amount, decimals);
  return format(money.currency, whole ? 0 : decimals).format(text as Intl.StringNumericLiteral);
}

/** "€120.00": always with decimals, for lines that are added up. */
export function formatExact(money: Money): string {
  const decimals = exponent(money.currency);
  const text = decimalText(money.amount, decimals);
  return format(money.currency, decimals).format(text as Intl.StringNumericLiteral);
}

/** "120": rounded, without its currency, where there is no room for more. */
export function formatShort(money: Money): string {
  const whole = Math.round(money.amount / 10 ** exponent(money.currency));
  return whole < 10_000 ? String(whole) : `${(whole / 1000).toFixed(whole < 100_000 ? 1 : 0).replace(/\.0$/, '')}k`;
}

/** "120" or "120.50", for an input. */
export function moneyInput(money: Money): string {
  return decimalText(money.amount, exponent(money.currency)).replace(/\.0+$/, '');
}

/** What a person typed, in minor units; null when it is no such amount. */
export function parseMoney(text: string, currency: string): Money | null {
  const decimals = exponent(currency);
  const cleaned = text.trim().replace(/[\s_]/g, '').replace(/,(?=\d{3}(\D|$))/g, '').replace(',', '.');
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(cleaned);
  if (!match) return null;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) return null;
  const amount = Number(match[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, '0') || '0');
  return Number.isSafeInteger(amount) ? { amount, currency } : null;
}

/** The sum; null for none, or over two currencies. */
export function sum(parts: Money[]): Money | null {
  const first = parts[0];
  if (!first) return null;
  let amount = 0;
  for (const part of parts) {
    if (part.currency !== first.currency) return null;
    amount += part.amount;
  }
  return { amount, currency: first.currency };
}

function decimalText(amount: number, decimals: number): string {
  const sign = amount < 0 ? '-' : '';
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0');
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
