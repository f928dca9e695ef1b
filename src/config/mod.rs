//! What was set: `cluster.toml` and `RENTEZY_...` variables, read once at start into one
//! checked [`Config`]. A wrong value stops the program with one line that names the key,
//! the value and what is allowed. Secrets are never printed.

mod load;
mod network;
mod origin;
mod retention;
mod rules;
mod sections;
mod value;

pub use load::{Config, ConfigError, NOT_SETTINGS, keys, process_environment, template};
pub use network::Networks;
pub use origin::{Origin, Origins};
pub use retention::Retention;
pub use sections::{
    Accounts, Blobs, Bookings, Clock, Cluster, Database, Events, Http, Limits, Listings, Log, Mail,
    Oidc, Operator, Payments, Photos, Search, Server,
};
pub use value::{
    Bucket, EmailVerification, Key, Kind, LandlordApproval, ListingReview, LogFormat, LogLevel,
    MailMode, Mailbox, PaymentsMode, Secret,
};

#[cfg(test)]
mod tests;
