import { formatLeft, shareLeft, spokenLeft } from '../domain/countdown';
import { clock } from '../api';
import { useTimeLeft } from './hooks';

const RADIUS = 52;
const ROUND = 2 * Math.PI * RADIUS;

/** The ring that empties while nights are held. */
export function Countdown({ from, until }: { from: string; until: string }) {
  const left = useTimeLeft(until);
  const share = left === 0 ? 0 : shareLeft(from, until, clock.now());
  const tone = left === 0 ? 'over' : left <= 60_000 ? 'last' : 'calm';
  return (
    <div className={`ring ring-${tone}`} role="timer" aria-label={`${formatLeft(left)} left`}>
      <svg viewBox="0 0 120 120" aria-hidden="true">
        <circle className="ring-track" cx="60" cy="60" r={RADIUS} />
        <circle
          className="ring-left"
          cx="60"
          cy="60"
          r={RADIUS}
          strokeDasharray={`${ROUND * share} ${ROUND}`}
          transform="rotate(-90 60 60)"
        />
      </svg>
      <span className="ring-text" aria-hidden="true">
        {formatLeft(left)}
      </span>
      <span className="hidden" aria-live="polite">
        {spokenLeft(left)}
      </span>
    </div>
  );
}

/** The same in a line of text, for lists. */
export function TimeLeft({ until }: { until: string }) {
  const left = useTimeLeft(until);
  return <span className="tabular">{left > 0 ? `${formatLeft(left)} left` : 'ending'}</span>;
}
