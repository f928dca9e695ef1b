//! Tests of those who own.

mod ownership;
mod property_refusals;
mod queue;
mod search_document;
mod search_index;
mod search_lag;
mod search_node;
mod search_renewal;
mod wire;
