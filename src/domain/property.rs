//! A listing: what a landlord offers, and its way from draft to live.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar;
use super::change::{Change, Decision};
use super::event::Event;
use super::ids::{PropertyId, UnitId, UserId};
use super::inventory::Slot;
use super::money::{Currency, Money};
use super::refusal::{FieldError, Refusal};
use super::rules::{Context, Review};
use super::stay::{Outcome, PropertyState};

/// The most units of one type.
pub const UNITS_MAX: u16 = 200;
/// The highest price of a night, in minor units.
pub const PRICE_MAX: i64 = 1_000_000_000;

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
}

impl Status {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingReview => "pending_review",
            Self::Live => "live",
        }
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

/// A unit type: so many interchangeable beds, rooms or flats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitFields {
    /// What guests call it, such as "Double room".
    pub name: String,
    /// How many there are, 1 to [`UNITS_MAX`].
    pub count: u16,
    /// Bedrooms; a studio has none.
    pub bedrooms: u16,
    /// Beds.
    pub beds: u16,
    /// Bathrooms, in halves.
    pub bathrooms: f32,
    /// The most guests in one unit.
    pub guests: u16,
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
    /// Free-form names of what the home has.
    pub amenities: Vec<String>,
    /// The unit type.
    pub unit: UnitFields,
    /// The currency of all its prices.
    pub currency: Currency,
    /// The price of a night in minor units; a listing without one cannot go live.
    pub price_minor: Option<i64>,
}

/// Where an imported listing came from; with it, importing twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name of the source.
    pub name: String,
    /// The id there, as text: such ids exceed 2^53.
    pub external_id: String,
}

/// A listing as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Its id.
    pub id: PropertyId,
    /// Whose it is.
    pub owner: UserId,
    /// The unit type's id.
    pub unit_id: UnitId,
    /// What the landlord says of it.
    pub fields: ListingFields,
    /// Where it stands.
    pub status: Status,
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
    /// The price of a night, when it has one.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        self.fields.price_minor.map(|amount| Money::new(amount, self.fields.currency))
    }
}

/// What can be asked of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a draft. The ids come from the caller, so that the decision is a function of
    /// its arguments.
    Create {
        /// The new listing's id: the entity's own.
        id: PropertyId,
        /// Who will own it.
        owner: UserId,
        /// The unit type's id.
        unit_id: UnitId,
        /// One unused slot number for each unit.
        slot_ids: Vec<i64>,
        /// What it says.
        fields: Box<ListingFields>,
        /// Where it was imported from.
        source: Option<Source>,
    },
    /// Change what a listing says.
    Edit {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// What it says from now on; the count of units may only grow.
        fields: Box<ListingFields>,
        /// One unused slot number for each unit added.
        slot_ids: Vec<i64>,
    },
    /// Hand a draft in for review.
    Submit {
        /// Who asks.
        by: UserId,
        /// The version that is handed in.
        version: i32,
    },
}

/// Decides a listing's command.
///
/// # Errors
/// A [`Refusal`] that says what is wrong; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    match command {
        Command::Create { id, owner, unit_id, slot_ids, fields, source } => {
            if state.listing.is_some() {
                return Err(Refusal::invalid_transition("exists", &["edit", "submit"]));
            }
            check(fields)?;
            let listing = Listing {
                id: *id,
                owner: *owner,
                unit_id: *unit_id,
                fields: (**fields).clone(),
                status: Status::Draft,
                source: source.clone(),
                version: 1,
                created_at: context.now,
                updated_at: context.now,
            };
            let mut decision = Decision::new(Outcome::Listing(Box::new(listing.clone())));
            add_slots(&mut decision, *unit_id, 0, fields.unit.count, slot_ids)?;
            decision
                .event(id.uuid(), Event::PropertyCreated { property_id: *id, owner_id: *owner });
            decision.change(Change::Listing(Box::new(listing)));
            Ok(decision)
        }
        Command::Edit { by, version, fields, slot_ids } => {
            edit(owned(state, *by, *version)?, fields, slot_ids, context)
        }
        Command::Submit { by, version } => submit(owned(state, *by, *version)?, context),
    }
}

fn owned(state: &PropertyState, by: UserId, version: i32) -> Result<&Listing, Refusal> {
    let listing = state.listing.as_deref().filter(|listing| listing.owner == by);
    let listing = listing.ok_or(Refusal::NotFound)?;
    if listing.version != version {
        return Err(Refusal::StaleVersion { current: listing.version });
    }
    Ok(listing)
}

fn edit(
    old: &Listing,
    fields: &ListingFields,
    slot_ids: &[i64],
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    check(fields)?;
    let fixed = [
        (fields.currency != old.fields.currency, "/price_per_night/currency"),
        (fields.zone != old.fields.zone, "/zone"),
        (fields.unit.count < old.fields.unit.count, "/unit/count"),
    ];
    let errors: Vec<_> = fixed
        .iter()
        .filter(|(changed, _)| *changed)
        .map(|(_, pointer)| {
            FieldError::new(pointer, "fixed", "cannot be changed, or made less, later")
        })
        .collect();
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    if old.status == Status::Live && fields.price_minor.is_none() {
        return Err(Refusal::invalid_field(
            "/price_per_night",
            "required",
            "a live listing has a price",
        ));
    }
    let listing = Listing {
        fields: fields.clone(),
        version: old.version + 1,
        updated_at: context.now,
        ..old.clone()
    };
    let mut decision = Decision::new(Outcome::Listing(Box::new(listing.clone())));
    add_slots(&mut decision, old.unit_id, old.fields.unit.count, fields.unit.count, slot_ids)?;
    decision.event(
        old.id.uuid(),
        Event::PropertyUpdated { property_id: old.id, version: listing.version },
    );
    decision.change(Change::Listing(Box::new(listing)));
    Ok(decision)
}

fn submit(old: &Listing, context: &Context<'_>) -> Result<Decision, Refusal> {
    if old.status != Status::Draft {
        return Err(Refusal::invalid_transition(old.status.name(), &["edit"]));
    }
    if old.fields.price_minor.is_none() {
        return Err(Refusal::invalid_field(
            "/price_per_night",
            "required",
            "a listing needs a price before it can be submitted",
        ));
    }
    let status = match context.rules.review {
        Review::Auto => Status::Live,
    };
    let listing =
        Listing { status, version: old.version + 1, updated_at: context.now, ..old.clone() };
    let mut decision = Decision::new(Outcome::Listing(Box::new(listing.clone())));
    decision.event(old.id.uuid(), Event::PropertySubmitted { property_id: old.id });
    if status == Status::Live {
        decision.event(
            old.id.uuid(),
            Event::PropertyApproved { property_id: old.id, version: listing.version },
        );
    }
    decision.change(Change::Listing(Box::new(listing)));
    Ok(decision)
}

fn add_slots(
    decision: &mut Decision,
    unit_id: UnitId,
    had: u16,
    has: u16,
    slot_ids: &[i64],
) -> Result<(), Refusal> {
    let numbers = had + 1..=has;
    if numbers.len() != slot_ids.len() {
        return Err(Refusal::invalid_field(
            "/unit/count",
            "slots",
            "slot numbers do not match the count",
        ));
    }
    for (unit_no, slot_id) in numbers.zip(slot_ids) {
        decision.change(Change::Slot(Slot { slot_id: *slot_id, unit_id, unit_no }));
    }
    Ok(())
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
    let unit = &fields.unit;
    field(is_line(&unit.name, 1, 60), "/unit/name", "1 to 60 characters on one line");
    field((1..=UNITS_MAX).contains(&unit.count), "/unit/count", "1 to 200");
    field(unit.bedrooms <= 50, "/unit/bedrooms", "0 to 50");
    field(unit.beds <= 100, "/unit/beds", "0 to 100");
    field(
        (0.0..=50.0).contains(&unit.bathrooms) && (unit.bathrooms * 2.0).fract() == 0.0,
        "/unit/bathrooms",
        "0 to 50 in halves",
    );
    field((1..=100).contains(&unit.guests), "/unit/guests", "1 to 100");
    field(
        fields.price_minor.is_none_or(|amount| (1..=PRICE_MAX).contains(&amount)),
        "/price_per_night/amount",
        "1 to 1000000000 minor units",
    );
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Whether a text fits on one line. Blanks around it count for the most it may have and not
/// for the least. Control characters are out: these texts go into subjects and requests.
fn is_line(text: &str, least: usize, most: usize) -> bool {
    text.trim().chars().count() >= least
        && text.chars().count() <= most
        && !text.chars().any(char::is_control)
}

/// Whether a text of several lines fits. Postgres refuses NUL, and nobody needs the others.
fn is_text(text: &str, most: usize) -> bool {
    let stray = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().count() <= most && !text.chars().any(stray)
}
