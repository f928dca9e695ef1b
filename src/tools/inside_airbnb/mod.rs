//! The detailed listings files of Inside Airbnb: its rows, and what is in their cells.

mod cells;
mod reader;

pub use cells::{InvalidPrice, price};
pub use reader::{Adjusted, BadRow, Options, ReadError, Reader, Row, SOURCE, open};
