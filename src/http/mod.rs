//! Who asks: the outside's requests, turned into calls of what is below.

pub mod sandbox_proxy;

#[cfg(test)]
mod tests;
