import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api } from '../api';
import type { Card, Sort } from '../api/types';
import { formatMoney } from '../domain/money';
import { readForm, toQuery, writeForm, type SearchForm } from '../domain/query';
import { plural, priceText } from '../domain/words';
import type { Point } from '../map/groups';
import { Cover } from '../parts/Cover';
import { CardSkeleton, HomeCard, homePath } from '../parts/HomeCard';
import { SaveSearch } from '../parts/SaveSearch';
import { SearchBar } from '../parts/SearchBar';
import { Empty, Failure } from '../parts/States';
import { useMedia, useTitle } from '../parts/hooks';

// The map is a third of all script: it comes when it is on show.
const MapView = lazy(() => import('../map/MapView'));

const PAGE = 24;

export function SearchPage() {
  const [params, setParams] = useSearchParams();
  const form = useMemo(() => readForm(params), [params]);
  const key = writeForm(form).toString();
  const wide = useMedia('(min-width: 62rem)');
  const [mapOpen, setMapOpen] = useState(false);
  const [lifted, setLifted] = useState<string | null>(null);
  useTitle(form.q ? `Homes for “${form.q}”` : '');

  const found = useInfiniteQuery({
    queryKey: ['search', key],
    queryFn: ({ pageParam, signal }) => api.search(toQuery(form, PAGE, pageParam), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.page.has_more ? page.page.next : undefined),
    placeholderData: keepPreviousData,
  });

  const go = (next: SearchForm): void => setParams(writeForm(next));
  const cards = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data]);
  const showMap = wide || mapOpen;
  const toggleMap = (): void => {
    setMapOpen(!mapOpen);
    window.scrollTo(0, 0);
  };

  return (
    <div className={showMap ? 'search search-mapped' : 'search'}>
      <div className="search-head">
        {key === '' && (wide || !mapOpen) && <h1>Find a home, hold your nights, pay when you’re sure.</h1>}
        <SearchBar key={key} form={form} folded={!wide && mapOpen} onSearch={go} />
      </div>
      <section className="results" aria-label="Homes" hidden={!wide && mapOpen}>
        <ResultsHead form={form} found={found} onSort={(sort) => go({ ...form, sort })} onClearBox={() => go({ ...form, bbox: '' })} />
        <SaveSearch form={form} />
        <Results found={found} cards={cards} form={form} onLift={setLifted} onReset={() => setParams(new URLSearchParams())} />
      </section>
      {showMap && (
        <section className="search-map" aria-label="Map">
          <SearchMap cards={cards} fitKey={found.isPlaceholderData ? '' : `${key}:${found.isSuccess}`} form={form} lifted={lifted} onBox={(bbox) => go({ ...form, bbox })} />
        </section>
      )}
      {!wide && cards.length > 0 && (
        <button type="button" className="button map-toggle" aria-pressed={mapOpen} onClick={toggleMap}>
          {mapOpen ? 'Show list' : 'Show map'}
        </button>
      )}
    </div>
  );
}

type Found = ReturnType<typeof useInfiniteQuery<Awaited<ReturnType<typeof api.search>>>>;

function ResultsHead({ form, found, onSort, onClearBox }: {
  form: SearchForm;
  found: Pick<Found, 'data' | 'isPlaceholderData'>;
  onSort: (sort: Sort) => void;
  onClearBox: () => void;
}) {
  const first = found.data?.pages[0];
  return (
    <div className="results-head">
      <p role="status" className={found.isPlaceholderData ? 'results-count is-old' : 'results-count'}>
        {first ? (
          <>
            <strong>{plural(first.total, 'home')}</strong>
            <span className="fine tabular"> in {first.took_ms < 1 ? '<1' : Math.round(first.took_ms)} ms</span>
          </>
        ) : (
          <span className="skeleton skeleton-line" />
        )}
      </p>
      {form.bbox && (
        <button type="button" className="chip" onClick={onClearBox}>
          In the map’s area <span aria-hidden="true">×</span>
          <span className="hidden">, remove</span>
        </button>
      )}
      <label className="sort">
        <span>Sort by</span>
        <select value={form.sort} onChange={(event) => onSort(event.target.value as Sort)}>
          <option value="relevance">Best match</option>
          <option value="price">Lowest price</option>
          <option value="newest">Newest</option>
        </select>
      </label>
    </div>
  );
}

function Results({ found, cards, form, onLift, onReset }: {
  found: Pick<Found, 'isPending' | 'isError' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'isPlaceholderData' | 'data' | 'isFetchNextPageError'> & { fetchNextPage: () => unknown };
  cards: Card[];
  form: SearchForm;
  onLift: (id: string | null) => void;
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
  if (cards.length === 0) {
    return (
      <Empty title="No homes match this search">
        <p>{form.bbox ? 'Zoom the map out, or remove the area.' : 'Try fewer words, other dates, or a wider price range.'}</p>
        <button type="button" className="button" onClick={onReset}>
          Show all homes
        </button>
      </Empty>
    );
  }
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

function SearchMap({ cards, fitKey, form, lifted, onBox }: {
  cards: Card[];
  fitKey: string;
  form: SearchForm;
  lifted: string | null;
  onBox: (box: string) => void;
}) {
  const [moved, setMoved] = useState<string | null>(null);
  const [opened, setOpened] = useState<string[]>([]);
  useEffect(() => {
    setMoved(null);
    setOpened([]);
  }, [fitKey]);
  const points = useMemo(
    () =>
      cards.map(
        (card): Point => ({ id: card.id, lat: card.location.lat, lon: card.location.lon, label: pinText(card), city: card.city }),
      ),
    [cards],
  );
  const peek = cards.filter((card) => opened.includes(card.id));
  return (
    <>
      <Suspense fallback={<div className="map-wait" />}>
        <MapView points={points} lifted={lifted} box={form.bbox} fitKey={fitKey} onOpen={setOpened} onMoved={setMoved} />
      </Suspense>
      {moved && (
        <button type="button" className="button map-area" onClick={() => onBox(moved)}>
          Search this area
        </button>
      )}
      {peek.length > 0 && (
        <div className="peek" role="region" aria-label="Chosen on the map">
          <button type="button" className="icon-button peek-close" aria-label="Close" onClick={() => setOpened([])}>
            ×
          </button>
          <ul>
            {peek.map((card) => (
              <li key={card.id}>
                <Link to={homePath(card.id, form)}>
                  <Cover of={card} />
                  <span>
                    <strong>{card.title}</strong>
                    <span className="fine">{priceText(card, card.unit_types ?? 1)}</span>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** What a pin on the map says. */
function pinText(card: Card): string {
  const price = card.price_per_night ?? card.price_per_month;
  return price ? formatMoney(price) : '–';
}
