/** Areas of a map as the address bar and the API write them. Degrees throughout. */

/** Longitude and latitude. */
export type Corner = [lon: number, lat: number];

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Limits of the server. */
export const CORNERS_MIN = 3;
export const CORNERS_MAX = 200;
const WIDEST = 180;

/** About a metre, as fine as a tap can be. */
const round = (degrees: number): number => Number(degrees.toFixed(5)) || 0;

export function polygonText(corners: Corner[]): string {
  return corners.map(([lon, lat]) => `${round(lon)},${round(lat)}`).join(';');
}

/** The corners of "lon,lat;lon,lat;…"; null when it is no polygon that can be searched. */
export function parsePolygon(text: string): Corner[] | null {
  const corners = text.split(';').filter(Boolean).map((part) => part.split(',').map((one) => (one.trim() === '' ? NaN : Number(one))));
  if (corners.length < CORNERS_MIN || corners.length > CORNERS_MAX) return null;
  const good = corners.every(([lon, lat, ...rest]) => rest.length === 0 && Math.abs(lon ?? NaN) <= 540 && Math.abs(lat ?? NaN) <= 90);
  if (!good) return null;
  const box = boxOf(corners as Corner[]);
  return box && box.east - box.west < WIDEST ? (corners as Corner[]) : null;
}

export function parseBox(text: string): Box | null {
  const parts = text.split(',').map(Number);
  if (parts.length !== 4 || !parts.every(Number.isFinite)) return null;
  const [west, south, east, north] = parts as [number, number, number, number];
  // Over the date line west is the greater number.
  return { west, south, east: east < west ? east + 360 : east, north };
}

/** west,south,east,north, inside the world. */
export function boxText({ west, south, east, north }: Box): string {
  const lat = (value: number): number => round(Math.min(90, Math.max(-90, value)));
  if (east - west >= 360) return `-180,${lat(south)},180,${lat(north)}`;
  const lon = (value: number): number => round(value > 180 ? value - 360 : value < -180 ? value + 360 : value);
  return [lon(west), lat(south), lon(east), lat(north)].join(',');
}

export function boxOf(corners: Corner[]): Box | null {
  if (corners.length === 0) return null;
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
  return { west: Math.min(...lons), south: Math.min(...lats), east: Math.max(...lons), north: Math.max(...lats) };
}

/** The part that both hold; null when there is none. */
export function overlap(a: Box, b: Box): Box | null {
  // The map may be seen one turn of the globe away from the other box.
  for (const turn of [0, 360, -360]) {
    const both = {
      west: Math.max(a.west, b.west + turn),
      south: Math.max(a.south, b.south),
      east: Math.min(a.east, b.east + turn),
      north: Math.min(a.north, b.north),
    };
    if (both.west < both.east && both.south < both.north) return both;
  }
  return null;
}

/** The box with a margin of a share of its size on every side, so that what lies just beyond
 *  the edge of a map is there when it is moved a little. */
export function widened(box: Box, share: number): Box {
  const [wide, high] = [(box.east - box.west) * share, (box.north - box.south) * share];
  return { west: box.west - wide, south: box.south - high, east: box.east + wide, north: box.north + high };
}

/** Whether a line to `next` would cross one that is drawn already. */
export function crosses(drawn: Corner[], next: Corner): boolean {
  const last = drawn[drawn.length - 1];
  if (!last) return false;
  // The line before shares a corner with the new one; it crosses none.
  return drawn.slice(0, -2).some((from, index) => cut(from, drawn[index + 1] as Corner, last, next));
}

/** Whether the line that closes the polygon would cross another one. */
export function closes(drawn: Corner[]): boolean {
  const [first] = drawn;
  return drawn.length >= CORNERS_MIN && first !== undefined && !crosses(drawn.slice(1), first);
}

function cut(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const side = (p: Corner, q: Corner, r: Corner): number => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}
