import { useQueries } from '@tanstack/react-query';
import { search } from '../../api/search';
import { chips } from '../../domain/filters';
import { toQuery, type SearchForm } from '../../domain/query';
import { plural } from '../../domain/words';
import { useAmenities } from '../hooks';
import { Empty } from '../States';

/** So many ways out are tried. */
const TRIED = 6;

/** No home matches: what could be dropped, and how many homes there would be then. */
export function NothingFound({ form, onChange, onReset }: {
  form: SearchForm;
  onChange: (form: SearchForm) => void;
  onReset: () => void;
}) {
  const catalogue = useAmenities();
  const words = form.q ? [{ key: 'q', label: `“${form.q}”`, without: { ...form, q: '' } }] : [];
  const ways = [...words, ...chips(form, catalogue.data ?? [])].slice(0, TRIED);
  const tried = useQueries({
    queries: ways.map(({ without }) => {
      const query = { ...toQuery({ ...without, sort: 'relevance' }, 1) };
      return { queryKey: ['search-without', query], queryFn: ({ signal }: { signal: AbortSignal }) => search.homes(query, signal), retry: false };
    }),
  });
  const settled = tried.every((one) => !one.isPending);
  const better = ways.map((way, index) => ({ ...way, total: tried[index]?.data?.total ?? 0 })).filter((way) => way.total > 0);
  better.sort((a, b) => b.total - a.total);
  return (
    <Empty title="No homes match this search">
      {!settled && <p className="ways-wait">Looking for what stands in the way…</p>}
      {settled && better.length > 0 && (
        <>
          <p>Leave one thing out:</p>
          <ul className="ways">
            {better.map((way) => (
              <li key={way.key}>
                <button type="button" className="way" onClick={() => onChange(way.without)}>
                  <span>Without <strong>{way.label}</strong></span>
                  <span className="tabular">{plural(way.total, 'home')}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {settled && better.length === 0 && <p>Try fewer words, other dates, or a wider price range.</p>}
      <button type="button" className="button" onClick={onReset}>
        Show all homes
      </button>
    </Empty>
  );
}
