/** The one client of this page, and who is signed in with it. */
import { Client, type Answer } from './client';
import { ServerClock } from './clock';
import { reach } from './reach';
import { SessionStore } from './session';

export const clock = new ServerClock();
export const session = new SessionStore(ownStorage());

export const client = new Client({
  fetch: (...args) => fetch(...args),
  session,
  clock,
  alone: (work) =>
    navigator.locks ? (navigator.locks.request('rentezy-refresh', work) as ReturnType<typeof work>) : work(),
  onReach: (reached) => reach.set(reached),
});

export const boot = (): Promise<void> => client.boot();

export async function data<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await answer).data;
}

/** An optional signal, as a part of what is asked. */
export function until(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function ownStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
