//! Pictures of homes, drawn by code: outside and inside, in colours that follow from a seed.

mod canvas;
mod light;
mod outside;
mod rooms;
mod scene;

pub use scene::{Scene, draw};
