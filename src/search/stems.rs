//! Languages: which one a listing is written in, and the stems of its words.
//!
//! Stems are Snowball's, of words whose accents are dropped already, so that a text and a
//! query that differ in accents have the same ones. A stem is kept with its language: "tree"
//! in one is not "tree" in another.

use std::borrow::Cow;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};
use whatlang::{Detector, Lang};

/// What a term of a stem begins with. No word has it.
pub(super) const STEM: char = '~';

/// Characters of a listing that its language is found out from.
const READ_CHARS: usize = 400;

/// A language with stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language {
    /// ISO 639-1.
    code: &'static str,
    algorithm: Algorithm,
    lang: Lang,
    /// Where it is taken for granted when a text is too short to tell.
    countries: &'static [&'static str],
}

const fn language(
    code: &'static str,
    algorithm: Algorithm,
    lang: Lang,
    countries: &'static [&'static str],
) -> Language {
    Language { code, algorithm, lang, countries }
}

/// All of them. What is none of these, or too short to tell in a country of none of these,
/// is taken for English, which travellers write everywhere.
pub(super) const LANGUAGES: &[Language] = &[
    language("en", Algorithm::English, Lang::Eng, &[]),
    language("nl", Algorithm::Dutch, Lang::Nld, &["NL", "BE", "SR"]),
    language("fr", Algorithm::French, Lang::Fra, &["FR", "LU", "MC", "SN"]),
    language("de", Algorithm::German, Lang::Deu, &["DE", "AT", "CH", "LI"]),
    language("es", Algorithm::Spanish, Lang::Spa, &["ES", "MX", "AR", "CO", "CL", "PE", "UY"]),
    language("it", Algorithm::Italian, Lang::Ita, &["IT", "SM"]),
    language("pt", Algorithm::Portuguese, Lang::Por, &["PT", "BR"]),
    language("da", Algorithm::Danish, Lang::Dan, &["DK"]),
    language("sv", Algorithm::Swedish, Lang::Swe, &["SE"]),
    language("no", Algorithm::Norwegian, Lang::Nob, &["NO"]),
    language("fi", Algorithm::Finnish, Lang::Fin, &["FI"]),
    language("ro", Algorithm::Romanian, Lang::Ron, &["RO", "MD"]),
    language("hu", Algorithm::Hungarian, Lang::Hun, &["HU"]),
    language("tr", Algorithm::Turkish, Lang::Tur, &["TR"]),
    language("ru", Algorithm::Russian, Lang::Rus, &["RU"]),
];

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    Detector::with_allowlist(LANGUAGES.iter().map(|language| language.lang).collect())
});

/// The language of a listing: of its text where that can be told, else of its country.
pub(super) fn of(text: &str, country: &str) -> Language {
    let end = text.char_indices().nth(READ_CHARS).map_or(text.len(), |(end, _)| end);
    let told = DETECTOR.detect(text.get(..end).unwrap_or_default());
    let told = told.filter(|told| told.is_reliable()).map(|told| told.lang());
    let by_text = LANGUAGES.iter().find(|language| Some(language.lang) == told);
    let by_country = || LANGUAGES.iter().find(|language| language.countries.contains(&country));
    *by_text.or_else(by_country).unwrap_or(&LANGUAGES[0])
}

impl Language {
    /// A folded word's stem; a word that is nothing but endings is its own.
    pub(super) fn stem(self, word: &str) -> Cow<'_, str> {
        let stem = Stemmer::new(self.algorithm).stem(word);
        if stem.is_empty() { Cow::Borrowed(word) } else { stem }
    }

    /// The term of a stem.
    pub(super) fn term(self, stem: &str) -> String {
        format!("{STEM}{}:{stem}", self.code)
    }
}
