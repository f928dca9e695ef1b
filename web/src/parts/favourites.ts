import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { watched, type Favourite } from '../api/watched';
import { useSession } from './hooks';

const KEY = ['favourites'];

/** Everything that is kept; nothing while nobody is signed in. */
export function useFavourites() {
  const { phase } = useSession();
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => watched.favourites(signal),
    enabled: phase === 'in',
    staleTime: 60_000,
  });
}

/** Whether a home is kept, and the switch. Who is not signed in is sent to do so and comes back. */
export function useKept(id: string, dates: { check_in?: string; check_out?: string }) {
  const { phase } = useSession();
  const found = useFavourites();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const kept = found.data?.some((one) => one.property_id === id) ?? false;
  const change = useMutation({
    mutationFn: async (keep: boolean) => {
      if (keep) await watched.keep(id, dates);
      else await watched.drop(id);
    },
    // What was clicked is shown at once; what the server says counts.
    onMutate: (keep) => {
      const before = queries.getQueryData<Favourite[]>(KEY);
      const others = (before ?? []).filter((one) => one.property_id !== id);
      const own: Favourite = { property_id: id, title: '', created_at: new Date(0).toISOString() };
      queries.setQueryData(KEY, keep ? [own, ...others] : others);
      return before;
    },
    onError: (_, __, before) => queries.setQueryData(KEY, before),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const toggle = (): void => {
    if (phase === 'in') change.mutate(!kept);
    else void navigate(`/signin?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  };
  return { kept, toggle, pending: change.isPending, error: change.error };
}
