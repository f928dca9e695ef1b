import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api } from '../../api';
import type { User } from '../../api/types';
import { Refusal } from '../../parts/States';

/** Becoming a landlord, and how that stands. */
export function Hosting({ user }: { user: User }) {
  const queries = useQueryClient();
  const apply = useMutation({
    mutationFn: api.becomeLandlord,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['me'] }),
  });
  const landlord = user.roles.includes('landlord');
  const standing = user.landlord_application;
  const pending = apply.data === 'pending' || standing?.status === 'pending';
  if (landlord) {
    return (
      <section className="panel">
        <h2>You are a landlord</h2>
        <p>Add homes, publish them, and see who has booked.</p>
        <Link className="button" to="/landlord">Go to your listings</Link>
      </section>
    );
  }
  return (
    <section className="panel">
      <h2>Let your place</h2>
      {pending ? (
        <p role="status">Your application is in. We’ll let you know when it has been read.</p>
      ) : (
        <>
          {standing?.status === 'declined' && (
            <p className="refusal">
              Your application was declined{standing.reason ? <>: <q>{standing.reason}</q></> : '.'} You can apply again.
            </p>
          )}
          <p>As a landlord you can list a house, a flat, a room or a bed. You stay a tenant too.</p>
          <Refusal error={apply.error} />
          <button type="button" className="button button-main form-go" disabled={apply.isPending} onClick={() => apply.mutate()}>
            {apply.isPending ? 'Applying…' : standing?.status === 'declined' ? 'Apply again' : 'Become a landlord'}
          </button>
        </>
      )}
    </section>
  );
}
