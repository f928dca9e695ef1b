import { NavLink, useParams } from 'react-router';
import { useSession, useTitle } from '../parts/hooks';
import { Empty } from '../parts/States';
import { Applications } from './admin/Applications';
import { Review } from './admin/Review';
import { Users } from './admin/Users';

const ROOMS = [
  ['', 'Listings'],
  ['applications', 'Landlords'],
  ['users', 'People'],
] as const;

/** What administrators see to. */
export default function AdminPages() {
  useTitle('Administration');
  const { room = '' } = useParams();
  const { user } = useSession();
  if (!user?.roles.includes('admin')) {
    return (
      <div className="page">
        <Empty title="This page is for administrators" />
      </div>
    );
  }
  return (
    <div className="page page-middle">
      <h1>Administration</h1>
      <nav className="tabs" aria-label="Administration">
        {ROOMS.map(([path, label]) => (
          <NavLink key={path} to={path === '' ? '/admin' : `/admin/${path}`} end>{label}</NavLink>
        ))}
      </nav>
      {room === '' ? <Review /> : room === 'applications' ? <Applications /> : room === 'users' ? <Users me={user.id} /> : <Empty title="There is no such room" />}
    </div>
  );
}
