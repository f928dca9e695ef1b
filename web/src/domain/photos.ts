/** The server's limits. */
export const PHOTO_BYTES_MAX = 10 * 1024 * 1024;
export const PHOTOS_MAX = 40;
export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp'];

/** Why a chosen file cannot be a photo; null when it may. The server looks closer. */
export function photoFault(file: Pick<File, 'name' | 'size' | 'type'>): string | null {
  if (file.type !== '' && !PHOTO_TYPES.includes(file.type)) return 'Photos are JPEG, PNG or WebP files.';
  if (file.size === 0) return 'The file is empty.';
  if (file.size > PHOTO_BYTES_MAX) return 'The file is larger than 10 MiB.';
  return null;
}

/** The ids after one was moved to a place; a place past an end is that end. */
export function moved(ids: string[], id: string, to: number): string[] {
  const rest = ids.filter((one) => one !== id);
  rest.splice(Math.max(0, Math.min(to, rest.length)), 0, id);
  return rest;
}

/** The place that an arrow key in a lightbox of `count` pictures leads to. */
export function turnedTo(at: number, by: number, count: number): number {
  return count === 0 ? 0 : (((at + by) % count) + count) % count;
}
