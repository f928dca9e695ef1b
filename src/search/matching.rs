//! The one text of a listing that words are looked for in.
//!
//! All its words are in one field, each as often as its place weighs: a word of the title
//! counts as three of the description. So a word is one list of documents instead of one
//! for each field, which is what finding and counting several words is slow by, and BM25
//! sees the sum of the weighted frequencies. That is BM25F with whole weights: Robertson,
//! Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004),
//! section 3: instead of adding scores of fields, add their frequencies.
//!
//! Beside each word stands its stem (see [`stems`]) where that is another word, and beside the name of each amenity of
//! the catalogue its key, so that other words for it find it whatever they are.

use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};

use super::schema::ListingDoc;
use super::stems::{self, Language};
use super::text::{self, WORD_BYTES_MAX};
use crate::domain::amenity::{self, Amenity};

/// The analyser's name in the schema.
pub(super) const ANALYSER: &str = "terms";

/// What the term of an amenity begins with. No word has it.
const AMENITY: char = '#';

/// How often a word of the title counts.
const TITLE: usize = 3;
/// How often the city does.
const CITY: usize = 2;
/// How often every other word does.
const ONCE: usize = 1;

/// The analyser of the field: its terms are made here already.
pub(super) fn analyser() -> TextAnalyzer {
    TextAnalyzer::from(WhitespaceTokenizer::default())
}

/// The term that listings with an amenity have.
pub(super) fn amenity_term(key: &str) -> String {
    format!("{AMENITY}{key}")
}

/// Whether a term is a word that people write.
pub(super) fn is_word(term: &str) -> bool {
    !term.starts_with([AMENITY, stems::STEM])
}

/// The terms of a listing, with spaces between them.
pub(super) fn terms(listing: &ListingDoc) -> String {
    let written = format!("{}. {}", listing.title, listing.description);
    let mut terms = Terms { language: stems::of(&written, &listing.country), out: String::new() };
    // So that searches know in which languages to look for stems.
    terms.push(&terms.language.term(""), ONCE);
    terms.add(&listing.title, TITLE);
    terms.add(&listing.city, CITY);
    terms.add(&listing.description, ONCE);
    terms.add(&listing.kind, ONCE);
    for amenity in &listing.amenities {
        match Amenity::of_key(amenity) {
            Some(known) => {
                terms.add(known.label, ONCE);
                terms.push(&amenity_term(known.key), ONCE);
            }
            None => terms.add(amenity, ONCE),
        }
    }
    terms.out
}

struct Terms {
    language: Language,
    out: String,
}

impl Terms {
    fn add(&mut self, text: &str, times: usize) {
        for word in text::words(text) {
            if word.at.len() <= WORD_BYTES_MAX {
                self.push(&word.text, times);
                let stem = self.language.stem(&word.text);
                if stem != word.text {
                    self.push(&self.language.term(&stem), times);
                }
            }
        }
    }

    fn push(&mut self, term: &str, times: usize) {
        for _ in 0..times {
            self.out.push_str(term);
            self.out.push(' ');
        }
    }
}

/// The terms of what people call an amenity, by the words that they call it.
pub(super) fn amenity_names() -> impl Iterator<Item = (String, &'static str)> {
    amenity::CATALOGUE
        .iter()
        .flat_map(|entry| entry.names().map(|name| (text::normal(name), entry.key)))
}
