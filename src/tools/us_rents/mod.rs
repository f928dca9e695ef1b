//! Rents of homes in the United States as a file: prices of a month, no text and no places
//! but a city's name. The columns are those of the data set "Apartment for Rent Classified"
//! of the UCI machine learning repository (number 555), or of its ten-thousandth part.

mod cities;
mod reader;

pub use cities::{City, all, find};
pub use reader::{Reader, SOURCE, open};
