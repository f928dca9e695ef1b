//! What the index keeps of a listing to show it: texts, read without the general document that
//! tantivy would make of them.

use tantivy::schema::Field;
use tantivy::schema::document::{DeserializeError, DocumentDeserialize, DocumentDeserializer};

/// The stored texts of a document by their fields.
pub(super) struct Stored(Vec<(Field, String)>);

impl Stored {
    /// The text of a field, which is gone from here then; empty when it has none.
    pub(super) fn take(&mut self, field: Field) -> String {
        let found = self.0.iter_mut().find(|(of, _)| *of == field);
        found.map(|(_, text)| std::mem::take(text)).unwrap_or_default()
    }
}

impl DocumentDeserialize for Stored {
    fn deserialize<'de, D>(mut document: D) -> Result<Self, DeserializeError>
    where
        D: DocumentDeserializer<'de>,
    {
        let mut texts = Vec::with_capacity(document.size_hint());
        while let Some(text) = document.next_field()? {
            texts.push(text);
        }
        Ok(Self(texts))
    }
}
