//! What is kept: all SQL of the house, one module for each family of tables. Postgres is
//! the truth; whatever actors hold can be rebuilt from here.

pub mod events;
pub mod locks;
pub mod migrate;
pub mod pool;
pub mod private_postgres;
pub mod shards;
pub mod sqlstate;

#[cfg(test)]
mod tests;
