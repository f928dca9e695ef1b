import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Channel, Preference } from '../api/next';
import { notifications } from '../api/notifications';
import { CATEGORIES, turned } from '../domain/notices';
import { Failure, Loading, Refusal } from '../parts/States';
import { useTitle } from '../parts/hooks';

const CHANNELS: [Channel, string][] = [
  ['in_app', 'In the app'],
  ['email', 'By letter'],
];
const KEY = ['preferences'];

export default function PreferencesPage() {
  useTitle('What you are told');
  const queries = useQueryClient();
  const found = useQuery({ queryKey: KEY, queryFn: ({ signal }) => notifications.preferences(signal) });
  const save = useMutation({
    mutationFn: notifications.setPreferences,
    // What was clicked is shown at once; what the server says counts.
    onMutate: (next: Preference[]) => {
      const before = queries.getQueryData<Preference[]>(KEY);
      queries.setQueryData(KEY, next);
      return before;
    },
    onError: (_, __, before) => queries.setQueryData(KEY, before),
    onSuccess: (now) => queries.setQueryData(KEY, now),
  });
  const rows = found.data ?? [];
  return (
    <div className="page page-narrow">
      <nav aria-label="Breadcrumb" className="crumb"><Link to="/account">‹ Account</Link></nav>
      <h1>What you are told</h1>
      {found.isPending ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className="panel">
          <table className="matrix">
            <thead>
              <tr>
                <th scope="col">About</th>
                {CHANNELS.map(([channel, label]) => (
                  <th key={channel} scope="col">{label}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.category}>
                  <th scope="row">
                    {CATEGORIES[row.category]?.label ?? row.category}
                    <span className="fine">{CATEGORIES[row.category]?.about}</span>
                  </th>
                  {CHANNELS.map(([channel, label]) => (
                    <td key={channel}>
                      <input
                        type="checkbox"
                        name={`${row.category}-${channel}`}
                        aria-label={`${CATEGORIES[row.category]?.label ?? row.category}: ${label.toLowerCase()}`}
                        checked={row[channel]}
                        disabled={row.locked === true || save.isPending}
                        onChange={(event) => save.mutate(turned(rows, row.category, channel, event.target.checked))}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <Refusal error={save.error} />
          <p className="fine form-note" role="status">{save.isPending ? 'Saving…' : save.isSuccess ? 'Saved.' : 'Each change is saved at once.'}</p>
        </div>
      )}
    </div>
  );
}
