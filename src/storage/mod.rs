//! What is kept: all SQL of the house, one module for each family of tables. Postgres is
//! the truth; whatever actors hold can be rebuilt from here.

pub mod accounts;
pub mod events;
pub mod inbox;
pub mod locks;
pub mod migrate;
pub mod pool;
pub mod secret;
pub mod shards;
pub mod sqlstate;
