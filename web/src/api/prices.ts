/** What stays cost, and what landlords set about it. */
import { client, data, until } from './app';
import { randomKey } from './action';
import type { NewPriceRule, NewPricing, NewPromoCode, NewQuote, NightPrices, Pricing, PromoCode, Quote } from './next';
import type { List } from './types';

const at = (id: string, rest: string): string => `/properties/${encodeURIComponent(id)}${rest}`;
/** The tag of the property's version, as every change of prices has to name it. */
const tag = (pricing: Pick<Pricing, 'version'>): string => `"${pricing.version}"`;

export const prices = {
  quote: (id: string, body: NewQuote, signal?: AbortSignal) =>
    data(client.ask<Quote>('POST', at(id, '/quote'), { auth: 'some', body, ...until(signal) })),

  pricing: (id: string, signal?: AbortSignal) =>
    data(client.ask<Pricing>('GET', at(id, '/pricing'), { auth: 'some', ...until(signal) })),
  setPricing: (pricing: Pricing, body: NewPricing) =>
    data(client.ask<Pricing>('PUT', at(pricing.property_id, '/pricing'), { body, ifMatch: tag(pricing) })),
  addRule: (pricing: Pricing, body: NewPriceRule, idempotencyKey: string) =>
    data(client.ask<Pricing>('POST', at(pricing.property_id, '/price-rules'), { body, ifMatch: tag(pricing), idempotencyKey })),
  removeRule: (pricing: Pricing, rule: string) =>
    data(client.ask<Pricing>('DELETE', at(pricing.property_id, `/price-rules/${encodeURIComponent(rule)}`), { ifMatch: tag(pricing), idempotencyKey: randomKey() })),
  setNights: (pricing: Pick<Pricing, 'property_id' | 'version'>, body: NightPrices) =>
    data(client.ask<Pricing>('PUT', at(pricing.property_id, '/night-prices'), { body, ifMatch: tag(pricing), idempotencyKey: randomKey() })),

  /** All that can be used: 200 at most, so a few pages. */
  async promoCodes(signal?: AbortSignal): Promise<PromoCode[]> {
    const found: PromoCode[] = [];
    let cursor: string | undefined;
    do {
      const page: List<PromoCode> = await data(client.ask<List<PromoCode>>('GET', '/promo-codes', { query: { status: 'active', limit: 100, cursor }, ...until(signal) }));
      found.push(...page.data);
      cursor = page.page.next ?? undefined;
    } while (cursor);
    return found;
  },
  addPromoCode: (body: NewPromoCode, idempotencyKey: string) =>
    data(client.ask<PromoCode>('POST', '/promo-codes', { body, idempotencyKey })),
  endPromoCode: (id: string) =>
    data(client.ask<PromoCode>('DELETE', `/promo-codes/${encodeURIComponent(id)}`, { idempotencyKey: randomKey() })),
};
