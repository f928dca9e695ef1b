//! The words of the index in memory: how frequent each is, and which are near to a word
//! that was misspelt.
//!
//! Words lie in a finite-state transducer, which a Levenshtein automaton walks: only the
//! branches that may still come near are looked at (Schulz and Mihov, "Fast string
//! correction with Levenshtein automata", 2002).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use fst::automaton::{Automaton, Str};
use fst::{IntoStreamer, Map, MapBuilder, Streamer};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::TermMerger;
use tantivy::{Searcher, SegmentReader, TantivyError};

use super::completion::Completions;
use super::matching::{amenity_names, is_word};
use super::schema::Fields;
use super::stems::{LANGUAGES, Language};

/// Spellings that a word is looked for in besides its own.
pub(super) const SPELLINGS_MAX: usize = 8;

/// Characters of a word beyond which no typo is looked for: its automaton would be large.
const TYPO_CHARS_MAX: usize = 30;

/// Characters that a word has to have before words that it begins are looked for.
const PREFIX_CHARS_MIN: usize = 3;

/// Documents of a segment up to which a word's deleted ones are told from the others.
const FEW: u32 = 8;

/// As [`FEW`], of names.
const ALL: u32 = u32::MAX;

/// Characters of a word that is not looked for misspelt, but whose misspelling is told.
const SHORT_CHARS: usize = 4;

/// Words that are looked at for a prefix, in alphabetical order.
const PREFIX_VISITS_MAX: usize = 4096;

static ONE_TYPO: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO_TYPOS: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

/// A word of the index that is near to a word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The word.
    pub(super) word: String,
    /// How many typos lie between them.
    pub(super) typos: u8,
    /// Documents with it.
    pub(super) frequency: u64,
}

/// The words of the index as they were at one of its generations. Frequencies of words count
/// documents that are deleted and not yet merged away, as BM25 does; but what only such
/// documents have is not there, and names are counted exactly.
pub(super) struct Vocabulary {
    /// The searcher's generation that it was read from.
    pub(super) generation: u64,
    /// Terms of all kinds with their frequencies, words among them.
    terms: Map<Vec<u8>>,
    /// Documents.
    pub(super) documents: u64,
    /// The languages that they are written in.
    pub(super) languages: Vec<Language>,
    pub(super) places: Completions,
    pub(super) titles: Completions,
    pub(super) amenities: Completions,
}

impl Vocabulary {
    /// Reads the dictionaries of an index.
    pub(super) fn read(searcher: &Searcher, fields: &Fields) -> tantivy::Result<Self> {
        let mut keys = BTreeMap::new();
        each_term(searcher, fields.amenities, ALL, |term, count| {
            keys.insert(term.to_vec(), count);
            Ok(())
        })?;
        let words = terms(searcher, fields.terms, FEW)?;
        let is_written = |language: &Language| {
            let stem = language.term("");
            let mut from = words.range().ge(&stem).into_stream();
            from.next().is_some_and(|(term, _)| term.starts_with(stem.as_bytes()))
        };
        Ok(Self {
            generation: searcher.generation().generation_id(),
            languages: LANGUAGES.iter().copied().filter(is_written).collect(),
            terms: words,
            documents: searcher.num_docs(),
            places: Completions::new(terms(searcher, fields.place, ALL)?),
            titles: Completions::new(terms(searcher, fields.title_key, ALL)?),
            amenities: amenities(&keys)?,
        })
    }

    /// How many documents have a term.
    pub(super) fn frequency(&self, term: &str) -> u64 {
        self.terms.get(term).unwrap_or_default()
    }

    /// The words that are nearest to one, with up to so many typos, the best first: those
    /// with fewer typos, and of these the more frequent.
    pub(super) fn near(&self, word: &str, typos: u8) -> Vec<Spelling> {
        let Some(automaton) = automaton(word, typos, false) else { return Vec::new() };
        let mut found = Vec::new();
        let mut stream = self.terms.search_with_state(&automaton).into_stream();
        while let Some((term, frequency, state)) = stream.next() {
            let Some(term) = std::str::from_utf8(term).ok().filter(|term| is_word(term)) else {
                continue;
            };
            if let Some(typos) = exact(automaton.distance(state)).filter(|typos| *typos > 0) {
                found.push(Spelling { word: term.to_owned(), typos, frequency });
            }
        }
        found.sort_unstable_by(|one, other| {
            let order = |spelling: &Spelling| (spelling.typos, Reverse(spelling.frequency));
            order(one).cmp(&order(other)).then_with(|| one.word.cmp(&other.word))
        });
        found.truncate(SPELLINGS_MAX);
        found
    }

    /// The most frequent words that begin like one, that one apart.
    pub(super) fn beginning(&self, word: &str) -> Vec<Spelling> {
        if word.chars().count() < PREFIX_CHARS_MIN || !is_word(word) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut stream = self.terms.search(Str::new(word).starts_with()).into_stream();
        let mut visits = 0;
        while let Some((term, frequency)) = stream.next() {
            visits += 1;
            if visits > PREFIX_VISITS_MAX {
                break;
            }
            match std::str::from_utf8(term) {
                Ok(term) if term != word => {
                    found.push(Spelling { word: term.to_owned(), typos: 0, frequency });
                }
                _ => {}
            }
        }
        found.sort_by_key(|spelling| Reverse(spelling.frequency));
        found.truncate(SPELLINGS_MAX);
        found
    }
}

/// How many typos a text may have: Meilisearch's rule, by which 1 to 4 characters have to be
/// right, 5 to 8 may have one typo and longer ones two; two letters that changed places are
/// one. Something with a digit is a number, a year or a code, and no other one is meant.
pub(super) fn typos_allowed(text: &str) -> u8 {
    if text.contains(|c: char| c.is_numeric()) {
        return 0;
    }
    match text.chars().count() {
        5..=8 => 1,
        9..=TYPO_CHARS_MAX => 2,
        _ => 0,
    }
}

/// How many typos are assumed of a word that occurs nowhere, to offer another one: a word of
/// four letters may have one, too.
pub(super) fn typos_offered(word: &str) -> u8 {
    let is_word = word.chars().count() == SHORT_CHARS && word.chars().all(char::is_alphabetic);
    if is_word { 1 } else { typos_allowed(word) }
}

/// The automaton that accepts a text with up to so many typos, 2 at most, or whatever begins
/// so; none without typos.
pub(super) fn automaton(text: &str, typos: u8, is_prefix: bool) -> Option<DFA> {
    let builder = match typos {
        0 => return None,
        1 => &*ONE_TYPO,
        _ => &*TWO_TYPOS,
    };
    Some(if is_prefix { builder.build_prefix_dfa(text) } else { builder.build_dfa(text) })
}

/// The distance of a state that accepts.
pub(super) fn exact(distance: Distance) -> Option<u8> {
    match distance {
        Distance::Exact(typos) => Some(typos),
        Distance::AtLeast(_) => None,
    }
}

/// All terms of a field with their frequencies.
fn terms(searcher: &Searcher, field: Field, counted: u32) -> tantivy::Result<Map<Vec<u8>>> {
    let mut builder = MapBuilder::memory();
    let insert = |term: &[u8], frequency: u64| builder.insert(term, frequency).map_err(broken);
    each_term(searcher, field, counted, insert)?;
    Ok(builder.into_map())
}

/// Gives each term of a field, in the order of their bytes, with the documents that have it.
/// Documents that are deleted and not yet merged away are left out of terms that up to
/// `counted` documents of a segment have, which costs a walk over them; a term that no other
/// document has is not given.
fn each_term(
    searcher: &Searcher,
    field: Field,
    counted: u32,
    mut give: impl FnMut(&[u8], u64) -> tantivy::Result<()>,
) -> tantivy::Result<()> {
    let segments = searcher.segment_readers();
    let indexes: Vec<_> =
        segments.iter().map(|segment| segment.inverted_index(field)).collect::<Result<_, _>>()?;
    let streams: Vec<_> =
        indexes.iter().map(|index| index.terms().stream()).collect::<Result<_, _>>()?;
    let mut merger = TermMerger::new(streams);
    while merger.advance() {
        let mut frequency = 0;
        for (place, info) in merger.current_segment_ords_and_term_infos() {
            let alive = segments.get(place).and_then(SegmentReader::alive_bitset);
            frequency += match (alive, indexes.get(place)) {
                (Some(alive), Some(index)) if info.doc_freq <= counted => {
                    let postings =
                        index.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
                    u64::from(postings.doc_freq_given_deletes(alive))
                }
                _ => u64::from(info.doc_freq),
            };
        }
        if frequency > 0 {
            give(merger.key(), frequency)?;
        }
    }
    Ok(())
}

/// The amenities that listings have, by each of their names.
fn amenities(counts: &BTreeMap<Vec<u8>, u64>) -> tantivy::Result<Completions> {
    let named = amenity_names().filter_map(|(name, key)| {
        let count = counts.get(key.as_bytes())?;
        Some((Completions::key(&name, key), *count))
    });
    let named: BTreeMap<_, _> = named.collect();
    Ok(Completions::new(Map::from_iter(named).map_err(broken)?))
}

fn broken(error: fst::Error) -> TantivyError {
    TantivyError::InternalError(format!("vocabulary: {error}"))
}
