import { useCallback, useEffect, useRef, useState } from 'react';
import { randomKey } from '../../api/action';
import { uploadPhoto } from '../../api/upload';
import { photoFault } from '../../domain/photos';
import { explain } from '../States';

export interface Upload {
  key: string;
  name: string;
  file: File;
  state: 'waiting' | 'sending' | 'failed';
  /** What is sent, from 0 to 1. */
  part: number;
  fault: string;
  mayRetry: boolean;
}

export interface Uploads {
  list: Upload[];
  add: (files: File[]) => void;
  again: (key: string) => void;
  drop: (key: string) => void;
}

/** Uploads one picture after the other, in the order in which they were chosen: so they
 *  stand in that order, and a slow line is not shared by many. Leaving the page ends them. */
export function useUploads(propertyId: string, onDone: () => Promise<void>): Uploads {
  const [list, setList] = useState<Upload[]>([]);
  const busy = useRef(false);
  const leaving = useRef<AbortController>(null);
  const done = useRef(onDone);
  done.current = onDone;
  const change = useCallback((key: string, part: Partial<Upload>): void => {
    setList((old) => old.map((one) => (one.key === key ? { ...one, ...part } : one)));
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    leaving.current = stop;
    return () => stop.abort();
  }, []);

  const next = list.find((one) => one.state === 'waiting');
  useEffect(() => {
    if (!next || busy.current) return;
    busy.current = true;
    change(next.key, { state: 'sending' });
    uploadPhoto(propertyId, next.file, (part) => change(next.key, { part }), leaving.current?.signal)
      .then(async () => {
        await done.current();
        busy.current = false;
        setList((old) => old.filter((one) => one.key !== next.key));
      })
      .catch((error: unknown) => {
        busy.current = false;
        const told = explain(error);
        change(next.key, { state: 'failed', fault: [told.title, told.detail].filter(Boolean).join(' '), mayRetry: true });
      });
  }, [list, next, propertyId, change]);

  return {
    list,
    add: (files) =>
      setList((old) => [
        ...old,
        ...files.map((file): Upload => {
          const fault = photoFault(file);
          return { key: randomKey(), name: file.name, file, state: fault ? 'failed' : 'waiting', part: 0, fault: fault ?? '', mayRetry: false };
        }),
      ]),
    again: (key) => change(key, { state: 'waiting', part: 0, fault: '' }),
    drop: (key) => setList((old) => old.filter((one) => one.key !== key)),
  };
}
