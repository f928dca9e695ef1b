import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { List } from '../../api/types';
import { Empty, Failure, Loading } from '../../parts/States';

interface PagesProps<T> {
  queryKey: readonly unknown[];
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<List<T>>;
  empty: string;
  row: (one: T) => ReactNode;
}

/** A list that is read page by page, in each of its states. */
export function Pages<T extends { id: string }>({ queryKey, load, empty, row }: PagesProps<T>) {
  const found = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 60_000,
  });
  const all = found.data?.pages.flatMap((page) => page.data) ?? [];
  if (found.isPending) return <Loading />;
  if (found.isError && all.length === 0) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (all.length === 0) return <Empty title={empty} />;
  return (
    <>
      {all.map(row)}
      {found.hasNextPage && (
        <button type="button" className="button form-go" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Show more</button>
      )}
    </>
  );
}
