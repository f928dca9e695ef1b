/** A home on the map, or several that lie close together. */
export interface Point {
  /** The home; null where there are several. */
  id: string | null;
  lat: number;
  lon: number;
  /** How many homes. */
  count: number;
  /** The lowest price of a night. */
  label: string;
  /** Where the home is; empty for several. */
  city: string;
}

export interface Group {
  points: Point[];
  /** Pixels, the mean of its points. */
  x: number;
  y: number;
}

/** Joins points that would overlap on the screen: each point goes to the first group within
 *  reach. The fullest come first, so that they stand still while others join them. */
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
      const share = point.count / (homes(near) + point.count);
      near.points.push(point);
      near.x += (at.x - near.x) * share;
      near.y += (at.y - near.y) * share;
    } else {
      groups.push({ points: [point], x: at.x, y: at.y, seedX: at.x, seedY: at.y });
    }
  }
  return groups;
}

/** How many homes they are together. */
export function homes(group: Pick<Group, 'points'>): number {
  return group.points.reduce((sum, point) => sum + point.count, 0);
}
