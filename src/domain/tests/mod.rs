//! The room's unit tests; they see what a neighbour sees.

mod signature;
