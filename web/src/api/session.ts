import type { Session, User } from './types';

/** Who is signed in. The access token lives here and nowhere else: never in storage. */
export interface SessionState {
  /** `starting` until the first refresh has been answered. */
  phase: 'starting' | 'out' | 'in';
  user: User | null;
}

const HINT = 'rentezy.signed-in';

export class SessionStore {
  private state: SessionState = { phase: 'starting', user: null };
  private token: string | null = null;
  private expiresAt = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null,
    private readonly now: () => number = Date.now,
  ) {}

  get = (): SessionState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  accessToken(): string | null {
    return this.token;
  }

  /** True when the token ends within 20 s. */
  stale(): boolean {
    return this.token !== null && this.now() > this.expiresAt - 20_000;
  }

  /** Whether a refresh cookie may exist. The cookie cannot be read from here, so a mark
   *  remembers it: a visitor who never signed in needs no refused request. */
  mayResume(): boolean {
    try {
      return this.storage === null || this.storage.getItem(HINT) !== null;
    } catch {
      return true;
    }
  }

  open(session: Session): void {
    this.token = session.access_token;
    this.expiresAt = this.now() + session.expires_in * 1000;
    this.mark((storage) => storage.setItem(HINT, '1'));
    this.set({ phase: 'in', user: session.user });
  }

  /** The profile changed. */
  update(user: User): void {
    if (this.state.phase === 'in') this.set({ phase: 'in', user });
  }

  /** Somebody leaves to sign in elsewhere and comes back with a refresh cookie. */
  expect(): void {
    this.mark((storage) => storage.setItem(HINT, '1'));
  }

  close(): void {
    this.token = null;
    this.mark((storage) => storage.removeItem(HINT));
    this.set({ phase: 'out', user: null });
  }

  /** No session could be resumed, and none was lost either. */
  settle(): void {
    if (this.state.phase === 'starting') this.set({ phase: 'out', user: null });
  }

  private mark(write: (storage: Pick<Storage, 'setItem' | 'removeItem'>) => void): void {
    try {
      if (this.storage) write(this.storage);
    } catch {
      // Storage may be blocked; then each start tries a refresh.
    }
  }

  private set(state: SessionState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
