import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import { useEffect, useRef, useState } from 'react';
import { drawOutlines } from './outlines';
import { boxText, commonCity, group, type Group, type Point } from './groups';

interface MapProps {
  points: Point[];
  /** The pin to lift, when its card is under the pointer. */
  lifted: string | null;
  /** west,south,east,north: where to look first. */
  box: string;
  /** The view is fitted anew when this changes. */
  fitKey: string;
  onOpen: (ids: string[]) => void;
  /** The view after the reader moved it. */
  onMoved: (box: string) => void;
}

const PIN_WIDTH = 62;
const PIN_HEIGHT = 34;
const DEEPEST = 15;

/** Homes on a map of outlines: no tiles, nothing from other hosts. */
export default function MapView({ points, lifted, box, fitKey, onOpen, onMoved }: MapProps) {
  const holder = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<L.Map | null>(null);
  const pins = useRef<L.LayerGroup | null>(null);
  const byId = useRef(new Map<string, L.Marker>());
  const quiet = useRef(false);
  const told = useRef({ onOpen, onMoved });
  told.current = { onOpen, onMoved };

  useEffect(() => {
    if (!holder.current) return;
    const made = L.map(holder.current, {
      minZoom: 2,
      maxZoom: DEEPEST,
      zoomControl: false,
      maxBounds: [[-85, -200], [85, 200]],
      maxBoundsViscosity: 1,
    }).setView([30, 5], 2);
    made.attributionControl.setPrefix(false).addAttribution('Outlines: Natural Earth');
    L.control.zoom({ position: 'topright' }).addTo(made);
    L.control.scale({ position: 'bottomleft', imperial: false }).addTo(made);
    pins.current = L.layerGroup().addTo(made);
    const stop = drawOutlines(made);
    const moved = (): void => {
      if (quiet.current) return;
      const seen = made.getBounds();
      told.current.onMoved(boxText(seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()));
    };
    made.on('moveend', moved);
    const sized = new ResizeObserver(() => made.invalidateSize({ animate: false, pan: false }));
    sized.observe(holder.current);
    setMap(made);
    return () => {
      sized.disconnect();
      stop();
      made.off().remove();
      setMap(null);
    };
  }, []);

  useEffect(() => {
    if (!map) return;
    quiet.current = true;
    map.invalidateSize({ animate: false, pan: false });
    const wanted = box === '' ? boundsOf(points) : parseBox(box);
    if (wanted) map.fitBounds(wanted, { animate: false, maxZoom: 13, padding: box === '' ? [48, 48] : [0, 0] });
    quiet.current = false;
    // The points of one search only grow; the view is the reader's from then on.
  }, [map, fitKey]);

  useEffect(() => {
    if (!map) return;
    const draw = (): void => {
      pins.current?.clearLayers();
      byId.current.clear();
      const zoom = map.getZoom();
      const project = (point: Point): L.Point => map.project([point.lat, point.lon], zoom);
      for (const one of group(points, project, PIN_WIDTH, PIN_HEIGHT)) {
        const marker = pin(map, one, zoom, (ids) => told.current.onOpen(ids));
        pins.current?.addLayer(marker);
        for (const point of one.points) byId.current.set(point.id, marker);
      }
    };
    draw();
    map.on('zoomend', draw);
    return () => void map.off('zoomend', draw);
  }, [map, points]);

  useEffect(() => {
    const marker = lifted === null ? undefined : byId.current.get(lifted);
    marker?.getElement()?.classList.add('pin-lifted');
    marker?.setZIndexOffset(1000);
    return () => {
      marker?.getElement()?.classList.remove('pin-lifted');
      marker?.setZIndexOffset(0);
    };
  }, [lifted]);

  return <div ref={holder} className="map" role="region" aria-label="Map of homes" />;
}

function pin(map: L.Map, one: Group, zoom: number, open: (ids: string[]) => void): L.Marker {
  const [first] = one.points;
  const alone = one.points.length === 1 && first !== undefined;
  const city = commonCity(one.points);
  const face = document.createElement('span');
  if (!alone && city && zoom < 11) part(face, 'small', `${city} `);
  part(face, 'b', alone ? first.label : String(one.points.length));
  part(face, 'i', alone ? ` a night in ${first.city}` : ' homes', 'hidden');
  const marker = L.marker(map.unproject([one.x, one.y], zoom), {
    icon: L.divIcon({ html: face, className: alone ? 'pin' : 'pin pin-many', iconSize: undefined }),
    riseOnHover: true,
    keyboard: true,
  });
  marker.on('click keypress', (event) => {
    const key = (event as L.LeafletKeyboardEvent).originalEvent;
    if (event.type === 'keypress' && key.key !== 'Enter') return;
    const bounds = boundsOf(one.points);
    const apart = bounds !== null && map.getBoundsZoom(bounds, false, L.point(60, 60)) > zoom && zoom < DEEPEST;
    if (alone || !apart) open(one.points.map((point) => point.id));
    else if (bounds) map.fitBounds(bounds, { padding: [60, 60], maxZoom: DEEPEST });
  });
  return marker;
}

function part(face: HTMLElement, tag: string, text: string, className = ''): void {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  face.append(made);
}

function boundsOf(points: Point[]): L.LatLngBounds | null {
  return points.length === 0 ? null : L.latLngBounds(points.map((point) => [point.lat, point.lon]));
}

function parseBox(box: string): L.LatLngBounds | null {
  const [west, south, east, north] = box.split(',').map(Number);
  if (west === undefined || south === undefined || east === undefined || north === undefined) return null;
  return L.latLngBounds([south, west], [north, east]);
}
