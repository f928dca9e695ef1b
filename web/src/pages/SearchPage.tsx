import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { search, type Sort } from '../api/search';
import type { Card } from '../api/types';
import { currenciesOf } from '../domain/filters';
import { filterCount, hasArea, readForm, toQuery, writeForm, type SearchForm } from '../domain/query';
import { plural } from '../domain/words';
import { CardSkeleton, HomeCard } from '../parts/HomeCard';
import { SaveSearch } from '../parts/SaveSearch';
import { SearchBar } from '../parts/SearchBar';
import { Chips } from '../parts/search/Chips';
import { FilterPanel } from '../parts/search/FilterPanel';
import { NothingFound } from '../parts/search/NothingFound';
import { SearchMap } from '../parts/search/SearchMap';
import { Failure } from '../parts/States';
import { useMedia, useTitle } from '../parts/hooks';

const PAGE = 24;

const SORTS: Record<Sort, string> = {
  relevance: 'Best match',
  price: 'Lowest price',
  price_desc: 'Highest price',
  distance: 'Nearest',
  newest: 'Newest',
};

export function SearchPage() {
  const [params, setParams] = useSearchParams();
  const form = useMemo(() => readForm(params), [params]);
  const key = writeForm(form).toString();
  const wide = useMedia('(min-width: 62rem)');
  const [mapOpen, setMapOpen] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const [lifted, setLifted] = useState<string | null>(null);
  // The way back leads to before the panel was opened, not through each of its choices.
  const stepped = useRef(false);
  useTitle(form.q ? `Homes for “${form.q}”` : '');

  const found = useInfiniteQuery({
    queryKey: ['search', key],
    queryFn: ({ pageParam, signal }) => search.homes({ ...toQuery(form, PAGE, pageParam), ...(form.q && { highlight: true }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.page.has_more ? page.page.next : undefined),
    placeholderData: keepPreviousData,
  });

  const go = (next: SearchForm, replace = false): void => {
    const address = writeForm(next);
    if (address.toString() !== key) setParams(address, { replace });
  };
  const filter = (next: SearchForm): void => {
    go(next, stepped.current);
    stepped.current = true;
  };
  const openFilters = (): void => {
    stepped.current = false;
    setFiltering(true);
  };
  const reset = (): void => setParams(new URLSearchParams());
  const cards = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data]);
  const currencies = useMemo(() => currenciesOf(cards), [cards]);
  const showMap = wide || mapOpen;
  const toggleMap = (): void => {
    setMapOpen(!mapOpen);
    window.scrollTo(0, 0);
  };

  return (
    <div className={showMap ? 'search search-mapped' : 'search'}>
      <div className="search-head">
        {key === '' && (wide || !mapOpen) ? (
          <h1>Find a home, hold your nights, pay when you’re sure.</h1>
        ) : (
          <h1 className="hidden">{form.q ? `Homes for “${form.q}”` : 'Homes'}</h1>
        )}
        <SearchBar form={form} folded={!wide && mapOpen} onSearch={go} />
      </div>
      <section className="results" aria-label="Homes" hidden={!wide && mapOpen}>
        <ResultsHead form={form} found={found} onSort={(sort) => go({ ...form, sort })}>
          <button type="button" className="button tool" aria-haspopup="dialog" onClick={openFilters}>
            Filters
            {filterCount(form) > 0 && <span className="tool-count">{filterCount(form)}<span className="hidden"> chosen</span></span>}
          </button>
          <SaveSearch form={form} />
        </ResultsHead>
        <Chips form={form} onChange={go} />
        <Results found={found} cards={cards} form={form} onLift={setLifted} onChange={go} onReset={reset} />
      </section>
      {showMap && (
        <section className="search-map" aria-label="Map">
          <SearchMap cards={cards} form={form} lifted={lifted} onArea={(area, quietly) => go({ ...form, ...area }, quietly)} />
        </section>
      )}
      {!wide && (
        <button type="button" className="button map-toggle" aria-pressed={mapOpen} onClick={toggleMap}>
          {mapOpen ? 'Show list' : 'Show map'}
        </button>
      )}
      {filtering && <FilterPanel form={form} currencies={currencies} onChange={filter} onClose={() => setFiltering(false)} />}
    </div>
  );
}

type Found = ReturnType<typeof useInfiniteQuery<Awaited<ReturnType<typeof search.homes>>>>;

/** How many there are, in what order, and the tools for the search (`children`). */
function ResultsHead({ form, found, onSort, children }: {
  form: SearchForm;
  found: Pick<Found, 'data' | 'isPlaceholderData' | 'isError'>;
  onSort: (sort: Sort) => void;
  children: ReactNode;
}) {
  const first = found.data?.pages[0];
  const sorts = (Object.keys(SORTS) as Sort[]).filter((sort) => sort !== 'distance' || hasArea(form));
  return (
    <>
      <div className="results-head">
        <p role="status" className={found.isPlaceholderData ? 'results-count is-old' : 'results-count'}>
          {first ? (
            <>
              <strong>{plural(first.total, 'home')}</strong>
              <span className="fine tabular"> in {first.took_ms < 1 ? '<1' : Math.round(first.took_ms)} ms</span>
            </>
          ) : (
            !found.isError && <span className="skeleton skeleton-line" />
          )}
        </p>
        <div className="results-tools">
          {children}
          <label className="sort">
            <span>Sort by</span>
            <select value={form.sort} onChange={(event) => onSort(event.target.value as Sort)}>
              {sorts.map((sort) => (
                <option key={sort} value={sort}>{SORTS[sort]}</option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {first?.did_you_mean && !found.isPlaceholderData && (
        <p className="meant">
          Did you mean{' '}
          <Link to={{ search: `?${writeForm({ ...form, q: first.did_you_mean })}` }}>{first.did_you_mean}</Link>?
        </p>
      )}
      {first?.timed_out && <p className="fine meant">The search was cut short: there may be more homes.</p>}
    </>
  );
}

function Results({ found, cards, form, onLift, onChange, onReset }: {
  found: Pick<Found, 'isPending' | 'isError' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'isPlaceholderData' | 'data' | 'isFetchNextPageError'> & { fetchNextPage: () => unknown };
  cards: Card[];
  form: SearchForm;
  onLift: (id: string | null) => void;
  onChange: (form: SearchForm) => void;
  onReset: () => void;
}) {
  if (found.isPending) {
    return (
      <div className="cards" aria-hidden="true">
        {Array.from({ length: 6 }, (_, index) => (
          <CardSkeleton key={index} />
        ))}
      </div>
    );
  }
  if (found.isError && cards.length === 0) {
    return <Failure error={found.error} retry={() => void found.refetch()} />;
  }
  if (cards.length === 0) return <NothingFound form={form} onChange={onChange} onReset={onReset} />;
  const total = found.data?.pages[0]?.total ?? cards.length;
  return (
    <>
      <ul className={found.isPlaceholderData ? 'cards is-old' : 'cards'}>
        {cards.map((card) => (
          <HomeCard key={card.id} card={card} form={form} onLift={onLift} />
        ))}
      </ul>
      <div className="more">
        <p className="fine">
          Showing {cards.length.toLocaleString('en-GB')} of {total.toLocaleString('en-GB')}
        </p>
        {found.hasNextPage && (
          <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {found.isFetchingNextPage ? 'Loading…' : 'Show more homes'}
          </button>
        )}
        {found.isFetchNextPageError && <p role="alert">The next homes could not be loaded. Try again.</p>}
      </div>
    </>
  );
}
