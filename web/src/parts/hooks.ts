import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api, clock, session } from '../api';
import { listings } from '../api/listings';
import { ActionKeys } from '../api/action';
import { reach } from '../api/reach';
import type { SessionState } from '../api/session';
import { timeLeft } from '../domain/countdown';

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.get);
}

export function useReached(): boolean {
  return useSyncExternalStore(reach.subscribe, reach.get);
}

export function useVersion() {
  return useQuery({ queryKey: ['version'], queryFn: ({ signal }) => api.version(signal), staleTime: Infinity });
}

/** The catalogue of what homes can have. */
export function useAmenities() {
  return useQuery({ queryKey: ['amenities'], queryFn: ({ signal }) => listings.amenities(signal), staleTime: Infinity });
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'RentEzy' : `${title} · RentEzy`;
  }, [title]);
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Keys for one kind of action on this page. */
export function useActionKeys(): ActionKeys {
  return useState(() => new ActionKeys())[0];
}

/** Milliseconds left by the server's clock, renewed each time its seconds turn. */
export function useTimeLeft(until: string | null | undefined): number {
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => {
    if (!until) return;
    let timer = 0;
    const tick = (): void => {
      const at = clock.now();
      setNow(at);
      const left = timeLeft(until, at);
      if (left > 0) timer = window.setTimeout(tick, (left % 1000) + 5);
    };
    tick();
    return () => window.clearTimeout(timer);
  }, [until]);
  return until ? timeLeft(until, now) : 0;
}

/** The value once it has stood still for so many milliseconds. */
export function useDebounced<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
