//! The room as a neighbour sees it, on real index directories.

mod fixture;

mod availability;
mod brute_force;
mod highlight;
mod index;
mod paging;
mod query;
mod ranking;
mod relevance;
mod spelling;
mod suggest;
mod synonyms;
mod text;
mod words;
