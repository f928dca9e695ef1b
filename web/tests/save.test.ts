import { describe, expect, it } from 'vitest';
import type { Tagged } from '../src/api';
import { Problem } from '../src/api/problem';
import type { Property } from '../src/api/types';
import { emptyListing, emptyUnit, fromProperty, type ListingForm } from '../src/domain/listing';
import { ofUnit, saveListing, type ListingCalls } from '../src/domain/save';
import { read, stored } from './listings';

const filled: ListingForm = {
  ...emptyListing('Europe/Dublin'), title: 'Quiet house', city: 'Dublin', country: 'IE', lat: '53', lon: '-6',
  units: [{ ...emptyUnit('a', 'Double'), night: '90' }, { ...emptyUnit('b', 'Single'), night: '60' }],
};

/** A server that does what it is told, one version a change. */
function rig(start?: Property, refuse?: (call: string) => Problem | undefined) {
  const log: string[] = [];
  let now = start;
  let made = start?.units.length ?? 0;
  const answer = (call: string, etag: string | undefined, change: (old: Property) => Partial<Property>): Promise<Tagged> => {
    log.push(call);
    const problem = refuse?.(call);
    if (problem) return Promise.reject(problem);
    if (etag !== undefined) expect(etag).toBe(`"${now?.version}"`);
    const part = change(now as Property);
    const units = part.units ?? now?.units ?? [];
    now = { ...(now as Property), ...part, unit: units[0] as Property['unit'], units, version: (now?.version ?? 0) + 1 };
    return Promise.resolve({ property: now, etag: `"${now.version}"` });
  };
  const calls: ListingCalls = {
    create: () => answer('create', undefined, () => stored({ ...filled, units: filled.units.slice(0, 1) }, [`unt_${++made}`])),
    edit: (_, body, etag) => answer(`edit ${JSON.stringify(body)}`, etag, () => ({})),
    addUnit: (_, body, etag) => answer(`add ${body.name}`, etag, (old) => ({ units: [...old.units, { id: `unt_${++made}`, ...body }] })),
    editUnit: (_, unit, body, etag) => answer(`unit ${unit} ${JSON.stringify(body)}`, etag, () => ({})),
    removeUnit: (_, unit, etag) => answer(`remove ${unit}`, etag, (old) => ({ units: old.units.filter((one) => one.id !== unit) })),
    setPolicies: (_, body, etag) => answer(`policies ${body.min_nights}`, etag, () => ({ policies: { ...body, version: 2 } })),
  };
  return { calls, log, now: () => now };
}

describe('saving a listing', () => {
  it('makes it with its first unit type, then the others', async () => {
    const { calls, log } = rig();
    const steps: string[] = [];
    await saveListing(read(filled), undefined, calls, (_, added) => added && steps.push(`${added.key} is ${added.id}`));
    expect(log).toEqual(['create', 'add Single']);
    expect(steps).toEqual(['a is unt_1', 'b is unt_2']);
  });

  it('does nothing when nothing changed', async () => {
    const property = stored(filled, ['unt_1', 'unt_2']);
    const { calls, log } = rig(property);
    await saveListing(read(fromProperty(property)), { property, etag: '"1"' }, calls, () => undefined);
    expect(log).toEqual([]);
  });

  it('changes each part where it belongs, under the newest version', async () => {
    const property = stored(filled, ['unt_1', 'unt_2']);
    const { calls, log } = rig(property);
    const form = fromProperty(property);
    const [first, second] = form.units;
    if (!first || !second) throw new Error('two unit types were stored');
    const wanted = {
      ...form, title: 'Quiet house by the sea', minNights: '2',
      units: [{ ...first, night: '95' }, { ...second, beds: '2' }, { ...emptyUnit('c', 'Attic'), night: '50' }],
    };
    await saveListing(read(wanted), { property, etag: '"1"' }, calls, () => undefined);
    expect(log).toEqual([
      'unit unt_2 {"beds":2}',
      'edit {"title":"Quiet house by the sea","price_per_night":{"amount":9500}}',
      'add Attic',
      'policies 2',
    ]);
  });

  it('takes the first away only after its successor is there', async () => {
    const property = stored({ ...filled, units: filled.units.slice(0, 1) }, ['unt_1']);
    const { calls, log } = rig(property);
    const wanted = { ...fromProperty(property), units: [{ ...emptyUnit('c', 'Attic'), night: '50' }] };
    await saveListing(read(wanted), { property, etag: '"1"' }, calls, () => undefined);
    expect(log).toEqual(['add Attic', 'remove unt_1']);
  });

  it('goes on after a refusal without making anything twice', async () => {
    let broken = true;
    const { calls, log } = rig(undefined, (call) => (broken && call === 'add Single' ? new Problem(422, { errors: [{ pointer: '/count', code: 'invalid' }] }) : undefined));
    let saved: Tagged | undefined;
    let form = filled;
    const keep = (now: Tagged, added?: { key: string; id: string }): void => {
      saved = now;
      if (added) form = { ...form, units: form.units.map((unit) => (unit.key === added.key ? { ...unit, id: added.id } : unit)) };
    };
    const error = await saveListing(read(form), saved, calls, keep).catch((caught: unknown) => caught);
    expect(error instanceof Problem && error.field('/units/1/count')).toBe('Invalid.');
    broken = false;
    await saveListing(read(form), saved, calls, keep);
    expect(log).toEqual(['create', 'add Single', 'add Single']);
  });
});

describe('the fault of a unit type', () => {
  it('is shown at its row, other faults where they are', () => {
    const problem = new Problem(422, { errors: [{ pointer: '/unit/beds', code: 'a' }, { pointer: '/price_per_night/amount', code: 'b' }, { pointer: '/title', code: 'c' }] });
    expect(ofUnit(problem, 3).errors.map((error) => error.pointer)).toEqual(['/units/3/beds', '/units/3/price_per_night/amount', '/title']);
  });
});
