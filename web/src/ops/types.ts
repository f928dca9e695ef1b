/** What the operators' listener sends and takes under /ops/v1. By hand from the contract. */
import type { Instant } from '../api/types';

export interface ConsumerStream {
  stream: number;
  cursor: number;
  head: number;
  lag_events: number;
  lag_seconds: number;
}

export interface Consumer {
  name: string;
  done: number;
  lag_events: number;
  lag_seconds: number;
  parked: number;
  dead: number;
  streams: ConsumerStream[];
}

export interface LoggedEvent {
  stream: number;
  seq: number;
  type: string;
  key: string;
  occurred_at: Instant;
  actor: string;
  causation: string;
  data: unknown;
}

export interface EventChain {
  event: LoggedEvent;
  same_cause: LoggedEvent[];
  before: LoggedEvent[];
}

export interface DeadLetter {
  id: string;
  consumer: string;
  stream: number;
  seq: number;
  type: string;
  key: string;
  error: string;
  attempts: number;
  first_at: Instant;
  dead_at: Instant;
  state: 'open' | 'retried' | 'discarded';
  /** A retry is under way. */
  pending?: boolean;
  /** Of one that is read alone. */
  event?: LoggedEvent | null;
}

export interface NewReplay {
  consumer: string;
  from?: Instant;
  to?: Instant;
  stream?: number;
  from_seq?: number;
  to_seq?: number;
  key?: string;
  type?: string;
  dry_run: boolean;
}

export interface DryRun {
  scanned: number;
  events: number;
  by_type: Record<string, number>;
  effects_present: number | null;
  effects_missing: number | null;
  complete: boolean;
}

export interface Replay {
  id: string;
  consumer: string;
  state: 'running' | 'done' | 'stopped';
  from: Instant | null;
  to: Instant | null;
  stream: number | null;
  from_seq: number | null;
  to_seq: number | null;
  key: string | null;
  type: string | null;
  scanned: number;
  applied: number;
  failed: number;
  created_at: Instant;
  updated_at: Instant;
}

export interface TrialBalance {
  balanced: boolean;
  data: { currency: string; account: string; amount: number; lines: number }[];
}

export interface Posting {
  id: string;
  kind: string;
  source: string;
  reverses: string | null;
  at: Instant;
  currency: string;
  lines: { account: string; amount: number }[];
}

export interface Audit {
  everything: boolean;
  started_at: Instant;
  ended_at: Instant;
  /** The sum of the positions in all streams. */
  checked_to: number;
  events: number;
  bookings: number;
  violations: { invariant: string; what: string; count: number; keys: string[] }[];
}

export interface ClusterNode {
  name: string;
  incarnation: number;
  address: string | null;
  state: 'joining' | 'active' | 'draining' | 'left' | 'dead';
  leased: boolean;
  version: string;
  shards: number;
  reached: boolean;
  waiting: number;
  joined_at: string;
  ended_at: string | null;
}

export interface ClusterShard {
  shard: number;
  owner: number | null;
  epoch: number;
  target: number | null;
}

export interface ClusterMove {
  shard: number;
  from: number | null;
  to: number | null;
  epoch: number;
  seconds_ago: number;
}

export interface ClusterQueue {
  property: string;
  waiting: number;
  /** For how long the oldest of them has been waiting. */
  oldest_ms: number;
}

export interface ClusterState {
  node: number;
  nodes: ClusterNode[];
  shards: ClusterShard[];
  moves: ClusterMove[];
  /** Queues of the server that was asked: the longest, and those with the oldest request. */
  entities: { awake: number; waiting: number; queues: ClusterQueue[]; oldest: ClusterQueue[] };
}

export interface ClusterOrder {
  misplaced: number;
}

export interface SearchServed {
  generation: number;
  listings: number;
  deleted: number;
  segments: number;
  bytes: number;
}

export interface SearchBuilding {
  generation: number;
  why: string;
  since: Instant;
  listings: number;
  /** 0 where nothing is searched meanwhile. */
  expected: number;
}

export interface SearchState {
  served: SearchServed | null;
  building: SearchBuilding | null;
  lag_events: number;
  lag_seconds: number;
  streams: { stream: number; seen: number; head: number }[];
}

export interface SearchOrder extends SearchState {
  begun: boolean;
}

export interface Job {
  name: string;
  schedule: string;
  started_at: Instant;
  ended_at: Instant;
  rows: number | null;
  error: string | null;
}
