//! Demo data of our own: listings in real cities, people, and bookings in all states. All
//! of it follows from a seed: the same seed gives the same data, and the first listings of
//! a long run are those of a short one. Stays that ended without money are written ahead of
//! time; those that stand are made over HTTP once the server runs, so that every payment of
//! the demo is one that the provider knows.

mod city;

mod cities;

mod features;

mod phrases;

mod price;

pub mod listings;

pub mod people;

pub mod bookings;

pub mod stays;

pub mod drawing;

mod album;

mod filler;

pub mod fill;

pub mod live;

pub use fill::{DemoArgs, DemoError, Report, fill_if_empty, into, tell};
pub use live::live;
