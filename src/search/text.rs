//! How text becomes words, alike in documents and in queries: split at everything that is
//! neither letter nor digit, accents dropped, lower case. There is no query syntax, so no
//! input can be a syntax error.

use std::borrow::Cow;
use std::ops::Range;

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RawTokenizer, TextAnalyzer};

/// Words of a document that are longer, in bytes, are not indexed.
pub(super) const WORD_BYTES_MAX: usize = 63;

/// Characters of a query that are read; the rest is ignored.
pub const QUERY_CHARS_MAX: usize = 200;

/// Different words of a query that are looked for; further ones are ignored.
pub const QUERY_WORDS_MAX: usize = 16;

/// Words so common that a document need not have them, beside others that are asked for:
/// "flat in Dublin" is not about the word "in". Articles and prepositions of the languages
/// that most listings are in.
const SMALL_WORDS: &[&str] = &[
    "a", "an", "and", "at", "by", "for", "from", "in", "near", "of", "on", "or", "the", "to",
    "with", // English
    "aan", "bij", "de", "een", "en", "het", "met", "naar", "op", "te", "van", "voor", // Dutch
    "au", "aux", "avec", "dans", "des", "du", "et", "la", "le", "les", "pour", "pres", "sur", "un",
    "une", // French
    "am", "bei", "das", "dem", "den", "der", "die", "ein", "eine", "im", "mit", "nahe", "und",
    "von", "zu", // German
    "al", "cerca", "con", "del", "e", "el", "il", "los", "las", "lo", "para", "por", "una",
    "y", // Spanish, Italian
];

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The bytes of the text that it was read from.
    pub(super) at: Range<usize>,
    /// The word as it is compared.
    pub(super) text: String,
}

/// The words of a text in their order.
///
/// A combining accent belongs to the letter before it, and is dropped: a decomposed `é` is
/// the same letter as a composed one.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut end = |start: &mut Option<usize>, end: usize| {
        let Some(from) = start.take() else { return };
        let folded = folded(text.get(from..end).unwrap_or_default());
        if !folded.is_empty() {
            words.push(Word { at: from..end, text: folded });
        }
    };
    for (place, letter) in text.char_indices() {
        if letter.is_alphanumeric() {
            start.get_or_insert(place);
        } else if !is_combining(letter) {
            end(&mut start, place);
        }
    }
    end(&mut start, text.len());
    words
}

/// The words of a query in their order, as far as it is read. Over-long words are kept: they
/// are in no document, so nothing matches them.
pub(super) fn asked_words(text: &str) -> Vec<Word> {
    words(cut(text))
}

/// The different words of a query in alphabetical order; none when it has no letter and no
/// digit.
pub(super) fn query_words(text: &str) -> Vec<String> {
    let mut different: Vec<String> = Vec::new();
    for word in asked_words(text) {
        if different.len() < QUERY_WORDS_MAX && !different.contains(&word.text) {
            different.push(word.text);
        }
    }
    different.sort_unstable();
    different
}

/// How many different words a text has.
#[must_use]
pub fn count_words(text: &str) -> usize {
    let mut words: Vec<_> = words(text).into_iter().map(|word| word.text).collect();
    words.sort_unstable();
    words.dedup();
    words.len()
}

/// Whether a word says nothing beside others.
pub(super) fn is_small(word: &str) -> bool {
    SMALL_WORDS.contains(&word)
}

/// The words of a text with one space between them.
pub(super) fn normal(text: &str) -> String {
    let words: Vec<_> = words(text).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

/// A run of letters as it is compared.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let word = composed(word);
    // Folding comes first: lower-casing a capital dotted I leaves a combining mark behind.
    let mut analyser = TextAnalyzer::builder(RawTokenizer::default())
        .filter(AsciiFoldingFilter)
        .filter(LowerCaser)
        .build();
    let mut folded = String::new();
    analyser.token_stream(&word).process(&mut |token| folded.push_str(&token.text));
    folded
}

/// The text without combining accents.
fn composed(text: &str) -> Cow<'_, str> {
    if text.contains(is_combining) {
        Cow::Owned(text.chars().filter(|c| !is_combining(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_combining(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// The part of a query that is read. A word that the limit would cut in two is left out,
/// unless it is the only one.
fn cut(text: &str) -> &str {
    let Some((end, next)) = text.char_indices().nth(QUERY_CHARS_MAX) else { return text };
    let head = text.get(..end).unwrap_or_default();
    if !next.is_alphanumeric() {
        return head;
    }
    match head.rfind(|c: char| !c.is_alphanumeric()) {
        Some(gap) => head.get(..gap).unwrap_or_default(),
        None => head,
    }
}
