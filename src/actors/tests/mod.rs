//! Tests of those who own.

mod search_document;
mod search_index;
