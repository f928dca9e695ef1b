//! A listing: what a landlord says of a home, and the limits of each field.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar;
use super::ids::{self, PropertyId, UnitId, UserId};
use super::money::{Currency, Money};
use super::policies::Policies;
use super::pricing::Pricing;
use super::refusal::{FieldError, Refusal};
use super::stay_rules::StayRules;
use super::unit::{PRICE_MAX, Unit};

/// What kind of home is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bed in a shared room.
    Bed,
    /// A room of one's own in a shared home.
    Room,
    /// A whole flat.
    Flat,
    /// A whole house.
    House,
}

impl Kind {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bed => "bed",
            Self::Room => "room",
            Self::Flat => "flat",
            Self::House => "house",
        }
    }
}

/// Where a listing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Only its owner sees it.
    Draft,
    /// Handed in, not yet approved.
    PendingReview,
    /// Everybody sees it, and it can be booked.
    Live,
    /// Rests: out of sight, with its bookings kept, until it is published again.
    Paused,
    /// Not good enough yet; an edit makes it a draft again.
    Rejected,
    /// Given up for good.
    Archived,
}

impl Status {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingReview => "pending_review",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Rejected => "rejected",
            Self::Archived => "archived",
        }
    }

    /// What its owner may do in it, for people who tried something else.
    #[must_use]
    pub const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Draft => &["edit", "submit", "archive"],
            Self::PendingReview => &["edit"],
            Self::Live => &["edit", "unpublish", "archive"],
            Self::Paused => &["edit", "publish", "archive"],
            Self::Rejected => &["edit", "archive"],
            Self::Archived => &[],
        }
    }
}

/// How a home is let.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StayMode {
    /// By the night.
    #[default]
    Nightly,
    /// By the month: no nights can be booked.
    Monthly,
    /// By the night and by the month.
    Both,
}

impl StayMode {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nightly => "nightly",
            Self::Monthly => "monthly",
            Self::Both => "both",
        }
    }

    /// Whether nights can be booked.
    #[must_use]
    pub const fn by_night(self) -> bool {
        matches!(self, Self::Nightly | Self::Both)
    }

    /// Whether months can be.
    #[must_use]
    pub const fn by_month(self) -> bool {
        matches!(self, Self::Monthly | Self::Both)
    }
}

/// A postal address. The line is for guests only and never public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// City or place.
    pub city: String,
    /// State, county or district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// A point on the earth, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lon: f64,
}

impl Location {
    /// The point as strangers may see it: two decimals, about a kilometre.
    #[must_use]
    pub fn blurred(self) -> Self {
        Self { lat: (self.lat * 100.0).round() / 100.0, lon: (self.lon * 100.0).round() / 100.0 }
    }
}

/// What a landlord says of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListingFields {
    /// The kind of home.
    pub kind: Kind,
    /// 3 to 120 characters.
    pub title: String,
    /// Up to 5,000 characters.
    pub description: String,
    /// Where it is.
    pub address: Address,
    /// The exact point.
    pub location: Location,
    /// IANA zone: nights and deadlines are local to it.
    pub zone: String,
    /// What the home has: keys of [`super::amenity::CATALOGUE`], and words of imports that
    /// it does not know.
    pub amenities: Vec<String>,
    /// How it is let.
    #[serde(default)]
    pub stay_mode: StayMode,
    /// The currency of all its prices.
    pub currency: Currency,
    /// What is kept until guests have left, in minor units.
    #[serde(default)]
    pub deposit_minor: i64,
    /// What cleaning costs a stay, in minor units.
    #[serde(default)]
    pub cleaning_fee_minor: i64,
}

/// The separator between source and id in what the property's id is derived from; it
/// cannot occur in either.
const SEPARATOR: &str = "\u{1f}";

/// Where an imported listing came from; with it, importing twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name of the source.
    pub name: String,
    /// The id there, as text: such ids exceed 2^53.
    pub external_id: String,
}

impl Source {
    /// The id of the property that a listing from outside becomes: the same for the same
    /// source and id there, so that a second import finds what the first one made.
    #[must_use]
    pub fn property_id(&self) -> PropertyId {
        let Self { name, external_id } = self;
        let label = format!("listing{SEPARATOR}{name}{SEPARATOR}{external_id}");
        ids::derived(Uuid::nil(), &label).into()
    }
}

/// A listing as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Its id.
    pub id: PropertyId,
    /// Whose it is.
    pub owner: UserId,
    /// What the landlord says of it.
    pub fields: ListingFields,
    /// Its unit types in the landlord's order, 1 to [`super::unit::UNIT_TYPES_MAX`].
    pub units: Vec<Unit>,
    /// What the landlord asks of guests.
    #[serde(default)]
    pub policies: Policies,
    /// What the landlord sets about prices, besides those of the unit types.
    #[serde(default)]
    pub pricing: Pricing,
    /// Which stays the landlord takes.
    #[serde(default)]
    pub stay_rules: StayRules,
    /// Where it stands.
    pub status: Status,
    /// Why it was rejected, until it is submitted again.
    #[serde(default)]
    pub rejection: Option<String>,
    /// Where it was imported from.
    pub source: Option<Source>,
    /// Goes up with every change; the ETag.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Listing {
    /// A unit type by its id.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// An amount in the listing's currency.
    #[must_use]
    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.fields.currency)
    }

    /// The lowest price of a night among the unit types, for a home that is let by the night.
    #[must_use]
    pub fn night_from(&self) -> Option<Money> {
        let prices = self.units.iter().filter_map(|unit| unit.fields.night_minor);
        prices.min().filter(|_| self.fields.stay_mode.by_night()).map(|price| self.money(price))
    }

    /// The lowest price of a month among the unit types, for a home that is let by the month.
    #[must_use]
    pub fn month_from(&self) -> Option<Money> {
        let prices = self.units.iter().filter_map(|unit| unit.fields.month_minor);
        prices.min().filter(|_| self.fields.stay_mode.by_month()).map(|price| self.money(price))
    }

    /// The date it is at the home.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        let zone = calendar::zone(&self.fields.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        calendar::local_date(now, &zone)
    }
}

/// Checks what a landlord says against the limits of each field.
///
/// # Errors
/// [`Refusal::Invalid`] with every field that is wrong.
pub fn check(fields: &ListingFields) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    let mut field = |good: bool, pointer: &str, detail: &str| {
        if !good {
            errors.push(FieldError::new(pointer, "invalid", detail));
        }
    };
    field(is_line(&fields.title, 3, 120), "/title", "3 to 120 characters on one line");
    field(is_text(&fields.description, 5000), "/description", "up to 5000 characters");
    field(
        is_line(&fields.address.city, 1, 100),
        "/address/city",
        "1 to 100 characters on one line",
    );
    let country = fields.address.country.as_bytes();
    field(
        country.len() == 2 && country.iter().all(u8::is_ascii_uppercase),
        "/address/country",
        "two capital letters, ISO 3166-1",
    );
    for (text, pointer) in
        [(&fields.address.line, "/address/line"), (&fields.address.region, "/address/region")]
    {
        field(
            text.as_ref().is_none_or(|text| is_line(text, 0, 200)),
            pointer,
            "up to 200 characters on one line",
        );
    }
    field((-90.0..=90.0).contains(&fields.location.lat), "/location/lat", "-90 to 90");
    field((-180.0..=180.0).contains(&fields.location.lon), "/location/lon", "-180 to 180");
    field(calendar::zone(&fields.zone).is_ok(), "/zone", "an IANA name, such as Europe/Dublin");
    field(
        fields.amenities.len() <= 100 && fields.amenities.iter().all(|name| is_line(name, 1, 60)),
        "/amenities",
        "at most 100 names of 1 to 60 characters",
    );
    for (amount, pointer) in [
        (fields.deposit_minor, "/deposit/amount"),
        (fields.cleaning_fee_minor, "/cleaning_fee/amount"),
    ] {
        field((0..=PRICE_MAX).contains(&amount), pointer, "0 to 1000000000 minor units");
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Whether a text fits on one line. Blanks around it count for the most it may have and not
/// for the least. Control characters are out: these texts go into subjects and requests.
pub(super) fn is_line(text: &str, least: usize, most: usize) -> bool {
    text.trim().chars().count() >= least
        && text.chars().count() <= most
        && !text.chars().any(char::is_control)
}

/// Whether a text of several lines fits. Postgres refuses NUL, and nobody needs the others.
pub(super) fn is_text(text: &str, most: usize) -> bool {
    let stray = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().count() <= most && !text.chars().any(stray)
}
