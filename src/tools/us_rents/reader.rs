//! Reads a file of rents: CSV, plain or gzipped, in Latin-1, with `null` for what is absent.
//!
//! There is no place in it but a city's name, so a home is put near the middle of its city;
//! one of a city that [`super::cities`] does not know is a bad row, since a home in the wrong
//! place is worse than none.

use std::io::{self, Read};
use std::path::Path;

use csv::ByteRecord;

use super::cities::{self, City};
use crate::domain::money::Currency;
use crate::domain::pricing::Pricing;
use crate::domain::property::{Address, Kind, ListingFields, Location, StayMode, UnitFields};
use crate::tools::inside_airbnb::{self, Adjusted, BadRow, Plain, ReadError, Row, check_id};
use crate::tools::listing::{ListingDraft, Wanted, property_id};

/// The name of this source in listings' identities; it must never change.
pub const SOURCE: &str = "us-rents";

/// How far from the middle of its city a home is put at most, in degrees: about three
/// kilometres, so that not all of a city lie on one point of the map.
const SPREAD: f64 = 0.03;

/// Where the columns are in this file.
struct Columns {
    id: usize,
    bathrooms: usize,
    bedrooms: usize,
    currency: usize,
    pets: usize,
    price: usize,
    price_type: usize,
    square_feet: usize,
    city: usize,
    state: usize,
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, ReadError> {
        let need = |column: &'static str| {
            let found = header.iter().position(|name| name.trim_ascii() == column.as_bytes());
            found.ok_or(ReadError::NoRents { column })
        };
        Ok(Self {
            id: need("id")?,
            bathrooms: need("bathrooms")?,
            bedrooms: need("bedrooms")?,
            currency: need("currency")?,
            pets: need("pets_allowed")?,
            price: need("price")?,
            price_type: need("price_type")?,
            square_feet: need("square_feet")?,
            city: need("cityname")?,
            state: need("state")?,
        })
    }
}

/// The rows of one file, in its order. After an error it yields no more.
pub struct Reader<R> {
    csv: csv::Reader<R>,
    columns: Columns,
    currency: Currency,
    adjusted: Adjusted,
    record: ByteRecord,
    row: u64,
    ended: bool,
}

/// Opens a file, whose rents are in `currency`.
///
/// # Errors
/// When it cannot be read, or has not the columns of such a file.
pub fn open(path: &Path, currency: Currency) -> Result<Reader<Plain>, ReadError> {
    let mut csv = inside_airbnb::csv_reader(inside_airbnb::plain(path)?);
    let header = csv.byte_headers().map_err(io::Error::from)?.clone();
    if header.is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(Reader {
        columns: Columns::find(&header)?,
        csv,
        currency,
        adjusted: Adjusted::default(),
        record: ByteRecord::new(),
        row: 0,
        ended: false,
    })
}

impl<R: Read> Reader<R> {
    /// What was changed so far to make rows fit.
    #[must_use]
    pub const fn adjusted(&self) -> Adjusted {
        self.adjusted
    }

    fn read(&mut self) -> Result<Option<Row>, ReadError> {
        if !self.csv.read_byte_record(&mut self.record).map_err(io::Error::from)? {
            return Ok(None);
        }
        self.row += 1;
        let external_id = self.cell(self.columns.id);
        Ok(Some(match self.draft(&external_id) {
            Ok(draft) => Row::Listing { row: self.row, draft: Box::new(draft) },
            Err(reason) => Row::Bad(BadRow { row: self.row, external_id, reason }),
        }))
    }

    /// A cell as text; empty when the file says that there is nothing.
    fn cell(&self, column: usize) -> String {
        let bytes = self.record.get(column).unwrap_or_default();
        // In Latin-1, a byte is the number of its character.
        let text: String = bytes.iter().copied().map(char::from).collect();
        let text = text.trim();
        if text == "null" { String::new() } else { text.to_owned() }
    }

    fn draft(&mut self, external_id: &str) -> Result<ListingDraft, String> {
        let at = &self.columns;
        check_id(external_id)?;
        let (name, state) = (self.cell(at.city), self.cell(at.state));
        if name.is_empty() {
            return Err("no city".to_owned());
        }
        let city = cities::find(&name, &state)
            .ok_or_else(|| format!("city {name:?}, {state:?} is not known"))?;
        let (currency, kind) = (self.cell(at.currency), self.cell(at.price_type));
        if currency != self.currency.to_string() {
            return Err(format!("currency {currency:?} is not {}", self.currency));
        }
        if kind != "Monthly" {
            return Err(format!("price_type {kind:?} is not Monthly"));
        }
        let month = inside_airbnb::price(&self.cell(at.price), self.currency)
            .map_err(|error| error.to_string())?
            .ok_or("no price")?;
        let mut adjusted = self.adjusted;
        let bedrooms = match count("bedrooms", &self.cell(at.bedrooms), 50)? {
            Some(bedrooms) => bedrooms,
            None => {
                adjusted.rooms_assumed += 1;
                1
            }
        };
        let bathrooms = bathrooms(&self.cell(at.bathrooms), &mut adjusted)?;
        let feet = count("square_feet", &self.cell(at.square_feet), u16::MAX)?;
        let pets = self.cell(at.pets);
        adjusted.placed_by_city += 1;
        let fields = ListingFields {
            kind: Kind::Flat,
            title: title(bedrooms, city),
            description: description(feet, month.amount / 100, &pets),
            address: Address {
                line: None,
                city: city.name.to_owned(),
                region: Some(city.state.to_owned()),
                country: "US".to_owned(),
            },
            location: near(city, external_id),
            zone: city.zone().to_owned(),
            amenities: amenities(&pets),
            stay_mode: StayMode::Monthly,
            currency: self.currency,
            deposit_minor: 0,
            cleaning_fee_minor: 0,
        };
        let unit = UnitFields {
            name: "Apartment".to_owned(),
            count: 1,
            bedrooms,
            beds: bedrooms.max(1),
            bathrooms,
            guests: bedrooms.max(1) * 2,
            night_minor: None,
            month_minor: Some(month.amount),
        };
        self.adjusted = adjusted;
        Ok(ListingDraft {
            source: SOURCE,
            external_id: external_id.to_owned(),
            fields,
            unit,
            stay: None,
            pricing: Pricing::default(),
            wanted: Wanted::Live,
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

fn count(column: &str, text: &str, most: u16) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|number| *number <= most);
    number.map(Some).ok_or_else(|| format!("{column} {text:?} is not a number up to {most}"))
}

/// Bathrooms, which come in halves.
fn bathrooms(text: &str, adjusted: &mut Adjusted) -> Result<f32, String> {
    if text.is_empty() {
        adjusted.baths_assumed += 1;
        return Ok(1.0);
    }
    let number: Option<f32> = text.parse().ok();
    number
        .filter(|number| (0.0..=50.0).contains(number) && (number * 2.0).fract() == 0.0)
        .ok_or_else(|| format!("bathrooms {text:?} is not a number of halves up to 50"))
}

fn title(bedrooms: u16, city: &City) -> String {
    let rooms = match bedrooms {
        0 => "Studio".to_owned(),
        1 => "One-bedroom apartment".to_owned(),
        more => format!("Apartment with {more} bedrooms"),
    };
    format!("{rooms} in {}, {}", city.name, city.state)
}

fn description(feet: Option<u16>, month: i64, pets: &str) -> String {
    let mut said = Vec::new();
    said.extend(feet.filter(|feet| *feet > 0).map(|feet| format!("{feet} square feet.")));
    said.push(format!("The rent is {month} dollars a month."));
    match pets {
        "Cats,Dogs" => said.push("Cats and dogs are welcome.".to_owned()),
        "Cats" => said.push("Cats are welcome.".to_owned()),
        "Dogs" => said.push("Dogs are welcome.".to_owned()),
        _ => {}
    }
    said.push("Only the city is known: the point on the map is near its middle.".to_owned());
    said.join(" ")
}

fn amenities(pets: &str) -> Vec<String> {
    let allowed = |kind: &str| format!("{kind} allowed");
    pets.split(',').filter(|kind| ["Cats", "Dogs"].contains(kind)).map(allowed).collect()
}

/// A point near the middle of a city, always the same for the same home.
fn near(city: &City, external_id: &str) -> Location {
    let bits = property_id(SOURCE, external_id).uuid().as_u128();
    // Two times ten of its random bits, each as a number from -1 to 1.
    let part = |shift: u32| {
        let bits = u16::try_from((bits >> shift) & 0x3ff).unwrap_or_default();
        f64::from(bits) / 511.5 - 1.0
    };
    let rounded = |degrees: f64| (degrees * 1e5).round() / 1e5;
    Location {
        lat: rounded(city.lat + part(0) * SPREAD),
        lon: rounded(city.lon + part(10) * SPREAD),
    }
}
