import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { clock } from '../api';
import { hosting } from '../api/hosting';
import type { HostingHome } from '../api/next';
import type { LocalDate } from '../api/types';
import { addDays, formatRange, isDate, todayIn } from '../domain/dates';
import type { GridRow, Marked, Run } from '../domain/grid';
import { rowsOf, stepped } from '../domain/hosting';
import { Grid } from '../parts/grid/Grid';
import { MarkedPanel } from '../parts/grid/MarkedPanel';
import { LandlordTabs } from '../parts/LandlordTabs';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { useMedia, useTitle } from '../parts/hooks';

/** All homes of a landlord, night by night. */
export default function HostingCalendarPage() {
  useTitle('Calendar');
  const wide = useMedia('(min-width: 62rem)');
  const days = wide ? 28 : 14;
  const today = todayIn(Intl.DateTimeFormat().resolvedOptions().timeZone, clock.now());
  const [from, setFrom] = useState<LocalDate>(today);
  const found = useInfiniteQuery({
    queryKey: ['hosting-calendar', from, days],
    queryFn: ({ pageParam, signal }) => hosting.calendar(from, addDays(from, days), pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 30_000,
    placeholderData: (old) => old,
  });
  const step = (by: number): void => setFrom(stepped(from, by, today));
  return (
    <div className="page hosting">
      <h1>Calendar</h1>
      <LandlordTabs />
      <div className="tools">
        <div className="actions" role="group" aria-label="Days on show">
          <button type="button" className="button button-small" disabled={from <= today} onClick={() => step(-days)}>‹ Earlier</button>
          <button type="button" className="button button-small" onClick={() => setFrom(today)}>Today</button>
          <button type="button" className="button button-small" onClick={() => step(days)}>Later ›</button>
        </div>
        <label className="hosting-from">
          <span className="hidden">First day</span>
          <input type="date" name="from" min={today} value={from} onChange={(event) => isDate(event.target.value) && setFrom(event.target.value < today ? today : event.target.value)} />
        </label>
        <p className="hosting-range" role="status">{formatRange(from, addDays(from, days - 1))}</p>
      </div>
      {found.isPending ? (
        <Loading label="Loading the calendar" />
      ) : found.isError && !found.data ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : found.data.pages[0]?.data.length === 0 ? (
        <Empty title="No homes yet">
          <p>Describe your first one; its nights are shown here.</p>
          <Link className="button button-main" to="/landlord/new">New listing</Link>
        </Empty>
      ) : (
        <>
          <Board homes={found.data.pages.flatMap((page) => page.data)} from={from} days={days} today={today} />
          {found.hasNextPage && (
            <button type="button" className="button form-go" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Show more homes</button>
          )}
        </>
      )}
    </div>
  );
}

function Board({ homes, from, days, today }: { homes: HostingHome[]; from: LocalDate; days: number; today: LocalDate }) {
  const [marked, setMarked] = useState<Marked | null>(null);
  const [opened, setOpened] = useState<{ row: GridRow; run: Run } | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useMemo(() => homes.map((home) => ({ id: home.property_id, title: home.title, rows: rowsOf(home) })), [homes]);
  const rows = shown.flatMap((home) => home.rows);
  const row = rows.find((one) => one.key === marked?.row);
  const home = homes.find((one) => one.property_id === row?.propertyId);
  const mark = (next: Marked | null): void => {
    setMarked(next);
    setOpened(null);
  };
  /** The panel goes; who worked in it by keyboard is back in the grid. */
  const close = (): void => {
    mark(null);
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.grid [data-cell][tabindex="0"]')?.focus({ preventScroll: true }));
  };
  return (
    <>
      <p className="part-note">Draw over free nights to block them, to set their price or to enter a stay; tap the first and the last on a phone. With the keyboard: Shift and the arrows, then Enter.</p>
      <Grid
        homes={shown}
        from={from}
        days={days}
        today={today}
        marked={marked}
        onMark={mark}
        onEnter={() => heading.current?.focus()}
        onBlock={(of, run) => {
          setMarked(null);
          setOpened({ row: of, run });
        }}
      />
      <p className="legend">
        <span className="legend-mark grid-held">On hold</span>
        <span className="legend-mark grid-booked">Booked</span>
        <span className="legend-mark grid-blocked">Blocked</span>
      </p>
      {marked && row && home && <MarkedPanel key={marked.row} home={home} row={row} marked={marked} heading={heading} side={marked.anchor < addDays(from, days / 2) ? 'right' : 'left'} onDone={close} />}
      {opened && <BlockPanel key={opened.run.blockId} run={opened.run} row={opened.row} onDone={close} />}
    </>
  );
}

function BlockPanel({ run, row, onDone }: { run: Run; row: GridRow; onDone: () => void }) {
  const queries = useQueryClient();
  const unblock = useMutation({
    mutationFn: () => hosting.unblock(run.blockId ?? ''),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['hosting-calendar'] });
      void queries.invalidateQueries({ queryKey: ['calendar', row.propertyId] });
      onDone();
    },
  });
  return (
    <section className="marked panel" aria-labelledby="block-title" onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="title-row">
        <h2 id="block-title">{formatRange(run.from, addDays(run.to, -1))} <span className="fine">blocked · {row.label}</span></h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onDone}>×</button>
      </div>
      {run.label && <p>{run.label}</p>}
      <Refusal error={unblock.error} />
      <button type="button" className="button button-main form-go" autoFocus disabled={unblock.isPending} onClick={() => unblock.mutate()}>{unblock.isPending ? 'Giving back…' : 'Unblock these nights'}</button>
    </section>
  );
}
