import { useQuery } from '@tanstack/react-query';
import { stays } from '../../api/stays';
import type { Booking } from '../../api/types';
import { happening, momentText, whoText } from '../../domain/timeline';
import { Loading, Refusal } from '../States';

/** Whether something is on its way that the page waits for. */
function isMoving(booking: Booking): boolean {
  const { status } = booking.payment ?? {};
  return booking.status === 'cancelled' && (status === 'refunded' || status === 'partially_refunded');
}

/** Everything that has happened to a booking, with who did it and when. */
export function Timeline({ booking, zone }: { booking: Booking; zone: string | undefined }) {
  const found = useQuery({
    queryKey: ['booking', booking.id, 'timeline', booking.version],
    queryFn: ({ signal }) => stays.timeline(booking.id, signal),
    // Money moves without a new version of the booking.
    refetchInterval: isMoving(booking) ? 2_000 : 15_000,
    placeholderData: (old) => old,
  });
  const entries = [...(found.data ?? [])].reverse();
  return (
    <section className="panel" aria-labelledby="timeline-title">
      <h2 id="timeline-title">What has happened</h2>
      {found.isPending ? (
        <Loading />
      ) : found.isError && entries.length === 0 ? (
        <Refusal error={found.error} />
      ) : (
        <ol className="timeline">
          {entries.map((entry, index) => (
            <li key={`${entry.at} ${entry.type} ${index}`} data-type={entry.type}>
              <strong>{happening(entry.type)}</strong>
              <span className="fine">
                {whoText(entry.actor)}, <time dateTime={entry.at}>{momentText(entry.at, zone)}</time>
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
