import { useMutation, useQueryClient } from '@tanstack/react-query';
import { clock } from '../../api';
import { admin } from '../../api/admin';
import type { AdminUser } from '../../api/next';
import { ago } from '../../domain/devices';
import { WithReason } from '../../parts/Reason';
import { Refusal } from '../../parts/States';
import { Pages } from './pages';

/** People who want to offer homes. */
export function Applications() {
  return <Pages<AdminUser> queryKey={['admin', 'applications']} load={admin.applications} empty="Nobody waits" row={(one) => <Applicant key={one.id} user={one} />} />;
}

function Applicant({ user }: { user: AdminUser }) {
  const queries = useQueryClient();
  const onSettled = (): Promise<void> => queries.invalidateQueries({ queryKey: ['admin'] });
  const approve = useMutation({ mutationFn: () => admin.approveLandlord(user.id), onSettled });
  const decline = useMutation({ mutationFn: (reason: string) => admin.declineLandlord(user.id, reason), onSettled });
  const busy = approve.isPending || decline.isPending;
  const asked = user.landlord_application?.requested_at;
  return (
    <article className="panel">
      <h2>{user.name}</h2>
      <p className="fine break">{user.email} · here since {ago(user.created_at, clock.now())}{asked ? ` · asked ${ago(asked, clock.now())}` : ''}</p>
      <Refusal error={approve.error ?? decline.error} />
      <div className="actions form-go">
        <button type="button" className="button button-main" aria-label={`Approve: ${user.name}`} disabled={busy} onClick={() => approve.mutate()}>
          {approve.isPending ? 'Approving…' : 'Approve'}
        </button>
        <WithReason label="Decline" about={user.name} busy={busy} max={500} onReason={decline.mutate} />
      </div>
    </article>
  );
}
