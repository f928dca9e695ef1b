import { Badge } from '../parts/Badge';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { ops, usePoll } from './hooks';
import type { Consumer } from './types';
import { instant, span } from './words';

/** How far every consumer is, and what the jobs did. */
export function Consumers() {
  const found = usePoll('consumers', ops.consumers, 3_000);
  const jobs = usePoll('jobs', ops.jobs, 15_000);
  return (
    <>
      <h1>Consumers</h1>
      {found.data === undefined ? (
        found.error ? <Failure error={found.error} retry={found.renew} /> : <Loading />
      ) : (
        <>
          <Refusal error={found.error} />
          <div className="table-box" tabIndex={0} role="region" aria-label="Consumers">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Consumer</th>
                  <th scope="col">State</th>
                  <th scope="col" className="num">Behind</th>
                  <th scope="col" className="num">Oldest</th>
                  <th scope="col" className="num">Parked</th>
                  <th scope="col" className="num">Dead</th>
                  <th scope="col" className="num">Done</th>
                </tr>
              </thead>
              <tbody>
                {found.data.map((one) => (
                  <Row key={one.name} consumer={one} />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <h2 className="list-title">Jobs</h2>
      {jobs.data === undefined ? (
        jobs.error ? <Failure error={jobs.error} retry={jobs.renew} /> : <Loading />
      ) : jobs.data.length === 0 ? (
        <Empty title="No job has run yet" />
      ) : (
        <div className="table-box" tabIndex={0} role="region" aria-label="Jobs">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">Schedule, UTC</th>
                <th scope="col">Last run</th>
                <th scope="col" className="num">Rows</th>
              </tr>
            </thead>
            <tbody>
              {jobs.data.map((job) => (
                <tr key={job.name}>
                  <th scope="row">{job.name}</th>
                  <td className="mono">{job.schedule}</td>
                  <td>{instant(job.started_at)}</td>
                  <td className="num">{job.error ? <span className="bad">{job.error}</span> : (job.rows ?? '–')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ consumer }: { consumer: Consumer }) {
  const state =
    consumer.dead > 0
      ? ({ label: 'Dead letters', tone: 'bad' } as const)
      : consumer.parked > 0
        ? ({ label: 'Parked', tone: 'lamp' } as const)
        : consumer.lag_seconds > 30
          ? ({ label: 'Behind', tone: 'lamp' } as const)
          : ({ label: 'Up to date', tone: 'ok' } as const);
  const where = consumer.streams.map((one) => `stream ${one.stream}: ${one.lag_events}`).join(', ');
  return (
    <tr data-consumer={consumer.name}>
      <th scope="row">{consumer.name}</th>
      <td><Badge {...state} /></td>
      <td className="num" title={where || undefined}>{consumer.lag_events.toLocaleString('en-GB')}</td>
      <td className="num">{consumer.lag_events > 0 ? span(consumer.lag_seconds) : '–'}</td>
      <td className="num">{consumer.parked}</td>
      <td className="num">{consumer.dead > 0 ? <a href="#dead-letters">{consumer.dead}</a> : 0}</td>
      <td className="num">{consumer.done.toLocaleString('en-GB')}</td>
    </tr>
  );
}
