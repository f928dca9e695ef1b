/** Time left until an instant, in milliseconds, never below zero. */
export function timeLeft(until: string, now: number): number {
  const at = Date.parse(until);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/** "9:59"; a second that has begun is still shown, so 0:00 means over. */
export function formatLeft(ms: number): string {
  const total = Math.ceil(ms / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const secs = String(total % 60).padStart(2, '0');
  if (hours > 0) return `${hours}:${String(minutes).padStart(2, '0')}:${secs}`;
  return `${minutes}:${secs}`;
}

/** How much of the time is left, from 1 to 0. */
export function shareLeft(from: string, until: string, now: number): number {
  const start = Date.parse(from);
  const end = Date.parse(until);
  if (Number.isNaN(start) || Number.isNaN(end) || end <= start) return 0;
  return Math.min(1, Math.max(0, (end - now) / (end - start)));
}

/** What a screen reader is told, at few moments only. */
export function spokenLeft(ms: number): string {
  const secs = Math.ceil(ms / 1000);
  if (secs <= 0) return 'The hold has ended.';
  if (secs <= 30) return 'Less than 30 seconds left.';
  if (secs <= 120) return 'Less than two minutes left.';
  if (secs <= 300) return 'Less than five minutes left.';
  return 'These nights are held for you.';
}
