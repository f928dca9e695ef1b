import type { NewReplay } from './types';

/** "3 s", "5 min", "2 h", "4 d". */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** "512 B", "1.5 kB", "3.0 MB", "1.2 GB". */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(count) / 3), units.length);
  return `${(count / 1_000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Why a search index is built, by the server's word. */
export const WHY: Record<string, string> = {
  ordered: 'as was ordered',
  lost: 'because files were gone',
  version: 'because the present one is of another version',
  late: 'because the log does not go back so far',
  empty: 'because there is none',
};

/** An instant to the second, UTC. */
export function instant(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+/, '').replace(/Z$/, '');
}

export interface ReplayText {
  consumer: string;
  from: string;
  to: string;
  stream: string;
  fromSeq: string;
  toSeq: string;
  key: string;
  type: string;
}

export const NO_REPLAY: ReplayText = { consumer: '', from: '', to: '', stream: '', fromSeq: '', toSeq: '', key: '', type: '' };

/** What the replay form asks for, or what is wrong with it, by field. Times are UTC. */
export function readReplay(form: ReplayText): { replay: Omit<NewReplay, 'dry_run'> } | { errors: Partial<Record<keyof ReplayText, string>> } {
  const errors: Partial<Record<keyof ReplayText, string>> = {};
  const time = (name: 'from' | 'to'): string | undefined => {
    const text = form[name].trim();
    if (text === '') return undefined;
    const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
    if (Number.isNaN(at)) errors[name] = 'A time, such as 2026-05-01T12:00.';
    return Number.isNaN(at) ? undefined : new Date(at).toISOString();
  };
  const number = (name: 'stream' | 'fromSeq' | 'toSeq'): number | undefined => {
    const text = form[name].trim();
    if (text === '') return undefined;
    if (!/^\d{1,15}$/.test(text)) errors[name] = 'A whole number.';
    return Number(text);
  };
  if (form.consumer === '') errors.consumer = 'Who is given the events?';
  const [from, to] = [time('from'), time('to')];
  const [stream, from_seq, to_seq] = [number('stream'), number('fromSeq'), number('toSeq')];
  if (stream === undefined && (from_seq !== undefined || to_seq !== undefined)) errors.stream = 'Numbers are those of a stream.';
  if (from && to && from >= to) errors.to = 'Later than the start.';
  if (Object.keys(errors).length > 0) return { errors };
  const [key, type] = [form.key.trim(), form.type.trim()];
  return {
    replay: {
      consumer: form.consumer,
      ...(from && { from }),
      ...(to && { to }),
      ...(stream !== undefined && { stream }),
      ...(from_seq !== undefined && { from_seq }),
      ...(to_seq !== undefined && { to_seq }),
      ...(key && { key }),
      ...(type && { type }),
    },
  };
}
