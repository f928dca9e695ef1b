import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Problem } from '../../api/problem';
import type { Booking, Move } from '../../api/types';
import { useActionKeys } from '../hooks';

/** Whether the viewer can do this now, by what the server says. */
export function may(booking: Booking, move: Move): boolean {
  return booking.allowed?.includes(move) ?? false;
}

/** One kind of step with a booking: asked under a key of its own, and what came of it shown
 *  everywhere. */
export function useStep<T>(booking: Booking, work: (what: T, key: string) => Promise<Booking>, onDone?: () => void) {
  const queries = useQueryClient();
  const keys = useActionKeys();
  return useMutation({
    mutationFn: (what: T) => work(what, keys.keyFor([booking.id, booking.version, what ?? null])),
    onSuccess: (next) => {
      keys.settled();
      queries.setQueryData(['booking', booking.id], next);
      void queries.invalidateQueries({ queryKey: ['booking', booking.id] });
      void queries.invalidateQueries({ queryKey: ['bookings'] });
      void queries.invalidateQueries({ queryKey: ['calendar', booking.property_id] });
      void queries.invalidateQueries({ queryKey: ['hosting-calendar'] });
      onDone?.();
    },
    onError: (error) => {
      if (!(error instanceof Problem) || error.status >= 500) return;
      keys.settled();
      // The booking has moved on meanwhile: show where it is.
      if (error.code === 'invalid-transition') void queries.invalidateQueries({ queryKey: ['booking', booking.id] });
    },
  });
}
