import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import { useEffect, useRef } from 'react';
import { drawOutlines } from './outlines';

interface PlaceProps {
  lat: number;
  lon: number;
  zoom: number;
  /** Makes the place one that can be chosen by a click. */
  onPick?: (lat: number, lon: number) => void;
}

/** Where one home is. */
export default function PlaceMap({ lat, lon, zoom, onPick }: PlaceProps) {
  const holder = useRef<HTMLDivElement>(null);
  const made = useRef<{ map: L.Map; place: L.CircleMarker } | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;

  useEffect(() => {
    if (!holder.current) return;
    const map = L.map(holder.current, { minZoom: 2, maxZoom: 13, zoomControl: false, scrollWheelZoom: false });
    map.setView([lat, lon], zoom);
    map.attributionControl.setPrefix(false).addAttribution('Outlines: Natural Earth');
    L.control.zoom({ position: 'bottomright' }).addTo(map);
    L.control.scale({ position: 'bottomleft', imperial: false }).addTo(map);
    const stop = drawOutlines(map);
    const place = L.circleMarker([lat, lon], { className: 'place', interactive: false, radius: 9 }).addTo(map);
    map.on('click', (event) => pick.current?.(Number(event.latlng.lat.toFixed(5)), Number(event.latlng.wrap().lng.toFixed(5))));
    made.current = { map, place };
    return () => {
      stop();
      map.off().remove();
      made.current = null;
    };
    // The map is made once; its place moves below.
  }, []);

  useEffect(() => {
    made.current?.place.setLatLng([lat, lon]);
    const seen = made.current?.map.getBounds();
    if (seen && !seen.contains([lat, lon])) made.current?.map.setView([lat, lon]);
  }, [lat, lon]);

  return <div ref={holder} className="map" role="region" aria-label="Map of where the home is" />;
}
