/** What the server sends and takes for accounts, notifications, photos, unit types, policies,
 *  prices and administration. By hand from the contract, like `types.ts`, until both are generated. */
import type { Instant, LocalDate, Money, Price, Role } from './types';

// ---- accounts ---------------------------------------------------------------------------

export interface LandlordStanding {
  status: 'pending' | 'declined';
  requested_at?: Instant | null;
  reason?: string | null;
}

export interface ProfileChange {
  name?: string;
  locale?: string;
  zone?: string;
}

/** A device that is signed in. */
export interface Device {
  id: string;
  created_at: Instant;
  last_used_at: Instant;
  user_agent?: string | null;
  address?: string | null;
  current: boolean;
}

// ---- notifications ----------------------------------------------------------------------

export interface Notification {
  id: string;
  /** The type of the event that it is about, such as `booking.confirmed`. */
  kind: string;
  data: Record<string, unknown>;
  property_title?: string | null;
  created_at: Instant;
  read_at?: Instant | null;
}

export type Category = 'security' | 'bookings' | 'hosting' | 'alerts';
export type Channel = 'in_app' | 'email';

export interface Preference {
  category: Category;
  in_app: boolean;
  email: boolean;
  /** Told in any case. */
  locked?: boolean;
}

export interface Subscription {
  category: Category;
  subscribed: boolean;
}

// ---- listings ---------------------------------------------------------------------------

export type StayMode = 'nightly' | 'monthly' | 'both';

export interface UnitForm {
  name: string;
  count: number;
  bedrooms: number;
  beds: number;
  bathrooms: number;
  guests: number;
  price_per_night?: Money | null;
  price_per_month?: Money | null;
}

export interface Unit extends UnitForm {
  id: string;
}

export type Cancellation = 'flexible' | 'moderate' | 'limited' | 'firm' | 'strict' | 'non_refundable';

/** Times are HH:MM, local to the property. */
export interface NewPolicies {
  cancellation: Cancellation;
  check_in_from: string;
  check_in_until?: string | null;
  check_out_until: string;
  house_rules: string;
  instant_book: boolean;
  min_nights: number;
  max_nights?: number | null;
}

export interface Policies extends NewPolicies {
  version: number;
}

export interface Amenity {
  key: string;
  label: string;
  group: string;
}

export interface Activity {
  type: string;
  at: Instant;
  actor: string;
}

// ---- photos -----------------------------------------------------------------------------

export interface Picture {
  url: string;
  width: number;
  height: number;
}

export interface Pictures {
  thumb: Picture;
  card: Picture;
  full: Picture;
}

export interface Photo {
  id: string;
  property_id: string;
  /** From 0; 0 is the cover. */
  position: number;
  caption: string;
  sha256: string;
  width: number;
  height: number;
  pictures: Pictures;
  created_at: Instant;
}

// ---- administration ---------------------------------------------------------------------

export type AccountStatus = 'active' | 'unverified' | 'suspended';

export interface AdminUser {
  id: string;
  email: string;
  name: string;
  roles: Role[];
  status: AccountStatus;
  suspension_reason?: string | null;
  landlord_application?: LandlordStanding | null;
  created_at: Instant;
}

export interface UserQuery {
  q?: string;
  role?: Role | '';
  status?: AccountStatus | '';
}

/** The data of a notification about a stay. */
export interface StayData {
  booking_id: string;
  property_id: string;
  check_in: LocalDate;
  check_out: LocalDate;
}

// ---- prices ---------------------------------------------------------------------------------

export type Weekday = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';

/** What nights of weekends cost: `night` or `change_bp`. All `bp` are hundredths of a percent. */
export interface Weekend {
  nights: Weekday[];
  night?: Money;
  change_bp?: number;
}

/** A tax: `percent_bp` and `of`, or `amount` and `per`. */
export interface Tax {
  name: string;
  percent_bp?: number;
  of?: 'nights' | 'stay';
  amount?: Money;
  per?: 'night' | 'guest_night';
}

/** What holds for every stay. */
export interface NewPricing {
  weekend?: Weekend;
  extra_guests?: { included: number; per_night: Money };
  cleaning_fee?: Money;
  deposit?: Money;
  weekly_off_bp: number;
  monthly_off_bp: number;
  taxes: Tax[];
}

/** A season has `from`, `to`, and `night` or `change_bp`; the others `days` and `off_bp`. */
export interface NewPriceRule {
  name: string;
  kind: 'season' | 'last_minute' | 'early_bird';
  unit_id?: string;
  priority: number;
  from?: LocalDate;
  /** The day after its last night. */
  to?: LocalDate;
  night?: Money;
  change_bp?: number;
  days?: number;
  off_bp?: number;
}

export interface PriceRule extends NewPriceRule {
  id: string;
}

/** Nights with a price of their own; without a price, what the rules say. */
export interface NightPrices {
  unit_id?: string;
  from: LocalDate;
  to: LocalDate;
  price?: Money;
}

export interface Pricing extends NewPricing {
  property_id: string;
  currency: string;
  units: { unit_id: string; name: string; price_per_night?: Money | null; price_per_month?: Money | null }[];
  rules?: PriceRule[] | null;
  nights?: NightPrices[] | null;
  version: number;
}

export interface NewQuote {
  unit_id?: string;
  check_in: LocalDate;
  check_out: LocalDate;
  guests: number;
  promo_code?: string;
}

export interface Quote extends NewQuote {
  property_id: string;
  price: Price;
  cancellation: Cancellation;
  /** What nights are held at this price with. */
  quote: string;
  expires_at: Instant;
}

/** `off_bp` or `off`. */
export interface NewPromoCode {
  code: string;
  off_bp?: number;
  off?: Money;
  valid_from?: LocalDate;
  valid_until?: LocalDate;
  /** The homes; without any, all of the landlord's. */
  property_ids?: string[];
  min_nights?: number;
  max_uses?: number;
}

export interface PromoCode extends NewPromoCode {
  id: string;
  status: 'active' | 'ended';
  /** How often it may still be used, and is; only where that is limited. */
  uses_left?: number;
  uses?: number;
  created_at: Instant;
  ended_at?: Instant;
}

// ---- nights of one's homes --------------------------------------------------------------------

export interface NewBlock {
  unit_id?: string;
  /** That very unit of the type; without it, all of them. */
  unit_no?: number;
  check_in: LocalDate;
  check_out: LocalDate;
  reason?: string;
}

export interface Block extends NewBlock {
  id: string;
  property_id: string;
}

/** Nights of a unit that are taken. */
export interface HostingRun {
  from: LocalDate;
  /** The day after the last night. */
  to: LocalDate;
  state: 'held' | 'booked' | 'blocked';
  booking_id?: string | null;
  block_id?: string | null;
  guest?: string | null;
  /** Why nights are blocked. */
  reason?: string | null;
}

export interface HostingType {
  unit_id: string;
  name: string;
  /** In runs of nights of one price; `to` is the day after the last. */
  prices: { from: LocalDate; to: LocalDate; price: Money }[];
  units: { unit_no: number; runs: HostingRun[] }[];
}

/** A home in the landlord's calendar. */
export interface HostingHome {
  property_id: string;
  title: string;
  from: LocalDate;
  to: LocalDate;
  /** The date it is there. */
  today: LocalDate;
  types: HostingType[];
}

/** What holds on certain dates, in place of what holds on others. */
export interface DateRule {
  from: LocalDate;
  /** The day after the last date. */
  to: LocalDate;
  min_nights?: number | null;
  closed_to_arrival: boolean;
  closed_to_departure: boolean;
}

/** Which stays a landlord takes, beside the shortest and the longest of the policies. */
export interface NewStayRules {
  /** The shortest stay of those who arrive on a day of the week. */
  min_nights_on: { day: Weekday; nights: number }[];
  /** On any day if there is none; so for departures. */
  arrival_days: Weekday[];
  departure_days: Weekday[];
  notice_days: number;
  /** HH:MM, on the last day of the notice. */
  cut_off?: string | null;
  window_days?: number | null;
  buffer_before: number;
  buffer_after: number;
  no_orphan_gaps: boolean;
  dates: DateRule[];
}

export interface StayRules extends NewStayRules {
  /** By the house rules. */
  min_nights: number;
  max_nights?: number | null;
}

// ---- deposits ---------------------------------------------------------------------------------

export interface NewDeduction {
  label: string;
  amount: Money;
}

export interface Deposit {
  /** The id of its booking. */
  id: string;
  status: 'held' | 'due' | 'contested' | 'released';
  amount: Money;
  deductions: NewDeduction[];
  returned: Money;
  kept: Money;
  /** When the rest goes back by itself. */
  release_at?: Instant | null;
  /** What the tenant objects, and what was decided. */
  objection?: string | null;
  decision?: string | null;
}
