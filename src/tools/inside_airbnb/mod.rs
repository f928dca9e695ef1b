//! The detailed listings files of Inside Airbnb: its rows, and what is in their cells.

mod cells;
mod reader;

pub(super) use cells::check_id;
pub use cells::{InvalidPrice, price};
pub use reader::{Adjusted, BadRow, Options, Plain, ReadError, Reader, Row, SOURCE, open};
pub(super) use reader::{csv_reader, plain};
