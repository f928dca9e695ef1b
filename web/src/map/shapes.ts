import L from 'leaflet';
import type { Corner } from '../domain/area';

/** How near a tap has to be to the first corner to close the area, in pixels. */
const CLOSING = 18;

const latLng = ([lon, lat]: Corner): L.LatLngTuple => [lat, lon];

/** An area that is searched. */
export function areaShape(corners: Corner[]): L.Layer {
  return L.polygon(corners.map(latLng), { className: 'area-shape', interactive: false });
}

/** An area while it is drawn: its lines and its corners. */
export function draftShape(corners: Corner[]): L.Layer {
  const layers: L.Layer[] = [L.polyline(corners.map(latLng), { className: 'area-line', interactive: false })];
  corners.forEach((corner, index) => {
    const className = index === 0 ? 'area-corner area-first' : 'area-corner';
    layers.push(L.circleMarker(latLng(corner), { className, interactive: false, radius: index === 0 ? 8 : 5 }));
  });
  return L.layerGroup(layers);
}

/** Whether a tap at `at` is on the first corner of what is drawn. */
export function isOnFirst(map: L.Map, corners: Corner[], at: L.LatLng): boolean {
  const [first] = corners;
  return first !== undefined && map.latLngToContainerPoint(latLng(first)).distanceTo(map.latLngToContainerPoint(at)) <= CLOSING;
}
