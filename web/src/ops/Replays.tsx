import { useState, type FormEvent } from 'react';
import { Badge } from '../parts/Badge';
import { Field, TextField } from '../parts/Field';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { ops, useAct, usePoll } from './hooks';
import type { DryRun, Replay } from './types';
import { NO_REPLAY, instant, readReplay, type ReplayText } from './words';

const TONES = { running: 'lamp', done: 'ok', stopped: 'quiet' } as const;

/** Giving a consumer events again: first what it would do, then the replay itself. */
export function Replays() {
  const consumers = usePoll('names', ops.consumers, 60_000);
  const found = usePoll('replays', ops.replays, 2_000);
  const [form, setForm] = useState<ReplayText>(NO_REPLAY);
  const [wrong, setWrong] = useState<Partial<Record<keyof ReplayText, string>>>({});
  // What was found out holds for the very form that was asked about.
  const [tried, setTried] = useState<{ form: string; run: DryRun } | null>(null);
  const put = (part: Partial<ReplayText>): void => setForm((old) => ({ ...old, ...part }));
  const text = JSON.stringify(form);
  const known = tried?.form === text ? tried.run : null;
  const act = useAct(async (dry: boolean) => {
    const read = readReplay(form);
    setWrong('errors' in read ? read.errors : {});
    if ('errors' in read) return '';
    if (dry) {
      setTried({ form: text, run: await ops.tryReplay(read.replay) });
      return '';
    }
    await ops.replay(read.replay);
    setTried(null);
    found.renew();
    return 'The replay has begun.';
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    act.run(true);
  };
  const field = (name: Exclude<keyof ReplayText, 'consumer'>, label: string, hint?: string) => (
    <TextField label={label} name={name} value={form[name]} onText={(value) => put({ [name]: value })} error={wrong[name]} hint={hint} />
  );
  return (
    <>
      <h1>Replays</h1>
      <form className="panel" onSubmit={submit} noValidate>
        <div className="pair">
          <Field label="Consumer" error={wrong.consumer}>
            {(id, note) => (
              <select id={id} name="consumer" aria-describedby={note} value={form.consumer} onChange={(event) => put({ consumer: event.target.value })}>
                <option value="">Choose</option>
                {consumers.data?.map((one) => (
                  <option key={one.name}>{one.name}</option>
                ))}
              </select>
            )}
          </Field>
          {field('type', 'Event type')}
          {field('key', 'Key or id')}
        </div>
        <div className="pair">
          {field('from', 'From, UTC', 'Such as 2026-05-01T12:00.')}
          {field('to', 'Before, UTC')}
        </div>
        <div className="pair">
          {field('stream', 'Stream')}
          {field('fromSeq', 'From number')}
          {field('toSeq', 'To number')}
        </div>
        <Refusal error={act.error} />
        <p role="status" className="fine">{act.said}</p>
        <div className="actions form-go">
          <button type="submit" className="button button-main" disabled={act.busy}>{act.busy ? 'Looking…' : 'Find out what it would do'}</button>
          {known && known.events > 0 && <button type="button" className="button button-bad" disabled={act.busy} onClick={() => act.run(false)}>Replay {known.events.toLocaleString('en-GB')} events</button>}
        </div>
        {known && <Found run={known} />}
      </form>
      <h2 className="list-title">Replays so far</h2>
      {found.data === undefined ? (
        found.error ? <Failure error={found.error} retry={found.renew} /> : <Loading />
      ) : found.data.data.length === 0 ? (
        <Empty title="None" />
      ) : (
        <ul className="rows">
          {found.data.data.map((one) => (
            <Row key={one.id} replay={one} renew={found.renew} />
          ))}
        </ul>
      )}
    </>
  );
}

function Found({ run }: { run: DryRun }) {
  return (
    <div className="note" role="status">
      <p>
        <strong>{run.events.toLocaleString('en-GB')} events</strong> would be given to it{run.complete ? '' : ' at least: not the whole log was looked at'}.
        {run.effects_missing !== null && ` ${run.effects_missing} effects would be made, ${run.effects_present ?? 0} are there already.`}
      </p>
      {Object.keys(run.by_type).length > 0 && (
        <ul>
          {Object.entries(run.by_type).map(([type, count]) => (
            <li key={type}><span className="mono">{type}</span>: {count}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Row({ replay, renew }: { replay: Replay; renew: () => void }) {
  const stop = useAct(async () => {
    await ops.stopReplay(replay.id);
    renew();
    return '';
  });
  const what = [
    replay.type,
    replay.key && `key ${replay.key}`,
    replay.stream !== null && `stream ${replay.stream} ${replay.from_seq ?? ''}–${replay.to_seq ?? ''}`,
    replay.from && `from ${instant(replay.from)}`,
    replay.to && `before ${instant(replay.to)}`,
  ].filter(Boolean);
  return (
    <li className="row row-plain" data-replay={replay.id}>
      <span className="row-text">
        <strong>{replay.consumer}</strong>
        <span className="fine break">{what.length > 0 ? what.join(', ') : 'everything'}</span>
        <span className="fine">{replay.applied} went well, {replay.failed} failed, {replay.scanned} looked at · {instant(replay.created_at)}</span>
        <Refusal error={stop.error} />
      </span>
      <span className="row-acts">
        <Badge label={replay.state.charAt(0).toUpperCase() + replay.state.slice(1)} tone={TONES[replay.state] ?? 'quiet'} />
        {replay.state === 'running' && <button type="button" className="button button-small" aria-label={`Stop the replay for ${replay.consumer}`} disabled={stop.busy} onClick={() => stop.run()}>Stop</button>}
      </span>
    </li>
  );
}
