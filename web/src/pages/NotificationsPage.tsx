import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { clock } from '../api';
import type { Notification } from '../api/next';
import { notifications } from '../api/notifications';
import { ago } from '../domain/devices';
import { notice } from '../domain/notices';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { useTitle } from '../parts/hooks';

export default function NotificationsPage() {
  useTitle('Notifications');
  const [unread, setUnread] = useState(false);
  const queries = useQueryClient();
  const found = useInfiniteQuery({
    queryKey: ['notifications', unread],
    queryFn: ({ pageParam, signal }) => notifications.list(unread, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 30_000,
  });
  const renew = (): Promise<void> => queries.invalidateQueries({ queryKey: ['notifications'] });
  const readAll = useMutation({ mutationFn: notifications.readAll, onSettled: renew });
  const all = found.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <div className="page page-narrow">
      <div className="title-row">
        <h1>Notifications</h1>
        <Link className="button" to="/account/notifications">Settings</Link>
      </div>
      <div className="tools">
        <fieldset className="segments">
          <legend className="hidden">Which</legend>
          {[false, true].map((one) => (
            <label key={String(one)}>
              <input type="radio" name="unread" checked={unread === one} onChange={() => setUnread(one)} />
              <span>{one ? 'Unread' : 'All'}</span>
            </label>
          ))}
        </fieldset>
        <button type="button" className="link" disabled={readAll.isPending} onClick={() => readAll.mutate()}>Mark all as read</button>
      </div>
      <Refusal error={readAll.error} />
      {found.isPending ? (
        <Loading />
      ) : found.isError && all.length === 0 ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : all.length === 0 ? (
        <Empty title={unread ? 'Everything is read' : 'Nothing yet'}>
          <p>{unread ? 'New ones show here and at the bell.' : 'When something happens to your stays or homes, it is told here.'}</p>
        </Empty>
      ) : (
        <>
          <ul className="rows">
            {all.map((one) => (
              <NoticeRow key={one.id} told={one} renew={renew} />
            ))}
          </ul>
          {found.hasNextPage && (
            <button type="button" className="button form-go" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              Show older ones
            </button>
          )}
        </>
      )}
    </div>
  );
}

function NoticeRow({ told, renew }: { told: Notification; renew: () => Promise<void> }) {
  const { title, text, link } = notice(told);
  const read = useMutation({ mutationFn: () => notifications.read(told.id), onSettled: renew });
  const remove = useMutation({ mutationFn: () => notifications.remove(told.id), onSettled: renew });
  const unread = !told.read_at;
  return (
    <li className={unread ? 'row row-plain notice notice-new' : 'row row-plain notice'}>
      <span className="row-text">
        {link ? (
          <Link to={link} onClick={() => unread && read.mutate()}>{unread && <span className="hidden">New: </span>}{title}</Link>
        ) : (
          <strong>{unread && <span className="hidden">New: </span>}{title}</strong>
        )}
        {text && <span className="break">{text}</span>}
        <span className="fine"><time dateTime={told.created_at}>{ago(told.created_at, clock.now())}</time></span>
        <Refusal error={read.error ?? remove.error} />
      </span>
      <span className="row-acts">
        {unread && (
          <button type="button" className="icon-button" title="Mark as read" aria-label={`Mark as read: ${title}`} disabled={read.isPending} onClick={() => read.mutate()}>✓</button>
        )}
        <button type="button" className="icon-button" title="Delete" aria-label={`Delete: ${title}`} disabled={remove.isPending} onClick={() => remove.mutate()}>×</button>
      </span>
    </li>
  );
}
