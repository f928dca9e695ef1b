//! The room as a neighbour sees it, on real index directories.

mod fixture;

mod availability;
mod brute_force;
mod cells;
mod index;
mod paging;
mod query;
mod rules;
mod text;
