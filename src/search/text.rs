//! How text becomes words, alike in documents and in queries: split at everything that is
//! neither letter nor digit, accents dropped, lower case. There is no query syntax, so no
//! input can be a syntax error.

use std::borrow::Cow;

use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
};

/// The analyser's name in the schema.
pub(super) const ANALYSER: &str = "words";

/// Words of a document that are longer, in bytes, are not indexed.
const WORD_BYTES_MAX: usize = 64;

/// Characters of a query that are read; the rest is ignored.
pub(super) const QUERY_CHARS_MAX: usize = 200;

/// Different words of a query that are looked for; further ones are ignored.
pub(super) const QUERY_WORDS_MAX: usize = 16;

/// The analyser of documents.
pub(super) fn analyser() -> TextAnalyzer {
    // Folding comes first: lower-casing a capital dotted I leaves a combining mark behind.
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(AsciiFoldingFilter)
        .filter(LowerCaser)
        .build()
}

/// The different words of a query in alphabetical order; none when it has no letter and no
/// digit. Over-long words are kept: they are in no document, so nothing matches them.
pub(super) fn query_words(text: &str) -> Vec<String> {
    let text = composed(cut(text));
    let mut analyser = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(AsciiFoldingFilter)
        .filter(LowerCaser)
        .build();
    let mut words: Vec<String> = Vec::new();
    analyser.token_stream(&text).process(&mut |token| {
        if words.len() < QUERY_WORDS_MAX && !words.contains(&token.text) {
            words.push(token.text.clone());
        }
    });
    words.sort_unstable();
    words
}

/// The text without combining accents, so that a decomposed `é` is the same letter as a
/// composed one.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    let combining = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    if text.contains(combining) {
        Cow::Owned(text.chars().filter(|c| !combining(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
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
