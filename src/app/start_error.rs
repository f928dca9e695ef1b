//! Why a server does not start: every reason is a line for people.

use crate::actors::cluster::joining::JoinError;
use crate::actors::cluster::transport::TransportError;
use crate::gateways::mail::MailError;
use crate::gateways::oidc::OidcError;
use crate::gateways::stripe::StripeError;
use crate::http::keys::KeysError;
use crate::http::sandbox_proxy::ProxyError;
use crate::storage::blobs::BlobError;
use crate::storage::migrate::MigrateError;
use crate::storage::sqlstate::StorageError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    /// The operators' token could not be read or made.
    #[error("operators' token: {0}")]
    Token(std::io::Error),
    /// The database could not be reached or read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database could not be brought to this version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A tool writes this database.
    #[error("a rentezy tool is using this database: wait for it, or stop it")]
    InUse,
    /// Other servers are in the way.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// Other servers cannot be reached, or reach this one.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An actor did not start.
    #[error("actor did not start: {0}")]
    Actor(#[from] ractor::ActorProcessingErr),
    /// The payment provider's settings make no sense.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// The settings of mail make no sense, or its folder cannot be made.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// There is no secret to make links of.
    #[error("server.secret is empty")]
    NoSecret,
    /// The identity provider's settings make no sense.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The sandbox's pages cannot be shown.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Pictures cannot be kept.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// Access tokens cannot be signed.
    #[error(transparent)]
    Keys(#[from] KeysError),
}
