import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Quote, Unit } from '../api/next';
import { Problem } from '../api/problem';
import { prices } from '../api/prices';
import type { Property } from '../api/types';
import type { Stay } from '../domain/nights';

/** A quote is good for 15 minutes; a page that stays open asks anew in time. */
const RENEW_MS = 10 * 60_000;

interface Quoted {
  quote: UseQueryResult<Quote, unknown>;
  promoError: string | undefined;
  /** Why there is no price, if it is not for the promo code. */
  refused: unknown;
}

/** What a stay costs, line by line. A promo code that is refused does not hide the price. */
export function useQuote(property: Property, unit: Unit, stay: Stay, guests: number, promo: string, wanted: boolean): Quoted {
  const isStay = stay.checkIn !== null && stay.checkOut !== null;
  const ask = (code: string, enabled: boolean) => ({
    queryKey: ['quote', property.id, unit.id, stay.checkIn, stay.checkOut, guests, code],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      prices.quote(
        property.id,
        { unit_id: unit.id, check_in: stay.checkIn as string, check_out: stay.checkOut as string, guests, ...(code && { promo_code: code }) },
        signal,
      ),
    enabled: wanted && isStay && enabled,
    staleTime: RENEW_MS / 2,
    refetchInterval: RENEW_MS,
    retry: (failures: number, error: unknown) => failures < 2 && !(error instanceof Problem && error.status < 500),
  });
  const coded = useQuery(ask(promo, promo !== ''));
  const promoError = coded.error instanceof Problem ? coded.error.field('/promo_code') : undefined;
  const plain = useQuery({ ...ask('', promo === '' || promoError !== undefined), ...(isStay && wanted && { placeholderData: keepPreviousData }) });
  const quote = promo !== '' && promoError === undefined ? coded : plain;
  return { quote, promoError, refused: quote.error };
}
