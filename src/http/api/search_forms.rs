//! How a search is asked over HTTP, whatever is wanted of it: results, what there is to choose
//! from, or a map.

use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::domain::amenity;
use crate::domain::area::{Area, BBox, Circle, Polygon};
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::listing::{Kind, Location};
use crate::domain::money::Currency;
use crate::http::extract;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::search::{self, QUERY_CHARS_MAX, QUERY_WORDS_MAX, SearchQuery, ZOOM_MAX};

/// The order of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The best match of the words first; without words, the newest.
    #[default]
    Relevance,
    /// The lowest price first.
    Price,
    /// The highest price first.
    PriceDesc,
    /// The nearest first, to `near` or to the middle of the area.
    Distance,
    /// The newest first.
    Newest,
}

/// Declares parameters of a query: what is looked for, and what else.
macro_rules! params {
    ($(#[$about:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// Words that all occur in title, city, description, kind or amenities, as they
            /// are, by their stems, by other words that mean the same or, where they occur
            /// nowhere, but for a typo or two: up to 200 characters and 16 different words.
            #[serde(default)]
            #[param(max_length = 200)]
            q: String,
            /// `west,south,east,north` in degrees; west may be greater than east. Only one of
            /// `bbox`, `near` and `polygon`.
            bbox: Option<String>,
            /// `lat,lon` in degrees: the point that distances are measured from. With
            /// `radius_km` only what lies so near is found.
            near: Option<String>,
            /// How far from `near`, in kilometres, up to 10,000.
            #[serde(default, deserialize_with = "extract::text")]
            #[param(exclusive_minimum = 0, maximum = 10000)]
            radius_km: Option<f64>,
            /// `lon,lat;lon,lat;...` in degrees: the 3 to 200 corners of a polygon.
            polygon: Option<String>,
            /// The lowest price of a night: minor units of `currency` or, without one,
            /// hundredths of the major unit.
            #[serde(default, deserialize_with = "extract::text")]
            #[param(minimum = 0)]
            price_min: Option<i64>,
            /// The highest price of a night, in the same unit.
            #[serde(default, deserialize_with = "extract::text")]
            #[param(minimum = 0)]
            price_max: Option<i64>,
            /// ISO 4217: only homes with prices in this currency.
            currency: Option<String>,
            /// Any of these kinds, with commas between them: bed, room, flat, house.
            kind: Option<String>,
            /// All of these amenities, with commas between them: keys at /api/v1/amenities.
            amenities: Option<String>,
            /// Bedrooms at least.
            #[serde(default, deserialize_with = "extract::text")]
            bedrooms: Option<u16>,
            /// Beds at least.
            #[serde(default, deserialize_with = "extract::text")]
            beds: Option<u16>,
            /// Bathrooms at least, in steps of a half.
            #[serde(default, deserialize_with = "extract::text")]
            #[param(minimum = 0, multiple_of = 0.5)]
            bathrooms: Option<f32>,
            /// The date of arrival; together with `check_out`.
            #[serde(default, deserialize_with = "extract::text")]
            check_in: Option<Date>,
            /// The date of departure.
            #[serde(default, deserialize_with = "extract::text")]
            check_out: Option<Date>,
            /// How many people come.
            #[serde(default, deserialize_with = "extract::text")]
            guests: Option<u16>,
            /// What the search has to know of: the `Event-Position` of the answer to a
            /// change, or several with commas between them. It waits for up to two seconds,
            /// then the answer is `search-behind`: ask again, or without this for what is
            /// known.
            #[param(pattern = r"^\d+:\d+(,\d+:\d+)*$")]
            pub(super) min_position: Option<String>,
            $($(#[$attribute])* pub(super) $field: $type,)*
        }

        impl $name {
            /// What is looked for, as it was written.
            pub(super) fn wanted(&mut self) -> Wanted {
                Wanted {
                    q: std::mem::take(&mut self.q),
                    bbox: self.bbox.take(),
                    near: self.near.take(),
                    radius_km: self.radius_km,
                    polygon: self.polygon.take(),
                    price: (self.price_min, self.price_max),
                    currency: self.currency.take(),
                    kind: self.kind.take(),
                    amenities: self.amenities.take(),
                    rooms: (self.bedrooms, self.beds, self.bathrooms),
                    dates: (self.check_in, self.check_out),
                    guests: self.guests,
                }
            }
        }
    };
}

params! {
    /// What is looked for; every part narrows.
    SearchParams {
        /// Whether to count what there is to choose from.
        #[serde(default, deserialize_with = "extract::text")]
        facets: Option<bool>,
        /// Whether results say where the words are.
        #[serde(default, deserialize_with = "extract::text")]
        highlight: Option<bool>,
        /// The order.
        #[serde(default)]
        #[param(inline)]
        sort: Order,
        /// Results on the page, 1 to 100.
        #[serde(default, deserialize_with = "extract::text")]
        limit: Option<u32>,
        /// The `next` of the page before.
        cursor: Option<String>,
    }
}

params! {
    /// What is looked for; every part narrows.
    FacetParams {}
}

params! {
    /// What is looked for; every part narrows.
    MapParams {
        /// The zoom of the map, 0 to 20, as web maps count it.
        #[serde(deserialize_with = "zoom")]
        #[param(minimum = 0, maximum = 20)]
        zoom: u8,
    }
}

fn zoom<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let zoom = extract::text::<D, u8>(from)?.filter(|zoom| *zoom <= ZOOM_MAX);
    zoom.ok_or_else(|| serde::de::Error::custom("0 to 20"))
}

/// What is looked for, as it was written.
pub(super) struct Wanted {
    q: String,
    bbox: Option<String>,
    near: Option<String>,
    radius_km: Option<f64>,
    polygon: Option<String>,
    price: (Option<i64>, Option<i64>),
    currency: Option<String>,
    kind: Option<String>,
    amenities: Option<String>,
    rooms: (Option<u16>, Option<u16>, Option<f32>),
    dates: (Option<Date>, Option<Date>),
    guests: Option<u16>,
}

impl Wanted {
    /// The question to the index: its first page, in the usual order.
    ///
    /// # Errors
    /// `validation` with the parameter that is wrong.
    pub(super) fn query(self, state: &AppState) -> Result<SearchQuery, Problem> {
        check_text(&self.q)?;
        let (area, centre) = self.place()?;
        let (bedrooms, beds, bathrooms) = self.rooms;
        let criteria = Criteria {
            nights: nights(self.dates)?,
            area,
            price_min: price("/price_min", self.price.0)?,
            price_max: price("/price_max", self.price.1)?,
            currency: self.currency.as_deref().map(currency).transpose()?,
            bedrooms: bedrooms.map(u32::from),
            beds: beds.map(u32::from),
            half_bathrooms: bathrooms.map(halves).transpose()?,
            kinds: listed(self.kind.as_deref(), kind)?,
            amenities: listed(self.amenities.as_deref(), amenity)?,
            guests: self.guests.map(u32::from),
            text: self.q,
        };
        let (now, budget) = (Some(state.clock.now()), Some(state.config.search.budget()));
        Ok(SearchQuery { centre, now, budget, ..criteria.into() })
    }

    /// Where it has to be, and where distances are measured from if not in its middle.
    fn place(&self) -> Result<(Option<Area>, Option<Location>), Problem> {
        let given = [("/bbox", &self.bbox), ("/near", &self.near), ("/polygon", &self.polygon)];
        let mut given = given.into_iter().filter(|(_, text)| text.is_some());
        if let (Some(_), Some((second, _))) = (given.next(), given.next()) {
            let detail = "only one of bbox, near and polygon";
            return Err(Problem::invalid(second, "invalid", detail));
        }
        let area = match (&self.bbox, &self.near, &self.polygon) {
            (Some(text), ..) => Some(Area::Box(bbox(text)?)),
            (_, Some(text), _) => return near(text, self.radius_km),
            (.., Some(text)) => Some(Area::Polygon(polygon(text)?)),
            _ => None,
        };
        match self.radius_km {
            Some(_) => Err(Problem::invalid("/near", "required", "near comes with radius_km")),
            None => Ok((area, None)),
        }
    }
}

/// What is over the limits would be passed over in silence.
pub(super) fn check_text(text: &str) -> Result<(), Problem> {
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(Problem::invalid("/q", "invalid", "up to 200 characters"));
    }
    if search::count_words(text) > QUERY_WORDS_MAX {
        return Err(Problem::invalid("/q", "invalid", "up to 16 different words"));
    }
    Ok(())
}

fn near(text: &str, radius_km: Option<f64>) -> Result<(Option<Area>, Option<Location>), Problem> {
    let wrong = |detail: &str| Problem::invalid("/near", "invalid", detail);
    let [lat, lon] = numbers(text).ok_or_else(|| wrong("two numbers: lat,lon"))?;
    // Whatever the radius, the centre has to be a point.
    let centre = Circle::new(Location { lat, lon }, 1.0);
    let centre = centre.map_err(|error| wrong(&error.to_string()))?.centre();
    let circle = radius_km.map(|radius_km| Circle::new(centre, radius_km * 1e3)).transpose();
    let circle =
        circle.map_err(|error| Problem::invalid("/radius_km", "invalid", &error.to_string()))?;
    Ok((circle.map(Area::Circle), Some(centre)))
}

fn bbox(text: &str) -> Result<BBox, Problem> {
    let wrong = |detail: &str| Problem::invalid("/bbox", "invalid", detail);
    let [west, south, east, north] =
        numbers(text).ok_or_else(|| wrong("four numbers: west,south,east,north"))?;
    BBox::new(west, south, east, north).map_err(|error| wrong(&error.to_string()))
}

fn polygon(text: &str) -> Result<Polygon, Problem> {
    let wrong = |detail: &str| Problem::invalid("/polygon", "invalid", detail);
    let corners: Option<Vec<[f64; 2]>> =
        text.trim().trim_end_matches(';').split(';').map(numbers).collect();
    let corners = corners.ok_or_else(|| wrong("corners of two numbers: lon,lat;lon,lat;..."))?;
    Polygon::try_from(corners).map_err(|error| wrong(&error.to_string()))
}

/// Numbers with commas between them.
fn numbers<const COUNT: usize>(text: &str) -> Option<[f64; COUNT]> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    numbers.ok()?.try_into().ok()
}

pub(super) fn price(pointer: &str, price: Option<i64>) -> Result<Option<u64>, Problem> {
    let wrong = |_| Problem::invalid(pointer, "invalid", "0 or more");
    price.map(u64::try_from).transpose().map_err(wrong)
}

fn currency(code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|error| Problem::invalid("/currency", "invalid", &format!("{error}")))
}

fn halves(bathrooms: f32) -> Result<u32, Problem> {
    let halves = bathrooms * 2.0;
    if !(0.0..=1e6).contains(&halves) || halves.fract() != 0.0 {
        return Err(Problem::invalid("/bathrooms", "invalid", "0 or more, in steps of 0.5"));
    }
    Ok(halves as u32)
}

fn kind(name: &str) -> Result<Kind, Problem> {
    let kinds = [Kind::Bed, Kind::Room, Kind::Flat, Kind::House];
    let wrong = || Problem::invalid("/kind", "invalid", "any of bed, room, flat, house");
    kinds.into_iter().find(|kind| kind.name() == name).ok_or_else(wrong)
}

fn amenity(word: &str) -> Result<String, Problem> {
    let wrong = || Problem::invalid("/amenities", "unknown", "keys at /api/v1/amenities");
    amenity::key_of(word).map(ToOwned::to_owned).ok_or_else(wrong)
}

/// What stands between the commas, each once.
fn listed<T: PartialEq>(
    text: Option<&str>,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let mut things = Vec::new();
    let words = text.unwrap_or_default().split(',').map(str::trim);
    for word in words.filter(|word| !word.is_empty()) {
        let thing = read(word)?;
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    Ok(things)
}

fn nights(dates: (Option<Date>, Option<Date>)) -> Result<Option<Nights>, Problem> {
    let missing = |pointer| {
        Err(Problem::invalid(pointer, "required", "check_in and check_out come together"))
    };
    match dates {
        (None, None) => Ok(None),
        (None, Some(_)) => missing("/check_in"),
        (Some(_), None) => missing("/check_out"),
        (Some(check_in), Some(check_out)) => Nights::new(check_in, check_out)
            .map(Some)
            .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string())),
    }
}
