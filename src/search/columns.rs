//! The columns of a segment, opened once: to find one by its name is a look into a dictionary,
//! and a search reads many.

use tantivy::columnar::Column;
use tantivy::{DocId, SegmentReader};

use super::codes;
use super::schema::columns as names;
use crate::domain::listing::Location;

/// The columns of a segment; what each has is said where its name is.
pub(super) struct Columns {
    pub(super) id_high: Column<u64>,
    pub(super) id_low: Column<u64>,
    pub(super) lat: Column<f64>,
    pub(super) lon: Column<f64>,
    pub(super) cell: Column<u64>,
    pub(super) price: Column<u64>,
    pub(super) price_scaled: Column<u64>,
    pub(super) currency: Column<u64>,
    pub(super) kind: Column<u64>,
    /// Bedrooms, beds and half bathrooms.
    pub(super) rooms: [Column<u64>; 3],
    pub(super) guests: Column<u64>,
    /// One for each word of [`codes::amenity_bits`].
    pub(super) amenities: Vec<Column<u64>>,
    pub(super) max_nights: Column<u64>,
    pub(super) stay_days: Column<u64>,
    pub(super) min_nights: Column<u64>,
    pub(super) stay_dates: Column<u64>,
    pub(super) created: Column<u64>,
    pub(super) merit: Column<u64>,
    pub(super) slot: Column<u64>,
    pub(super) unit_guests: Column<u64>,
    pub(super) unit_high: Column<u64>,
    pub(super) unit_low: Column<u64>,
}

impl Columns {
    /// The columns of a segment.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let amenities = codes::amenity_columns().map(|name| fast.u64(&name));
        let amenities: Vec<_> = amenities.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            id_high: fast.u64(names::ID_HIGH)?,
            id_low: fast.u64(names::ID_LOW)?,
            lat: fast.f64(names::LAT)?,
            lon: fast.f64(names::LON)?,
            cell: fast.u64(names::CELL)?,
            price: fast.u64(names::PRICE)?,
            price_scaled: fast.u64(names::PRICE_SCALED)?,
            currency: fast.u64(names::CURRENCY)?,
            kind: fast.u64(names::KIND)?,
            rooms: [
                fast.u64(names::BEDROOMS)?,
                fast.u64(names::BEDS)?,
                fast.u64(names::HALF_BATHROOMS)?,
            ],
            guests: fast.u64(names::GUESTS)?,
            amenities,
            max_nights: fast.u64(names::MAX_NIGHTS)?,
            stay_days: fast.u64(names::STAY_DAYS)?,
            min_nights: fast.u64(names::MIN_NIGHTS)?,
            stay_dates: fast.u64(names::STAY_DATES)?,
            created: fast.u64(names::CREATED)?,
            merit: fast.u64(names::MERIT)?,
            slot: fast.u64(names::SLOT)?,
            unit_guests: fast.u64(names::UNIT_GUESTS)?,
            unit_high: fast.u64(names::UNIT_HIGH)?,
            unit_low: fast.u64(names::UNIT_LOW)?,
        })
    }

    /// The two halves of a document's id.
    pub(super) fn id(&self, doc: DocId) -> (u64, u64) {
        (first(&self.id_high, doc), first(&self.id_low, doc))
    }

    /// Where a document lies.
    pub(super) fn point(&self, doc: DocId) -> Option<Location> {
        Some(Location { lat: self.lat.first(doc)?, lon: self.lon.first(doc)? })
    }
}

/// What a document has in a column; 0 where it has nothing.
pub(super) fn first(column: &Column<u64>, doc: DocId) -> u64 {
    column.first(doc).unwrap_or_default()
}
