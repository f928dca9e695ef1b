import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { Problem } from '../api/problem';
import { TextField } from '../parts/Field';
import { Refusal } from '../parts/States';
import { Cluster } from './Cluster';
import { Consumers } from './Consumers';
import { DeadLetters } from './DeadLetters';
import { Events } from './Events';
import { Ledger } from './Ledger';
import { Replays } from './Replays';
import { SearchIndex } from './SearchIndex';
import { ops, useAct } from './hooks';

const ROOMS = [
  ['consumers', 'Consumers'],
  ['dead-letters', 'Dead letters'],
  ['events', 'Events'],
  ['replays', 'Replays'],
  ['ledger', 'Ledger'],
  ['search', 'Search'],
  ['cluster', 'Cluster'],
] as const;

function useRoom(): string {
  const room = useSyncExternalStore(
    (listener) => {
      window.addEventListener('hashchange', listener);
      return () => window.removeEventListener('hashchange', listener);
    },
    () => window.location.hash.slice(1).split('?')[0] ?? '',
  );
  return ROOMS.some(([name]) => name === room) ? room : 'consumers';
}

/** The operators' page. */
export function OpsApp() {
  const open = useSyncExternalStore(ops.subscribe, ops.isOpen);
  const room = useRoom();
  if (!open) return <Door />;
  return (
    <>
      <a className="skip" href="#main">Skip to content</a>
      <header className="top">
        <div className="top-in">
          <strong className="brand">RentEzy <span className="fine">operators</span></strong>
          <button type="button" className="button" onClick={() => ops.close()}>Lock</button>
        </div>
      </header>
      <main id="main" className="page" tabIndex={-1}>
        <nav className="tabs" aria-label="Rooms">
          {ROOMS.map(([name, label]) => (
            <a key={name} href={`#${name}`} className={room === name ? 'active' : undefined} aria-current={room === name ? 'page' : undefined}>{label}</a>
          ))}
        </nav>
        {room === 'consumers' && <Consumers />}
        {room === 'dead-letters' && <DeadLetters />}
        {room === 'events' && <Events />}
        {room === 'replays' && <Replays />}
        {room === 'ledger' && <Ledger />}
        {room === 'search' && <SearchIndex />}
        {room === 'cluster' && <Cluster />}
      </main>
    </>
  );
}

function Door() {
  const [token, setToken] = useState('');
  const enter = useAct(async () => {
    await ops.open(token);
    return '';
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter.run();
  };
  const wrong = enter.error instanceof Problem && enter.error.status === 401;
  return (
    <main className="page page-narrow">
      <form className="sheet" onSubmit={submit}>
        <h1>Operators</h1>
        <TextField label="Token" type="password" name="token" autoComplete="off" required value={token} onText={setToken} error={wrong ? 'The server does not take this token.' : undefined} hint="It is in the file operator.token of the data folder, or in the settings. This tab remembers it until it is closed." />
        {!wrong && <Refusal error={enter.error} />}
        <button type="submit" className="button button-main button-wide" disabled={enter.busy}>{enter.busy ? 'Looking…' : 'Enter'}</button>
      </form>
    </main>
  );
}
