/** The server's clock, as far as its Date headers tell.
 *
 *  A Date header has whole seconds: a response sent at `t0` and received at `t1` that says
 *  `D` means that the server's clock was between D and D + 1 s at some moment between the
 *  two. Each response narrows the range in which the difference lies. */
export class ServerClock {
  private low = -Infinity;
  private high = Infinity;

  constructor(private readonly local: () => number = Date.now) {}

  observe(header: string | null, sentAt: number, receivedAt: number): void {
    const stated = header === null ? NaN : Date.parse(header);
    if (Number.isNaN(stated)) return;
    const low = stated - receivedAt;
    const high = stated + 1000 - sentAt;
    // One of the clocks was set: what was known no longer holds.
    const disjoint = low > this.high || high < this.low;
    this.low = disjoint ? low : Math.max(low, this.low);
    this.high = disjoint ? high : Math.min(high, this.high);
  }

  /** Milliseconds to add to the local clock; none while they may well agree. */
  offset(): number {
    if (this.low <= 0 && this.high >= 0) return 0;
    return Math.round((this.low + this.high) / 2);
  }

  now(): number {
    return this.local() + this.offset();
  }
}
