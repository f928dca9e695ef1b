//! Listings recomposed from real ones: what a home says is put together of what real homes
//! say, so that words are as many and as unevenly frequent as people's are. Places, prices
//! and nights stay those of the generator.

use std::path::Path;

use fastrand::Rng;
use rentezy::domain::money::Currency;
use rentezy::search::ListingDoc;
use rentezy::tools::inside_airbnb::{Options, Row, open};

use super::support::Result;

/// The files that are read of a folder: listings of Inside Airbnb.
const FILES: [&str; 2] = ["dublin_listings.csv.gz", "antwerp_listings.csv.gz"];

/// Sentences of a description.
const SENTENCES: std::ops::RangeInclusive<usize> = 4..=7;

/// Shorter ones are abbreviations and headings.
const SENTENCE_CHARS_MIN: usize = 20;

/// What real listings say.
pub(crate) struct Real {
    titles: Vec<String>,
    sentences: Vec<String>,
    amenities: Vec<Vec<String>>,
}

impl Real {
    /// Reads the listings of a folder.
    ///
    /// # Errors
    /// When a file is not there or no listings.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let mut real = Self { titles: Vec::new(), sentences: Vec::new(), amenities: Vec::new() };
        for file in FILES {
            let (zone, currency) = ("Europe/Dublin".to_owned(), "EUR".parse::<Currency>()?);
            let options = Options { currency, zone, city: None, country: Some("IE".to_owned()) };
            for row in open(&folder.join(file), options)? {
                let Row::Listing { draft, .. } = row? else { continue };
                let said = draft.fields.description;
                let sentences = said.split_inclusive(['.', '!', '?', '\n']).map(str::trim);
                let long = sentences.filter(|sentence| sentence.len() >= SENTENCE_CHARS_MIN);
                real.sentences.extend(long.map(str::to_owned));
                real.titles.push(draft.fields.title);
                real.amenities.push(draft.fields.amenities);
            }
        }
        if real.sentences.is_empty() {
            return Err("the real listings say nothing".into());
        }
        Ok(real)
    }

    /// Lets a home say something real: the beginning of a title and the end of another, some
    /// sentences, and what one home has.
    pub(crate) fn speak(&self, doc: &mut ListingDoc, rng: &mut Rng) {
        let title = |rng: &mut Rng| rng.choice(&self.titles).map_or("", String::as_str);
        let (one, other) = (title(rng), title(rng));
        let words: Vec<&str> = one.split_whitespace().collect();
        let more: Vec<&str> = other.split_whitespace().collect();
        let head = words.iter().take(words.len().div_ceil(2));
        doc.title = head
            .chain(more.iter().rev().take(more.len() / 2).rev())
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        let sentences = (0..rng.usize(SENTENCES)).filter_map(|_| rng.choice(&self.sentences));
        doc.description = sentences.map(String::as_str).collect::<Vec<_>>().join(" ");
        if let Some(amenities) = rng.choice(&self.amenities) {
            doc.amenities = rentezy::domain::amenity::mapped(amenities);
        }
    }
}
