//! What is kept: Postgres, and all SQL of the house.

pub mod private_postgres;

#[cfg(test)]
mod tests;
