import { Problem, Unreachable, readProblem } from '../api/problem';
import type { List } from '../api/types';
import type { Audit, ClusterOrder, ClusterState, Consumer, DeadLetter, DryRun, EventChain, Job, LoggedEvent, NewReplay, Posting, Replay, SearchOrder, SearchState, TrialBalance } from './types';

const KEY = 'rentezy.operator';

type Query = Record<string, string | number | undefined>;

/** The operators' API. The token is kept for this tab alone, and forgotten when the
 *  server does not take it. */
export class OpsClient {
  private readonly listeners = new Set<() => void>();
  private token: string | null;

  constructor(
    private readonly ask: typeof fetch = (...args) => fetch(...args),
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null = tabStorage(),
  ) {
    this.token = this.storage?.getItem(KEY) ?? null;
  }

  /** Whether there is a token; it is not told. */
  isOpen = (): boolean => this.token !== null;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Keeps a token that the server takes. */
  async open(token: string): Promise<void> {
    this.token = token.trim();
    try {
      await this.consumers();
    } catch (error) {
      this.token = null;
      throw error;
    }
    this.storage?.setItem(KEY, this.token);
    this.tell();
  }

  close(): void {
    this.token = null;
    this.storage?.removeItem(KEY);
    this.tell();
  }

  consumers = async (signal?: AbortSignal): Promise<Consumer[]> => (await this.send<{ data: Consumer[] }>('GET', '/consumers', { signal })).data;
  jobs = async (signal?: AbortSignal): Promise<Job[]> => (await this.send<{ data: Job[] }>('GET', '/jobs', { signal })).data;
  trialBalance = (signal?: AbortSignal) => this.send<TrialBalance>('GET', '/ledger/trial-balance', { signal });
  audits = async (signal?: AbortSignal): Promise<Audit[]> => (await this.send<{ data: Audit[] }>('GET', '/ledger/audits', { signal })).data;
  postings = async (booking: string): Promise<Posting[]> => (await this.send<{ data: Posting[] }>('GET', '/ledger/postings', { query: { booking } })).data;
  cluster = (signal?: AbortSignal) => this.send<ClusterState>('GET', '/cluster', { signal });
  drain = (name: string) => this.send<ClusterOrder>('POST', `/cluster/nodes/${encodeURIComponent(name)}/drain`);
  rebalance = () => this.send<ClusterOrder>('POST', '/cluster/rebalance');
  search = (signal?: AbortSignal) => this.send<SearchState>('GET', '/search', { signal });
  reindex = () => this.send<SearchOrder>('POST', '/search/reindex');
  deadLetters = (query: Query, signal?: AbortSignal) => this.send<List<DeadLetter>>('GET', '/dead-letters', { query, signal });
  deadLetter = (id: string) => this.send<DeadLetter>('GET', `/dead-letters/${encodeURIComponent(id)}`);
  retry = (id: string) => this.send<DeadLetter>('POST', `/dead-letters/${encodeURIComponent(id)}/retry`);
  retryAll = (consumer: string) => this.send<{ retried: number }>('POST', '/dead-letters/retry', { body: { consumer } });
  discard = (id: string) => this.send<DeadLetter>('DELETE', `/dead-letters/${encodeURIComponent(id)}`);
  events = (query: Query, signal?: AbortSignal) => this.send<List<LoggedEvent>>('GET', '/events', { query, signal });
  event = (stream: number, seq: number) => this.send<EventChain>('GET', `/events/${stream}/${seq}`);
  replays = (signal?: AbortSignal) => this.send<List<Replay>>('GET', '/replays', { query: { limit: 20 }, signal });
  tryReplay = (body: Omit<NewReplay, 'dry_run'>) => this.send<DryRun>('POST', '/replays', { body: { ...body, dry_run: true } });
  replay = (body: Omit<NewReplay, 'dry_run'>) => this.send<Replay>('POST', '/replays', { body: { ...body, dry_run: false } });
  stopReplay = (id: string) => this.send<Replay>('DELETE', `/replays/${encodeURIComponent(id)}`);

  private async send<T>(method: string, path: string, more: { query?: Query; body?: unknown; signal?: AbortSignal | undefined } = {}): Promise<T> {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(more.query ?? {})) if (value !== undefined && value !== '') params.set(name, String(value));
    let response: Response;
    try {
      response = await this.ask(`/ops/v1${path}${params.size > 0 ? `?${params}` : ''}`, {
        method,
        headers: {
          Accept: 'application/json',
          ...(this.token !== null && { Authorization: `Bearer ${this.token}` }),
          ...(more.body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
        ...(more.signal && { signal: more.signal }),
      });
    } catch (error) {
      if (more.signal?.aborted) throw error;
      throw new Unreachable(error);
    }
    if (response.status === 401 && this.storage?.getItem(KEY)) this.close();
    if (!response.ok) throw await readProblem(response);
    const type = response.headers.get('Content-Type') ?? '';
    // A public listener answers paths that it does not know with the app's own page.
    if (!type.includes('json')) throw new Problem(404, { title: 'this is not the operators’ listener', detail: 'open the address that the server printed for operators' });
    return (await response.json()) as T;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function tabStorage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
