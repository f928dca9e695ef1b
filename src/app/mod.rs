//! The only wiring: what is started in which order, and stopped in which. No rule lives
//! here.

mod cluster;
mod core;
mod server;
mod start_error;

pub use core::{Core, rules};
pub use server::Server;
pub use start_error::StartError;

/// Where payments are made, for a server that takes any.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The provider's address: Stripe, or a sandbox.
    pub base_url: String,
    /// Our key there.
    pub api_key: String,
    /// What its webhooks are signed with.
    pub hook_secret: String,
    /// Whether it is a sandbox, whose pages we show and whose hook we set.
    pub sandbox: bool,
}
