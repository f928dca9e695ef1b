//! What a property looks like outside: as it is sent, as its owner sees it, and as
//! everybody else does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::photo_forms::{Photo, Pictures, cover};
use super::schema::MoneyForm;
use crate::domain::ids::{PropertyId, UnitId, UserId};
use crate::domain::money::{Currency, Money};
use crate::domain::property::{self, Listing, ListingFields, Status};
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
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyStatus {
    /// Only its owner sees it.
    Draft,
    /// Handed in, not yet approved.
    PendingReview,
    /// Everybody sees it, and it can be booked.
    Live,
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
    lat: f64,
    /// Longitude.
    #[schema(minimum = -180, maximum = 180)]
    lon: f64,
}

/// A unit type: so many interchangeable beds, rooms or flats.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// What guests call it.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// How many there are.
    #[schema(minimum = 1, maximum = 200)]
    count: u16,
    /// Bedrooms; a studio has none.
    #[schema(maximum = 50)]
    bedrooms: u16,
    /// Beds.
    #[schema(maximum = 100)]
    beds: u16,
    /// Bathrooms, in halves.
    #[schema(minimum = 0, maximum = 50, multiple_of = 0.5)]
    bathrooms: f32,
    /// The most guests in one unit.
    #[schema(minimum = 1, maximum = 100)]
    guests: u16,
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
    /// What the home has.
    #[serde(default)]
    #[schema(max_items = 100)]
    amenities: Vec<String>,
    /// The unit type.
    unit: NewUnit,
    /// The price of a night; its currency cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = true)]
    price_per_night: Option<Money>,
}

/// A unit type of a property.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unit {
    /// Its id.
    #[schema(value_type = String)]
    id: UnitId,
    /// What it is.
    #[serde(flatten)]
    fields: NewUnit,
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
    /// The unit type.
    unit: Unit,
    /// The currency of its prices, also of those that it does not have yet.
    #[schema(value_type = String)]
    currency: Currency,
    /// The price of a night; a draft may lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
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
    /// The fields in the domain's form; `currency` is the listing's, if there is one.
    ///
    /// # Errors
    /// `validation` when a new listing has no price.
    pub fn into_fields(self, currency: Option<Currency>) -> Result<ListingFields, Problem> {
        let price = self.price_per_night;
        let currency = price.map(|price| price.currency).or(currency);
        let missing = || Problem::invalid("/price_per_night", "required", "a price is required");
        let NewUnit { name, count, bedrooms, beds, bathrooms, guests } = self.unit;
        let Address { line, city, region, country } = self.address;
        Ok(ListingFields {
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
            unit: property::UnitFields { name, count, bedrooms, beds, bathrooms, guests },
            currency: currency.ok_or_else(missing)?,
            price_minor: price.map(|price| price.amount),
        })
    }
}

impl From<&ListingFields> for NewProperty {
    fn from(fields: &ListingFields) -> Self {
        let property::Address { line, city, region, country } = fields.address.clone();
        let property::Location { lat, lon } = fields.location;
        let property::UnitFields { name, count, bedrooms, beds, bathrooms, guests } =
            fields.unit.clone();
        Self {
            kind: fields.kind.into(),
            title: fields.title.clone(),
            description: fields.description.clone(),
            address: Address { line, city, region, country },
            location: Location { lat, lon },
            zone: fields.zone.clone(),
            amenities: fields.amenities.clone(),
            unit: NewUnit { name, count, bedrooms, beds, bathrooms, guests },
            price_per_night: fields.price_minor.map(|amount| Money::new(amount, fields.currency)),
        }
    }
}

impl Property {
    /// As its owner sees it.
    #[must_use]
    pub fn own(listing: &Listing) -> Self {
        let fields = NewProperty::from(&listing.fields);
        Self {
            id: listing.id,
            owner_id: listing.owner,
            status: listing.status.into(),
            kind: fields.kind,
            title: fields.title,
            description: fields.description,
            address: fields.address,
            location: fields.location,
            zone: fields.zone,
            amenities: fields.amenities,
            unit: Unit { id: listing.unit_id, fields: fields.unit },
            currency: listing.fields.currency,
            price_per_night: fields.price_per_night,
            version: listing.version,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
            cover: None,
            photos: None,
        }
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
    pub fn public(listing: &Listing) -> Self {
        let mut property = Self::own(listing);
        property.address.line = None;
        let property::Location { lat, lon } = listing.fields.location.blurred();
        property.location = Location { lat, lon };
        property
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
        }
    }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
