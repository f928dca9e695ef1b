/** What the server sends and takes under /api/v1. Written by hand from the contract;
 *  with `next.ts`, so that one generated from /openapi.json can take their place. */
import type { LandlordStanding, Photo, Pictures, Policies, StayMode, Unit } from './next';

/** Minor units with their ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: string;
}

/** YYYY-MM-DD, local to the property. */
export type LocalDate = string;
/** RFC 3339, UTC. */
export type Instant = string;

export interface FieldError {
  pointer: string;
  code: string;
  detail?: string;
}

export interface Alternative {
  unit_id?: string | null;
  check_in?: LocalDate;
  check_out?: LocalDate;
}

export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  instance?: string;
  code?: string;
  retryable?: boolean;
  errors?: FieldError[];
  allowed?: string[];
  alternatives?: Alternative[];
}

export interface List<T> {
  data: T[];
  page: { next: string | null; has_more: boolean };
}

export type Role = 'tenant' | 'landlord' | 'admin';

export interface User {
  id: string;
  email: string;
  name: string;
  roles: Role[];
  created_at: Instant;
  email_verified?: boolean;
  /** A language tag. */
  locale?: string;
  /** An IANA zone. */
  zone?: string;
  landlord_application?: LandlordStanding | null;
}

export interface Session {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  user: User;
}

export interface LandlordApplication {
  status: 'approved' | 'pending';
  session?: Session;
}

export type Kind = 'bed' | 'room' | 'flat' | 'house';

export interface Address {
  line?: string | null;
  city: string;
  region?: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string;
}

export interface Location {
  lat: number;
  lon: number;
}

export interface NewUnit {
  name: string;
  count: number;
  bedrooms: number;
  beds: number;
  bathrooms: number;
  guests: number;
}

export interface NewProperty {
  kind: Kind;
  title: string;
  description: string;
  address: Address;
  location: Location;
  zone: string;
  amenities: string[];
  unit: NewUnit;
  stay_mode: StayMode;
  /** Of the first unit type, as the price of a month is. */
  price_per_night?: Money;
  price_per_month?: Money;
  deposit?: Money;
  cleaning_fee?: Money;
}

export type PropertyStatus = 'draft' | 'pending_review' | 'live' | 'paused' | 'rejected' | 'archived';

export interface Property extends Omit<NewProperty, 'unit' | 'price_per_night' | 'price_per_month'> {
  /** The currency of its prices, also before it has one. */
  currency: string;
  /** The lowest of its unit types; a draft may lack it. */
  price_per_night?: Money | null;
  price_per_month?: Money | null;
  /** All unit types; the first is `unit` too. */
  units: Unit[];
  policies?: Policies | null;
  /** Why it was rejected; only for its owner. */
  rejection?: string | null;
  /** In lists. */
  cover?: Pictures | null;
  /** When it is read alone. */
  photos?: Photo[] | null;
  id: string;
  owner_id: string;
  status: PropertyStatus;
  version: number;
  unit: Unit;
  created_at: Instant;
  updated_at: Instant;
}

export interface Night {
  night: LocalDate;
  /** The landlord sees why a night is taken. */
  state: 'free' | 'taken' | 'closed' | 'held' | 'booked' | 'blocked' | 'buffer';
  free: number;
  /** A home without a price has none here either. */
  price?: Money | null;
  /** The shortest stay of those who arrive on this day. */
  min_nights?: number | null;
  /** Whether guests may arrive on this day, and leave on it. */
  arrival?: boolean;
  departure?: boolean;
}

/** Whether a stay may be booked: the rule that fails, and the nearest stays that may. */
export interface Availability {
  available: boolean;
  rule?: string | null;
  detail?: string | null;
  nearest: Alternative[];
}

export interface Calendar {
  property_id: string;
  from: LocalDate;
  to: LocalDate;
  unit_id: string;
  nights: Night[];
}

/** A piece of a text: plain text, and whether it is a word that was looked for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** Texts of a home in the pieces that make them up. */
export interface Highlight {
  title: Piece[];
  /** The part of the description with most of the words. */
  description: Piece[];
}

export interface Card {
  id: string;
  title: string;
  kind: Kind;
  city: string;
  country: string;
  location: Location;
  stay_mode?: StayMode;
  /** The lowest of its unit types. */
  price_per_night?: Money | null;
  price_per_month?: Money | null;
  unit_types?: number;
  cover?: Pictures | null;
  bedrooms: number;
  beds: number;
  bathrooms: number;
  guests: number;
  amenities: string[];
  rating?: number | null;
  total?: Money | null;
  /** Where the words that were looked for are. */
  highlight?: Highlight | null;
  /** From `near` or the middle of the area. */
  distance_m?: number | null;
}

export type BookingStatus =
  | 'hold'
  | 'pending_approval'
  | 'pending_payment'
  | 'expiring'
  | 'confirmed'
  | 'checked_in'
  | 'completed'
  | 'expired'
  | 'failed'
  | 'declined'
  | 'cancelled'
  | 'no_show';

export type Party = 'tenant' | 'landlord' | 'admin';

/** What somebody can do with a booking. */
export type Move =
  | 'release'
  | 'extend'
  | 'request'
  | 'checkout'
  | 'pay'
  | 'approve'
  | 'decline'
  | 'cancel'
  | 'change'
  | 'accept-change'
  | 'decline-change'
  | 'withdraw-change'
  | 'pay-change'
  | 'check-in'
  | 'check-out'
  | 'no-show'
  | 'move';

export type ChangeStatus = 'open' | 'accepted' | 'applied' | 'declined' | 'withdrawn' | 'expired' | 'failed';

/** A change of a booking that one side proposes to the other. */
export interface Change {
  id: string;
  by: Party;
  unit_id: string;
  check_in: LocalDate;
  check_out: LocalDate;
  guests: number;
  price: Price;
  /** To be paid on top; below zero, what goes back. */
  difference: Money;
  status: ChangeStatus;
  expires_at: Instant;
  created_at: Instant;
}

export interface Payment {
  id: string;
  status: string;
  checkout_url?: string | null;
}

export type LineKind = 'nights' | 'guests' | 'discount' | 'promo' | 'cleaning' | 'tax';

export interface PriceLine {
  kind: LineKind;
  /** May be empty. */
  label: string;
  quantity: number;
  /** Discounts are below zero. */
  amount: Money;
}

export interface Price {
  /** On average. */
  per_night: Money;
  nights: number;
  lines: PriceLine[];
  /** The stay, without the deposit. */
  total: Money;
  deposit: Money;
  /** What is to be paid. */
  due: Money;
}

export interface Booking {
  id: string;
  property_id: string;
  property_title: string;
  unit_id: string;
  tenant_id: string;
  landlord_id: string;
  check_in: LocalDate;
  check_out: LocalDate;
  nights: number;
  guests: number;
  status: BookingStatus;
  price: Price;
  expires_at?: Instant | null;
  released_at?: Instant | null;
  payment?: Payment | null;
  /** The home's. */
  zone?: string;
  /** What the viewer can do with it now. */
  allowed?: Move[];
  /** The landlord has to be asked first. */
  by_request?: boolean;
  /** What the tenant wrote to the landlord. */
  message?: string | null;
  /** Who called it off, and why it was declined or called off. */
  ended_by?: Party | null;
  reason?: string | null;
  /** Who comes, when the landlord entered the stay. */
  guest?: { name: string; note?: string | null } | null;
  /** The last change that was proposed. */
  change?: Change | null;
  /** What a guest shows to check in; for the landlord. */
  check_in_code?: string | null;
  /** Which unit of its type; for the landlord. */
  unit_no?: number | null;
  version: number;
  created_at: Instant;
  updated_at: Instant;
}

export interface NewBooking {
  property_id: string;
  unit_id?: string;
  check_in: LocalDate;
  check_out: LocalDate;
  guests: number;
  /** Of a quote: holds them at its price. */
  quote?: string;
  /** Without a quote. */
  promo_code?: string;
}

export interface NewManualBooking {
  property_id: string;
  unit_id?: string;
  check_in: LocalDate;
  check_out: LocalDate;
  guests: number;
  guest_name: string;
  note?: string;
  total?: Money;
}

export interface NewChange {
  check_in?: LocalDate;
  check_out?: LocalDate;
  unit_id?: string;
  guests?: number;
}

export interface RefundLine {
  kind: LineKind;
  label: string;
  amount: Money;
}

/** What would come back if the booking were cancelled now. */
export interface CancellationPreview {
  possible: boolean;
  /** What the terms say, line by line. */
  lines: RefundLine[];
  deposit: Money;
  /** What of that has gone back before, or was never paid. */
  before: Money;
  /** What goes back. */
  refund: Money;
}

/** Something that has happened to a booking. */
export interface TimelineEntry {
  type: string;
  at: Instant;
  actor: string;
}

export interface Checkout {
  booking: Booking;
  payment: Payment;
  checkout_url?: string | null;
}

export interface Version {
  name: string;
  version: string;
  payments: 'sandbox' | 'stripe' | 'off';
  tzdb?: string;
  /** Other ways to sign in: the names of OpenID Connect providers. */
  sign_in_providers?: string[];
}
