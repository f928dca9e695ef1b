import type { Feature, FeatureCollection, MultiPolygon } from 'geojson';
import L from 'leaflet';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import outlinesUrl from 'world-atlas/countries-50m.json?url';

type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

/** Rings that cross the date line jump from 180 to -180; on a flat map they have to go on
 *  past 180 instead. Antarctica, which goes round the pole, is left out. */
function unwrapped(land: FeatureCollection | Feature): Feature<MultiPolygon> {
  const features = land.type === 'FeatureCollection' ? land.features : [land];
  const polygons = features.flatMap(({ geometry }) =>
    geometry.type === 'MultiPolygon' ? geometry.coordinates : geometry.type === 'Polygon' ? [geometry.coordinates] : [],
  );
  const kept = polygons.filter(([outer]) => outer?.some((point) => (point[1] ?? 0) > -60));
  const coordinates = kept.map((rings) =>
    rings.map((ring) => {
      let turns = 0;
      let before = ring[0]?.[0] ?? 0;
      return ring.map(([lon = 0, lat = 0]) => {
        if (lon - before > 180) turns -= 360;
        if (before - lon > 180) turns += 360;
        before = lon;
        return [lon + turns, lat];
      });
    }),
  );
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates } };
}

let world: Promise<World> | null = null;

const Grid = L.GridLayer.extend({
  createTile(): HTMLElement {
    const tile = document.createElement('div');
    tile.className = 'grid-tile';
    return tile;
  },
}) as unknown as typeof L.GridLayer;

/** Land, borders and, close up where outlines say little, a grid. Returns how to stop. */
export function drawOutlines(map: L.Map): () => void {
  map.createPane('outlines').style.zIndex = '200';
  const renderer = L.canvas({ pane: 'outlines', padding: 0.5 });
  const grid = new Grid({ tileSize: 160, pane: 'outlines' });
  let land: L.GeoJSON | null = null;
  let borders: L.GeoJSON | null = null;
  let stopped = false;

  const paint = (): void => {
    const tones = getComputedStyle(map.getContainer());
    const tone = (name: string): string => tones.getPropertyValue(name).trim();
    // The outlines are right to some kilometres: close up they fade to a hint.
    const near = map.getZoom() >= 10;
    land?.setStyle({ stroke: true, weight: near ? 1 : 0.8, color: tone('--map-coast'), fillColor: tone('--map-land'), fillOpacity: near ? 0.55 : 1 });
    borders?.setStyle({ color: tone('--map-border'), weight: 1, opacity: near ? 0.4 : 1 });
    if (near && !map.hasLayer(grid)) grid.addTo(map);
    if (!near && map.hasLayer(grid)) grid.remove();
  };

  world ??= fetch(outlinesUrl).then((answer) => answer.json() as Promise<World>);
  world
    .then((atlas) => {
      if (stopped) return;
      const shared = { renderer, pane: 'outlines', interactive: false } as L.GeoJSONOptions;
      land = L.geoJSON(unwrapped(feature(atlas, atlas.objects.land)), shared).addTo(map);
      borders = L.geoJSON(mesh(atlas, atlas.objects.countries, (a, b) => a !== b), shared).addTo(map);
      paint();
    })
    .catch(() => {
      // Pins and the grid still tell where homes are; the next map tries again.
      world = null;
    });

  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const theme = new MutationObserver(paint);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  dark.addEventListener('change', paint);
  map.on('zoomend', paint);
  return () => {
    stopped = true;
    theme.disconnect();
    dark.removeEventListener('change', paint);
  };
}
