//! The tables of cities, by part of the world.

pub(super) mod west;

pub(super) mod east;
