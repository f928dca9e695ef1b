import { Badge } from '../parts/Badge';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { ops, useAct, usePoll } from './hooks';
import type { ClusterNode, ClusterQueue, ClusterShard } from './types';
import { instant } from './words';

/** Of the latest moves, as many as are shown. */
const MOVES_SHOWN = 20;

/** The servers, the shards that each owns, and what waits at the one that was asked. */
export function Cluster() {
  const cluster = usePoll('cluster', ops.cluster, 2_000);
  const drain = useAct(async (name: string) => {
    const { misplaced } = await ops.drain(name);
    cluster.renew();
    return `${name} hands its shards over: ${misplaced} are on their way.`;
  });
  const rebalance = useAct(async () => {
    const { misplaced } = await ops.rebalance();
    cluster.renew();
    return misplaced === 0 ? 'Every shard is where it should be.' : `${misplaced} shards are on their way.`;
  });
  if (cluster.data === undefined) return cluster.error ? <Failure error={cluster.error} retry={cluster.renew} /> : <Loading />;
  const { node, nodes, shards, moves, entities } = cluster.data;
  const living = nodes.filter((one) => one.ended_at === null);
  return (
    <>
      <div className="title-row">
        <h1>Cluster</h1>
        <button type="button" className="button" disabled={rebalance.busy} onClick={() => rebalance.run()}>Look for misplaced shards</button>
      </div>
      <Refusal error={cluster.error ?? drain.error ?? rebalance.error} />
      <p role="status">{drain.said || rebalance.said}</p>
      <div className="table-box" tabIndex={0} role="region" aria-label="Servers">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">State</th>
              <th scope="col" className="num">Shards</th>
              <th scope="col">Connection</th>
              <th scope="col" className="num">Waiting there</th>
              <th scope="col">Version</th>
              <th scope="col">Since</th>
              <th scope="col"><span className="hidden">What can be done</span></th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((one) => (
              <tr key={one.incarnation} data-node={one.name}>
                <th scope="row">{one.name} <span className="fine">{one.incarnation}</span></th>
                <td><State node={one} /></td>
                <td className="num">{one.shards}</td>
                <td>{one.incarnation === node ? 'asked' : one.ended_at !== null ? '' : one.reached ? 'connected' : <Badge label="Not reached" tone="bad" />}</td>
                <td className="num">{one.waiting}</td>
                <td>{one.version}</td>
                <td>{instant(one.ended_at ?? one.joined_at)}</td>
                <td>
                  {one.state === 'active' && living.length > 1 && (
                    <button type="button" className="button" disabled={drain.busy} onClick={() => drain.run(one.name)}>Drain</button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2 className="list-title">Shards</h2>
      <ul className="shards" aria-label="Shards by owner">
        {shards.map((shard) => <Shard key={shard.shard} shard={shard} nodes={living} />)}
      </ul>
      <h2 className="list-title">Latest moves</h2>
      {moves.length === 0 ? <Empty title="No shard has moved since this server started" /> : (
        <div className="table-box" tabIndex={0} role="region" aria-label="Latest moves">
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="num">Shard</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col" className="num">Epoch</th>
                <th scope="col" className="num">Seconds ago</th>
              </tr>
            </thead>
            <tbody>
              {moves.slice(0, MOVES_SHOWN).map((move) => (
                <tr key={`${move.shard}/${move.epoch}`}>
                  <th scope="row" className="num">{move.shard}</th>
                  <td>{nameOf(nodes, move.from)}</td>
                  <td>{nameOf(nodes, move.to)}</td>
                  <td className="num">{move.epoch}</td>
                  <td className="num">{move.seconds_ago.toLocaleString('en-GB')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <h2 className="list-title">What waits here</h2>
      <p className="fine">{entities.awake.toLocaleString('en-GB')} properties are in memory here, {entities.waiting.toLocaleString('en-GB')} requests wait.</p>
      {entities.queues.length === 0 ? <Empty title="Nobody waits" /> : (
        <>
          <Queues title="Longest queues" queues={entities.queues} />
          <Queues title="Oldest queues" queues={entities.oldest} />
        </>
      )}
    </>
  );
}

function Queues({ title, queues }: { title: string; queues: ClusterQueue[] }) {
  return (
    <>
      <h3 className="list-title">{title}</h3>
      <div className="table-box" tabIndex={0} role="region" aria-label={title}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Property</th>
              <th scope="col" className="num">Waiting</th>
              <th scope="col" className="num">Oldest waits, ms</th>
            </tr>
          </thead>
          <tbody>
            {queues.map(({ property, waiting, oldest_ms }) => (
              <tr key={property}>
                <th scope="row" className="mono">{property}</th>
                <td className="num">{waiting}</td>
                <td className="num">{oldest_ms.toLocaleString('en-GB')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function nameOf(nodes: ClusterNode[], incarnation: number | null): string {
  if (incarnation === null) return 'nobody';
  return nodes.find((node) => node.incarnation === incarnation)?.name ?? `incarnation ${incarnation}`;
}

function State({ node }: { node: ClusterNode }) {
  if (node.state === 'active' && node.leased) return <Badge label="Active" tone="ok" />;
  if (node.state === 'active') return <Badge label="Lease over" tone="bad" />;
  if (node.state === 'dead') return <Badge label="Dead" tone="bad" />;
  const labels = { joining: 'Joining', draining: 'Draining', left: 'Left' } as const;
  return <Badge label={labels[node.state]} tone="lamp" />;
}

function Shard({ shard, nodes }: { shard: ClusterShard; nodes: ClusterNode[] }) {
  const at = nodes.findIndex((node) => node.incarnation === shard.owner);
  const owner = nodes[at]?.name ?? 'nobody';
  const moving = shard.owner !== shard.target;
  const title = `Shard ${shard.shard}: ${owner}, epoch ${shard.epoch}${moving ? ', on its way' : ''}`;
  return <li title={title} aria-label={title} className={moving ? 'moving' : undefined} data-owner={at < 0 ? 'none' : at % 6} />;
}
