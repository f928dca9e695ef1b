import { Badge } from '../parts/Badge';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { ops, useAct, usePoll } from './hooks';
import type { SearchBuilding, SearchServed } from './types';
import { WHY, bytes, instant, span } from './words';

/** The search index of the server that was asked, and the one that is being built. */
export function SearchIndex() {
  const found = usePoll('search', ops.search, 1_000);
  const reindex = useAct(async () => {
    const { begun } = await ops.reindex();
    found.renew();
    return begun ? 'A new index is being built; searches go on meanwhile.' : 'A new index was being built already.';
  });
  if (found.data === undefined) return found.error ? <Failure error={found.error} retry={found.renew} /> : <Loading />;
  const { served, building, lag_events, lag_seconds, streams } = found.data;
  return (
    <>
      <div className="title-row">
        <h1>Search index</h1>
        <button type="button" className="button" disabled={reindex.busy || building !== null || served === null} onClick={() => reindex.run()}>Build it anew</button>
      </div>
      <Refusal error={found.error ?? reindex.error} />
      <p role="status">{reindex.said}</p>
      {building && <Progress building={building} />}
      {served ? <Served served={served} /> : <Empty title="Nothing can be searched yet" />}
      <h2 className="list-title">Behind the log</h2>
      {lag_events === 0 ? (
        <p className="fine">Searches know of everything that this server has heard of.</p>
      ) : (
        <p>{lag_events.toLocaleString('en-GB')} events in {streams.length} streams, one of them for {span(lag_seconds)}.</p>
      )}
    </>
  );
}

function Progress({ building }: { building: SearchBuilding }) {
  const { generation, listings, expected, why, since } = building;
  return (
    <div className="note" role="status">
      <p>
        <Badge label="Building" tone="lamp" /> Generation {generation}, {WHY[why] ?? why}: {listings.toLocaleString('en-GB')}
        {expected > 0 && ` of about ${expected.toLocaleString('en-GB')}`} listings, since {instant(since)}.
      </p>
      {expected > 0 && <progress aria-label="Listings that are in it" max={expected} value={Math.min(listings, expected)} />}
    </div>
  );
}

function Served({ served }: { served: SearchServed }) {
  const rows: [string, string][] = [
    ['Generation', String(served.generation)],
    ['Listings', served.listings.toLocaleString('en-GB')],
    ['Deleted documents that still take room', served.deleted.toLocaleString('en-GB')],
    ['Segments', String(served.segments)],
    ['On the disk', bytes(served.bytes)],
  ];
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label="What is searched">
      <table className="table">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="num">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
