import type { Amenity, Cancellation, NewPolicies, StayMode, Unit, UnitForm } from '../api/next';
import type { Money, NewProperty, Property } from '../api/types';
import { moneyInput, parseMoney } from './money';

/** A unit type as typed. */
export interface UnitText {
  /** Of a unit type that exists. */
  id?: string;
  /** Tells the rows of the form apart. */
  key: string;
  name: string;
  count: string;
  bedrooms: string;
  beds: string;
  bathrooms: string;
  guests: string;
  night: string;
  month: string;
}

/** The listing form as typed. Errors are kept by JSON pointers of this form: those of the
 *  server, but with `/units/N` before what belongs to a unit type. */
export interface ListingForm {
  kind: NewProperty['kind'];
  stayMode: StayMode;
  title: string;
  description: string;
  line: string;
  city: string;
  region: string;
  country: string;
  lat: string;
  lon: string;
  zone: string;
  amenities: string[];
  units: UnitText[];
  currency: string;
  deposit: string;
  cleaning: string;
  cancellation: Cancellation;
  checkInFrom: string;
  checkInUntil: string;
  checkOutUntil: string;
  rules: string;
  minNights: string;
  maxNights: string;
  /** Guests book at once; else the landlord is asked first. */
  instant: boolean;
}

/** What a form says, apart from its unit types and policies. */
export type Base = Omit<NewProperty, 'unit' | 'price_per_night' | 'price_per_month'>;

export interface ReadUnit {
  id?: string;
  key: string;
  fields: UnitForm;
}

export interface ReadListing {
  base: Base;
  units: ReadUnit[];
  policies: NewPolicies;
}

/** The server's limit. */
export const UNIT_TYPES_MAX = 20;

export function emptyUnit(key: string, name = 'Whole place'): UnitText {
  return { key, name, count: '1', bedrooms: '1', beds: '1', bathrooms: '1', guests: '2', night: '', month: '' };
}

export function emptyListing(zone: string): ListingForm {
  return {
    kind: 'flat', stayMode: 'nightly', title: '', description: '', line: '', city: '', region: '', country: '', lat: '', lon: '', zone,
    amenities: [], units: [emptyUnit('first')], currency: 'EUR', deposit: '', cleaning: '',
    cancellation: 'flexible', checkInFrom: '15:00', checkInUntil: '', checkOutUntil: '11:00', rules: '', minNights: '1', maxNights: '', instant: true,
  };
}

/** All unit types; a server from before there were several tells the one. */
export function unitsOf(property: Property): Unit[] {
  if (property.units?.length > 0) return property.units;
  return [{ ...property.unit, price_per_night: property.unit.price_per_night ?? property.price_per_night }];
}

export function byNight(mode: StayMode | undefined): boolean {
  return mode !== 'monthly';
}

export function byMonth(mode: StayMode | undefined): boolean {
  return mode === 'monthly' || mode === 'both';
}

export function fromProperty(property: Property): ListingForm {
  const { address, location, policies } = property;
  const money = (amount: Money | null | undefined): string => (amount ? moneyInput(amount) : '');
  const some = (amount: Money | null | undefined): string => (amount && amount.amount > 0 ? moneyInput(amount) : '');
  return {
    ...emptyListing(property.zone),
    kind: property.kind,
    stayMode: property.stay_mode ?? 'nightly',
    title: property.title,
    description: property.description,
    line: address.line ?? '',
    city: address.city,
    region: address.region ?? '',
    country: address.country,
    lat: String(location.lat),
    lon: String(location.lon),
    amenities: property.amenities,
    units: unitsOf(property).map((unit) => ({
      id: unit.id,
      key: unit.id,
      name: unit.name,
      count: String(unit.count),
      bedrooms: String(unit.bedrooms),
      beds: String(unit.beds),
      bathrooms: String(unit.bathrooms),
      guests: String(unit.guests),
      night: money(unit.price_per_night),
      month: money(unit.price_per_month),
    })),
    currency: property.currency,
    deposit: some(property.deposit),
    cleaning: some(property.cleaning_fee),
    ...(policies && {
      cancellation: policies.cancellation,
      checkInFrom: policies.check_in_from,
      checkInUntil: policies.check_in_until ?? '',
      checkOutUntil: policies.check_out_until,
      rules: policies.house_rules,
      instant: policies.instant_book,
      minNights: String(policies.min_nights),
      maxNights: policies.max_nights ? String(policies.max_nights) : '',
    }),
  };
}

type Errors = Record<string, string>;

/** The listing that the form describes, or what is wrong by pointer. */
export function readListing(form: ListingForm): { listing: ReadListing } | { errors: Errors } {
  const errors: Errors = {};
  const listing = read(form, errors);
  return Object.keys(errors).length > 0 ? { errors } : { listing };
}

/** What a stored listing says in the form's terms; a draft may lack what the form asks for. */
export function readBack(property: Property): ReadListing {
  return read(fromProperty(property), {});
}

function read(form: ListingForm, errors: Errors): ReadListing {
  return {
    base: readBase(form, errors),
    units: form.units.map((unit, index) => readUnit(unit, index, form, errors)),
    policies: readPolicies(form, errors),
  };
}

function readBase(form: ListingForm, errors: Errors): Base {
  const degrees = (pointer: string, text: string, most: number): number => {
    const value = text.trim() === '' ? NaN : Number(text.replace(',', '.'));
    if (!(Math.abs(value) <= most)) errors[pointer] = `Degrees from -${most} to ${most}.`;
    return value;
  };
  const fee = (pointer: string, text: string): Money => {
    if (text.trim() === '') return { amount: 0, currency: form.currency };
    const money = parseMoney(text, form.currency);
    if (!money) errors[pointer] = 'An amount, such as 50, or nothing.';
    return money ?? { amount: 0, currency: form.currency };
  };
  const title = form.title.trim();
  if (title.length < 3 || title.length > 120) errors['/title'] = 'From 3 to 120 characters.';
  if (form.description.length > 5000) errors['/description'] = 'At most 5,000 characters.';
  const city = form.city.trim();
  if (city === '') errors['/address/city'] = 'Which city is it in?';
  const code = form.country.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) errors['/address/country'] = 'Two letters, such as IE.';
  return {
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
    amenities: form.amenities,
    stay_mode: form.stayMode,
    deposit: fee('/deposit/amount', form.deposit),
    cleaning_fee: fee('/cleaning_fee/amount', form.cleaning),
  };
}

function readUnit(unit: UnitText, index: number, form: ListingForm, errors: Errors): ReadUnit {
  const at = (name: string): string => `/units/${index}/${name}`;
  const number = (name: string, text: string, least: number, most: number, step = 1): number => {
    const value = text.trim() === '' ? NaN : Number(text.replace(',', '.'));
    const fits = value >= least && value <= most && Number.isInteger(value / step);
    if (!fits) errors[at(name)] = step === 0.5 ? `From ${least} to ${most}, in halves.` : `A whole number from ${least} to ${most}.`;
    return value;
  };
  const price = (name: string, text: string, needed: boolean): Money | undefined => {
    // A price that the way of letting does not use is kept as it is, and not asked for.
    if (!needed && text.trim() === '') return undefined;
    const money = parseMoney(text, form.currency);
    if (!money || money.amount === 0) errors[at(`${name}/amount`)] = 'An amount, such as 95 or 95.50.';
    return money ?? undefined;
  };
  const night = price('price_per_night', unit.night, byNight(form.stayMode));
  const month = price('price_per_month', unit.month, byMonth(form.stayMode));
  const name = unit.name.trim() || 'Whole place';
  if (name.length > 60) errors[at('name')] = 'At most 60 characters.';
  return {
    ...(unit.id !== undefined && { id: unit.id }),
    key: unit.key,
    fields: {
      name,
      count: number('count', unit.count, 1, 200),
      bedrooms: number('bedrooms', unit.bedrooms, 0, 50),
      beds: number('beds', unit.beds, 0, 100),
      bathrooms: number('bathrooms', unit.bathrooms, 0, 50, 0.5),
      guests: number('guests', unit.guests, 1, 100),
      ...(night && { price_per_night: night }),
      ...(month && { price_per_month: month }),
    },
  };
}

function readPolicies(form: ListingForm, errors: Errors): NewPolicies {
  const isTime = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
  if (!isTime(form.checkInFrom)) errors['/check_in_from'] = 'A time, such as 15:00.';
  if (!isTime(form.checkOutUntil)) errors['/check_out_until'] = 'A time, such as 11:00.';
  if (form.checkInUntil !== '' && !(isTime(form.checkInUntil) && form.checkInUntil > form.checkInFrom)) errors['/check_in_until'] = 'A later time, or none.';
  if (form.rules.length > 5000) errors['/house_rules'] = 'At most 5,000 characters.';
  const least = Number(form.minNights);
  if (!(Number.isInteger(least) && least >= 1 && least <= 365)) errors['/min_nights'] = 'A whole number from 1 to 365.';
  const most = form.maxNights.trim() === '' ? null : Number(form.maxNights);
  if (most !== null && !(Number.isInteger(most) && most >= least && most <= 730)) errors['/max_nights'] = 'A whole number up to 730, not below the shortest stay; or nothing.';
  return {
    cancellation: form.cancellation,
    check_in_from: form.checkInFrom,
    ...(form.checkInUntil && { check_in_until: form.checkInUntil }),
    check_out_until: form.checkOutUntil,
    house_rules: form.rules.trim(),
    instant_book: form.instant,
    min_nights: least,
    ...(most !== null && { max_nights: most }),
  };
}

/** What is sent to make a listing: the first unit type and its prices are part of it. */
export function newProperty(listing: ReadListing): NewProperty {
  return { ...listing.base, ...(listing.units[0] ? asFirst(listing.units[0].fields) : {}) } as NewProperty;
}

/** A unit type in the fields of a property. */
export function asFirst(fields: UnitForm): Record<string, unknown> {
  const { price_per_night, price_per_month, ...unit } = fields;
  return { unit, ...(price_per_night && { price_per_night }), ...(price_per_month && { price_per_month }) };
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

export interface Hint {
  done: boolean;
  text: string;
}

/** What makes a listing complete, and whether it is there. */
export function completeness(form: ListingForm, photos: number): Hint[] {
  return [
    { done: form.title.trim().length >= 15, text: 'A title that says what is special' },
    { done: form.description.trim().length >= 120, text: 'A description of a few sentences' },
    { done: form.line.trim() !== '', text: 'The street, for guests who have booked' },
    { done: form.amenities.length >= 5, text: 'At least five amenities' },
    { done: form.rules.trim() !== '', text: 'House rules' },
    { done: photos >= 1, text: 'A cover photo' },
    { done: photos >= 5, text: 'Five photos or more' },
  ];
}

const GROUPS: Record<string, string> = {
  basics: 'Basics', kitchen: 'Kitchen', bathroom: 'Bathroom and laundry', rooms: 'Bedroom and work', climate: 'Heating and cooling',
  leisure: 'Pastime', outdoors: 'Outside', family: 'Children and animals', safety: 'Safety', access: 'Getting in and around',
};

/** The catalogue by group, in its order, with what a listing says beside it at the end. */
export function amenityGroups(catalogue: Amenity[], said: string[]): { label: string; entries: Amenity[] }[] {
  const groups = new Map<string, Amenity[]>();
  for (const entry of catalogue) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  const known = new Set(catalogue.map((entry) => entry.key));
  const others = said.filter((word) => !known.has(word)).map((word) => ({ key: word, label: word, group: 'other' }));
  const found = [...groups].map(([group, entries]) => ({ label: GROUPS[group] ?? group, entries }));
  return others.length > 0 ? [...found, { label: 'Other', entries: others }] : found;
}
