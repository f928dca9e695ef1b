/** Listings for tests. */
import type { Property } from '../src/api/types';
import { readListing, type ListingForm, type ReadListing } from '../src/domain/listing';

export function read(form: ListingForm): ReadListing {
  const found = readListing(form);
  if (!('listing' in found)) throw new Error(`valid form refused: ${JSON.stringify(found.errors)}`);
  return found.listing;
}

/** What a server would show of it. */
export function stored(form: ListingForm, ids: string[]): Property {
  const { base, units, policies } = read(form);
  const shown = units.map((unit, index) => ({ id: ids[index] as string, ...unit.fields }));
  return {
    ...base, id: 'prp_1', owner_id: 'usr_1', status: 'draft', currency: form.currency, version: 1,
    address: { region: null, ...base.address },
    price_per_night: shown[0]?.price_per_night ?? null,
    unit: shown[0] as Property['unit'], units: shown, policies: { ...policies, version: 1 },
    created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z',
  };
}
