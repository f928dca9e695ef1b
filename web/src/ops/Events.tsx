import { useState } from 'react';
import { TextField } from '../parts/Field';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { EventText } from './EventText';
import { ops, useAct, usePoll } from './hooks';
import type { EventChain, LoggedEvent } from './types';
import { instant } from './words';

/** The event log, the latest first, kept fresh unless it is held still. */
export function Events() {
  const [filter, setFilter] = useState({ type: '', key: '', causation: '', stream: '' });
  const [still, setStill] = useState(false);
  const [limit, setLimit] = useState(50);
  const put = (part: Partial<typeof filter>): void => setFilter((old) => ({ ...old, ...part }));
  const query = { type: filter.type.trim(), key: filter.key.trim(), causation: filter.causation.trim(), stream: filter.stream.trim(), limit };
  const found = usePoll(JSON.stringify(query), (signal) => ops.events(query, signal), still ? 3_600_000 : 2_000);
  return (
    <>
      <h1>Events</h1>
      <div className="panel find">
        <TextField label="Type" name="type" placeholder="booking." value={filter.type} onText={(type) => put({ type })} />
        <TextField label="Key or id" name="key" value={filter.key} onText={(key) => put({ key })} />
        <TextField label="Cause" name="causation" value={filter.causation} onText={(causation) => put({ causation })} />
        <TextField label="Stream" name="stream" inputMode="numeric" value={filter.stream} onText={(stream) => put({ stream })} />
        <label className="tick-box">
          <input type="checkbox" checked={still} onChange={(event) => setStill(event.target.checked)} />
          <span>Hold still</span>
        </label>
      </div>
      {found.data === undefined ? (
        found.error ? <Failure error={found.error} retry={found.renew} /> : <Loading />
      ) : found.data.data.length === 0 ? (
        <Empty title="No such event" />
      ) : (
        <>
          <Refusal error={found.error} />
          <ul className="rows events">
            {found.data.data.map((event) => (
              <Line key={`${event.stream}/${event.seq}`} event={event} onKey={(key) => put({ key })} />
            ))}
          </ul>
          {found.data.page.has_more && limit < 100 && <button type="button" className="button form-go" onClick={() => setLimit(100)}>Show more</button>}
        </>
      )}
    </>
  );
}

function Line({ event, onKey }: { event: LoggedEvent; onKey: (key: string) => void }) {
  const [chain, setChain] = useState<EventChain | null>(null);
  const look = useAct(async () => {
    setChain(chain ? null : await ops.event(event.stream, event.seq));
    return '';
  });
  return (
    <li className="event" data-type={event.type}>
      <button type="button" className="event-head" aria-expanded={chain !== null} onClick={() => look.run()}>
        <span className="mono">{event.type}</span>
        <span className="fine tabular">{instant(event.occurred_at)}</span>
        <span className="fine mono">{event.stream}/{event.seq}</span>
      </button>
      <Refusal error={look.error} />
      {chain && (
        <div className="event-body">
          <EventText event={chain.event} />
          <button type="button" className="link" onClick={() => onKey(event.key)}>All events of this key</button>
          <Others title="The same request also caused" events={chain.same_cause} />
          <Others title="Before, of the same key" events={chain.before} />
        </div>
      )}
    </li>
  );
}

function Others({ title, events }: { title: string; events: LoggedEvent[] }) {
  if (events.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {events.map((one) => (
          <li key={`${one.stream}/${one.seq}`}><span className="mono">{one.type}</span> <span className="fine">{instant(one.occurred_at)}, {one.stream}/{one.seq}</span></li>
        ))}
      </ul>
    </>
  );
}
