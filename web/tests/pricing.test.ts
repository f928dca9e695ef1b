import { describe, expect, it } from 'vitest';
import type { Pricing } from '../src/api/next';
import { parsePercent, percentText } from '../src/domain/percent';
import { EMPTY_PROMO, EMPTY_RULE, fromPricing, lineLabel, readPricing, readPromo, readRule, ruleText } from '../src/domain/pricing';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const PRICING: Pricing = {
  property_id: 'prp_1', currency: 'EUR', version: 3,
  units: [{ unit_id: 'unt_1', name: 'Whole place', price_per_night: eur(9500) }],
  weekend: { nights: ['friday', 'saturday'], night: eur(12000) },
  extra_guests: { included: 2, per_night: eur(1500) },
  cleaning_fee: eur(4000), deposit: eur(20000), weekly_off_bp: 1000, monthly_off_bp: 2550,
  taxes: [{ name: 'City tax', amount: eur(250), per: 'guest_night' }, { name: 'VAT', percent_bp: 1350, of: 'stay' }],
  rules: [], nights: [],
};

describe('percentages', () => {
  it('are read in hundredths, with either point and sign', () => {
    expect(parsePercent('12.5')).toBe(1250);
    expect(parsePercent('12,5 %')).toBe(1250);
    expect(parsePercent('-15')).toBe(-1500);
    expect(parsePercent('+7.25')).toBe(725);
    expect(parsePercent('1.234')).toBeNull();
    expect(parsePercent('')).toBeNull();
    expect(parsePercent('5000')).toBeNull();
    expect(percentText(-1250)).toBe('−12.5 %');
  });
});

describe('the prices form', () => {
  it('says what it was told', () => {
    const read = readPricing(fromPricing(PRICING), 'EUR');
    const { property_id: _p, currency: _c, version: _v, units: _u, rules: _r, nights: _n, ...rates } = PRICING;
    expect(read).toEqual({ body: rates });
  });

  it('leaves out what is empty', () => {
    const form = { ...fromPricing(PRICING), weekend: '', extraGuest: '', cleaning: '', deposit: '', weekly: '', monthly: '', taxes: [] };
    expect(readPricing(form, 'EUR')).toEqual({ body: { weekly_off_bp: 0, monthly_off_bp: 0, taxes: [] } });
  });

  it('names what is wrong', () => {
    const form = { ...fromPricing(PRICING), weekendNights: [], weekend: 'x', weekly: '101', taxes: [{ key: 'a', name: '', rate: '', of: 'night' as const }] };
    const read = readPricing(form, 'EUR');
    expect(Object.keys('errors' in read ? read.errors : {}).sort()).toEqual(['/taxes/0/name', '/taxes/0/rate', '/weekend/nights', '/weekend/rate', '/weekly_off_bp']);
  });
});

describe('rules about prices', () => {
  it('count the last night of a season in', () => {
    const read = readRule({ ...EMPTY_RULE, name: 'Summer', from: '2027-07-01', last: '2027-08-31', by: 'percent', rate: '20' }, 'EUR');
    expect(read).toEqual({ body: { name: 'Summer', kind: 'season', priority: 0, from: '2027-07-01', to: '2027-09-01', change_bp: 2000 } });
  });

  it('have days and a percentage when they are about the time of booking', () => {
    const read = readRule({ ...EMPTY_RULE, kind: 'last_minute', name: 'Soon', days: '3', rate: '15', priority: '5' }, 'EUR');
    expect(read).toEqual({ body: { name: 'Soon', kind: 'last_minute', priority: 5, days: 3, off_bp: 1500 } });
    expect('errors' in readRule({ ...EMPTY_RULE, kind: 'early_bird', name: 'Early', days: '0', rate: '0' }, 'EUR')).toBe(true);
  });

  it('are told in words', () => {
    expect(ruleText({ id: 'r', name: 'Summer', kind: 'season', priority: 0, from: '2027-07-01', to: '2027-09-01', night: eur(15000) })).toBe('1 Jul – 31 Aug 2027: €150 a night');
    expect(ruleText({ id: 'r', name: 'Soon', kind: 'last_minute', priority: 0, days: 1, off_bp: 1500 })).toBe('15 % off stays that begin within 1 day');
  });
});

describe('promo codes', () => {
  it('are capitals, for one home unless it is said otherwise', () => {
    expect(readPromo({ ...EMPTY_PROMO, code: 'spring-27', off: '10', maxUses: '5' }, 'prp_1', 'EUR')).toEqual({ body: { code: 'SPRING-27', off_bp: 1000, property_ids: ['prp_1'], max_uses: 5 } });
    expect(readPromo({ ...EMPTY_PROMO, code: 'FLAT', by: 'amount', off: '20', onlyHere: false }, 'prp_1', 'EUR')).toEqual({ body: { code: 'FLAT', off: eur(2000) } });
    expect('errors' in readPromo({ ...EMPTY_PROMO, code: 'no spaces', off: '10' }, 'prp_1', 'EUR')).toBe(true);
  });
});

describe('lines of a price', () => {
  it('say how many nights at what price', () => {
    expect(lineLabel({ kind: 'nights', label: '', quantity: 3, amount: eur(28650) })).toBe('€95.50 × 3 nights');
    expect(lineLabel({ kind: 'nights', label: 'Weekend', quantity: 2, amount: eur(24000) })).toBe('Weekend: €120 × 2 nights');
    expect(lineLabel({ kind: 'nights', label: 'Season', quantity: 3, amount: eur(10000) })).toBe('Season: 3 nights');
    expect(lineLabel({ kind: 'promo', label: 'TEN', quantity: 1, amount: eur(-1000) })).toBe('Promo code TEN');
  });
});
