//! Tests of those who own.

mod ownership;
mod search_document;
mod search_index;
mod wire;
