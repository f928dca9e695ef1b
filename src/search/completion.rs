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
        let mut best = Best { limit, found: Vec::with_capacity(limit + 1) };
        self.beginning(&begin, &mut best);
        if best.found.is_empty() {
            self.almost(&begin, &mut best);
        }
        best.found
    }

    fn beginning(&self, begin: &str, best: &mut Best) {
        let mut stream = self.0.search(Str::new(begin).starts_with()).into_stream();
        let mut visits = 0..VISITS_MAX;
        while let (Some(_), Some((key, count))) = (visits.next(), stream.next()) {
            best.offer(key, count, 0);
        }
    }

    fn almost(&self, begin: &str, best: &mut Best) {
        let Some(automaton) = automaton(begin, typos_allowed(begin).min(TYPOS_MAX), true) else {
            return;
        };
        let mut stream = self.0.search_with_state(&automaton).into_stream();
        let mut visits = 0..VISITS_MAX;
        while let (Some(_), Some((key, count, state))) = (visits.next(), stream.next()) {
            let typos = exact(automaton.distance(state)).unwrap_or(u8::MAX);
            best.offer(key, count, typos);
        }
    }
}

/// The best names so far, in order, each once.
struct Best {
    limit: usize,
    found: Vec<Completion>,
}

impl Best {
    fn offer(&mut self, key: &[u8], count: u64, typos: u8) {
        let order = (typos, Reverse(count));
        let is_full = self.found.len() >= self.limit;
        // Most end here, before their names are read.
        if is_full && self.found.last().is_some_and(|last| order > last.order()) {
            return;
        }
        let name = std::str::from_utf8(key).ok().and_then(|key| key.split_once(GAP));
        let Some((_, name)) = name else { return };
        let is_before = |other: &Completion| (other.order(), other.name.as_str()) < (order, name);
        let place = self.found.partition_point(is_before);
        if let Some(same) = self.found.iter().position(|other| other.name == name) {
            if same < place {
                return;
            }
            self.found.remove(same);
        }
        self.found.insert(place, Completion { name: name.to_owned(), count, typos });
        self.found.truncate(self.limit);
    }
}

impl Completion {
    const fn order(&self) -> (u8, Reverse<u64>) {
        (self.typos, Reverse(self.count))
    }
}
