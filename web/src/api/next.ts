/** What the server sends and takes for accounts, notifications, photos, unit types, policies
 *  and administration. By hand from the contract, like `types.ts`, until both are generated. */
import type { Instant, LocalDate, Money, Role } from './types';

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

export type Category = 'security' | 'bookings' | 'hosting';
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
