import { useState } from 'react';
import { Badge } from '../parts/Badge';
import { Field, TextField } from '../parts/Field';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { EventText } from './EventText';
import { ops, useAct, usePoll } from './hooks';
import type { DeadLetter } from './types';
import { instant } from './words';

const TONES = { open: 'bad', retried: 'lamp', discarded: 'quiet' } as const;

/** Events that a consumer gave up. */
export function DeadLetters() {
  const [consumer, setConsumer] = useState('');
  const [type, setType] = useState('');
  const [state, setState] = useState('open');
  const [limit, setLimit] = useState(50);
  const query = { consumer: consumer.trim(), type: type.trim(), state, limit };
  const found = usePoll(JSON.stringify(query), (signal) => ops.deadLetters(query, signal), 3_000);
  const retryAll = useAct(async () => {
    const { retried } = await ops.retryAll(consumer.trim());
    found.renew();
    return `${retried} tried again.`;
  });
  return (
    <>
      <h1>Dead letters</h1>
      <div className="panel find">
        <TextField label="Consumer" name="consumer" value={consumer} onText={setConsumer} />
        <TextField label="Event type" name="type" value={type} onText={setType} />
        <Field label="State">
          {(id) => (
            <select id={id} name="state" value={state} onChange={(event) => setState(event.target.value)}>
              <option value="open">Open</option>
              <option value="retried">Retried</option>
              <option value="discarded">Discarded</option>
              <option value="">Any</option>
            </select>
          )}
        </Field>
        <button type="button" className="button" disabled={consumer.trim() === '' || retryAll.busy} onClick={() => retryAll.run()}>Retry all of it</button>
      </div>
      <Refusal error={retryAll.error} />
      <p role="status" className="fine">{retryAll.said}</p>
      {found.data === undefined ? (
        found.error ? <Failure error={found.error} retry={found.renew} /> : <Loading />
      ) : found.data.data.length === 0 ? (
        <Empty title="None">
          <p>Every event was seen to.</p>
        </Empty>
      ) : (
        <>
          <Refusal error={found.error} />
          {found.data.data.map((letter) => (
            <Letter key={letter.id} letter={letter} renew={found.renew} />
          ))}
          {found.data.page.has_more && limit < 100 && <button type="button" className="button" onClick={() => setLimit(100)}>Show more</button>}
        </>
      )}
    </>
  );
}

function Letter({ letter, renew }: { letter: DeadLetter; renew: () => void }) {
  const [sure, setSure] = useState(false);
  const [whole, setWhole] = useState<DeadLetter | null>(null);
  const retry = useAct(async () => {
    await ops.retry(letter.id);
    renew();
    return 'It is tried again.';
  });
  const discard = useAct(async () => {
    await ops.discard(letter.id);
    renew();
    return 'It is given up.';
  });
  const look = useAct(async () => {
    setWhole(whole ? null : await ops.deadLetter(letter.id));
    return '';
  });
  const about = `${letter.type} of ${letter.consumer}`;
  return (
    <article className="panel letter" data-letter={letter.id}>
      <header className="title-row">
        <h2>{letter.type} <span className="fine">for {letter.consumer}</span></h2>
        <Badge label={letter.pending ? 'Under way' : letter.state.charAt(0).toUpperCase() + letter.state.slice(1)} tone={letter.pending ? 'lamp' : TONES[letter.state]} />
      </header>
      <pre className="error-text">{letter.error}</pre>
      <p className="fine">
        {letter.attempts} tries · failed first {instant(letter.first_at)} · given up {instant(letter.dead_at)} · stream {letter.stream}, number {letter.seq} · key <span className="mono break">{letter.key}</span>
      </p>
      <Refusal error={retry.error ?? discard.error ?? look.error} />
      <div className="actions">
        {letter.state === 'open' && (
          <>
            <button type="button" className="button button-main" aria-label={`Retry ${about}`} disabled={retry.busy} onClick={() => retry.run()}>Retry</button>
            {sure ? (
              <button type="button" className="button button-bad" aria-label={`Really discard ${about}`} disabled={discard.busy} onClick={() => discard.run()}>Really discard</button>
            ) : (
              <button type="button" className="button" aria-label={`Discard ${about}`} onClick={() => setSure(true)}>Discard</button>
            )}
          </>
        )}
        <button type="button" className="button" aria-expanded={whole !== null} aria-label={`${whole ? 'Hide event' : 'Show event'} of ${about}`} onClick={() => look.run()}>{whole ? 'Hide event' : 'Show event'}</button>
      </div>
      {whole && (whole.event ? <EventText event={whole.event} /> : <p className="fine">The event is no longer in the log.</p>)}
    </article>
  );
}
