//! Words that mean the same, applied when somebody asks: a change of the list needs no new
//! index.

use std::collections::HashMap;

use super::matching::{amenity_names, amenity_term};
use super::text;

/// Words of the longest name that means the same as another.
pub(super) const NAME_WORDS_MAX: usize = 4;

/// Bytes of a list that are read, and names in one line of it: past them the list is wrong.
const LIST_BYTES_MAX: usize = 1_000_000;
const NAMES_MAX: usize = 16;

/// The list of those who bring none.
const DEFAULT: &str = include_str!("synonyms.txt");

/// A list that says nothing clear.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidList {
    /// It is too long.
    #[error("list of synonyms is over {LIST_BYTES_MAX} bytes")]
    Long,
    /// A name has no words, or too many.
    #[error("line {0}: a name has 1 to {NAME_WORDS_MAX} words")]
    Name(usize),
    /// A line has one name only, or too many.
    #[error("line {0}: 2 to {NAMES_MAX} names with commas between them")]
    Line(usize),
}

/// What means the same, by the words of a name with a space between them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Synonyms {
    /// Other names; each is a list of words.
    names: HashMap<String, Vec<Vec<String>>>,
    /// Terms of amenities that go by the name.
    amenities: HashMap<String, Vec<String>>,
}

impl Synonyms {
    /// The built-in list.
    pub(super) fn built_in() -> Self {
        // A test reads it; without it there would be synonyms of amenities only.
        Self::parse(DEFAULT).unwrap_or_else(|_| Self::of_amenities())
    }

    /// Reads a list: a line for each group of names, with commas between them, and remarks
    /// after a `#`. A name may be in several groups. Other words for amenities come from
    /// the catalogue and always belong to it.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub(super) fn parse(list: &str) -> Result<Self, InvalidList> {
        if list.len() > LIST_BYTES_MAX {
            return Err(InvalidList::Long);
        }
        let mut synonyms = Self::of_amenities();
        for (place, line) in list.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            if !line.trim().is_empty() {
                synonyms.add(line, place + 1)?;
            }
        }
        Ok(synonyms)
    }

    fn of_amenities() -> Self {
        let mut synonyms = Self::default();
        for (name, key) in amenity_names() {
            let words = name.split(' ').count();
            if (1..=NAME_WORDS_MAX).contains(&words) {
                let terms = synonyms.amenities.entry(name).or_default();
                let term = amenity_term(key);
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
        }
        synonyms
    }

    fn add(&mut self, line: &str, number: usize) -> Result<(), InvalidList> {
        let mut group: Vec<Vec<String>> = Vec::new();
        for name in line.split(',') {
            let words: Vec<_> = text::words(name).into_iter().map(|word| word.text).collect();
            if words.is_empty() || words.len() > NAME_WORDS_MAX {
                return Err(InvalidList::Name(number));
            }
            if !group.contains(&words) {
                group.push(words);
            }
        }
        if group.len() < 2 || group.len() > NAMES_MAX {
            return Err(InvalidList::Line(number));
        }
        for name in &group {
            let known = self.names.entry(name.join(" ")).or_default();
            for other in &group {
                if other != name && !known.contains(other) {
                    known.push(other.clone());
                }
            }
        }
        Ok(())
    }

    /// Whether a name means the same as anything else.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name) || self.amenities.contains_key(name)
    }

    /// The other names for one.
    pub(super) fn names(&self, name: &str) -> &[Vec<String>] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// The terms of the amenities that a name is for, by its own or by another name for it.
    pub(super) fn amenity_terms(&self, name: &str) -> Vec<&str> {
        let others = self.names(name).iter().map(|words| words.join(" "));
        let mut found: Vec<&str> = Vec::new();
        for name in std::iter::once(name.to_owned()).chain(others) {
            for term in self.amenities.get(&name).into_iter().flatten() {
                if !found.contains(&term.as_str()) {
                    found.push(term);
                }
            }
        }
        found
    }
}
