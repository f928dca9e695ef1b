//! What was set: `cluster.toml` and `RENTEZY_...` variables, read once at start into one
//! checked [`Config`]. A wrong value stops the program with one line that names the key,
//! the value and what is allowed. Secrets are never printed.

mod load;
mod network;
mod origin;
mod rules;
mod sections;
mod value;

pub use load::{Config, ConfigError, NOT_SETTINGS, keys, process_environment, template};
pub use network::Networks;
pub use origin::{Origin, Origins};
pub use sections::{
    Accounts, Bookings, Clock, Database, Http, Limits, Listings, Log, Payments, Search, Server,
};
pub use value::{
    Key, Kind, LandlordApproval, ListingReview, LogFormat, LogLevel, PaymentsMode, Secret,
};

#[cfg(test)]
mod tests;
