import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api';
import { Problem } from '../api/problem';
import type { LocalDate, NewBooking, Property } from '../api/types';
import { useActionKeys } from './hooks';

/** A stay that can be had. */
export interface Offered {
  checkIn: LocalDate;
  checkOut: LocalDate;
  unitId: string;
}

/** A stay that somebody else has now, and what the server said of it. */
export interface Lost {
  problem: Problem;
  stay: Offered;
}

/** A stay to hold: at the price of a quote, or of the moment with a promo code. */
export interface Wanted extends Offered {
  quote?: string | undefined;
  promo?: string;
}

/** Holding nights, and what came of it. A hold that was made leads to its page. */
export function useHold(property: Property, guests: number) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const keys = useActionKeys();
  const [lost, setLost] = useState<Lost | null>(null);
  const hold = useMutation({
    mutationFn: (wanted: Wanted) => {
      const body = bodyOf(property.id, guests, wanted);
      return api.hold(body, keys.keyFor(body));
    },
    onSuccess: (booking) => {
      keys.settled();
      queries.setQueryData(['booking', booking.id], booking);
      void queries.invalidateQueries({ queryKey: ['bookings'] });
      void queries.invalidateQueries({ queryKey: ['calendar', property.id] });
      void navigate(`/bookings/${booking.id}`);
    },
    onError: (error, wanted) => {
      const taken = error instanceof Problem && error.code === 'nights-taken';
      setLost(taken ? { problem: error, stay: wanted } : null);
      // A refusal is an outcome; no answer is none, and the next try keeps its key.
      if (!(error instanceof Problem) || error.status >= 500) return;
      keys.settled();
      if (taken) void queries.invalidateQueries({ queryKey: ['calendar', property.id] });
      if (error.code === 'quote-expired' || error.code === 'promo-refused') void queries.invalidateQueries({ queryKey: ['quote', property.id] });
    },
  });
  return {
    ask: (wanted: Wanted): void => hold.mutate(wanted),
    reset: (): void => {
      setLost(null);
      hold.reset();
    },
    pending: hold.isPending,
    error: hold.error,
    /** What is wrong with the promo code, if it was that. */
    promoError: hold.error instanceof Problem ? hold.error.field('/promo_code') : undefined,
    /** The nights that are gone, until another stay is held in their place. */
    lost,
  };
}

function bodyOf(propertyId: string, guests: number, { checkIn, checkOut, unitId, quote, promo }: Wanted): NewBooking {
  return {
    property_id: propertyId,
    unit_id: unitId,
    check_in: checkIn,
    check_out: checkOut,
    guests,
    ...(quote && { quote }),
    ...(!quote && promo && { promo_code: promo }),
  };
}
