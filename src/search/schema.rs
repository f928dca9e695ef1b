//! The document of a listing: its fields and how one is written.

use jiff::Timestamp;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use super::completion::Completions;
use super::{cells, codes, matching, quality, rules, text};
use crate::domain::ids::{PropertyId, UnitId};
use crate::domain::listing::Location;
use crate::domain::money::{Currency, Money};
use crate::domain::stay_rules::StayRules;

/// The version of the fields, of the analyser and of what is put into documents. Raise it
/// with every change of any: an index of another version is replaced by a new one. It is
/// searched until then if it has the same fields and is not older than `READABLE_FROM`.
pub const VERSION: u32 = 7;

/// The oldest version whose documents searches understand. Raise it to [`VERSION`] when
/// they look for something that older documents have otherwise, such as other words.
pub(super) const READABLE_FROM: u32 = 3;

/// Bytes of the longest title or place that is suggested.
const NAME_BYTES_MAX: usize = 200;

/// Names of the columns that are read by name.
pub(super) mod columns {
    /// The first eight bytes of the id.
    pub(in crate::search) const ID_HIGH: &str = "id_high";
    /// The last eight bytes of the id.
    pub(in crate::search) const ID_LOW: &str = "id_low";
    /// Latitude of the blurred point.
    pub(in crate::search) const LAT: &str = "lat";
    /// Its longitude.
    pub(in crate::search) const LON: &str = "lon";
    /// The finest cell of the blurred point.
    pub(in crate::search) const CELL: &str = "cell";
    /// The price in minor units of its currency.
    pub(in crate::search) const PRICE: &str = "price";
    /// The price in ten-thousandths of a major unit.
    pub(in crate::search) const PRICE_SCALED: &str = "price_scaled";
    /// The currency of the price, as [`codes::of_currency`](crate::search::codes) has it.
    pub(in crate::search) const CURRENCY: &str = "currency_code";
    /// The kind of home, as [`codes::of_kind`](crate::search::codes) has it.
    pub(in crate::search) const KIND: &str = "kind_code";
    /// Bedrooms.
    pub(in crate::search) const BEDROOMS: &str = "bedrooms";
    /// Beds.
    pub(in crate::search) const BEDS: &str = "beds";
    /// The most guests that a unit takes.
    pub(in crate::search) const GUESTS: &str = "guests";
    /// Bathrooms in halves.
    pub(in crate::search) const HALF_BATHROOMS: &str = "half_bathrooms";
    /// The longest stay.
    pub(in crate::search) const MAX_NIGHTS: &str = "max_nights";
    /// When guests come, go and book; see [`rules`](crate::search::rules).
    pub(in crate::search) const STAY_DAYS: &str = "stay_days";
    /// The shortest stay by the day of arrival.
    pub(in crate::search) const MIN_NIGHTS: &str = "min_nights";
    /// What holds on certain dates, in the order of the rules.
    pub(in crate::search) const STAY_DATES: &str = "stay_dates";
    /// Microseconds since 1970.
    pub(in crate::search) const CREATED: &str = "created";
    /// Quality and age: see `quality::merit`.
    pub(in crate::search) const MERIT: &str = "quality";
    /// The places of its unit types in the table of nights, in their order.
    pub(in crate::search) const SLOT: &str = "slot";
    /// The guests that each of them takes, in the same order.
    pub(in crate::search) const UNIT_GUESTS: &str = "unit_guests";
    /// The first eight bytes of their ids, in the same order.
    pub(in crate::search) const UNIT_HIGH: &str = "unit_high";
    /// The last eight bytes of their ids, in the same order.
    pub(in crate::search) const UNIT_LOW: &str = "unit_low";
}

/// What search knows of a unit type that can be booked by the night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitDoc {
    /// The unit type.
    pub id: UnitId,
    /// Guests that a unit takes.
    pub guests: u32,
}

/// What search knows of a live listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingDoc {
    /// The property.
    pub id: PropertyId,
    /// Its title.
    pub title: String,
    /// Its description, as plain text.
    pub description: String,
    /// The city, as people write it.
    pub city: String,
    /// ISO 3166-1 alpha-2 code, in capitals.
    pub country: String,
    /// The kind of home by its name: `bed`, `room`, `flat`, `house`.
    pub kind: String,
    /// The lowest price of a night, or what stands for it where months are let; a negative
    /// amount counts as nothing.
    pub price: Money,
    /// Bedrooms of the unit type with that price.
    pub bedrooms: u32,
    /// Beds of it.
    pub beds: u32,
    /// Bathrooms of it, counted in halves.
    pub half_bathrooms: u32,
    /// The most guests that a unit of any type takes.
    pub guests: u32,
    /// The unit types that can be booked by the night. Without any, no stay is found.
    pub units: Vec<UnitDoc>,
    /// The shortest stay, in nights, where [`Self::stay_rules`] say nothing else.
    pub min_nights: u32,
    /// The longest.
    pub max_nights: u32,
    /// On which days guests come and go, and how far ahead they book.
    pub stay_rules: StayRules,
    /// How far the clocks at the home are ahead of UTC, in minutes, summer time or not.
    pub utc_offset_minutes: i16,
    /// Latitude of the **blurred** point, in degrees. The exact one must never come here:
    /// it could be found by asking with many boxes.
    pub lat: f64,
    /// Longitude of the blurred point, in degrees.
    pub lon: f64,
    /// When the listing was made, for the order by newest.
    pub created: Timestamp,
    /// Amenities by their names.
    pub amenities: Vec<String>,
    /// What a result shows, given back as it is. It is public: no exact point in it either.
    pub card: serde_json::Value,
}

/// A listing that cannot be indexed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListing {
    /// Latitude or longitude is no number of degrees on the globe.
    #[error("location must be a latitude in -90..=90 and a longitude in -180..=180")]
    Point,
}

/// The fields of the schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// 16 bytes, the key of a replacement.
    pub(super) id: Field,
    id_high: Field,
    id_low: Field,
    /// Everything that words are looked for in: see `matching.rs`.
    pub(super) terms: Field,
    /// Only kept, to be shown with marks.
    pub(super) title: Field,
    /// Only kept, as the title.
    pub(super) description: Field,
    /// The title as one term, for completing it.
    pub(super) title_key: Field,
    /// City and country as one term.
    pub(super) place: Field,
    country: Field,
    pub(super) kind: Field,
    pub(super) currency: Field,
    pub(super) price: Field,
    pub(super) price_scaled: Field,
    pub(super) bedrooms: Field,
    pub(super) beds: Field,
    pub(super) half_bathrooms: Field,
    pub(super) guests: Field,
    lat: Field,
    lon: Field,
    cell: Field,
    currency_code: Field,
    kind_code: Field,
    /// The bits of its amenities, in words of 64.
    amenity_bits: [Field; codes::AMENITY_WORDS],
    created: Field,
    merit: Field,
    max_nights: Field,
    stay_days: Field,
    min_nights: Field,
    stay_dates: Field,
    slot: Field,
    unit_guests: Field,
    unit_high: Field,
    unit_low: Field,
    pub(super) amenities: Field,
    pub(super) card: Field,
}

/// The schema of [`VERSION`] and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let words = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(matching::ANALYSER)
            .set_index_option(IndexRecordOption::WithFreqs),
    );
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_bytes_field("id", INDEXED),
        id_high: builder.add_u64_field(columns::ID_HIGH, FAST),
        id_low: builder.add_u64_field(columns::ID_LOW, FAST),
        terms: builder.add_text_field("terms", words),
        title: builder.add_text_field("title", STORED),
        description: builder.add_text_field("description", STORED),
        title_key: builder.add_text_field("title_key", STRING),
        place: builder.add_text_field("place", STRING),
        country: builder.add_text_field("country", STRING),
        kind: builder.add_text_field("kind", STRING),
        currency: builder.add_text_field("currency", STRING),
        price: builder.add_u64_field(columns::PRICE, FAST),
        price_scaled: builder.add_u64_field(columns::PRICE_SCALED, FAST),
        bedrooms: builder.add_u64_field(columns::BEDROOMS, FAST),
        beds: builder.add_u64_field(columns::BEDS, FAST),
        half_bathrooms: builder.add_u64_field(columns::HALF_BATHROOMS, FAST),
        guests: builder.add_u64_field(columns::GUESTS, FAST),
        lat: builder.add_f64_field(columns::LAT, FAST),
        lon: builder.add_f64_field(columns::LON, FAST),
        cell: builder.add_u64_field(columns::CELL, FAST),
        currency_code: builder.add_u64_field(columns::CURRENCY, FAST),
        kind_code: builder.add_u64_field(columns::KIND, FAST),
        amenity_bits: codes::amenity_columns().map(|name| builder.add_u64_field(&name, FAST)),
        created: builder.add_u64_field(columns::CREATED, FAST),
        merit: builder.add_u64_field(columns::MERIT, FAST),
        max_nights: builder.add_u64_field(columns::MAX_NIGHTS, FAST),
        stay_days: builder.add_u64_field(columns::STAY_DAYS, FAST),
        min_nights: builder.add_u64_field(columns::MIN_NIGHTS, FAST),
        stay_dates: builder.add_u64_field(columns::STAY_DATES, FAST),
        slot: builder.add_u64_field(columns::SLOT, FAST),
        unit_guests: builder.add_u64_field(columns::UNIT_GUESTS, FAST),
        unit_high: builder.add_u64_field(columns::UNIT_HIGH, FAST),
        unit_low: builder.add_u64_field(columns::UNIT_LOW, FAST),
        amenities: builder.add_text_field("amenities", STRING),
        card: builder.add_text_field("card", STORED),
    };
    (builder.build(), fields)
}

impl Fields {
    /// The document of a listing, still without its slots.
    pub(super) fn document(&self, listing: &ListingDoc) -> Result<TantivyDocument, InvalidListing> {
        if !(listing.lat.abs() <= 90.0 && listing.lon.abs() <= 180.0) {
            return Err(InvalidListing::Point);
        }
        let point = Location { lat: unsigned_zero(listing.lat), lon: unsigned_zero(listing.lon) };
        let cell = cells::finest(point).ok_or(InvalidListing::Point)?;
        let rules = rules::packed(listing);
        let (high, low) = listing.id.uuid().as_u64_pair();
        let mut document = TantivyDocument::default();
        document.add_bytes(self.id, listing.id.uuid().as_bytes());
        document.add_text(self.terms, matching::terms(listing));
        document.add_text(self.title, &listing.title);
        document.add_text(self.description, &listing.description);
        self.add_names(&mut document, listing);
        document.add_text(self.country, &listing.country);
        document.add_text(self.kind, &listing.kind);
        document.add_text(self.currency, listing.price.currency.code());
        document.add_f64(self.lat, point.lat);
        document.add_f64(self.lon, point.lon);
        let numbers = [
            (self.id_high, high),
            (self.id_low, low),
            (self.price, u64::try_from(listing.price.amount).unwrap_or_default()),
            (self.price_scaled, scaled(listing.price)),
            (self.bedrooms, u64::from(listing.bedrooms)),
            (self.beds, u64::from(listing.beds)),
            (self.half_bathrooms, u64::from(listing.half_bathrooms)),
            (self.guests, u64::from(listing.guests)),
            (self.cell, u64::from(cell)),
            (self.currency_code, codes::of_currency(listing.price.currency).into()),
            (self.kind_code, codes::of_kind(&listing.kind)),
            (self.max_nights, u64::from(listing.max_nights)),
            (self.stay_days, rules.days),
            (self.min_nights, rules.min_nights),
            (self.merit, quality::merit(listing)),
            (self.created, u64::try_from(listing.created.as_microsecond()).unwrap_or_default()),
        ];
        for (field, number) in numbers {
            document.add_u64(field, number);
        }
        let bits = codes::amenity_bits(&listing.amenities);
        for (field, bits) in self.amenity_bits.into_iter().zip(bits) {
            document.add_u64(field, bits);
        }
        for rule in rules.dates {
            document.add_u64(self.stay_dates, rule);
        }
        for unit in &listing.units {
            let (high, low) = unit.id.uuid().as_u64_pair();
            document.add_u64(self.unit_guests, u64::from(unit.guests));
            document.add_u64(self.unit_high, high);
            document.add_u64(self.unit_low, low);
        }
        for amenity in &listing.amenities {
            document.add_text(self.amenities, amenity);
        }
        document.add_text(self.card, listing.card.to_string());
        Ok(document)
    }

    /// Adds the names that a search box completes; one without words has nothing to begin
    /// with, and nobody types one that is over-long.
    fn add_names(&self, document: &mut TantivyDocument, listing: &ListingDoc) {
        let place = format!("{}, {}", listing.city.trim(), listing.country);
        let names = [
            (self.title_key, &listing.title, listing.title.trim()),
            (self.place, &listing.city, place.as_str()),
        ];
        for (field, name, shown) in names {
            let compared = text::normal(name);
            if !compared.is_empty() && shown.len() <= NAME_BYTES_MAX {
                document.add_text(field, Completions::key(&compared, shown));
            }
        }
    }

    /// Gives the document the slots of its unit types.
    pub(super) fn place(&self, document: &mut TantivyDocument, slots: &[u32]) {
        for slot in slots {
            document.add_u64(self.slot, u64::from(*slot));
        }
    }
}

/// An amount in ten-thousandths of the currency's major unit, which no currency is finer
/// than: the only form in which numbers of different currencies stand side by side.
pub(super) fn scaled(price: Money) -> u64 {
    let amount = u64::try_from(price.amount).unwrap_or_default();
    amount.saturating_mul(scale(price.currency))
}

fn scale(currency: Currency) -> u64 {
    10_u64.pow(4_u32.saturating_sub(u32::from(currency.exponent())))
}

/// The number with a negative zero made positive: columns order the two apart.
pub(super) fn unsigned_zero(number: f64) -> f64 {
    number + 0.0
}
