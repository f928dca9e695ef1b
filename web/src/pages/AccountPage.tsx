import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { api } from '../api';
import { accounts } from '../api/accounts';
import { useSession, useTitle } from '../parts/hooks';
import { Failure, Loading, Refusal } from '../parts/States';
import { Devices } from './account/Devices';
import { Hosting } from './account/Hosting';
import { Password } from './account/Password';
import { ProfileForm } from './account/ProfileForm';

export default function AccountPage() {
  useTitle('Account');
  const { user } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const profile = useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => accounts.profile(signal),
    refetchOnWindowFocus: false,
  });
  const leave = useMutation({
    mutationFn: api.logout,
    onSuccess: () => {
      queries.clear();
      void navigate('/');
    },
  });
  if (!user) return null;
  return (
    <div className="page page-narrow">
      <div className="title-row">
        <h1>Account</h1>
        <button type="button" className="button" disabled={leave.isPending} onClick={() => leave.mutate()}>
          Sign out
        </button>
      </div>
      <Refusal error={leave.error} />
      {profile.isPending ? (
        <Loading />
      ) : profile.isError ? (
        <Failure error={profile.error} retry={() => void profile.refetch()} />
      ) : (
        <ProfileForm profile={profile.data} />
      )}
      <Hosting user={profile.data?.user ?? user} />
      <section className="panel">
        <h2>What you are told</h2>
        <p>Choose what you get by letter and what you see in the app.</p>
        <Link className="button" to="/account/notifications">Choose</Link>
      </section>
      <Password />
      <Devices />
    </div>
  );
}
