//! Demo data of our own: listings in real cities, people, and bookings in all states. All
//! of it follows from a seed: the same seed gives the same data, and the first listings of
//! a long run are those of a short one.

mod city;

mod cities;

mod features;

mod phrases;

mod price;

pub mod listings;

pub mod people;

pub mod bookings;

pub mod stays;
