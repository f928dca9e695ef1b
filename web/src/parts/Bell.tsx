import { useQuery } from '@tanstack/react-query';
import { NavLink } from 'react-router';
import { notifications } from '../api/notifications';
import { countText } from '../domain/notices';

/** The number of unread notifications, asked for while the page is on show. */
export function Bell() {
  const found = useQuery({
    queryKey: ['notifications', 'unread'],
    queryFn: ({ signal }) => notifications.unread(signal),
    refetchInterval: 30_000,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: 'always',
    retry: false,
  });
  const count = found.data ?? 0;
  return (
    <NavLink to="/notifications" className="bell" aria-label={count > 0 ? `Notifications, ${count} unread` : 'Notifications'}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 3a6 6 0 0 0-6 6v4l-2 3.500h16L18 13V9a6 6 0 0 0-6-6zM9.500 19.500a2.500 2.500 0 0 0 5 0" />
      </svg>
      {count > 0 && <span className="bell-count" aria-hidden="true">{countText(count)}</span>}
    </NavLink>
  );
}
