import type { Tagged } from '../api';
import { Problem } from '../api/problem';
import type { NewPolicies, UnitForm } from '../api/next';
import type { NewProperty, Property } from '../api/types';
import { asFirst, changes, newProperty, readBack, type ReadListing, type ReadUnit } from './listing';

/** The calls that saving a listing makes. */
export interface ListingCalls {
  create(body: NewProperty): Promise<Tagged>;
  edit(id: string, body: Record<string, unknown>, etag: string): Promise<Tagged>;
  addUnit(id: string, body: UnitForm, etag: string, key: string): Promise<Tagged>;
  editUnit(id: string, unit: string, body: Record<string, unknown>, etag: string): Promise<Tagged>;
  removeUnit(id: string, unit: string, etag: string): Promise<Tagged>;
  setPolicies(id: string, body: NewPolicies, etag: string): Promise<Tagged>;
}

/** Told after each step, so that a later try goes on from there. `added` names the row of the
 *  form whose unit type exists now. */
export type OnStep = (saved: Tagged, added?: { key: string; id: string }) => void;

/** Makes the server's listing what the form says, in steps of which each leaves a listing
 *  that is right: prices before the way of letting that needs them, new unit types before
 *  old ones go. */
export async function saveListing(
  wanted: ReadListing,
  stored: Tagged | undefined,
  calls: ListingCalls,
  onStep: OnStep,
): Promise<Tagged> {
  let at = stored;
  let units = wanted.units;
  const step = (next: Tagged, added?: { key: string; id: string }): Tagged => {
    at = next;
    onStep(next, added);
    return next;
  };
  if (!at) {
    const made = await placed(0, calls.create(newProperty(wanted)));
    const id = made.property.unit.id;
    const key = units[0]?.key ?? '';
    units = units.map((unit, index) => (index === 0 ? { ...unit, id } : unit));
    at = step(made, { key, id });
  }
  const id = at.property.id;
  let now = at;
  for (const { unit, index, patch } of edits(units, now.property)) {
    if (unit.id !== now.property.unit.id) now = step(await placed(index, calls.editUnit(id, unit.id as string, patch, now.etag)));
  }
  const base = basePatch(wanted, units, now.property);
  if (Object.keys(base).length > 0) now = step(await placed(firstIndex(units, now.property), calls.edit(id, base, now.etag)));
  for (const [index, unit] of units.entries()) {
    if (unit.id !== undefined) continue;
    const known = new Set(now.property.units.map((one) => one.id));
    const added = await placed(index, calls.addUnit(id, unit.fields, now.etag, unit.key));
    const fresh = added.property.units.find((one) => !known.has(one.id));
    now = step(added, fresh && { key: unit.key, id: fresh.id });
  }
  const kept = new Set(units.map((unit) => unit.id));
  // What was added just now is not among the form's rows yet, and not among the stored ones.
  const before = new Set((stored?.property.units ?? []).map((unit) => unit.id));
  for (const unit of now.property.units) {
    if (before.has(unit.id) && !kept.has(unit.id)) now = step(await calls.removeUnit(id, unit.id, now.etag));
  }
  const { policies } = readBack(now.property);
  if (JSON.stringify(policies) !== JSON.stringify(wanted.policies)) now = step(await calls.setPolicies(id, wanted.policies, now.etag));
  return now;
}

/** The unit types that exist and changed. */
function edits(units: ReadUnit[], property: Property): { unit: ReadUnit; index: number; patch: Record<string, unknown> }[] {
  const stored = readBack(property).units;
  return units.flatMap((unit, index) => {
    const old = stored.find((one) => one.id !== undefined && one.id === unit.id);
    if (!old) return [];
    const patch = changes(old.fields, unit.fields);
    return Object.keys(patch).length > 0 ? [{ unit, index, patch }] : [];
  });
}

/** The change of everything that is not another unit type, with the first one's: prices and
 *  the way of letting change together. */
function basePatch(wanted: ReadListing, units: ReadUnit[], property: Property): Record<string, unknown> {
  const stored = readBack(property);
  const patch = changes(stored.base, wanted.base);
  const old = stored.units[0];
  const first = old && units.find((unit) => unit.id === old.id);
  return first ? { ...patch, ...changes(asFirst(old.fields), asFirst(first.fields)) } : patch;
}

function firstIndex(units: ReadUnit[], property: Property): number {
  return Math.max(0, units.findIndex((unit) => unit.id === property.unit.id));
}

/** Puts `/units/N` before the pointers that belong to a unit type. */
async function placed(index: number, work: Promise<Tagged>): Promise<Tagged> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Problem ? ofUnit(error, index) : error;
  }
}

const UNIT_FIELDS = /^\/(name|count|bedrooms|beds|bathrooms|guests|price_per_night|price_per_month)(\/|$)/;

export function ofUnit(problem: Problem, index: number): Problem {
  const errors = problem.errors.map((error) => {
    const pointer = error.pointer.replace(/^\/unit(?=\/|$)/, '');
    return UNIT_FIELDS.test(pointer) ? { ...error, pointer: `/units/${index}${pointer}` } : error;
  });
  return problem.with(errors);
}
