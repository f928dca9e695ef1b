//! Reads the detailed listings file of Inside Airbnb: CSV, plain or gzipped.
//!
//! The file is what hosts wrote, so nothing in it is trusted: a row becomes a draft or a
//! [`BadRow`] with its number and the reason, and the next one is read. Only a file that
//! cannot be read at all, or is another kind of file, ends the reading.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use csv::StringRecord;

use super::cells;
use crate::domain::money::Currency;
use crate::domain::pricing::Pricing;
use crate::domain::property::{ListingFields, StayMode, UnitFields};
use crate::tools::html;
use crate::tools::listing::{ListingDraft, Wanted};
use crate::tools::place::{Place, Survey};

/// The name of this source in listings' identities; it must never change.
pub const SOURCE: &str = "inside-airbnb";

/// What a gzip stream begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The size of the reading buffer in front of the file.
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system or the decompression failed.
    #[error("reading the file failed: {0}")]
    Io(#[from] io::Error),
    /// The first line is not the header of a detailed listings file.
    #[error(
        "column '{column}' is missing: expected a detailed listings file (listings.csv.gz) \
         of inside airbnb, not its summary or its calendar"
    )]
    MissingColumn {
        /// The first column that was not found.
        column: &'static str,
    },
    /// The first line is not the header of a file of rents.
    #[error(
        "column '{column}' is missing: expected a file of us rents (apartments for rent \
         classified)"
    )]
    NoRents {
        /// The first column that was not found.
        column: &'static str,
    },
    /// Something about the file has to be said beforehand.
    #[error("{0} is required for this kind of file")]
    Missing(&'static str),
    /// The file has no first line.
    #[error("the file is empty")]
    Empty,
}

/// How a file is to be understood.
#[derive(Debug, Clone)]
pub struct Options {
    /// The currency of its prices, which say `$` everywhere.
    pub currency: Currency,
    /// The IANA zone of its homes.
    pub zone: String,
    /// The city of every row; without it the one that most hosts name, or each row's own.
    pub city: Option<String>,
    /// The country of every row, ISO 3166-1 alpha-2; without it what the hosts name.
    pub country: Option<String>,
}

/// A row that is not a listing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The row's number, 1 for the first one after the header.
    pub row: u64,
    /// The listing's id, empty when it has none.
    pub external_id: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = if self.external_id.is_empty() { "none" } else { &self.external_id };
        write!(f, "row {}, id {id}: {}", self.row, self.reason)
    }
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A listing.
    Listing {
        /// The row's number, 1 for the first one after the header.
        row: u64,
        /// What it says.
        draft: Box<ListingDraft>,
    },
    /// A row that cannot be one.
    Bad(BadRow),
}

/// What was changed in rows to make them fit; each row counts once per kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adjusted {
    /// Titles shorter than a title may be, replaced by kind and place.
    pub titles_replaced: u64,
    /// Titles or descriptions cut to their longest.
    pub texts_cut: u64,
    /// Rows with amenities cut, or left out because there were too many.
    pub amenities_cut: u64,
    /// Rows without a count of bedrooms or beds, where the least is assumed.
    pub rooms_assumed: u64,
    /// Rows without a number of bathrooms, where one is assumed.
    pub baths_assumed: u64,
    /// Homes of which only the city is known, put near its middle.
    pub placed_by_city: u64,
}

/// Where the columns are in this file.
struct Columns {
    id: usize,
    name: usize,
    description: Option<usize>,
    neighbourhood: Option<usize>,
    district: Option<usize>,
    group: Option<usize>,
    latitude: usize,
    longitude: usize,
    property_type: usize,
    room_type: usize,
    accommodates: usize,
    bathrooms: Option<usize>,
    bathrooms_text: Option<usize>,
    bedrooms: Option<usize>,
    beds: Option<usize>,
    amenities: usize,
    price: usize,
    minimum_nights: Option<usize>,
    maximum_nights: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, ReadError> {
        let at = |column: &str| header.iter().position(|name| name.trim() == column);
        let need = |column: &'static str| at(column).ok_or(ReadError::MissingColumn { column });
        Ok(Self {
            id: need("id")?,
            name: need("name")?,
            latitude: need("latitude")?,
            longitude: need("longitude")?,
            property_type: need("property_type")?,
            room_type: need("room_type")?,
            accommodates: need("accommodates")?,
            amenities: need("amenities")?,
            price: need("price")?,
            description: at("description"),
            neighbourhood: at("neighbourhood"),
            district: at("neighbourhood_cleansed"),
            group: at("neighbourhood_group_cleansed"),
            bathrooms: at("bathrooms"),
            bathrooms_text: at("bathrooms_text"),
            bedrooms: at("bedrooms"),
            beds: at("beds"),
            minimum_nights: at("minimum_nights"),
            maximum_nights: at("maximum_nights"),
        })
    }
}

/// The rows of one file, in its order. After an error it yields no more.
pub struct Reader<R> {
    csv: csv::Reader<R>,
    columns: Columns,
    width: usize,
    options: Options,
    place: Place,
    adjusted: Adjusted,
    record: csv::ByteRecord,
    row: u64,
    ended: bool,
}

/// The plain bytes of a file that may be gzipped, whatever its name says.
pub type Plain = Box<dyn Read + Send>;

/// Opens a file. It is read through once here, to learn which city and country its hosts
/// name, unless both are given.
///
/// # Errors
/// When it cannot be read, or is not a detailed listings file.
pub fn open(path: &Path, options: Options) -> Result<Reader<Plain>, ReadError> {
    let mut place = Place { city: options.city.clone(), country: options.country.clone() };
    if place.city.is_none() || place.country.is_none() {
        let seen = survey(csv_reader(plain(path)?))?;
        place = Place { city: place.city.or(seen.city), country: place.country.or(seen.country) };
    }
    Reader::new(plain(path)?, options, place)
}

pub(in crate::tools) fn plain(path: &Path) -> io::Result<Plain> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic)?;
    file.rewind()?;
    let buffered = BufReader::with_capacity(BUFFER_BYTES, file);
    if magic == GZIP_MAGIC {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(buffered)));
    }
    Ok(Box::new(buffered))
}

pub(in crate::tools) fn csv_reader<R: Read>(input: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER_BYTES).from_reader(input)
}

fn survey<R: Read>(mut csv: csv::Reader<R>) -> Result<Place, ReadError> {
    let header = header(&mut csv)?;
    let Some(column) = Columns::find(&header)?.neighbourhood else { return Ok(Place::default()) };
    let mut survey = Survey::default();
    let mut record = csv::ByteRecord::new();
    while csv.read_byte_record(&mut record).map_err(io::Error::from)? {
        let cell = record.get(column).unwrap_or_default();
        survey.count(&String::from_utf8_lossy(cell));
    }
    Ok(survey.place())
}

fn header<R: Read>(csv: &mut csv::Reader<R>) -> Result<StringRecord, ReadError> {
    let bytes = csv.byte_headers().map_err(io::Error::from)?.clone();
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(StringRecord::from_byte_record_lossy(bytes))
}

impl<R: Read> Reader<R> {
    fn new(input: R, options: Options, place: Place) -> Result<Self, ReadError> {
        let mut csv = csv_reader(input);
        let header = header(&mut csv)?;
        Ok(Self {
            columns: Columns::find(&header)?,
            width: header.len(),
            csv,
            options,
            place,
            adjusted: Adjusted::default(),
            record: csv::ByteRecord::new(),
            row: 0,
            ended: false,
        })
    }

    /// What was changed so far to make rows fit.
    #[must_use]
    pub const fn adjusted(&self) -> Adjusted {
        self.adjusted
    }

    /// The city that stands for the whole file, if one does.
    #[must_use]
    pub fn city(&self) -> Option<&str> {
        self.place.city.as_deref()
    }

    fn read(&mut self) -> Result<Option<Row>, ReadError> {
        if !self.csv.read_byte_record(&mut self.record).map_err(io::Error::from)? {
            return Ok(None);
        }
        self.row += 1;
        let id = self.record.get(self.columns.id).unwrap_or_default();
        let external_id = html::to_line(&String::from_utf8_lossy(id));
        let row = match self.draft(&external_id) {
            Ok(draft) => Row::Listing { row: self.row, draft: Box::new(draft) },
            Err(reason) => Row::Bad(BadRow { row: self.row, external_id, reason }),
        };
        Ok(Some(row))
    }

    fn draft(&mut self, external_id: &str) -> Result<ListingDraft, String> {
        if self.record.len() != self.width {
            let (found, expected) = (self.record.len(), self.width);
            return Err(format!("{found} cells where the header has {expected}"));
        }
        let record = StringRecord::from_byte_record(self.record.clone())
            .map_err(|error| format!("not utf-8: {}", error.utf8_error()))?;
        let cell = |column: usize| record.get(column).unwrap_or_default().trim();
        let maybe = |column: Option<usize>| column.map_or("", cell);
        let at = &self.columns;
        cells::check_id(external_id)?;
        let kind = cells::kind(cell(at.room_type), cell(at.property_type))?;
        let price = cells::price(cell(at.price), self.options.currency)
            .map_err(|error| error.to_string())?;
        let location = cells::location(cell(at.latitude), cell(at.longitude))?;
        let address =
            self.place.address(maybe(at.neighbourhood), maybe(at.district), maybe(at.group))?;
        let stay = cells::stay(maybe(at.minimum_nights), maybe(at.maximum_nights))?;
        let mut adjusted = self.adjusted;
        let (bedrooms, beds) = cells::rooms(maybe(at.bedrooms), maybe(at.beds), &mut adjusted)?;
        let unit = UnitFields {
            name: cells::unit_name(kind).to_owned(),
            count: 1,
            bedrooms,
            beds,
            bathrooms: cells::bathrooms(
                maybe(at.bathrooms_text),
                maybe(at.bathrooms),
                &mut adjusted,
            )?,
            guests: cells::guests(cell(at.accommodates))?,
            night_minor: price.map(|price| price.amount),
            month_minor: None,
        };
        let stand_in = (cell(at.property_type), address.city.as_str());
        let fields = ListingFields {
            kind,
            title: cells::title(cell(at.name), stand_in, &mut adjusted),
            description: cells::description(maybe(at.description), &mut adjusted),
            address,
            location,
            zone: self.options.zone.clone(),
            amenities: cells::amenities(cell(at.amenities), &mut adjusted)?,
            stay_mode: StayMode::Nightly,
            currency: self.options.currency,
            deposit_minor: 0,
            cleaning_fee_minor: 0,
        };
        self.adjusted = adjusted;
        Ok(ListingDraft {
            source: SOURCE,
            external_id: external_id.to_owned(),
            fields,
            unit,
            stay,
            pricing: Pricing::default(),
            wanted: if price.is_some() { Wanted::Live } else { Wanted::Draft },
        })
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Row, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}
