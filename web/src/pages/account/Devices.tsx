import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { clock } from '../../api';
import { accounts } from '../../api/accounts';
import type { Device } from '../../api/next';
import { ago, deviceName } from '../../domain/devices';
import { Badge } from '../../parts/Badge';
import { Failure, Loading, Refusal } from '../../parts/States';

/** Where somebody is signed in. */
export function Devices() {
  const queries = useQueryClient();
  const found = useInfiniteQuery({
    queryKey: ['devices'],
    queryFn: ({ pageParam, signal }) => accounts.devices(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
  });
  const everywhere = useMutation({ mutationFn: accounts.logoutAll, onSuccess: () => queries.clear() });
  const devices = found.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="panel" aria-labelledby="devices-title">
      <h2 id="devices-title">Where you are signed in</h2>
      {found.isPending ? (
        <Loading />
      ) : found.isError && devices.length === 0 ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <ul className="rows rows-inner devices">
          {devices.map((device) => (
            <DeviceRow key={device.id} device={device} />
          ))}
        </ul>
      )}
      <Refusal error={everywhere.error} />
      <div className="actions form-go">
        {found.hasNextPage && (
          <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Show more</button>
        )}
        <button type="button" className="button button-bad" disabled={everywhere.isPending} onClick={() => everywhere.mutate()}>
          Sign out everywhere
        </button>
      </div>
    </section>
  );
}

function DeviceRow({ device }: { device: Device }) {
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => accounts.endDevice(device.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['devices'] }),
  });
  const name = deviceName(device.user_agent);
  return (
    <li className="row row-plain" data-current={device.current}>
      <span className="row-text">
        <strong>{name}</strong>
        <span className="fine">
          {device.address ? `${device.address} · ` : ''}last used {ago(device.last_used_at, clock.now())} · since {ago(device.created_at, clock.now())}
        </span>
        <Refusal error={end.error} />
      </span>
      {device.current ? (
        <Badge label="This one" tone="ok" />
      ) : (
        <button type="button" className="button button-small" aria-label={`End the session of ${name}, last used ${ago(device.last_used_at, clock.now())}`} disabled={end.isPending} onClick={() => end.mutate()}>
          End
        </button>
      )}
    </li>
  );
}
