//! `rentezy admin`: makes somebody an admin, or no longer one. It works beside a living
//! server, as accounts have no owner: the server notices within seconds.

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use crate::clock::Clock;
use crate::domain::event::Actor;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::user::Role;
use crate::storage::accounts;
use crate::storage::admin_users::{self, Act};
use crate::storage::pool::{self, Database};
use crate::storage::sqlstate::StorageError;

/// What is to be done.
#[derive(Debug, Args)]
pub struct AdminArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make somebody an admin.
    Grant {
        /// The address of their account.
        email: String,
    },
    /// Make somebody an admin no longer.
    Revoke {
        /// The address of their account.
        email: String,
    },
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database could not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no such account.
    #[error("there is no account with the address {0}")]
    Unknown(String),
}

/// Does it, on a database of this version; a line that says what came of it.
///
/// # Errors
/// [`AdminError`].
pub async fn run(
    args: &AdminArgs,
    database: &Database,
    clock: &Clock,
) -> Result<String, AdminError> {
    let (email, is_admin) = match &args.action {
        Action::Grant { email } => (email, true),
        Action::Revoke { email } => (email, false),
    };
    let mut client = database.connect("").await?;
    // Servers look for what changed lately by the database's time.
    let ahead = pool::now(&client).await?.duration_since(clock.now());
    if ahead.abs() > SignedDuration::from_secs(1) {
        clock.align(ahead);
    }
    let unknown = || AdminError::Unknown(email.clone());
    let (user, _) = accounts::credentials(&client, email).await?.ok_or_else(unknown)?;
    let mut roles = user.roles.clone();
    roles.retain(|role| *role != Role::Admin);
    if is_admin {
        roles.push(Role::Admin);
    }
    let cause: RequestId = clock.id();
    let (causation, now) = (cause.uuid(), clock.now());
    let act = Act { by: Actor::Operator, causation, keyed: None, now };
    match admin_users::set_roles(&mut client, user.id, &roles, &act).await? {
        Ok(done) if is_admin => Ok(format!("{} is an admin", done.user.email)),
        Ok(done) => Ok(format!("{} is no admin", done.user.email)),
        Err(Refusal::NotFound) => Err(unknown()),
        Err(refusal) => Err(StorageError::malformed(format!("{refusal:?}")).into()),
    }
}
