//! Tests of the room, one file per subject.

mod database;
mod demo;
mod drawing;
mod html;
mod import;
mod inside_airbnb;
mod listing;
mod place;
mod real_listings;
mod story;
mod us_rents;
