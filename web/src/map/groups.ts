/** A home on the map. */
export interface Point {
  id: string;
  lat: number;
  lon: number;
  /** On the pin: its price. */
  label: string;
  city: string;
}

export interface Group {
  points: Point[];
  /** Pixels, the mean of its points. */
  x: number;
  y: number;
}

/** Joins points that would overlap on the screen: each point goes to the first group within
 *  reach. The points come in order of relevance, so that the groups stand still while more are loaded. */
export function group(
  points: Point[],
  project: (point: Point) => { x: number; y: number },
  reachX: number,
  reachY: number,
): Group[] {
  const groups: (Group & { seedX: number; seedY: number })[] = [];
  for (const point of points) {
    const at = project(point);
    const near = groups.find(
      (one) => Math.abs(one.seedX - at.x) < reachX && Math.abs(one.seedY - at.y) < reachY,
    );
    if (near) {
      near.points.push(point);
      near.x += (at.x - near.x) / near.points.length;
      near.y += (at.y - near.y) / near.points.length;
    } else {
      groups.push({ points: [point], x: at.x, y: at.y, seedX: at.x, seedY: at.y });
    }
  }
  return groups;
}

/** The city that all of them are in. */
export function commonCity(points: Point[]): string | null {
  const first = points[0]?.city;
  return first && points.every((point) => point.city === first) ? first : null;
}

/** west,south,east,north with five decimals, inside the world. */
export function boxText(west: number, south: number, east: number, north: number): string {
  const lon = (value: number): number => Math.min(180, Math.max(-180, value));
  const lat = (value: number): number => Math.min(90, Math.max(-90, value));
  return [lon(west), lat(south), lon(east), lat(north)].map((value) => Number(value.toFixed(5))).join(',');
}
