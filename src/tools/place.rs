//! Which city and country a file of listings is about, from what its hosts wrote.
//!
//! A host's place reads `Ranelagh, County Dublin, Ireland`, is missing in half of the rows,
//! and each host names the city in their own way. So a file is counted through once: where
//! most hosts agree on a city, it is the city of every row and the more local name becomes
//! the region; where they do not (a file of a whole island), each row keeps its own.

use std::collections::HashMap;

use super::html;
use crate::domain::property::Address;

/// A city's name has to be given by one in this many of the rows that name any, to stand
/// for the whole file.
const CITY_SHARE: usize = 2;

/// Countries by the English name that the listings use.
const COUNTRIES: &[(&str, &str)] = &[
    ("Argentina", "AR"),
    ("Australia", "AU"),
    ("Austria", "AT"),
    ("Belgium", "BE"),
    ("Belize", "BZ"),
    ("Brazil", "BR"),
    ("Bulgaria", "BG"),
    ("Canada", "CA"),
    ("Chile", "CL"),
    ("China", "CN"),
    ("Colombia", "CO"),
    ("Croatia", "HR"),
    ("Cyprus", "CY"),
    ("Czech Republic", "CZ"),
    ("Czechia", "CZ"),
    ("Denmark", "DK"),
    ("Egypt", "EG"),
    ("Estonia", "EE"),
    ("Finland", "FI"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("Greece", "GR"),
    ("Hong Kong", "HK"),
    ("Hungary", "HU"),
    ("Iceland", "IS"),
    ("India", "IN"),
    ("Indonesia", "ID"),
    ("Ireland", "IE"),
    ("Israel", "IL"),
    ("Italy", "IT"),
    ("Japan", "JP"),
    ("Kenya", "KE"),
    ("Latvia", "LV"),
    ("Lithuania", "LT"),
    ("Luxembourg", "LU"),
    ("Malaysia", "MY"),
    ("Malta", "MT"),
    ("Mexico", "MX"),
    ("Morocco", "MA"),
    ("Netherlands", "NL"),
    ("The Netherlands", "NL"),
    ("New Zealand", "NZ"),
    ("Norway", "NO"),
    ("Peru", "PE"),
    ("Philippines", "PH"),
    ("Poland", "PL"),
    ("Portugal", "PT"),
    ("Puerto Rico", "PR"),
    ("Romania", "RO"),
    ("Serbia", "RS"),
    ("Singapore", "SG"),
    ("Slovakia", "SK"),
    ("Slovenia", "SI"),
    ("South Africa", "ZA"),
    ("South Korea", "KR"),
    ("Spain", "ES"),
    ("Sweden", "SE"),
    ("Switzerland", "CH"),
    ("Taiwan", "TW"),
    ("Thailand", "TH"),
    ("Turkey", "TR"),
    ("Türkiye", "TR"),
    ("United Arab Emirates", "AE"),
    ("United Kingdom", "GB"),
    ("United States", "US"),
    ("Uruguay", "UY"),
    ("Vietnam", "VN"),
];

/// What a host wrote, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Written<'a> {
    /// The most local name; none when only a county and a country were given.
    local: Option<&'a str>,
    /// The country's code, when the last part is a country's name.
    country: Option<&'static str>,
}

/// Takes `Ranelagh, County Dublin, Ireland` apart.
fn written(text: &str) -> Option<Written<'_>> {
    let mut parts: Vec<&str> = text.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    let last = *parts.last()?;
    let known = COUNTRIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(last));
    let country = known.map(|(_, code)| *code);
    // Newer files hold a constant heading here ("Neighborhood highlights"), which is no place.
    country?;
    parts.pop();
    let local = parts.first().copied().filter(|part| !part.starts_with("County "));
    Some(Written { local, country })
}

/// A city's name without the number of its postal district: `Dublin 8` is in Dublin.
fn without_district(name: &str) -> &str {
    match name.rsplit_once(' ') {
        Some((city, number)) if number.bytes().all(|b| b.is_ascii_digit()) => city,
        _ => name,
    }
}

/// Counts what the rows of a file say about their place.
#[derive(Debug, Default)]
pub(super) struct Survey {
    cities: HashMap<String, usize>,
    countries: HashMap<&'static str, usize>,
    named: usize,
}

impl Survey {
    /// Takes one row's place into the count.
    pub(super) fn count(&mut self, neighbourhood: &str) {
        let Some(written) = written(neighbourhood) else { return };
        if let Some(country) = written.country {
            *self.countries.entry(country).or_default() += 1;
        }
        if let Some(local) = written.local {
            self.named += 1;
            *self.cities.entry(without_district(local).to_owned()).or_default() += 1;
        }
    }

    /// The place of the file, as far as its rows agree. On a tie the first in the alphabet
    /// wins, so that the same file always gives the same answer.
    pub(super) fn place(self) -> Place {
        let named = self.named;
        let country = most(self.countries).map(|(code, _)| code.to_owned());
        let city = most(self.cities).filter(|(_, count)| count.saturating_mul(CITY_SHARE) >= named);
        Place { city: city.map(|(name, _)| name), country }
    }
}

fn most<K: Ord>(counts: HashMap<K, usize>) -> Option<(K, usize)> {
    counts.into_iter().max_by(|(a, m), (b, n)| m.cmp(n).then_with(|| b.cmp(a)))
}

/// What holds for every row of a file unless the row says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The city of every row; without one each row gives its own.
    pub(super) city: Option<String>,
    /// The country of rows that name none.
    pub(super) country: Option<String>,
}

impl Place {
    /// The address of one row: `neighbourhood` as the host wrote it, `district` and
    /// `group` as the source mapped the point to them. The error says what is missing.
    pub(super) fn address(
        &self,
        neighbourhood: &str,
        district: &str,
        group: &str,
    ) -> Result<Address, &'static str> {
        let (district, group) = (html::to_line(district), html::to_line(group));
        let written = written(neighbourhood);
        let local = written.as_ref().and_then(|w| w.local).map(html::to_line);
        let own = written.as_ref().and_then(|w| w.country).map(str::to_owned);
        let country = self.country.clone().or(own).ok_or("no country is known: give --country")?;
        let names = [local, Some(district), Some(group)];
        let mut names = names.into_iter().flatten().filter(|name| !name.is_empty());
        let city = match &self.city {
            Some(city) => city.clone(),
            None => names.next().ok_or("no city is known: give --city")?,
        };
        let region = names.find(|name| !name.eq_ignore_ascii_case(&city));
        Ok(Address { line: None, city, region, country })
    }
}
