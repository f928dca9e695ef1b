//! Where the words of a search are in a result: texts in pieces, so that whoever shows them
//! marks what was found without any markup in the text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::expansion::Wording;
use super::matching::is_word;
use super::stems::{LANGUAGES, Language};
use super::text::{self, Word};

/// Characters of the part of a description that is shown.
const SNIPPET_CHARS: usize = 200;

/// Characters shown before the first word that was found, where there are more.
const LEAD_CHARS: usize = 40;

/// What stands for what is left out.
const CUT: &str = "…";

/// A result's texts with marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// The whole title.
    pub title: Vec<Piece>,
    /// The part of the description with most of the words; its beginning if it has none.
    pub description: Vec<Piece>,
}

/// A piece of a text; all together, in order, are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text as it was written: plain, to be escaped wherever it goes.
    pub text: String,
    /// Whether it is a word that was looked for.
    pub hit: bool,
}

/// Knows the words that were looked for.
pub(super) struct Marker {
    words: HashSet<String>,
    stems: HashSet<String>,
    /// The languages of the stems.
    languages: Vec<Language>,
    /// Words by whether they have one of the stems: results share most of theirs.
    stemmed: HashMap<String, bool>,
}

impl Marker {
    /// Marks the words of a search in all their forms.
    pub(super) fn new(wording: &Wording) -> Self {
        let terms = wording.terms().map(str::to_owned);
        let (words, stems): (_, HashSet<String>) = terms.partition(|term| is_word(term));
        let mut languages = LANGUAGES.to_vec();
        languages.retain(|language| stems.iter().any(|stem| stem.starts_with(&language.term(""))));
        Self { words, stems, languages, stemmed: HashMap::new() }
    }

    /// The texts of a result with marks.
    pub(super) fn highlight(&mut self, title: &str, description: &str) -> Highlight {
        let hits = self.hits(title);
        let title = pieces(title, 0..title.len(), &hits);
        let hits = self.hits(description);
        let window = window(description, &hits);
        Highlight { title, description: pieces(description, window, &hits) }
    }

    /// The words of a text that were looked for.
    fn hits(&mut self, text: &str) -> Vec<Word> {
        let mut words = text::words(text);
        words.retain(|word| self.is_hit(&word.text));
        words
    }

    fn is_hit(&mut self, word: &str) -> bool {
        if self.words.contains(word) {
            return true;
        }
        if let Some(is_stemmed) = self.stemmed.get(word) {
            return *is_stemmed;
        }
        let is_stem =
            |language: &Language| self.stems.contains(&language.term(&language.stem(word)));
        let is_stemmed = self.languages.iter().any(is_stem);
        self.stemmed.insert(word.to_owned(), is_stemmed);
        is_stemmed
    }
}

/// The part of a text with most different words among the hits: it begins a little before
/// one of them, or at the beginning, and between two words.
fn window(text: &str, hits: &[Word]) -> Range<usize> {
    let different = |from: usize| {
        let end = after_chars(text, from, SNIPPET_CHARS - LEAD_CHARS);
        let within = hits.iter().filter(|hit| hit.at.start >= from && hit.at.end <= end);
        within.map(|hit| hit.text.as_str()).collect::<HashSet<_>>().len()
    };
    let mut best = (0, 0);
    for hit in hits {
        let count = different(hit.at.start);
        if count > best.1 {
            best = (hit.at.start, count);
        }
    }
    let mut start = before_chars(text, best.0, LEAD_CHARS);
    if start > 0 {
        let gap = text.get(start..best.0).and_then(|lead| lead.find(char::is_whitespace));
        start = gap.map_or(best.0, |gap| start + gap);
    }
    let mut end = after_chars(text, start, SNIPPET_CHARS);
    if end < text.len() {
        let gap = text.get(start..end).and_then(|shown| shown.rfind(char::is_whitespace));
        let gap = gap.map(|gap| start + gap).filter(|gap| *gap > best.0);
        end = gap.unwrap_or(end);
    }
    start..end
}

/// The place so many characters after one.
fn after_chars(text: &str, from: usize, chars: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.char_indices().nth(chars).map_or(text.len(), |(place, _)| from + place)
}

/// The place so many characters before one.
fn before_chars(text: &str, to: usize, chars: usize) -> usize {
    let lead = text.get(..to).unwrap_or_default();
    lead.char_indices().rev().nth(chars - 1).map_or(0, |(place, _)| place)
}

/// A part of a text cut at its hits.
fn pieces(text: &str, window: Range<usize>, hits: &[Word]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |text: &str, hit: bool| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), hit });
        }
    };
    if window.start > 0 {
        add(CUT, false);
    }
    let mut end = window.start;
    for hit in hits.iter().filter(|hit| hit.at.start >= window.start && hit.at.end <= window.end) {
        add(text.get(end..hit.at.start).unwrap_or_default(), false);
        add(text.get(hit.at.clone()).unwrap_or_default(), true);
        end = hit.at.end;
    }
    add(text.get(end..window.end).unwrap_or_default(), false);
    if window.end < text.len() {
        add(CUT, false);
    }
    pieces
}
