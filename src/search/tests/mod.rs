//! The room as a neighbour sees it, on real index directories.

mod fixture;

mod availability;
mod brute_force;
mod index;
mod paging;
mod percolator;
mod query;
mod text;
