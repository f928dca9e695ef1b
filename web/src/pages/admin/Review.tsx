import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { admin } from '../../api/admin';
import { Problem } from '../../api/problem';
import type { Property } from '../../api/types';
import { unitsOf } from '../../domain/listing';
import { KINDS, country, facts, priceText } from '../../domain/words';
import { Cover } from '../../parts/Cover';
import { WithReason } from '../../parts/Reason';
import { Refusal } from '../../parts/States';
import { Pages } from './pages';

/** Listings that wait to be let live, the oldest first. */
export function Review() {
  return (
    <Pages<Property> queryKey={['admin', 'review']} load={admin.waiting} empty="No listing waits" row={(one) => <Waiting key={`${one.id} ${one.version}`} property={one} />} />
  );
}

function Waiting({ property }: { property: Property }) {
  const queries = useQueryClient();
  const onSettled = (): Promise<void> => queries.invalidateQueries({ queryKey: ['admin', 'review'] });
  const approve = useMutation({ mutationFn: () => admin.approve(property), onSettled });
  const reject = useMutation({ mutationFn: (reason: string) => admin.reject(property, reason), onSettled });
  const busy = approve.isPending || reject.isPending;
  const error = approve.error ?? reject.error;
  return (
    <article className="panel own">
      <header className="own-head">
        <Cover of={property} isPrivate />
        <div>
          <h2><Link to={`/listings/${property.id}`}>{property.title}</Link></h2>
          <p className="fine">
            {KINDS[property.kind]} in {[property.address.line, property.address.city, country(property.address.country)].filter(Boolean).join(', ')}
          </p>
          <p className="own-facts">
            <span>{facts(property.unit).join(' · ')}</span>
            <span>{priceText(property, unitsOf(property).length) ?? 'No price'}</span>
          </p>
        </div>
      </header>
      <p className="prose clip">{property.description || 'No description.'}</p>
      {error instanceof Problem && error.status === 412 ? <p className="refusal" role="alert">Its owner changed it meanwhile. Look at it again.</p> : <Refusal error={error} />}
      <div className="actions form-go">
        <button type="button" className="button button-main" aria-label={`Approve: ${property.title}`} disabled={busy} onClick={() => approve.mutate()}>
          {approve.isPending ? 'Approving…' : 'Approve'}
        </button>
        <WithReason label="Reject" about={property.title} busy={busy} max={1000} onReason={reject.mutate} />
      </div>
    </article>
  );
}
