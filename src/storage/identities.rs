//! Who somebody is at another provider, by the provider's name for them.

use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::accounts::{self, NewUser, USER, User, user};
use super::link_tokens;
use super::sqlstate::StorageError;

/// Somebody as another provider knows them.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Its name for them, which it never gives to anybody else.
    pub subject: &'a str,
}

/// The account that somebody was linked to before.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, identity: &Identity<'_>) -> Result<Option<User>, StorageError> {
    let sql = format!(
        "select {USER} from identities i join users u on u.id = i.user_id
         where i.issuer = $1 and i.subject = $2"
    );
    let row = client.query_opt(&sql, &[&identity.issuer, &identity.subject]).await?;
    Ok(row.map(|row| user(&row)))
}

/// Links somebody to the account that has the address which their provider has checked, or
/// to a new one. An account whose address was never proved loses its password and its
/// sessions: whoever made it may be somebody else.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn link(
    client: &mut Client,
    identity: &Identity<'_>,
    new: &NewUser<'_>,
    causation: Uuid,
) -> Result<User, StorageError> {
    accounts::register(client, new, causation).await?;
    let transaction = client.transaction().await?;
    let Some(found) = accounts::locked(&transaction, new.email).await? else {
        return Err(StorageError::malformed("account is gone"));
    };
    if !found.verified {
        forget_password(&transaction, &found, new.now).await?;
        link_tokens::prove(&transaction, &found, causation, new.now).await?;
    }
    transaction
        .execute(
            "insert into identities (issuer, subject, user_id, created_at)
             values ($1, $2, $3, $4) on conflict do nothing",
            &[&identity.issuer, &identity.subject, &found.id.uuid(), &new.now],
        )
        .await?;
    transaction.commit().await?;
    Ok(found)
}

async fn forget_password(
    transaction: &tokio_postgres::Transaction<'_>,
    found: &User,
    now: Timestamp,
) -> Result<(), StorageError> {
    transaction
        .execute(
            "update users set password_hash = null, updated_at = $2 where id = $1",
            &[&found.id.uuid(), &now],
        )
        .await?;
    super::sessions::revoke_all(transaction, found.id, None, now).await?;
    Ok(())
}
