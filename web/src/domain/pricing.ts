import type { NewPriceRule, NewPricing, NewPromoCode, PriceRule, Pricing, Tax, Weekday } from '../api/next';
import type { Money, PriceLine, RefundLine } from '../api/types';
import { addDays, formatRange, isDate } from './dates';
import { formatMoney, moneyInput, parseMoney } from './money';
import { parsePercent, percentInput, percentText } from './percent';
import { plural } from './words';

export const WEEKDAYS: [Weekday, string][] = [
  ['monday', 'Mon'], ['tuesday', 'Tue'], ['wednesday', 'Wed'], ['thursday', 'Thu'], ['friday', 'Fri'], ['saturday', 'Sat'], ['sunday', 'Sun'],
];

export type Errors = Record<string, string>;

/** A tax as typed: a part of the stay, or an amount for each of something. */
export interface TaxText {
  key: string;
  name: string;
  rate: string;
  of: 'percent_nights' | 'percent_stay' | 'night' | 'guest_night';
}

/** What holds for every stay, as typed. Errors are kept by the server's pointers. */
export interface PricingForm {
  weekendNights: Weekday[];
  /** Whether `weekend` is a price or a change in percent. */
  weekendBy: 'price' | 'percent';
  weekend: string;
  included: string;
  extraGuest: string;
  cleaning: string;
  deposit: string;
  weekly: string;
  monthly: string;
  taxes: TaxText[];
}

export function fromPricing(pricing: Pricing): PricingForm {
  const { weekend, extra_guests: extra } = pricing;
  const some = (money: Money | null | undefined): string => (money && money.amount > 0 ? moneyInput(money) : '');
  const part = (bp: number): string => (bp > 0 ? percentInput(bp) : '');
  return {
    weekendNights: weekend?.nights ?? ['friday', 'saturday'],
    weekendBy: weekend?.change_bp == null ? 'price' : 'percent',
    weekend: weekend?.change_bp != null ? percentInput(weekend.change_bp) : some(weekend?.night),
    included: extra ? String(extra.included) : '',
    extraGuest: some(extra?.per_night),
    cleaning: some(pricing.cleaning_fee),
    deposit: some(pricing.deposit),
    weekly: part(pricing.weekly_off_bp),
    monthly: part(pricing.monthly_off_bp),
    taxes: pricing.taxes.map((tax, index) => ({ key: String(index), name: tax.name, ...taxText(tax) })),
  };
}

function taxText(tax: Tax): Pick<TaxText, 'rate' | 'of'> {
  if (tax.percent_bp != null) return { rate: percentInput(tax.percent_bp), of: tax.of === 'stay' ? 'percent_stay' : 'percent_nights' };
  return { rate: tax.amount ? moneyInput(tax.amount) : '', of: tax.per ?? 'night' };
}

export function readPricing(form: PricingForm, currency: string): { body: NewPricing } | { errors: Errors } {
  const errors: Errors = {};
  const amount = (pointer: string, text: string): Money | undefined => {
    if (text.trim() === '') return undefined;
    const money = parseMoney(text, currency);
    if (!money) errors[pointer] = 'An amount, such as 50, or nothing.';
    return money ?? undefined;
  };
  const off = (pointer: string, text: string): number => {
    if (text.trim() === '') return 0;
    const bp = parsePercent(text);
    if (bp === null || bp < 0 || bp > 10_000) errors[pointer] = 'From 0 to 100, or nothing.';
    return bp ?? 0;
  };
  const body: NewPricing = {
    weekly_off_bp: off('/weekly_off_bp', form.weekly),
    monthly_off_bp: off('/monthly_off_bp', form.monthly),
    taxes: form.taxes.map((tax, index) => readTax(tax, index, currency, errors)),
  };
  const cleaning = amount('/cleaning_fee', form.cleaning);
  const deposit = amount('/deposit', form.deposit);
  if (cleaning) body.cleaning_fee = cleaning;
  if (deposit) body.deposit = deposit;
  if (form.weekend.trim() !== '') {
    const rate = readRate(form.weekendBy, form.weekend, currency);
    if (!rate) errors['/weekend/rate'] = rateHint(form.weekendBy);
    if (form.weekendNights.length === 0) errors['/weekend/nights'] = 'Which nights are meant?';
    body.weekend = { nights: form.weekendNights, ...rate };
  }
  const perGuest = amount('/extra_guests/per_night/amount', form.extraGuest);
  if (perGuest && perGuest.amount > 0) {
    const included = Number(form.included);
    if (!(Number.isInteger(included) && included >= 1 && included <= 100)) errors['/extra_guests/included'] = 'A whole number from 1 to 100.';
    body.extra_guests = { included, per_night: perGuest };
  }
  return Object.keys(errors).length > 0 ? { errors } : { body };
}

function readTax(tax: TaxText, index: number, currency: string, errors: Errors): Tax {
  const at = (name: string): string => `/taxes/${index}/${name}`;
  const name = tax.name.trim();
  if (name === '' || name.length > 60) errors[at('name')] = 'From 1 to 60 characters.';
  if (tax.of === 'night' || tax.of === 'guest_night') {
    const amount = parseMoney(tax.rate, currency);
    if (!amount) errors[at('rate')] = 'An amount, such as 2.50.';
    return { name, ...(amount && { amount }), per: tax.of };
  }
  const bp = parsePercent(tax.rate);
  if (bp === null || bp < 0 || bp > 10_000) errors[at('rate')] = 'From 0 to 100.';
  return { name, percent_bp: bp ?? 0, of: tax.of === 'percent_stay' ? 'stay' : 'nights' };
}

type Rate = { night: Money } | { change_bp: number };

function readRate(by: 'price' | 'percent', text: string, currency: string): Rate | null {
  if (by === 'price') {
    const night = parseMoney(text, currency);
    return night && night.amount > 0 ? { night } : null;
  }
  const change_bp = parsePercent(text);
  return change_bp !== null && change_bp >= -10_000 ? { change_bp } : null;
}

const rateHint = (by: 'price' | 'percent'): string => (by === 'price' ? 'An amount, such as 120.' : 'A percentage, such as 20 or -15.');

/** A rule as typed. */
export interface RuleText {
  name: string;
  kind: NewPriceRule['kind'];
  unitId: string;
  priority: string;
  from: string;
  /** The last night of a season, as people say it. */
  last: string;
  by: 'price' | 'percent';
  rate: string;
  days: string;
}

export const EMPTY_RULE: RuleText = { name: '', kind: 'season', unitId: '', priority: '0', from: '', last: '', by: 'price', rate: '', days: '' };

export function readRule(form: RuleText, currency: string): { body: NewPriceRule } | { errors: Errors } {
  const errors: Errors = {};
  const name = form.name.trim();
  if (name === '' || name.length > 60) errors['/name'] = 'From 1 to 60 characters; guests read it.';
  const priority = Number(form.priority);
  if (!(Number.isInteger(priority) && Math.abs(priority) <= 1000)) errors['/priority'] = 'A whole number.';
  const body: NewPriceRule = { name, kind: form.kind, priority, ...(form.unitId && { unit_id: form.unitId }) };
  if (form.kind === 'season') {
    if (!isDate(form.from)) errors['/from'] = 'A day.';
    if (!isDate(form.last) || form.last < form.from) errors['/to'] = 'A day, not before the first.';
    const rate = readRate(form.by, form.rate, currency);
    if (!rate) errors['/rate'] = rateHint(form.by);
    if (Object.keys(errors).length === 0) Object.assign(body, { from: form.from, to: addDays(form.last, 1), ...rate });
  } else {
    const days = form.days.trim() === '' ? NaN : Number(form.days);
    const least = form.kind === 'early_bird' ? 1 : 0;
    if (!(Number.isInteger(days) && days >= least && days <= 730)) errors['/days'] = `A whole number from ${least} to 730.`;
    const off = parsePercent(form.rate);
    if (off === null || off < 1 || off > 10_000) errors['/rate'] = 'A percentage up to 100.';
    Object.assign(body, { days, off_bp: off });
  }
  return Object.keys(errors).length > 0 ? { errors } : { body };
}

/** What a rule does, for its owner. */
export function ruleText(rule: PriceRule): string {
  switch (rule.kind) {
    case 'season': {
      const nights = rule.from && rule.to ? formatRange(rule.from, addDays(rule.to, -1)) : '';
      const rate = rule.night ? `${formatMoney(rule.night)} a night` : `${changeText(rule.change_bp ?? 0)} a night`;
      return `${nights}: ${rate}`;
    }
    case 'last_minute':
      return `${percentText(rule.off_bp ?? 0)} off stays that begin within ${plural(rule.days ?? 0, 'day')}`;
    case 'early_bird':
      return `${percentText(rule.off_bp ?? 0)} off stays booked ${plural(rule.days ?? 0, 'day')} ahead or more`;
  }
}

function changeText(bp: number): string {
  return bp < 0 ? percentText(bp) : `+${percentText(bp)}`;
}

/** A promo code as typed. */
export interface PromoText {
  code: string;
  by: 'percent' | 'amount';
  off: string;
  from: string;
  until: string;
  minNights: string;
  maxUses: string;
  /** Only this home; else all of the landlord's. */
  onlyHere: boolean;
}

export const EMPTY_PROMO: PromoText = { code: '', by: 'percent', off: '', from: '', until: '', minNights: '', maxUses: '', onlyHere: true };

export function readPromo(form: PromoText, propertyId: string, currency: string): { body: NewPromoCode } | { errors: Errors } {
  const errors: Errors = {};
  const code = form.code.trim().toUpperCase();
  if (!/^[A-Z0-9-]{3,20}$/.test(code)) errors['/code'] = 'From 3 to 20 letters, digits and hyphens.';
  const count = (pointer: string, text: string, most: number): number | undefined => {
    if (text.trim() === '') return undefined;
    const value = Number(text);
    if (!(Number.isInteger(value) && value >= 1 && value <= most)) errors[pointer] = `A whole number up to ${most.toLocaleString('en-GB')}, or nothing.`;
    return value;
  };
  const bp = form.by === 'percent' ? parsePercent(form.off) : null;
  const off = form.by === 'amount' ? parseMoney(form.off, currency) : null;
  if (form.by === 'percent' && (bp === null || bp < 1 || bp > 10_000)) errors['/off_bp'] = 'A percentage up to 100.';
  if (form.by === 'amount' && (off === null || off.amount === 0)) errors['/off_bp'] = 'An amount, such as 20.';
  if (form.until !== '' && form.from !== '' && form.until < form.from) errors['/valid_until'] = 'Not before its first day.';
  const minNights = count('/min_nights', form.minNights, 730);
  const maxUses = count('/max_uses', form.maxUses, 10_000);
  if (Object.keys(errors).length > 0) return { errors };
  return {
    body: {
      code,
      ...(bp !== null && { off_bp: bp }),
      ...(off !== null && { off }),
      ...(form.from && { valid_from: form.from }),
      ...(form.until && { valid_until: form.until }),
      ...(form.onlyHere && { property_ids: [propertyId] }),
      ...(minNights !== undefined && { min_nights: minNights }),
      ...(maxUses !== undefined && { max_uses: maxUses }),
    },
  };
}

/** What a line of a price is called. */
export function lineLabel(line: PriceLine): string {
  const named = line.label.trim();
  switch (line.kind) {
    case 'nights': {
      const each = line.quantity > 0 && line.amount.amount % line.quantity === 0 ? { ...line.amount, amount: line.amount.amount / line.quantity } : null;
      const count = each ? `${formatMoney(each)} × ${plural(line.quantity, 'night')}` : plural(line.quantity, 'night');
      return named ? `${named}: ${count}` : count;
    }
    case 'guests':
      return named || `Further guests, ${plural(line.quantity, 'night')} in all`;
    case 'discount':
      return named || 'Discount';
    case 'promo':
      return named ? `Promo code ${named}` : 'Promo code';
    case 'cleaning':
      return named || 'Cleaning';
    case 'tax':
      return named || 'Tax';
    default:
      return named || line.kind;
  }
}

/** What a line of a refund is called. */
export function refundLabel(line: RefundLine): string {
  const named = line.label.trim();
  const names: Record<RefundLine['kind'], string> = { nights: 'Nights', guests: 'Further guests', discount: 'Discount', promo: 'Promo code', cleaning: 'Cleaning', tax: 'Tax' };
  return [names[line.kind] ?? line.kind, named].filter(Boolean).join(': ');
}

/** "€40 more", "€12.50 back", "the same price" */
export function differenceText(difference: Money): string {
  if (difference.amount === 0) return 'the same price';
  const size = { ...difference, amount: Math.abs(difference.amount) };
  return difference.amount > 0 ? `${formatMoney(size)} more` : `${formatMoney(size)} back`;
}
