//! The room as a neighbour sees it, on real index directories.

mod fixture;

mod availability;
mod brute_force;
mod generations;
mod highlight;
mod histogram;
mod index;
mod map;
mod paging;
mod percolator;
mod places;
mod query;
mod ranking;
mod relevance;
mod remembered;
mod rules;
mod spelling;
mod suggest;
mod synonyms;
mod text;
mod words;
