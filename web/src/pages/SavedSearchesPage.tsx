import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { clock } from '../api';
import { watched, type Alert, type SavedSearch } from '../api/watched';
import { ago } from '../domain/devices';
import { readForm } from '../domain/query';
import { criteriaText, searchPath } from '../domain/watched';
import { plural } from '../domain/words';
import { AlertChoice } from '../parts/AlertChoice';
import { Badge } from '../parts/Badge';
import { HomeCard } from '../parts/HomeCard';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { WatchTabs } from '../parts/WatchTabs';
import { useTitle } from '../parts/hooks';

const KEY = ['saved-searches'];

export default function SavedSearchesPage() {
  useTitle('Saved searches');
  const [params] = useSearchParams();
  const found = useQuery({ queryKey: KEY, queryFn: ({ signal }) => watched.searches(signal), refetchInterval: 30_000 });
  const all = found.data ?? [];
  return (
    <div className="page">
      <WatchTabs />
      <h1>Saved searches</h1>
      {found.isPending ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : all.length === 0 ? (
        <Empty title="No saved searches yet">
          <p>Search for what you want and save it: you are told when a home comes to match.</p>
          <Link className="button button-main" to="/">Search homes</Link>
        </Empty>
      ) : (
        <ul className="saved-list">
          {all.map((one) => (
            <Saved key={one.id} search={one} opened={params.get('search') === one.id} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Saved({ search, opened }: { search: SavedSearch; opened: boolean }) {
  const [open, setOpen] = useState(opened);
  const queries = useQueryClient();
  const renew = (): Promise<void> => queries.invalidateQueries({ queryKey: KEY });
  const change = useMutation({ mutationFn: (alert: Alert) => watched.change(search.id, { alert }), onSettled: renew });
  const forget = useMutation({ mutationFn: () => watched.forget(search.id), onSettled: renew });
  const listId = `matches-${search.id}`;
  return (
    <li className="panel saved">
      <div className="saved-head">
        <div>
          <h2>
            {search.name} {search.new > 0 && <Badge tone="lamp" label={`${search.new} new`} />}
          </h2>
          <p className="fine">{criteriaText(search.criteria)}</p>
          <p className="fine">
            Saved {ago(search.created_at, clock.now())}
            {search.last_alert_at && `, told last ${ago(search.last_alert_at, clock.now())}`}
          </p>
        </div>
        <AlertChoice value={change.isPending ? change.variables : search.alert} disabled={change.isPending} onChoose={(alert) => change.mutate(alert)} />
      </div>
      <p className="saved-acts">
        <button type="button" className="button" aria-expanded={open} aria-controls={listId} disabled={search.matches === 0} onClick={() => setOpen(!open)}>
          {search.matches === 0 ? 'No matches yet' : open ? 'Hide matches' : `Show ${plural(search.matches, 'match', 'matches')}`}
        </button>
        <Link className="button" to={searchPath(search.criteria)}>Search now</Link>
        <button type="button" className="link" disabled={forget.isPending} onClick={() => forget.mutate()} aria-label={`Delete: ${search.name}`}>Delete</button>
      </p>
      <Refusal error={change.error ?? forget.error} />
      <div id={listId}>{open && <Matches search={search} />}</div>
    </li>
  );
}

/** What came to match. Once it is on show it is no news the next time. */
function Matches({ search }: { search: SavedSearch }) {
  const queries = useQueryClient();
  const found = useInfiniteQuery({
    queryKey: ['matches', search.id],
    queryFn: ({ pageParam, signal }) => watched.matches(search.id, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
  });
  const shown = found.isSuccess && search.new > 0;
  useEffect(() => {
    if (!shown) return;
    watched
      .change(search.id, { seen: true })
      .then(() => queries.invalidateQueries({ queryKey: KEY }))
      // They stay new until the next time then.
      .catch(() => undefined);
  }, [shown, search.id, queries]);
  if (found.isPending) return <Loading />;
  if (found.isError && !found.data) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { check_in, check_out } = search.criteria;
  const form = readForm(new URLSearchParams(check_in && check_out ? { check_in, check_out } : {}));
  return (
    <>
      <ul className="cards">
        {found.data.pages.flatMap((page) => page.data).map((match) => (
          <HomeCard key={match.home.id} card={match.home} form={form} onLift={() => undefined}>
            <p className="card-facts">
              {match.new && <Badge tone="lamp" label="New" />} Came to match {ago(match.matched_at, clock.now())}
            </p>
          </HomeCard>
        ))}
      </ul>
      {found.hasNextPage && (
        <button type="button" className="button form-go" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Show more matches
        </button>
      )}
    </>
  );
}
