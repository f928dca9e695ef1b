//! What mailed links name: one-use rows that end. The link itself is made by whoever mails
//! it ([`crate::domain::link_token`]).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::accounts::{self, User};
use super::sqlstate::StorageError;
use super::{events, sessions};
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::link_token::Purpose;
use crate::domain::user::{MAIL_WINDOW, MAILS_MAX, RESET_LIFE, VERIFY_LIFE};

/// A link to be mailed.
#[derive(Debug, Clone, Copy)]
pub struct NewLink {
    /// The row's id.
    pub id: Uuid,
    /// The request that asks for it.
    pub causation: Uuid,
    /// When.
    pub now: Timestamp,
}

/// Asks for a link to be mailed to the account of an address, if there is one that can use
/// it: one that was not proved yet, one that is not suspended. Earlier links of the purpose
/// are worthless from now on. Whether anything was written.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn request(
    client: &mut Client,
    email: &str,
    purpose: Purpose,
    link: &NewLink,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let user = accounts::locked(&transaction, email).await?;
    let usable = |user: &User| match purpose {
        Purpose::VerifyEmail => !user.verified,
        Purpose::ResetPassword => user.suspended.is_none(),
        Purpose::Unsubscribe => false,
    };
    let Some(user) = user.filter(usable) else { return Ok(false) };
    let added = add(&transaction, user.id, purpose, link).await?;
    transaction.commit().await?;
    Ok(added)
}

/// As [`request`], in the caller's transaction, which holds the account's row. `false`, and
/// nothing is written, when the account got too many of them lately.
pub(super) async fn add(
    transaction: &Transaction<'_>,
    user_id: UserId,
    purpose: Purpose,
    link: &NewLink,
) -> Result<bool, StorageError> {
    let (name, life) = match purpose {
        Purpose::VerifyEmail => ("verify_email", VERIFY_LIFE),
        Purpose::ResetPassword => ("reset_password", RESET_LIFE),
        Purpose::Unsubscribe => return Ok(false),
    };
    let since = link.now - signed(MAIL_WINDOW);
    let row = transaction
        .query_one(
            "select count(*) from link_tokens
             where user_id = $1 and purpose = $2 and created_at > $3",
            &[&user_id.uuid(), &name, &since],
        )
        .await?;
    if row.get::<_, i64>(0) >= MAILS_MAX {
        return Ok(false);
    }
    void(transaction, user_id, name, link.now).await?;
    transaction
        .execute(
            "insert into link_tokens (id, user_id, purpose, created_at, expires_at)
             values ($1, $2, $3, $4, $5)",
            &[&link.id, &user_id.uuid(), &name, &link.now, &(link.now + signed(life))],
        )
        .await?;
    let token_id = link.id;
    let event = match purpose {
        Purpose::ResetPassword => Event::UserPasswordResetRequested { user_id, token_id },
        Purpose::VerifyEmail | Purpose::Unsubscribe => {
            Event::UserVerificationRequested { user_id, token_id }
        }
    };
    let (key, cause) = (user_id.uuid(), link.causation);
    events::append_edge(transaction, key, &event, Actor::System, cause, link.now).await?;
    Ok(true)
}

async fn void(
    transaction: &Transaction<'_>,
    user_id: UserId,
    purpose: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    transaction
        .execute(
            "update link_tokens set used_at = $3
             where user_id = $1 and purpose = $2 and used_at is null",
            &[&user_id.uuid(), &purpose, &now],
        )
        .await?;
    Ok(())
}

/// Whose a link is, which is used up by this; `None` when it was used, is over, or never was.
async fn spend(
    transaction: &Transaction<'_>,
    link: Uuid,
    purpose: &str,
    now: Timestamp,
) -> Result<Option<User>, StorageError> {
    let row = transaction
        .query_opt(
            "update link_tokens set used_at = $3
             where id = $1 and purpose = $2 and used_at is null and expires_at > $3
             returning user_id",
            &[&link, &purpose, &now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    accounts::locked_by_id(transaction, UserId::from(row.get::<_, Uuid>(0))).await
}

/// Proves the address that a link was mailed to; `false` when the link is worthless.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn verify(
    client: &mut Client,
    link: Uuid,
    causation: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let Some(user) = spend(&transaction, link, "verify_email", now).await? else {
        return Ok(false);
    };
    prove(&transaction, &user, causation, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Marks an address as proved, unless it was.
pub(super) async fn prove(
    transaction: &Transaction<'_>,
    user: &User,
    causation: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    if user.verified {
        return Ok(());
    }
    transaction
        .execute(
            "update users set email_verified_at = $2, version = version + 1, updated_at = $2
             where id = $1",
            &[&user.id.uuid(), &now],
        )
        .await?;
    let event = Event::UserVerified { user_id: user.id };
    let (key, actor) = (user.id.uuid(), Actor::User(user.id));
    events::append_edge(transaction, key, &event, actor, causation, now).await?;
    Ok(())
}

/// Gives an account the password that was chosen by a mailed link: all its sessions end, and
/// its address is proved. The account and the sessions, or `None` when the link is worthless.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn reset_password(
    client: &mut Client,
    link: Uuid,
    password_hash: &str,
    causation: Uuid,
    now: Timestamp,
) -> Result<Option<(User, Vec<SessionId>)>, StorageError> {
    let transaction = client.transaction().await?;
    let Some(user) = spend(&transaction, link, "reset_password", now).await? else {
        return Ok(None);
    };
    prove(&transaction, &user, causation, now).await?;
    let ended = set_password(&transaction, user.id, password_hash, None, causation, now).await?;
    transaction.commit().await?;
    Ok(Some((user, ended)))
}

/// Replaces a password whose hash is `old`, and ends all sessions but `kept`; those, or
/// `None`, and nothing changes, when the account has another password by now.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn change_password(
    client: &mut Client,
    user_id: UserId,
    (old, new): (&str, &str),
    kept: SessionId,
    causation: Uuid,
    now: Timestamp,
) -> Result<Option<Vec<SessionId>>, StorageError> {
    let transaction = client.transaction().await?;
    let same = transaction
        .query_opt(
            "select 1 from users where id = $1 and password_hash = $2 for no key update",
            &[&user_id.uuid(), &old],
        )
        .await?;
    if same.is_none() {
        return Ok(None);
    }
    let ended = set_password(&transaction, user_id, new, Some(kept), causation, now).await?;
    transaction.commit().await?;
    Ok(Some(ended))
}

async fn set_password(
    transaction: &Transaction<'_>,
    user_id: UserId,
    password_hash: &str,
    kept: Option<SessionId>,
    causation: Uuid,
    now: Timestamp,
) -> Result<Vec<SessionId>, StorageError> {
    transaction
        .execute(
            "update users set password_hash = $2, updated_at = $3 where id = $1",
            &[&user_id.uuid(), &password_hash, &now],
        )
        .await?;
    void(transaction, user_id, "reset_password", now).await?;
    let ended = sessions::revoke_all(transaction, user_id, kept, now).await?;
    let event = Event::UserPasswordChanged { user_id };
    let (key, actor) = (user_id.uuid(), Actor::User(user_id));
    events::append_edge(transaction, key, &event, actor, causation, now).await?;
    Ok(ended)
}

/// Deletes links that ended before an instant; how many.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn trim(client: &Client, ended_before: Timestamp) -> Result<u64, StorageError> {
    Ok(client.execute("delete from link_tokens where expires_at < $1", &[&ended_before]).await?)
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}
