import type { HostingHome, HostingRun } from '../api/next';
import type { LocalDate } from '../api/types';
import { addDays } from './dates';
import type { GridRow, Run } from './grid';

/** The rows of a home: one for each unit. */
export function rowsOf(home: HostingHome): GridRow[] {
  return home.types.flatMap((type) =>
    type.units.map((unit) => ({
      key: `${type.unit_id} ${unit.unit_no}`,
      propertyId: home.property_id,
      unitId: type.unit_id,
      slot: unit.unit_no,
      label: type.units.length > 1 ? `${type.name} ${unit.unit_no}` : type.name,
      runs: unit.runs.map(runOf),
      priceOn: (night) => type.prices.find((run) => run.from <= night && night < run.to)?.price,
    })),
  );
}

function runOf(run: HostingRun): Run {
  const label = run.guest || run.reason;
  return {
    from: run.from,
    to: run.to,
    state: run.state,
    ...(run.booking_id && { bookingId: run.booking_id }),
    ...(run.block_id && { blockId: run.block_id }),
    ...(label && { label }),
  };
}

/** The currency of a home's prices; none while it has none. */
export function currencyOf(home: HostingHome): string | undefined {
  return home.types.flatMap((type) => type.prices)[0]?.price.currency;
}

/** Where a step of the calendar leads: never before today. */
export function stepped(from: LocalDate, days: number, today: LocalDate): LocalDate {
  const next = addDays(from, days);
  return next < today ? today : next;
}
