import L from 'leaflet';
import { plural } from '../domain/words';
import { homes, type Group, type Point } from './groups';

/** The closest that the map goes: nearer, places are blurred anyway. */
export const DEEPEST = 15;
/** How much closer a pin of many leads when nobody knows how far apart they are. */
const CLOSER = 3;

/** What a pin stands for. */
export interface Pinned {
  points: Point[];
  bounds: L.LatLngBounds;
}

/** A pin for one home, with its price, or for several, with their number. */
export function pin(map: L.Map, one: Group, zoom: number, open: (pinned: Pinned) => void): L.Marker {
  const [first] = one.points;
  const count = homes(one);
  const alone = count === 1 && first !== undefined;
  const from = one.points.length === 1 && first?.label ? `from ${first.label}` : '';
  const face = document.createElement('span');
  part(face, 'b', alone ? first.label : count.toLocaleString('en-GB'));
  part(face, 'i', alone ? ` a night in ${first.city}` : ` homes ${from}`, 'hidden');
  const marker = L.marker(map.unproject([one.x, one.y], zoom), {
    icon: L.divIcon({ html: face, className: alone ? 'pin' : 'pin pin-many', iconSize: undefined }),
    riseOnHover: true,
    keyboard: true,
    zIndexOffset: alone ? 0 : 100,
    title: alone ? '' : `${plural(count, 'home')} ${from}`.trim(),
  });
  marker.on('click keypress', (event) => {
    const key = (event as L.LeafletKeyboardEvent).originalEvent;
    if (event.type === 'keypress' && key.key !== 'Enter') return;
    const bounds = L.latLngBounds(one.points.map((point) => [point.lat, point.lon]));
    if (alone || zoom >= DEEPEST) open({ points: one.points, bounds });
    else closer(map, one, bounds, zoom);
  });
  return marker;
}

/** Looks so close that they come apart. */
function closer(map: L.Map, one: Group, bounds: L.LatLngBounds, zoom: number): void {
  const fitting = one.points.length > 1 ? map.getBoundsZoom(bounds, false, L.point(60, 60)) : zoom + CLOSER;
  map.setView(bounds.getCenter(), Math.min(DEEPEST, Math.max(zoom + 1, fitting)));
}

function part(face: HTMLElement, tag: string, text: string, className = ''): void {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  face.append(made);
}
