import type { NewProperty, Property } from '../api/types';
import { moneyInput, parseMoney } from './money';

/** The listing form as typed. Errors are kept by the JSON pointer that the server would use. */
export interface ListingForm {
  kind: NewProperty['kind'];
  title: string;
  description: string;
  line: string;
  city: string;
  region: string;
  country: string;
  lat: string;
  lon: string;
  zone: string;
  amenities: string;
  unitName: string;
  count: string;
  bedrooms: string;
  beds: string;
  bathrooms: string;
  guests: string;
  price: string;
  currency: string;
}

export function emptyListing(zone: string): ListingForm {
  return {
    kind: 'flat', title: '', description: '', line: '', city: '', region: '', country: '', lat: '', lon: '', zone,
    amenities: '', unitName: 'Whole place', count: '1', bedrooms: '1', beds: '1', bathrooms: '1', guests: '2',
    price: '', currency: 'EUR',
  };
}

export function fromProperty(property: Property): ListingForm {
  const { address, location, unit } = property;
  return {
    kind: property.kind,
    title: property.title,
    description: property.description,
    line: address.line ?? '',
    city: address.city,
    region: address.region ?? '',
    country: address.country,
    lat: String(location.lat),
    lon: String(location.lon),
    zone: property.zone,
    amenities: property.amenities.join(', '),
    unitName: unit.name,
    count: String(unit.count),
    bedrooms: String(unit.bedrooms),
    beds: String(unit.beds),
    bathrooms: String(unit.bathrooms),
    guests: String(unit.guests),
    price: property.price_per_night ? moneyInput(property.price_per_night) : '',
    currency: property.currency,
  };
}

/** The property that the form describes, or what is wrong by pointer. */
export function readListing(form: ListingForm): { property: NewProperty } | { errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const number = (pointer: string, text: string, least: number, most: number, step = 1): number => {
    const value = text.trim() === '' ? NaN : Number(text.replace(',', '.'));
    const fits = value >= least && value <= most && Number.isInteger(value / step);
    if (!fits) errors[pointer] = step === 0.5 ? `From ${least} to ${most}, in halves.` : `A whole number from ${least} to ${most}.`;
    return value;
  };
  const degrees = (pointer: string, text: string, most: number): number => {
    const value = text.trim() === '' ? NaN : Number(text.replace(',', '.'));
    if (!(Math.abs(value) <= most)) errors[pointer] = `Degrees from -${most} to ${most}.`;
    return value;
  };
  const title = form.title.trim();
  if (title.length < 3 || title.length > 120) errors['/title'] = 'From 3 to 120 characters.';
  if (form.description.length > 5000) errors['/description'] = 'At most 5,000 characters.';
  const city = form.city.trim();
  if (city === '') errors['/address/city'] = 'Which city is it in?';
  const code = form.country.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) errors['/address/country'] = 'Two letters, such as IE.';
  const price = parseMoney(form.price, form.currency);
  if (!price || price.amount === 0) errors['/price_per_night/amount'] = 'An amount, such as 95 or 95.50.';
  const amenities = [...new Set(form.amenities.split(/[,\n]/).map((one) => one.trim()).filter(Boolean))];
  if (amenities.length > 100) errors['/amenities'] = 'At most 100.';
  if (amenities.some((one) => one.length > 60)) errors['/amenities'] = 'At most 60 characters each.';
  const property: NewProperty = {
    kind: form.kind,
    title,
    description: form.description.trim(),
    address: {
      ...(form.line.trim() && { line: form.line.trim() }),
      city,
      ...(form.region.trim() && { region: form.region.trim() }),
      country: code,
    },
    location: { lat: degrees('/location/lat', form.lat, 90), lon: degrees('/location/lon', form.lon, 180) },
    zone: form.zone,
    amenities,
    unit: {
      name: form.unitName.trim() || 'Whole place',
      count: number('/unit/count', form.count, 1, 200),
      bedrooms: number('/unit/bedrooms', form.bedrooms, 0, 50),
      beds: number('/unit/beds', form.beds, 0, 100),
      bathrooms: number('/unit/bathrooms', form.bathrooms, 0, 50, 0.5),
      guests: number('/unit/guests', form.guests, 1, 100),
    },
    price_per_night: price ?? { amount: 0, currency: form.currency },
  };
  return Object.keys(errors).length > 0 ? { errors } : { property };
}

/** What a merge patch (RFC 7396) has to say to make `after` of `before`: only what changed,
 *  and null for what is gone. */
export function changes(before: object, after: object): Record<string, unknown> {
  const [old, next] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const [was, is] = [old[name], next[name]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (isPart(was) && isPart(is)) {
      const part = changes(was, is);
      if (Object.keys(part).length > 0) patch[name] = part;
    } else {
      patch[name] = is ?? null;
    }
  }
  return patch;
}

function isPart(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
