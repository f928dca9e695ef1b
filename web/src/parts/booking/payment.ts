import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api';
import { Problem } from '../../api/problem';
import type { Booking } from '../../api/types';
import { useActionKeys } from '../hooks';

/** Leads to a payment page; false when there is none that a browser may go to. */
export function toPaymentPage(url: string | null | undefined): boolean {
  if (!url || !/^https?:$/.test(new URL(url, location.href).protocol)) return false;
  location.assign(url);
  return true;
}

/** The way to a booking's payment page: where it is paid, or its price reserved. */
export function usePaymentPage(booking: Booking) {
  const queries = useQueryClient();
  const keys = useActionKeys();
  const [noPage, setNoPage] = useState(false);
  const pay = useMutation({
    mutationFn: async () => {
      setNoPage(false);
      const open = booking.payment?.checkout_url;
      if (open) return open;
      const checkout = await api.checkout(booking.id, keys.keyFor([booking.id, booking.status]));
      return checkout.checkout_url ?? checkout.payment?.checkout_url ?? null;
    },
    onSuccess: (url) => setNoPage(!toPaymentPage(url)),
    onError: (error) => {
      if (!(error instanceof Problem) || error.status >= 500) return;
      keys.settled();
      // The booking has moved on meanwhile: show where it is.
      if (error.code === 'invalid-transition') void queries.invalidateQueries({ queryKey: ['booking', booking.id] });
    },
  });
  return { go: () => pay.mutate(), opening: (pay.isPending || pay.isSuccess) && !noPage, noPage, error: pay.error };
}
