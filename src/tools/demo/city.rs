//! Cities and neighbourhoods of the demo: real places with what guests are told of them.

use super::cities::{east, west};

/// What a neighbourhood is known for; it picks the phrases about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Old streets and houses.
    Old,
    /// By a river, a canal or the sea.
    Water,
    /// Bars, markets, people in the street.
    Lively,
    /// Trees, parks, quiet evenings.
    Leafy,
    /// In the middle of everything.
    Central,
    /// Studios, small shops, painted walls.
    Arty,
}

/// A neighbourhood.
#[derive(Debug)]
pub(super) struct Place {
    /// Its name.
    pub(super) name: &'static str,
    /// Degrees north of its middle.
    pub(super) lat: f64,
    /// Degrees east of its middle.
    pub(super) lon: f64,
    /// What it is known for.
    pub(super) mood: Mood,
    /// What is near, as it stands after "near".
    pub(super) near: &'static str,
}

/// A city.
#[derive(Debug)]
pub(super) struct City {
    /// Its name in English.
    pub(super) name: &'static str,
    /// ISO 3166-1 alpha-2.
    pub(super) country: &'static str,
    /// IANA zone.
    pub(super) zone: &'static str,
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// A usual price for a night in a flat for two, in the currency's whole units.
    pub(super) night: i64,
    /// What prices are a multiple of, in minor units.
    pub(super) step_minor: i64,
    /// Whether house numbers stand before the street.
    pub(super) number_first: bool,
    /// How people get about, as it stands after "near".
    pub(super) transit: &'static str,
    /// Street names in the local manner.
    pub(super) streets: &'static [&'static str],
    /// Its neighbourhoods.
    pub(super) places: &'static [Place],
}

pub(super) const fn place(
    name: &'static str,
    lat: f64,
    lon: f64,
    mood: Mood,
    near: &'static str,
) -> Place {
    Place { name, lat, lon, mood, near }
}

/// All cities.
pub(super) fn all() -> impl Iterator<Item = &'static City> {
    west::CITIES.iter().chain(east::CITIES)
}
