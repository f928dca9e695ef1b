//! Saved searches on their way in and out.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::property_forms::Kind;
use super::search::Card;
use super::search_forms::price;
use crate::domain::amenity;
use crate::domain::area::{Area, BBox, Circle, InvalidArea, Polygon};
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::ids::SavedSearchId;
use crate::domain::listing;
use crate::domain::money::Currency;
use crate::domain::saved_search::{Alert, TEXT_MAX, Wish};
use crate::http::problem::Problem;
use crate::storage::saved_searches;

/// How somebody hears of matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Alert)]
#[serde(rename_all = "snake_case")]
pub enum AlertForm {
    /// Of each at once; of more than ten on a day, the rest in the next digest.
    Instant,
    /// Of all together, once a day.
    Daily,
    /// Not at all: they are listed.
    Off,
}

/// A search that is to be kept.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedSearch {
    /// What it is called.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// What is looked for.
    criteria: CriteriaForm,
    /// How matches are told.
    #[serde(default = "daily")]
    alert: AlertForm,
}

/// What is to be said otherwise of a saved search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedSearchEdit {
    /// What it is called.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    /// What is looked for, all of it.
    #[serde(default)]
    criteria: Option<CriteriaForm>,
    /// How matches are told.
    #[serde(default)]
    alert: Option<AlertForm>,
    /// That all matches so far have been seen.
    #[serde(default)]
    pub(super) seen: bool,
}

/// As many kinds as there are.
const KINDS_MAX: usize = 4;

/// What is looked for: as the parameters of a search, by the same names. Every part narrows,
/// and at least one has to be there.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CriteriaForm {
    /// Words that all occur in title, city or description.
    #[schema(max_length = 200)]
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    /// West, south, east and north in degrees; west may be greater than east.
    #[schema(required = false, min_items = 4, max_items = 4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    bbox: Option<[f64; 4]>,
    /// Instead of a box: around a point.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    near: Option<Near>,
    /// Instead of a box: longitude and latitude of each corner in turn.
    #[schema(required = false, min_items = 3, max_items = 201)]
    #[serde(skip_serializing_if = "Option::is_none")]
    polygon: Option<Vec<[f64; 2]>>,
    /// The lowest price of a night: minor units of `currency` or, without one, hundredths of
    /// the major unit.
    #[schema(required = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    price_min: Option<i64>,
    /// The highest price, in the same unit.
    #[schema(required = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    price_max: Option<i64>,
    /// Only homes that are priced in it; ISO 4217.
    #[schema(required = false, value_type = Option<String>, pattern = "^[A-Z]{3}$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    /// Bedrooms at least.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    bedrooms: Option<u16>,
    /// Beds at least.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    beds: Option<u16>,
    /// Bathrooms at least, in halves.
    #[schema(required = false, minimum = 0, maximum = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    bathrooms: Option<f32>,
    /// Any of these kinds.
    #[schema(max_items = 4)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<Kind>,
    /// All of these amenities, keys of the catalogue.
    #[schema(max_items = 32)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amenities: Vec<String>,
    /// The date of arrival; together with `check_out`.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    check_in: Option<Date>,
    /// The date of departure.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    check_out: Option<Date>,
    /// How many people come.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    guests: Option<u16>,
}

/// Around a point.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Near {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    lat: f64,
    /// Degrees east.
    #[schema(minimum = -540, maximum = 540)]
    lon: f64,
    /// The radius in kilometres.
    #[schema(exclusive_minimum = 0, maximum = 10_000)]
    radius_km: f64,
}

/// A saved search.
#[derive(Serialize, ToSchema)]
pub struct SavedSearch {
    /// Its id.
    #[schema(value_type = String)]
    id: SavedSearchId,
    /// What it is called.
    name: String,
    /// What is looked for.
    criteria: CriteriaForm,
    /// How matches are told.
    alert: AlertForm,
    /// Homes that have come to match since it was saved and can be found still.
    matches: i64,
    /// Those of them that were not seen.
    new: i64,
    /// When it was saved.
    created_at: Timestamp,
    /// When matches were told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_alert_at: Option<Timestamp>,
}

/// A home that came to match a saved search.
#[derive(Serialize, ToSchema)]
pub struct SearchMatch {
    /// The home, as a result shows it.
    pub(super) home: Card,
    /// When it came to match.
    pub(super) matched_at: Timestamp,
    /// Whether it was not seen yet.
    pub(super) new: bool,
}

const fn daily() -> AlertForm {
    AlertForm::Daily
}

impl NewSavedSearch {
    /// What it says.
    ///
    /// # Errors
    /// `validation` with what is outside its limits.
    pub fn into_wish(self) -> Result<Wish, Problem> {
        let (name, criteria) = (self.name, self.criteria.into_criteria()?);
        let wish = Wish { name, criteria, alert: self.alert.into() };
        wish.check()?;
        Ok(wish)
    }
}

impl SavedSearchEdit {
    /// What a search says with it, and whether it looks for something else; `None` when it
    /// says nothing new.
    ///
    /// # Errors
    /// `validation` with what is outside its limits.
    pub fn applied_to(self, old: &Wish) -> Result<Option<(Wish, bool)>, Problem> {
        let criteria = self.criteria.map(CriteriaForm::into_criteria).transpose()?;
        let wish = Wish {
            name: self.name.unwrap_or_else(|| old.name.clone()),
            criteria: criteria.unwrap_or_else(|| old.criteria.clone()),
            alert: self.alert.map_or(old.alert, Alert::from),
        };
        wish.check()?;
        let other = wish.criteria != old.criteria;
        Ok((wish != *old).then_some((wish, other)))
    }
}

impl CriteriaForm {
    fn into_criteria(self) -> Result<Criteria, Problem> {
        let area = self.area()?;
        amenity::check(&self.amenities, &[]).map_err(|_| {
            Problem::invalid("/criteria/amenities", "unknown", "keys of the catalogue")
        })?;
        if self.q.chars().count() > TEXT_MAX {
            return Err(Problem::invalid("/criteria/q", "invalid", "up to 200 characters"));
        }
        if self.kinds.len() > KINDS_MAX {
            return Err(Problem::invalid("/criteria/kinds", "invalid", "up to 4"));
        }
        let mut kinds: Vec<_> = self.kinds.into_iter().map(listing::Kind::from).collect();
        kinds.sort_unstable_by_key(|kind| kind.name());
        kinds.dedup();
        let half_bathrooms = self.bathrooms.map(half_bathrooms).transpose()?;
        Ok(Criteria {
            text: self.q.trim().to_owned(),
            area,
            price_min: price("/criteria/price_min", self.price_min)?,
            price_max: price("/criteria/price_max", self.price_max)?,
            currency: self.currency,
            bedrooms: self.bedrooms.map(u32::from),
            beds: self.beds.map(u32::from),
            half_bathrooms,
            kinds,
            amenities: self.amenities,
            nights: nights("/criteria", self.check_in, self.check_out)?,
            guests: self.guests.map(u32::from),
        })
    }

    fn area(&self) -> Result<Option<Area>, Problem> {
        let wrong = |pointer: &'static str| {
            move |error: InvalidArea| Problem::invalid(pointer, "invalid", &error.to_string())
        };
        Ok(Some(match (self.bbox, self.near, &self.polygon) {
            (None, None, None) => return Ok(None),
            (Some(bbox), None, None) => {
                Area::Box(BBox::try_from(bbox).map_err(wrong("/criteria/bbox"))?)
            }
            (None, Some(Near { lat, lon, radius_km }), None) => {
                let centre = listing::Location { lat, lon };
                let circle = Circle::new(centre, radius_km * 1_000.0);
                Area::Circle(circle.map_err(wrong("/criteria/near"))?)
            }
            (None, None, Some(corners)) => {
                let polygon = Polygon::try_from(corners.clone());
                Area::Polygon(polygon.map_err(wrong("/criteria/polygon"))?)
            }
            _ => {
                let detail = "one of bbox, near and polygon";
                return Err(Problem::invalid("/criteria/bbox", "invalid", detail));
            }
        }))
    }
}

/// A stay that may be left out.
///
/// # Errors
/// `validation` when one of the dates is missing, or they are in the wrong order.
pub(super) fn nights(
    place: &str,
    check_in: Option<Date>,
    check_out: Option<Date>,
) -> Result<Option<Nights>, Problem> {
    let wrong = |field: &str, code: &str, detail: &str| {
        Problem::invalid(&format!("{place}/{field}"), code, detail)
    };
    let together = "check_in and check_out come together";
    match (check_in, check_out) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong("check_in", "required", together)),
        (Some(_), None) => Err(wrong("check_out", "required", together)),
        (Some(from), Some(to)) => Nights::new(from, to)
            .map(Some)
            .map_err(|error| wrong("check_out", "invalid", &error.to_string())),
    }
}

fn half_bathrooms(bathrooms: f32) -> Result<u32, Problem> {
    let halves = bathrooms * 2.0;
    if (0.0..=200.0).contains(&halves) && halves.fract() == 0.0 {
        // A whole number of at most 200.
        return Ok(halves as u32);
    }
    Err(Problem::invalid("/criteria/bathrooms", "invalid", "0 to 100, in halves"))
}

impl From<&Criteria> for CriteriaForm {
    fn from(criteria: &Criteria) -> Self {
        let small = |number: Option<u32>| number.and_then(|number| u16::try_from(number).ok());
        let price = |price: Option<u64>| price.and_then(|price| i64::try_from(price).ok());
        let (mut bbox, mut near, mut polygon) = (None, None, None);
        match &criteria.area {
            Some(Area::Box(area)) => bbox = Some((*area).into()),
            Some(Area::Circle(circle)) => {
                let listing::Location { lat, lon } = circle.centre();
                near = Some(Near { lat, lon, radius_km: circle.radius_m() / 1_000.0 });
            }
            Some(Area::Polygon(area)) => polygon = Some(area.clone().into()),
            None => {}
        }
        Self {
            q: criteria.text.clone(),
            bbox,
            near,
            polygon,
            price_min: price(criteria.price_min),
            price_max: price(criteria.price_max),
            currency: criteria.currency,
            bedrooms: small(criteria.bedrooms),
            beds: small(criteria.beds),
            bathrooms: small(criteria.half_bathrooms).map(|halves| f32::from(halves) / 2.0),
            kinds: criteria.kinds.iter().map(|kind| Kind::from(*kind)).collect(),
            amenities: criteria.amenities.clone(),
            check_in: criteria.nights.map(|nights| nights.check_in()),
            check_out: criteria.nights.map(|nights| nights.check_out()),
            guests: small(criteria.guests),
        }
    }
}

impl From<saved_searches::SavedSearch> for SavedSearch {
    fn from(search: saved_searches::SavedSearch) -> Self {
        let Wish { name, criteria, alert } = search.wish;
        Self {
            id: search.id,
            name,
            criteria: CriteriaForm::from(&criteria),
            alert: alert.into(),
            matches: search.matches,
            new: search.new,
            created_at: search.created_at,
            last_alert_at: search.last_alert,
        }
    }
}

impl From<AlertForm> for Alert {
    fn from(alert: AlertForm) -> Self {
        match alert {
            AlertForm::Instant => Self::Instant,
            AlertForm::Daily => Self::Daily,
            AlertForm::Off => Self::Off,
        }
    }
}

impl From<Alert> for AlertForm {
    fn from(alert: Alert) -> Self {
        match alert {
            Alert::Instant => Self::Instant,
            Alert::Daily => Self::Daily,
            Alert::Off => Self::Off,
        }
    }
}
