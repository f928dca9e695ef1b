import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import { useEffect, useRef, useState } from 'react';
import type { Box, Corner } from '../domain/area';
import { group, type Point } from './groups';
import { drawOutlines } from './outlines';
import { DEEPEST, pin, type Pinned } from './pins';
import { areaShape, draftShape, isOnFirst } from './shapes';

/** What the map shows. */
export interface View {
  box: Box;
  zoom: number;
  /** Whether the reader moved it, not the page. */
  byReader: boolean;
}

/** Where to look. */
export interface Fit {
  /** The view is fitted anew when this changes. */
  key: string;
  box: Box;
  /** To the very edge: the box is an area, not homes that need room around them. */
  tight: boolean;
  /** It is what the map shows: nothing is to be moved. */
  stays: boolean;
}

interface MapProps {
  points: Point[];
  /** The home whose card is under the pointer. */
  lifted: { id: string; lat: number; lon: number } | null;
  fit: Fit | null;
  /** The area that is searched, if it is drawn. */
  area: Corner[] | null;
  /** The corners so far of an area that is being drawn; null when none is. */
  drawing: Corner[] | null;
  onCorner: (corner: Corner) => void;
  /** A tap on the first corner. */
  onClosed: () => void;
  onOpen: (pinned: Pinned) => void;
  onView: (view: View) => void;
}

const PIN_WIDTH = 62;
const PIN_HEIGHT = 34;
/** Pixels beside what is fitted, so that no pin lies under the tools at the top or the button
 *  at the bottom. */
const ROOM: L.FitBoundsOptions = { paddingTopLeft: [44, 104], paddingBottomRight: [52, 72] };

/** Homes on a map of outlines: no tiles, nothing from other hosts. */
export default function MapView(props: MapProps) {
  const { points, lifted, fit, area, drawing } = props;
  const holder = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<L.Map | null>(null);
  const pins = useRef<L.LayerGroup | null>(null);
  const byId = useRef(new Map<string, L.Marker>());
  const quiet = useRef(false);
  const fitted = useRef('');
  const told = useRef(props);
  told.current = props;

  useEffect(() => {
    if (!holder.current) return;
    const made = makeMap(holder.current);
    pins.current = L.layerGroup().addTo(made);
    const stop = drawOutlines(made);
    const seen = (): void => {
      // Before it has been fitted it shows nothing that anybody asked for.
      if (told.current.fit === null) return;
      const box = made.getBounds();
      told.current.onView({
        box: { west: box.getWest(), south: box.getSouth(), east: box.getEast(), north: box.getNorth() },
        zoom: made.getZoom(),
        byReader: !quiet.current,
      });
    };
    made.on('moveend', seen);
    made.on('click', ({ latlng }) => {
      const drawn = told.current.drawing;
      if (drawn === null) return;
      if (drawn.length > 2 && isOnFirst(made, drawn, latlng)) told.current.onClosed();
      else told.current.onCorner([latlng.lng, latlng.lat]);
    });
    const sized = new ResizeObserver(() => {
      quiet.current = true;
      made.invalidateSize({ animate: false, pan: false });
      quiet.current = false;
    });
    sized.observe(holder.current);
    fitted.current = '';
    setMap(made);
    return () => {
      sized.disconnect();
      stop();
      made.off().remove();
      setMap(null);
    };
  }, []);

  useEffect(() => {
    if (!map || !fit || fit.key === fitted.current) return;
    fitted.current = fit.key;
    if (fit.stays) return;
    quiet.current = true;
    map.invalidateSize({ animate: false, pan: false });
    const { west, south, east, north } = fit.box;
    map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: 13, ...(!fit.tight && ROOM) });
    // Told even if it stands where it stood.
    map.fire('moveend');
    quiet.current = false;
    // The view is the reader's until there is something else to look at.
  }, [map, fit?.key]);

  useEffect(() => {
    if (!map) return;
    const draw = (): void => {
      pins.current?.clearLayers();
      byId.current.clear();
      const zoom = map.getZoom();
      const project = (point: Point): L.Point => map.project([point.lat, point.lon], zoom);
      for (const one of group(points, project, PIN_WIDTH, PIN_HEIGHT)) {
        const marker = pin(map, one, zoom, (pinned) => told.current.onOpen(pinned));
        pins.current?.addLayer(marker);
        for (const { id } of one.points) if (id !== null) byId.current.set(id, marker);
      }
    };
    draw();
    map.on('zoomend', draw);
    return () => void map.off('zoomend', draw);
  }, [map, points]);

  useEffect(() => shown(map, area && areaShape(area)), [map, area]);
  useEffect(() => shown(map, drawing && draftShape(drawing)), [map, drawing]);
  const isDrawing = drawing !== null;
  useEffect(() => {
    if (!map || !isDrawing) return;
    // By hand: Leaflet keeps classes of its own on the holder.
    map.getContainer().classList.add('map-drawing');
    map.doubleClickZoom.disable();
    return () => {
      map.getContainer().classList.remove('map-drawing');
      map.doubleClickZoom.enable();
    };
  }, [map, isDrawing]);

  useEffect(() => {
    if (!map || !lifted) return;
    const marker = byId.current.get(lifted.id);
    // Among several there is no pin of its own: a dot tells where it is.
    if (!marker) return shown(map, L.circleMarker([lifted.lat, lifted.lon], { className: 'place place-lifted', interactive: false, radius: 9 }));
    marker.getElement()?.classList.add('pin-lifted');
    marker.setZIndexOffset(1000);
    return () => {
      marker.getElement()?.classList.remove('pin-lifted');
      marker.setZIndexOffset(0);
    };
  }, [map, lifted]);

  return <div ref={holder} className="map" role="region" aria-label="Map of homes" />;
}

function makeMap(holder: HTMLElement): L.Map {
  const map = L.map(holder, {
    minZoom: 2,
    maxZoom: DEEPEST,
    zoomControl: false,
    maxBounds: [[-85, -200], [85, 200]],
    maxBoundsViscosity: 1,
  }).setView([30, 5], 2);
  map.attributionControl.setPrefix(false).addAttribution('Outlines: Natural Earth');
  L.control.zoom({ position: 'topright' }).addTo(map);
  L.control.scale({ position: 'bottomleft', imperial: false }).addTo(map);
  return map;
}

/** Shows a layer until what it returns is called. */
function shown(map: L.Map | null, layer: L.Layer | null): (() => void) | undefined {
  if (!map || !layer) return undefined;
  layer.addTo(map);
  return () => void layer.remove();
}
