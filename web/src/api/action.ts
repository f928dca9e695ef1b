/** One key per thing a person asked for. The same request asked again (a double click, a
 *  retry after a time-out) keeps its key; another request, or one whose outcome is known,
 *  gets a new one. */
export class ActionKeys {
  private current: { fingerprint: string; key: string } | null = null;

  constructor(private readonly fresh: () => string = randomKey) {}

  keyFor(body: unknown): string {
    const fingerprint = JSON.stringify(body);
    if (this.current?.fingerprint !== fingerprint) {
      this.current = { fingerprint, key: this.fresh() };
    }
    return this.current.key;
  }

  settled(): void {
    this.current = null;
  }
}

/** randomUUID exists only in secure contexts; a server in a LAN may be plain http. */
export function randomKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
