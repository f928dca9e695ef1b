//! What people want to be told. Kept only where it differs from the default, which is that
//! everything is told.

use jiff::Timestamp;
use tokio_postgres::Client;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::ids::UserId;
use crate::domain::preference::{Category, Channel, Preferences};

/// What somebody wants.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(client: &Client, user: UserId) -> Result<Preferences, StorageError> {
    let rows = client
        .query(
            "select category, channel from notification_preferences
             where user_id = $1 and not enabled",
            &[&user.uuid()],
        )
        .await?;
    let off = rows
        .iter()
        .map(|row| Ok((types::named(row.get("category"))?, types::named(row.get("channel"))?)))
        .collect::<Result<_, StorageError>>()?;
    Ok(Preferences::without(off))
}

/// Keeps what somebody wants, in the place of all that they wanted before.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn put(
    client: &mut Client,
    user: UserId,
    preferences: &Preferences,
    now: Timestamp,
) -> Result<(), StorageError> {
    let (categories, channels): (Vec<_>, Vec<_>) = preferences
        .off()
        .iter()
        .map(|(category, channel)| (category.name(), channel.name()))
        .unzip();
    let transaction = client.transaction().await?;
    // Two at once: the second waits, and what it says is what counts.
    transaction.query("select 1 from users where id = $1 for update", &[&user.uuid()]).await?;
    transaction
        .execute("delete from notification_preferences where user_id = $1", &[&user.uuid()])
        .await?;
    transaction
        .execute(
            "insert into notification_preferences (user_id, category, channel, enabled, updated_at)
             select $1, *, false, $4 from unnest($2::text[], $3::text[])",
            &[&user.uuid(), &categories, &channels, &now],
        )
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Switches one thing off. Doing it twice changes nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn switch_off(
    client: &Client,
    user: UserId,
    category: Category,
    channel: Channel,
    now: Timestamp,
) -> Result<(), StorageError> {
    client
        .execute(
            "insert into notification_preferences (user_id, category, channel, enabled, updated_at)
             values ($1, $2, $3, false, $4)
             on conflict (user_id, category, channel) do update
                 set enabled = false, updated_at = excluded.updated_at
                 where notification_preferences.enabled",
            &[&user.uuid(), &category.name(), &channel.name(), &now],
        )
        .await?;
    Ok(())
}
