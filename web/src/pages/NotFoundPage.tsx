import { Link } from 'react-router';
import { useTitle } from '../parts/hooks';
import { Empty } from '../parts/States';

export function NotFoundPage() {
  useTitle('Page not found');
  return (
    <div className="page">
      <Empty title="There is no page at this address">
        <p>The link may be old, or mistyped.</p>
        <Link className="button" to="/">Search homes</Link>
      </Empty>
    </div>
  );
}
