//! The room as a neighbour sees it, on real index directories.

mod fixture;

mod availability;
mod brute_force;
mod cells;
mod histogram;
mod index;
mod map;
mod paging;
mod places;
mod query;
mod remembered;
mod rules;
mod text;
