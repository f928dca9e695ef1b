import { useQuery } from '@tanstack/react-query';
import { watched } from '../api/watched';
import type { SearchForm } from '../domain/query';
import { HomeCard } from './HomeCard';

/** Homes like the one on show; nothing while there are none. */
export function Similar({ id, form }: { id: string; form: SearchForm }) {
  const found = useQuery({ queryKey: ['similar', id], queryFn: ({ signal }) => watched.similar(id, signal), staleTime: 300_000, retry: false });
  const homes = found.data ?? [];
  if (homes.length === 0) return null;
  return (
    <section className="similar" aria-labelledby="similar-title">
      <h2 id="similar-title">Homes like this one</h2>
      <ul className="cards">
        {homes.map((card) => (
          <HomeCard key={card.id} card={card} form={form} onLift={() => undefined} />
        ))}
      </ul>
    </section>
  );
}
