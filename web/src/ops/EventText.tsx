import type { LoggedEvent } from './types';
import { instant } from './words';

/** All that the log has of an event. */
export function EventText({ event }: { event: LoggedEvent }) {
  return (
    <div className="event-text">
      <dl className="pairs">
        <div><dt>Happened</dt><dd>{instant(event.occurred_at)} UTC</dd></div>
        <div><dt>By</dt><dd className="mono">{event.actor}</dd></div>
        <div><dt>Key</dt><dd className="mono">{event.key}</dd></div>
        <div><dt>Cause</dt><dd className="mono">{event.causation}</dd></div>
      </dl>
      <pre tabIndex={0} aria-label="What it says">{JSON.stringify(event.data, null, 2)}</pre>
    </div>
  );
}
