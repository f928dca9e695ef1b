import { useCallback, useEffect, useRef, useState } from 'react';
import { OpsClient } from './client';

export const ops = new OpsClient();

export interface Polled<T> {
  data: T | undefined;
  error: unknown;
  renew: () => void;
}

/** Asks again and again while the page is on show; `ask` is another question when `key`
 *  changes. What was known is kept when an answer fails. */
export function usePoll<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; error: unknown }>({ key, data: undefined, error: null });
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const look = async (): Promise<void> => {
      try {
        const data = await latest.current(stop.signal);
        if (!stop.signal.aborted) setState({ key, data, error: null });
      } catch (error) {
        if (!stop.signal.aborted) setState((old) => ({ key, data: old.key === key ? old.data : undefined, error }));
      }
      if (!stop.signal.aborted) timer = window.setTimeout(next, everyMs);
    };
    const next = (): void => {
      if (document.hidden) timer = window.setTimeout(next, everyMs);
      else void look();
    };
    void look();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [key, everyMs, turn]);
  const renew = useCallback(() => setTurn((old) => old + 1), []);
  const fresh = state.key === key;
  return { data: fresh ? state.data : undefined, error: fresh ? state.error : null, renew };
}

export interface Act<A extends unknown[]> {
  run: (...args: A) => void;
  busy: boolean;
  error: unknown;
  said: string;
}

/** Something that an operator does, one at a time. `work` answers what to say about it. */
export function useAct<A extends unknown[]>(work: (...args: A) => Promise<string>): Act<A> {
  const [state, setState] = useState<{ busy: boolean; error: unknown; said: string }>({ busy: false, error: null, said: '' });
  const run = (...args: A): void => {
    if (state.busy) return;
    setState({ busy: true, error: null, said: '' });
    work(...args).then(
      (said) => setState({ busy: false, error: null, said }),
      (error: unknown) => setState({ busy: false, error, said: '' }),
    );
  };
  return { run, ...state };
}
