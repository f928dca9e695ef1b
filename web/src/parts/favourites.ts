import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { Problem } from '../api/problem';
import { watched } from '../api/watched';
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
  const change = useMutation({
    mutationFn: async (keep: boolean) => {
      if (keep) await watched.keep(id, dates);
      else await watched.drop(id);
    },
    onSettled: async () => {
      // A list that is on its way may be one from before.
      await queries.cancelQueries({ queryKey: KEY });
      await queries.invalidateQueries({ queryKey: KEY });
    },
  });
  // What was clicked is shown at once, also before the list has come; then the list counts again.
  const kept = change.isPending ? change.variables : (found.data?.some((one) => one.property_id === id) ?? false);
  const signIn = (): void => {
    void navigate(`/signin?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  };
  const toggle = (): void => {
    // Until it is known who is there the request waits for that, and is refused if it is nobody.
    if (phase === 'out') signIn();
    else change.mutate(!kept, { onError: (error) => error instanceof Problem && error.status === 401 && signIn() });
  };
  return { kept, toggle, pending: change.isPending, error: change.error };
}
