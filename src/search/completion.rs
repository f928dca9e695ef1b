//! What a text that is being typed may become: names in memory, found by how they begin,
//! with typos in the beginning too.

use std::cmp::Reverse;

use fst::automaton::{Automaton, Str};
use fst::{IntoStreamer, Map, Streamer};

use super::text;
use super::vocabulary::{automaton, exact, typos_allowed};

/// Names that are looked at for one text, in alphabetical order. It bounds the time; a
/// beginning that is shared by more is too short to tell them apart.
const VISITS_MAX: usize = 2048;

/// Typos in a beginning: with two, most of a large list would have to be walked.
const TYPOS_MAX: u8 = 1;

/// What stands between a name as it is compared and as it is shown. No text has it: it is
/// dropped from what is put in.
const GAP: char = '\0';

/// Names with counts.
pub(super) struct Completions(Map<Vec<u8>>);

/// A name that begins, but for typos, as was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Completion {
    /// The name as it is shown.
    pub(super) name: String,
    /// Listings with it.
    pub(super) count: u64,
    /// Typos in what was asked.
    typos: u8,
}

impl Completions {
    /// From a map whose keys [`Completions::key`] made.
    pub(super) fn new(names: Map<Vec<u8>>) -> Self {
        Self(names)
    }

    /// The key of a name: as it is compared, then as it is shown.
    pub(super) fn key(compared: &str, shown: &str) -> String {
        format!("{compared}{GAP}{}", shown.replace(GAP, ""))
    }

    /// Names that begin with a text, those with most listings first; where there are none,
    /// those that begin almost so.
    pub(super) fn of(&self, text: &str, limit: usize) -> Vec<Completion> {
        let begin = text::normal(text);
        if begin.is_empty() {
            return Vec::new();
        }
        let mut found = self.beginning(&begin);
        if found.is_empty() {
            found = self.almost(&begin);
        }
        best(&mut found, limit);
        found
    }

    fn beginning(&self, begin: &str) -> Vec<Completion> {
        let mut found = Vec::new();
        let mut stream = self.0.search(Str::new(begin).starts_with()).into_stream();
        while let Some((key, count)) = stream.next() {
            found.extend(completion(key, count, 0));
            if found.len() == VISITS_MAX {
                break;
            }
        }
        found
    }

    fn almost(&self, begin: &str) -> Vec<Completion> {
        let Some(automaton) = automaton(begin, typos_allowed(begin).min(TYPOS_MAX), true) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut stream = self.0.search_with_state(&automaton).into_stream();
        while let Some((key, count, state)) = stream.next() {
            let typos = exact(automaton.distance(state)).unwrap_or(u8::MAX);
            found.extend(completion(key, count, typos));
            if found.len() == VISITS_MAX {
                break;
            }
        }
        found
    }
}

fn completion(key: &[u8], count: u64, typos: u8) -> Option<Completion> {
    let (_, name) = std::str::from_utf8(key).ok()?.split_once(GAP)?;
    Some(Completion { name: name.to_owned(), count, typos })
}

/// The best ones in order, each name once.
fn best(found: &mut Vec<Completion>, limit: usize) {
    let order = |one: &Completion| (one.typos, Reverse(one.count));
    found.sort_by(|one, other| {
        order(one).cmp(&order(other)).then_with(|| one.name.cmp(&other.name))
    });
    let mut names: Vec<String> = Vec::with_capacity(limit);
    found.retain(|one| {
        let is_new = names.len() < limit && !names.contains(&one.name);
        if is_new {
            names.push(one.name.clone());
        }
        is_new
    });
}
