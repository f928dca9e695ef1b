//! From a text to what is looked for: each of its words in all the forms that may be meant.
//!
//! A word is found as it is written, by its stem, by words that mean the same, and, where it
//! occurs nowhere, by the words that it begins (while it is being typed) or that it
//! may be a misspelling of. What is found by a typo comes after everything that is not,
//! see `ranking.rs`.

use serde::{Deserialize, Serialize};
use tantivy::{Searcher, Term};

use super::schema::Fields;
use super::synonyms::{NAME_WORDS_MAX, Synonyms};
use super::text::{self, QUERY_WORDS_MAX, Word};
use super::vocabulary::{Spelling, Vocabulary, typos_allowed, typos_offered};

/// Forms of all words together: no query has more parts.
const FORMS_MAX: usize = 64;

/// Forms of one part: each is a list of documents that has to be walked.
const PART_FORMS_MAX: usize = 16;

/// Bytes of all forms together, so that they fit into a cursor.
const BYTES_MAX: usize = 2_000;

/// A word in fewer than one of so many documents is rare: it may be a misspelling that a
/// listing has, too.
const RARE: u64 = 4_000;

/// How much more frequent another word has to be to be meant by a rare one.
const MEANT: u64 = 10;

/// What a text asks for; all parts have to occur.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Wording {
    pub(super) parts: Vec<Part>,
}

/// A word, or a few that mean one thing, in any of its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// How many words of the text it stands for.
    #[serde(rename = "w")]
    pub(super) words: u8,
    /// In how many documents its most frequent form occurs. One number for all forms, as
    /// Lucene blends them: a rare misspelling or synonym must not count more than the word.
    #[serde(rename = "n")]
    pub(super) frequency: u64,
    #[serde(rename = "f")]
    pub(super) forms: Vec<Form>,
}

/// Terms that all have to occur.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Form(pub(super) Kind, pub(super) Vec<String>);

/// How a form came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// As it is written.
    #[serde(rename = "e")]
    Exact,
    /// By the stem in some language.
    #[serde(rename = "s")]
    Stem,
    /// It begins so.
    #[serde(rename = "p")]
    Begun,
    /// It means the same.
    #[serde(rename = "m")]
    Synonym,
    /// It is a letter away.
    #[serde(rename = "1")]
    OneTypo,
    /// It is two letters away.
    #[serde(rename = "2")]
    TwoTypos,
}

impl Kind {
    /// How many typos it assumes.
    pub(super) const fn typos(self) -> u8 {
        match self {
            Self::OneTypo => 1,
            Self::TwoTypos => 2,
            Self::Exact | Self::Stem | Self::Begun | Self::Synonym => 0,
        }
    }
}

/// A text that is understood.
pub(super) struct Understood {
    pub(super) wording: Wording,
    /// The text with words that are more likely meant, if there are any.
    pub(super) corrected: Option<String>,
    /// Whether a word of it occurs in no form but a corrected one.
    pub(super) is_misspelt: bool,
}

/// What words are understood by.
pub(super) struct Known<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) synonyms: &'a Synonyms,
    /// Knows words that are newer than the vocabulary.
    pub(super) searcher: &'a Searcher,
    pub(super) fields: &'a Fields,
}

/// A part of which the forms are being found.
struct Draft<'a> {
    words: &'a [Word],
    forms: Vec<Form>,
    /// The likeliest other spelling.
    meant: Option<Spelling>,
    /// Whether it occurs other than misspelt.
    occurs: bool,
}

impl Known<'_> {
    /// Understands a text as far as it is read.
    pub(super) fn understand(&self, asked: &str) -> tantivy::Result<Understood> {
        let words = text::asked_words(asked);
        // Somebody who has not ended the word yet may be typing it.
        let is_typing = asked.ends_with(char::is_alphanumeric);
        let mut drafts: Vec<Draft<'_>> = Vec::new();
        let names = self.names(&words);
        let last = names.len().saturating_sub(1);
        let mut counted = 0;
        for (place, name) in names.iter().enumerate() {
            counted += name.len();
            if counted > QUERY_WORDS_MAX {
                break;
            }
            drafts.push(self.draft(name, is_typing && place == last)?);
        }
        let mut corrections: Vec<(&Word, &Spelling)> = Vec::new();
        for draft in &drafts {
            corrections.extend(draft.words.first().zip(draft.meant.as_ref()));
        }
        let corrected = (!corrections.is_empty()).then(|| corrected(asked, &corrections));
        let is_misspelt = drafts.iter().any(|draft| !draft.occurs && draft.meant.is_some());
        let share = (FORMS_MAX / drafts.len().max(1), BYTES_MAX / drafts.len().max(1));
        let parts: Result<_, _> = drafts.into_iter().map(|draft| self.part(draft, share)).collect();
        Ok(Understood { wording: Wording { parts: parts? }, corrected, is_misspelt })
    }

    /// The text in pieces: the longest names that mean the same as something else, and
    /// single words. Small words are left out beside others, and so is what comes again.
    fn names<'a>(&self, words: &'a [Word]) -> Vec<&'a [Word]> {
        let mut names: Vec<&[Word]> = Vec::new();
        let mut rest = words;
        while !rest.is_empty() {
            let lengths = (2..=NAME_WORDS_MAX.min(rest.len())).rev();
            let mut heads = lengths.filter_map(|length| rest.split_at_checked(length));
            let longest = heads.find(|(head, _)| self.synonyms.has(&joined(head)));
            let (name, after) = longest.unwrap_or_else(|| rest.split_at(1));
            if !names.iter().any(|known| joined(known) == joined(name)) {
                names.push(name);
            }
            rest = after;
        }
        let is_small = |name: &&[Word]| name.len() == 1 && text::is_small(&name[0].text);
        if !names.iter().all(is_small) {
            names.retain(|name| !is_small(name));
        }
        names
    }

    fn draft<'a>(&self, words: &'a [Word], is_typing: bool) -> tantivy::Result<Draft<'a>> {
        let name = joined(words);
        let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
        let mut forms = vec![Form(Kind::Exact, texts.clone())];
        self.add_stems(&mut forms, Kind::Stem, &texts);
        let occurs = self.frequency(&forms)? > 0;
        for term in self.synonyms.amenity_terms(&name) {
            add(&mut forms, Kind::Synonym, vec![term.to_owned()]);
        }
        let occurs_all =
            |other: &&Vec<String>| other.iter().all(|word| self.vocabulary.frequency(word) > 0);
        let others = || self.synonyms.names(&name).iter();
        for other in others().filter(occurs_all) {
            add(&mut forms, Kind::Synonym, other.clone());
        }
        for other in others() {
            self.add_stems(&mut forms, Kind::Synonym, other);
        }
        let mut draft = Draft { words, forms, meant: None, occurs };
        // Whoever wrote a name that is known has not misspelt it.
        if let ([word], false) = (texts.as_slice(), self.synonyms.has(&name)) {
            self.add_spellings(&mut draft, word, is_typing)?;
        } else {
            draft.occurs = true;
        }
        Ok(draft)
    }

    /// Adds a name with the stem of its last word, in every language of which the index has
    /// it. A listing has a word that is its own stem only once, so both are looked for: the
    /// stem of another word, and the word that is the stem.
    fn add_stems(&self, forms: &mut Vec<Form>, kind: Kind, words: &[String]) {
        let Some((last, before)) = words.split_last() else { return };
        for language in &self.vocabulary.languages {
            let stem = language.stem(last);
            for term in [language.term(&stem), stem.into_owned()] {
                if self.vocabulary.frequency(&term) > 0 {
                    add(forms, kind, [before, &[term]].concat());
                }
            }
        }
    }

    /// Adds the words that one begins, and those that it may be a misspelling of.
    fn add_spellings(
        &self,
        draft: &mut Draft<'_>,
        word: &str,
        is_typing: bool,
    ) -> tantivy::Result<()> {
        if is_typing && !draft.occurs {
            for begun in self.vocabulary.beginning(word) {
                draft.occurs = true;
                add(&mut draft.forms, Kind::Begun, vec![begun.word]);
            }
        }
        let frequency = self.frequency(&draft.forms)?;
        if frequency.saturating_mul(RARE) > self.vocabulary.documents {
            return Ok(());
        }
        for near in self.vocabulary.near(word, typos_allowed(word)) {
            if near.frequency >= frequency.saturating_mul(MEANT) {
                let kind = if near.typos == 1 { Kind::OneTypo } else { Kind::TwoTypos };
                add(&mut draft.forms, kind, vec![near.word.clone()]);
                draft.meant.get_or_insert(near);
            }
        }
        if draft.meant.is_none() && !draft.occurs {
            // Too short to look for something else unasked, but it may be offered.
            draft.meant = self.vocabulary.near(word, typos_offered(word)).into_iter().next();
        }
        Ok(())
    }

    /// The part of a draft, with no more forms and bytes than its share.
    fn part(&self, draft: Draft<'_>, share: (usize, usize)) -> tantivy::Result<Part> {
        let Draft { words, mut forms, .. } = draft;
        let mut bytes = 0;
        let mut place = 0;
        forms.retain(|form| {
            bytes += form.1.iter().map(|term| term.len() + 10).sum::<usize>();
            place += 1;
            // What is written always stays.
            place == 1 || (place <= share.0.clamp(2, PART_FORMS_MAX) && bytes <= share.1)
        });
        let frequency = self.frequency(&forms)?;
        Ok(Part { words: u8::try_from(words.len()).unwrap_or(u8::MAX), frequency, forms })
    }

    /// In how many documents the most frequent form may occur. The vocabulary may be older
    /// than what is written, so that is looked up.
    fn frequency(&self, forms: &[Form]) -> tantivy::Result<u64> {
        let mut most = 0;
        for Form(kind, terms) in forms {
            let mut least = u64::MAX;
            for term in terms {
                let mut frequency = self.vocabulary.frequency(term);
                if frequency == 0 && *kind == Kind::Exact {
                    let term = Term::from_field_text(self.fields.terms, term);
                    frequency = self.searcher.doc_freq(&term)?;
                }
                least = least.min(frequency);
            }
            most = most.max(least);
        }
        Ok(most)
    }
}

fn add(forms: &mut Vec<Form>, kind: Kind, terms: Vec<String>) {
    if !forms.iter().any(|Form(_, known)| *known == terms) {
        forms.push(Form(kind, terms));
    }
}

fn joined(words: &[Word]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

/// The text with other words in their places, in the order of the text.
fn corrected(asked: &str, corrections: &[(&Word, &Spelling)]) -> String {
    let mut text = String::new();
    let mut end = 0;
    for (word, spelling) in corrections {
        text.push_str(asked.get(end..word.at.start).unwrap_or_default());
        text.push_str(&spelling.word);
        end = word.at.end;
    }
    text.push_str(asked.get(end..).unwrap_or_default());
    text.trim().to_owned()
}

impl Wording {
    /// Whether it can have come from [`Known::understand`]: it comes back from a client.
    pub(super) fn is_possible(&self, documents: u64) -> bool {
        let forms = || self.parts.iter().flat_map(|part| &part.forms);
        let per_part = |part: &Part| {
            (1..=QUERY_WORDS_MAX).contains(&usize::from(part.words))
                && part.frequency <= documents
                && !part.forms.is_empty()
        };
        (1..=QUERY_WORDS_MAX).contains(&self.parts.len())
            && self.parts.iter().all(per_part)
            && forms().count() <= FORMS_MAX.max(2 * QUERY_WORDS_MAX)
            && forms().all(|form| (1..=NAME_WORDS_MAX).contains(&form.1.len()))
    }

    /// All terms that are looked for.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        let forms = self.parts.iter().flat_map(|part| &part.forms);
        forms.flat_map(|form| form.1.iter().map(String::as_str))
    }
}
