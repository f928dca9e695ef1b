/** Whether the last request got an answer. The browser's own `onLine` flag is not asked:
 *  it says nothing about a server on this machine, and little about any other. */
class Reach {
  private reached = true;
  private readonly listeners = new Set<() => void>();

  get = (): boolean => this.reached;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(reached: boolean): void {
    if (reached === this.reached) return;
    this.reached = reached;
    for (const listener of this.listeners) listener();
  }
}

export const reach = new Reach();
