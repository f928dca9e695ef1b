import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { api } from '../api';
import { useSession, useTitle } from '../parts/hooks';
import { Refusal } from '../parts/States';

export default function AccountPage() {
  useTitle('Account');
  const { user } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const apply = useMutation({ mutationFn: api.becomeLandlord });
  const leave = useMutation({
    mutationFn: api.logout,
    onSuccess: () => {
      queries.clear();
      void navigate('/');
    },
  });
  if (!user) return null;
  const landlord = user.roles.includes('landlord');
  return (
    <div className="page page-narrow">
      <h1>Account</h1>
      <dl className="panel pairs">
        <div><dt>Name</dt><dd>{user.name}</dd></div>
        <div><dt>Email</dt><dd>{user.email}</dd></div>
        <div><dt>Roles</dt><dd>{user.roles.map((role) => role.charAt(0).toUpperCase() + role.slice(1)).join(', ')}</dd></div>
      </dl>
      <section className="panel">
        <h2>{landlord ? 'You are a landlord' : 'Let your place'}</h2>
        {landlord ? (
          <>
            <p>Add homes, publish them, and see who has booked.</p>
            <Link className="button" to="/landlord">Go to your listings</Link>
          </>
        ) : apply.data === 'pending' ? (
          <p role="status">Your application is in. We’ll let you know when it has been read.</p>
        ) : (
          <>
            <p>As a landlord you can list a house, a flat, a room or a bed. You stay a tenant too.</p>
            <Refusal error={apply.error} />
            <button type="button" className="button button-main" disabled={apply.isPending} onClick={() => apply.mutate()}>
              {apply.isPending ? 'Applying…' : 'Become a landlord'}
            </button>
          </>
        )}
      </section>
      <Refusal error={leave.error} />
      <button type="button" className="button" disabled={leave.isPending} onClick={() => leave.mutate()}>
        Sign out
      </button>
    </div>
  );
}
