import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { search, type Cluster } from '../../api/search';
import type { Card } from '../../api/types';
import { boxOf, boxText, overlap, parseBox, parsePolygon, polygonText, widened, type Box, type Corner } from '../../domain/area';
import { formatMoney } from '../../domain/money';
import { ANYWHERE, hasArea, toCriteria, writeForm, type SearchForm } from '../../domain/query';
import { plural, priceText } from '../../domain/words';
import type { Point } from '../../map/groups';
import type { Fit, View } from '../../map/MapView';
import type { Pinned } from '../../map/pins';
import { Cover } from '../Cover';
import { homePath } from '../HomeCard';
import { useDebounced } from '../hooks';
import { MapTools } from './MapTools';

// The map is a third of all script: it comes when it is on show.
const MapView = lazy(() => import('../../map/MapView'));

/** So close that clusters tell how far the homes of a search reach. */
const EXTENT_ZOOM = 12;
/** Degrees around homes that lie on one spot: their places are known to a kilometre. */
const SPOT = 0.004;
const KM_IN_DEGREE = 111.2;
const PEEKED = 12;

/** `onArea`: `quietly` when the address should be replaced, not added to. */
export function SearchMap({ cards, form, lifted, onArea }: {
  cards: Card[];
  form: SearchForm;
  lifted: string | null;
  onArea: (area: Partial<SearchForm>, quietly: boolean) => void;
}) {
  const [view, setView] = useState<View | null>(null);
  const [moved, setMoved] = useState<string | null>(null);
  const [follows, setFollows] = useState(false);
  const [drawing, setDrawing] = useState<Corner[] | null>(null);
  const [opened, setOpened] = useState<Pinned | null>(null);
  // The box that the map itself asked for: it shows that already.
  const own = useRef('');
  const fit = useFit(form, own.current);
  const clusters = useClusters(form, view);
  const points = useMemo(() => clusters.map(toPoint), [clusters]);
  const area = useMemo(() => parsePolygon(form.polygon), [form.polygon]);
  const key = writeForm({ ...form, sort: 'relevance' }).toString();
  useEffect(() => {
    setMoved(null);
    setOpened(null);
  }, [key]);

  const searchBox = (box: string, quietly = false): void => {
    own.current = box;
    setDrawing(null);
    onArea({ ...ANYWHERE, bbox: box }, quietly);
  };
  const seen = (next: View): void => {
    setView(next);
    if (!next.byReader || drawing !== null) return;
    const box = boxText(next.box);
    if (follows) searchBox(box, form.bbox !== '');
    else setMoved(box);
  };
  const finish = (corners: Corner[]): void => {
    setDrawing(null);
    onArea({ ...ANYWHERE, polygon: polygonText(corners) }, false);
  };
  const liftedCard = useMemo(() => cards.find((card) => card.id === lifted), [cards, lifted]);
  const place = useMemo(() => liftedCard && { id: liftedCard.id, ...liftedCard.location }, [liftedCard]);

  return (
    <>
      <Suspense fallback={<div className="map-wait" />}>
        <MapView
          points={points}
          lifted={place ?? null}
          fit={fit}
          area={drawing === null ? area : null}
          drawing={drawing}
          onCorner={(corner) => setDrawing((old) => old && [...old, corner])}
          onClosed={() => drawing && finish(drawing)}
          onOpen={setOpened}
          onView={seen}
        />
      </Suspense>
      <MapTools
        drawing={drawing}
        hasArea={hasArea(form)}
        follows={follows}
        moved={moved !== null && !follows && opened === null}
        onDraw={setDrawing}
        onFinish={finish}
        onClear={() => onArea(ANYWHERE, false)}
        onFollow={(on) => {
          setFollows(on);
          if (on && moved !== null) searchBox(moved);
        }}
        onHere={() => view && searchBox(boxText(view.box))}
      />
      {opened && drawing === null && <Peek pinned={opened} form={form} known={[...cards, ...homesOf(clusters)]} onClose={() => setOpened(null)} />}
    </>
  );
}

const NOWHERE: Fit = { key: 'none', box: { west: -180, south: -60, east: 180, north: 70 }, tight: true, stays: true };

/** Where to look: at the area of the search, or at all that it finds. */
function useFit(form: SearchForm, own: string): Fit | null {
  const everywhere = !hasArea(form);
  const criteria = toCriteria(form);
  const extent = useQuery({
    queryKey: ['search-extent', criteria],
    queryFn: ({ signal }) => search.map({ ...criteria, zoom: EXTENT_ZOOM }, signal),
    enabled: everywhere,
    // While filters change the reader's view stays: only other words lead elsewhere.
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    const box = areaBox(form);
    const tight = form.bbox !== '';
    if (box) return { key: form.bbox + form.polygon + form.near, box, tight, stays: tight && form.bbox === own };
    const found = extent.isPlaceholderData ? undefined : extent.data;
    const homes = boxOf(found?.clusters.map(({ centre }): Corner => [centre.lon, centre.lat]) ?? []);
    if (homes) return { key: `all:${form.q}`, box: homes, tight: false, stays: false };
    return found ? NOWHERE : null;
  }, [form, own, extent.data, extent.isPlaceholderData]);
}

function areaBox(form: SearchForm): Box | null {
  if (form.polygon) return boxOf(parsePolygon(form.polygon) ?? []);
  if (form.bbox) return parseBox(form.bbox);
  if (!form.near) return null;
  const [lat, lon] = form.near.split(',').map(Number) as [number, number];
  const high = form.radiusKm / KM_IN_DEGREE;
  const wide = high / Math.max(0.1, Math.cos((lat * Math.PI) / 180));
  return { west: lon - wide, south: lat - high, east: lon + wide, north: lat + high };
}

const NONE: Cluster[] = [];

/** What of the search there is to see on the map. */
function useClusters(form: SearchForm, view: View | null): Cluster[] {
  const settled = useDebounced(view, 120);
  const criteria = settled && seenCriteria(form, settled);
  const found = useQuery({
    queryKey: ['search-map', criteria],
    queryFn: ({ signal }) => search.map(criteria as NonNullable<typeof criteria>, signal),
    enabled: criteria !== null,
    placeholderData: keepPreviousData,
  });
  return criteria === null ? NONE : (found.data?.clusters ?? NONE);
}

function seenCriteria(form: SearchForm, { box, zoom }: View) {
  const { bbox, ...rest } = toCriteria(form);
  // One area can be asked for: a drawn one is small enough as a whole.
  if (form.polygon || form.near) return { ...rest, zoom };
  const wide = widened(box, 0.2);
  const limit = bbox ? parseBox(bbox) : null;
  const seen = limit ? overlap(wide, limit) : wide;
  return seen && { ...rest, bbox: boxText(seen), zoom };
}

/** A pin for a cluster: the price of a home alone, the number of several. */
function toPoint({ count, centre, cheapest, home }: Cluster): Point {
  const price = home ? (home.price_per_night ?? home.price_per_month) : cheapest;
  return { id: home?.id ?? null, lat: centre.lat, lon: centre.lon, count, label: price ? formatMoney(price) : count === 1 ? '–' : '', city: home?.city ?? '' };
}

function homesOf(clusters: Cluster[]): Card[] {
  return clusters.flatMap(({ home }) => (home ? [home] : []));
}

/** The homes of a pin. Those of a cluster that comes no further apart are asked for. */
function Peek({ pinned, form, known, onClose }: { pinned: Pinned; form: SearchForm; known: Card[]; onClose: () => void }) {
  const ids = pinned.points.map((point) => point.id);
  const here = ids.flatMap((id) => known.find((card) => card.id === id) ?? []);
  const spot = pinned.bounds;
  const box = boxText({ west: spot.getWest() - SPOT, south: spot.getSouth() - SPOT, east: spot.getEast() + SPOT, north: spot.getNorth() + SPOT });
  const asks = here.length < ids.length;
  const { polygon: _, near: __, radius_km: ___, ...criteria } = toCriteria(form);
  const found = useQuery({
    queryKey: ['search-spot', criteria, box],
    queryFn: ({ signal }) => search.homes({ ...criteria, bbox: box, limit: PEEKED }, signal),
    enabled: asks,
  });
  const cards = asks ? (found.data?.data ?? []) : here;
  const more = asks ? (found.data?.total ?? 0) - cards.length : 0;
  return (
    <div className="peek" role="region" aria-label="Chosen on the map">
      <button type="button" className="icon-button peek-close" aria-label="Close" onClick={onClose}>
        ×
      </button>
      {asks && found.isPending && <p className="peek-note">Looking…</p>}
      {asks && found.isError && <p className="peek-note" role="alert">These homes could not be loaded.</p>}
      <ul>
        {cards.map((card) => (
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
      {more > 0 && <p className="peek-note fine">and {plural(more, 'more home')}</p>}
    </div>
  );
}
