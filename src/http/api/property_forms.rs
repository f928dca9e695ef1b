//! What a property looks like outside: as it is sent, as its owner sees it, and as
//! everybody else does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::photo_forms::{Photo, Pictures, cover};
use super::schema::MoneyForm;
use super::unit_forms::{NewUnit, Policies, Unit};
use crate::domain::amenity;
use crate::domain::ids::{PropertyId, UserId};
use crate::domain::money::{Currency, Money};
use crate::domain::property::{self, Listing, ListingFields, Status, UnitFields};
use crate::http::problem::Problem;
use crate::storage::photos;

/// What kind of home it is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
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

/// Where it stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyStatus {
    /// Only its owner sees it.
    Draft,
    /// Handed in, not yet approved.
    PendingReview,
    /// Everybody sees it, and it can be booked.
    Live,
    /// Rests, out of sight.
    Paused,
    /// Not good enough yet; `rejection` says why.
    Rejected,
    /// Given up for good.
    Archived,
}

/// How it is let.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A postal address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number; only its owner sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    line: Option<String>,
    /// City or place.
    #[schema(min_length = 1, max_length = 100)]
    city: String,
    /// State, county or district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    region: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
}

/// A point on the earth, in degrees (WGS 84); rounded to two decimals for strangers.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Latitude.
    #[schema(minimum = -90, maximum = 90)]
    pub(super) lat: f64,
    /// Longitude.
    #[schema(minimum = -180, maximum = 180)]
    pub(super) lon: f64,
}

/// What a landlord says of a home.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProperty {
    /// The kind of home.
    kind: Kind,
    /// What it is called.
    #[schema(min_length = 3, max_length = 120)]
    title: String,
    /// What there is to say.
    #[serde(default)]
    #[schema(max_length = 5000)]
    description: String,
    /// Where it is.
    address: Address,
    /// The exact point.
    location: Location,
    /// IANA zone, such as Europe/Dublin; cannot be changed later.
    zone: String,
    /// What the home has: keys of the catalogue at `/api/v1/amenities`, or other words for
    /// them.
    #[serde(default)]
    #[schema(max_items = 100)]
    amenities: Vec<String>,
    /// The unit type; more are added at `/api/v1/properties/{id}/units`.
    unit: NewUnit,
    /// How it is let.
    #[serde(default)]
    stay_mode: StayMode,
    /// The price of a night; its currency cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = true)]
    price_per_night: Option<Money>,
    /// The price of a month, in the same currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
    /// What is kept until guests have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    deposit: Option<Money>,
    /// What cleaning costs a stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    cleaning_fee: Option<Money>,
}

/// A property.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Property {
    /// Its id.
    #[schema(value_type = String)]
    id: PropertyId,
    /// Whose it is.
    #[schema(value_type = String)]
    owner_id: UserId,
    /// Where it stands.
    status: PropertyStatus,
    /// The kind of home.
    kind: Kind,
    /// What it is called.
    title: String,
    /// What there is to say.
    description: String,
    /// Where it is.
    address: Address,
    /// The exact point for its owner, else a blurred one.
    location: Location,
    /// Its IANA zone: nights are local to it.
    zone: String,
    /// What the home has.
    amenities: Vec<String>,
    /// The first of its unit types.
    unit: Unit,
    /// All its unit types.
    units: Vec<Unit>,
    /// How it is let.
    stay_mode: StayMode,
    /// The currency of its prices, also of those that it does not have yet.
    #[schema(value_type = String)]
    currency: Currency,
    /// The lowest price of a night; a draft may lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
    /// The lowest price of a month, where it is let by the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
    /// What is kept until guests have left.
    #[schema(value_type = MoneyForm)]
    deposit: Money,
    /// What cleaning costs a stay.
    #[schema(value_type = MoneyForm)]
    cleaning_fee: Money,
    /// What is asked of guests.
    policies: Policies,
    /// Why it was rejected; only its owner sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    /// Goes up with every change; the ETag.
    version: i32,
    /// When it was made.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// Its first photo; only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    cover: Option<Pictures>,
    /// Its photos in their order; only when it is read alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    photos: Option<Vec<Photo>>,
}

impl NewProperty {
    /// The fields in the domain's form, with those of the unit type; `currency` is the
    /// listing's, if there is one.
    ///
    /// # Errors
    /// `validation` when a new listing has no price, or one in another currency.
    pub fn into_fields(
        self,
        currency: Option<Currency>,
    ) -> Result<(ListingFields, UnitFields), Problem> {
        let price = self.price_per_night.or(self.price_per_month);
        let currency = price.map(|price| price.currency).or(currency);
        let missing = || Problem::invalid("/price_per_night", "required", "a price is required");
        let currency = currency.ok_or_else(missing)?;
        let amount = |money: Option<Money>, name: &str| amount(money, currency, name);
        let NewUnit { name, count, bedrooms, beds, bathrooms, guests } = self.unit;
        let Address { line, city, region, country } = self.address;
        let unit = UnitFields {
            name,
            count,
            bedrooms,
            beds,
            bathrooms,
            guests,
            night_minor: self.price_per_night.map(|price| price.amount),
            month_minor: amount(self.price_per_month, "price_per_month")?,
        };
        let fields = ListingFields {
            kind: self.kind.into(),
            title: self.title.trim().to_owned(),
            description: self.description,
            address: property::Address { line, city, region, country },
            // A centimetre. Longer fractions need not read back as they were written.
            location: property::Location {
                lat: rounded(self.location.lat),
                lon: rounded(self.location.lon),
            },
            zone: self.zone,
            amenities: self.amenities,
            stay_mode: self.stay_mode.into(),
            currency,
            deposit_minor: amount(self.deposit, "deposit")?.unwrap_or(0),
            cleaning_fee_minor: amount(self.cleaning_fee, "cleaning_fee")?.unwrap_or(0),
        };
        Ok((fields, unit))
    }

    /// What would be sent to make the listing as it is, with its first unit type.
    #[must_use]
    pub fn of(listing: &Listing) -> Option<Self> {
        let fields = &listing.fields;
        let unit = listing.units.first()?;
        let property::Address { line, city, region, country } = fields.address.clone();
        let property::Location { lat, lon } = fields.location;
        let money = |amount: Option<i64>| amount.map(|amount| listing.money(amount));
        Some(Self {
            kind: fields.kind.into(),
            title: fields.title.clone(),
            description: fields.description.clone(),
            address: Address { line, city, region, country },
            location: Location { lat, lon },
            zone: fields.zone.clone(),
            amenities: amenity::mapped(&fields.amenities),
            unit: NewUnit::from(&unit.fields),
            stay_mode: fields.stay_mode.into(),
            price_per_night: money(unit.fields.night_minor),
            price_per_month: money(unit.fields.month_minor),
            deposit: Some(listing.money(fields.deposit_minor)),
            cleaning_fee: Some(listing.money(fields.cleaning_fee_minor)),
        })
    }

    /// What the home is said to have.
    #[must_use]
    pub fn amenities(&self) -> &[String] {
        &self.amenities
    }
}

/// An amount that has to be in the listing's currency.
pub(super) fn amount(
    money: Option<Money>,
    currency: Currency,
    name: &str,
) -> Result<Option<i64>, Problem> {
    if money.is_some_and(|money| money.currency != currency) {
        let detail = "all prices of a home have one currency";
        return Err(Problem::invalid(&format!("/{name}/currency"), "invalid", detail));
    }
    Ok(money.map(|money| money.amount))
}

impl Property {
    /// As its owner and administrators see it; none for a listing without unit types, which
    /// there is not.
    #[must_use]
    pub fn own(listing: &Listing) -> Option<Self> {
        let said = NewProperty::of(listing)?;
        let units: Vec<Unit> = listing.units.iter().map(|unit| Unit::of(listing, unit)).collect();
        Some(Self {
            id: listing.id,
            owner_id: listing.owner,
            status: listing.status.into(),
            kind: said.kind,
            title: said.title,
            description: said.description,
            address: said.address,
            location: said.location,
            zone: said.zone,
            amenities: said.amenities,
            unit: units.first().cloned()?,
            units,
            stay_mode: said.stay_mode,
            currency: listing.fields.currency,
            price_per_night: listing.night_from(),
            price_per_month: listing.month_from(),
            deposit: listing.money(listing.fields.deposit_minor),
            cleaning_fee: listing.money(listing.fields.cleaning_fee_minor),
            policies: Policies::from(&listing.policies),
            rejection: listing.rejection.clone(),
            version: listing.version,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
            cover: None,
            photos: None,
        })
    }

    /// With its photos.
    #[must_use]
    pub fn with_photos(mut self, photos: &[photos::Photo]) -> Self {
        self.photos = Some(photos.iter().map(Photo::from).collect());
        self
    }

    /// With the one of these covers that is its own.
    #[must_use]
    pub fn with_cover(mut self, covers: &[photos::Photo]) -> Self {
        self.cover = cover(covers, self.id);
        self
    }

    /// As everybody else does: without the street, the point blurred.
    #[must_use]
    pub fn public(listing: &Listing) -> Option<Self> {
        let mut property = Self::own(listing)?;
        property.address.line = None;
        property.rejection = None;
        let property::Location { lat, lon } = listing.fields.location.blurred();
        property.location = Location { lat, lon };
        Some(property)
    }
}

impl From<Kind> for property::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bed => Self::Bed,
            Kind::Room => Self::Room,
            Kind::Flat => Self::Flat,
            Kind::House => Self::House,
        }
    }
}

impl From<property::Kind> for Kind {
    fn from(kind: property::Kind) -> Self {
        match kind {
            property::Kind::Bed => Self::Bed,
            property::Kind::Room => Self::Room,
            property::Kind::Flat => Self::Flat,
            property::Kind::House => Self::House,
        }
    }
}

impl From<Status> for PropertyStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Draft => Self::Draft,
            Status::PendingReview => Self::PendingReview,
            Status::Live => Self::Live,
            Status::Paused => Self::Paused,
            Status::Rejected => Self::Rejected,
            Status::Archived => Self::Archived,
        }
    }
}

impl From<PropertyStatus> for Status {
    fn from(status: PropertyStatus) -> Self {
        match status {
            PropertyStatus::Draft => Self::Draft,
            PropertyStatus::PendingReview => Self::PendingReview,
            PropertyStatus::Live => Self::Live,
            PropertyStatus::Paused => Self::Paused,
            PropertyStatus::Rejected => Self::Rejected,
            PropertyStatus::Archived => Self::Archived,
        }
    }
}

impl From<StayMode> for property::StayMode {
    fn from(mode: StayMode) -> Self {
        match mode {
            StayMode::Nightly => Self::Nightly,
            StayMode::Monthly => Self::Monthly,
            StayMode::Both => Self::Both,
        }
    }
}

impl From<property::StayMode> for StayMode {
    fn from(mode: property::StayMode) -> Self {
        match mode {
            property::StayMode::Nightly => Self::Nightly,
            property::StayMode::Monthly => Self::Monthly,
            property::StayMode::Both => Self::Both,
        }
    }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
