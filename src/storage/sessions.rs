//! Signed-in devices: one family of rotating refresh tokens each. What was ended lately is
//! followed by every server, so that access tokens which still live are believed no more.

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

use super::accounts::{USER, User, user_from};
use super::sqlstate::StorageError;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::user::{RefreshFacts, RefreshVerdict};

/// A device's sign-in, with its first refresh token.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of the refresh token.
    pub digest: &'a [u8],
    /// When.
    pub now: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// The hash that the password was found right by; `None` for who signed in otherwise.
    pub password_hash: Option<&'a str>,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
    /// Where the request came from.
    pub address: Option<&'a str>,
}

/// Opens a session; `false`, and there is none, when the account was suspended or got
/// another password meanwhile: whoever does that ends all sessions, and this one would have
/// been overlooked.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn open(client: &Client, new: &NewSession<'_>) -> Result<bool, StorageError> {
    let opened = client
        .execute(
            "with account as (
                 select id from users where id = $2 and suspended_at is null
                     and coalesce(password_hash = $6, $6 is null) for share
             ), session as (
                 insert into sessions (id, user_id, created_at, expires_at, last_used_at,
                     user_agent, address)
                 select $1, id, $4, $5, $4, $7, $8 from account returning id
             )
             insert into refresh_tokens (digest, session_id, created_at)
             select $3, id, $4 from session",
            &[
                &new.id.uuid(),
                &new.user.uuid(),
                &new.digest,
                &new.now,
                &new.expires_at,
                &new.password_hash,
                &new.user_agent,
                &new.address,
            ],
        )
        .await?;
    Ok(opened == 1)
}

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When the device signed in.
    pub created_at: Timestamp,
    /// When it last got an access token.
    pub last_used_at: Timestamp,
    /// What its browser calls itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
}

/// Somebody's sessions that are not over, the newest first, before the one of a cursor.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    user: UserId,
    before: Option<SessionId>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Session>, StorageError> {
    let rows = client
        .query(
            "select id, created_at, coalesce(last_used_at, created_at), user_agent, address
             from sessions
             where user_id = $1 and revoked_at is null and expires_at > $2
                 and ($3::uuid is null or id < $3)
             order by id desc limit $4",
            &[&user.uuid(), &now, &before.map(SessionId::uuid), &limit],
        )
        .await?;
    let session = |row: &tokio_postgres::Row| Session {
        id: SessionId::from(row.get::<_, Uuid>(0)),
        created_at: row.get(1),
        last_used_at: row.get(2),
        user_agent: row.get(3),
        address: row.get(4),
    };
    Ok(rows.iter().map(session).collect())
}

/// What takes a refresh token's place.
#[derive(Debug, Clone, Copy)]
pub struct Successor<'a> {
    /// Its SHA-256.
    pub digest: &'a [u8],
    /// The token itself, sealed, for whoever asks again within the grace time.
    pub sealed: &'a [u8],
    /// When the session ends if it is not used again.
    pub expires_at: Timestamp,
}

/// What came of showing a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The session goes on with the successor.
    Rotated(SessionId, User),
    /// It goes on with the successor that an earlier showing got, sealed.
    Repeated(SessionId, User, Vec<u8>),
    /// There is no such token, or its session is over.
    Over,
    /// The token had been traded before: its session is revoked now.
    Stolen(SessionId),
}

/// Trades a refresh token, by its digest, for its successor.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn rotate(
    client: &mut Client,
    digest: &[u8],
    successor: &Successor<'_>,
    now: Timestamp,
) -> Result<Rotation, StorageError> {
    let transaction = client.transaction().await?;
    // The session's row is locked first and alone, so that of two who show tokens of one
    // family the second sees what the first did.
    let sql = format!(
        "select s.id, {USER} from sessions s join users u on u.id = s.user_id
         where s.id = (select session_id from refresh_tokens where digest = $1)
         for update of s"
    );
    let Some(row) = transaction.query_opt(&sql, &[&digest]).await? else {
        return Ok(Rotation::Over);
    };
    let (session, user) = (SessionId::from(row.get::<_, Uuid>(0)), user_from(&row, 1));
    let row = transaction
        .query_one(
            "select t.used_at, n.used_at is not null, s.expires_at, s.revoked_at is not null,
                 t.successor
             from refresh_tokens t join sessions s on s.id = t.session_id
             left join refresh_tokens n on n.digest = t.successor_digest
             where t.digest = $1",
            &[&digest],
        )
        .await?;
    let facts = RefreshFacts {
        used_at: row.get(0),
        successor_used: row.get(1),
        expires_at: row.get(2),
        revoked: row.get(3),
    };
    let sealed: Option<Vec<u8>> = row.get(4);
    let rotation = match facts.judge(now) {
        RefreshVerdict::Rotate => {
            trade(&transaction, session, digest, successor, now).await?;
            Rotation::Rotated(session, user)
        }
        RefreshVerdict::Repeat => Rotation::Repeated(session, user, sealed.unwrap_or_default()),
        RefreshVerdict::Over => Rotation::Over,
        RefreshVerdict::Stolen => {
            revoke(&transaction, session, now).await?;
            Rotation::Stolen(session)
        }
    };
    transaction.commit().await?;
    Ok(rotation)
}

async fn trade(
    transaction: &tokio_postgres::Transaction<'_>,
    session: SessionId,
    digest: &[u8],
    successor: &Successor<'_>,
    now: Timestamp,
) -> Result<(), StorageError> {
    transaction
        .execute(
            "insert into refresh_tokens (digest, session_id, created_at) values ($1, $2, $3)",
            &[&successor.digest, &session.uuid(), &now],
        )
        .await?;
    transaction
        .execute(
            "update refresh_tokens set used_at = $2, successor = $3, successor_digest = $4
             where digest = $1",
            &[&digest, &now, &successor.sealed, &successor.digest],
        )
        .await?;
    transaction
        .execute(
            "update sessions set expires_at = $2, last_used_at = $3 where id = $1",
            &[&session.uuid(), &successor.expires_at, &now],
        )
        .await?;
    Ok(())
}

/// Ends a session. Ending it twice changes nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn revoke(
    client: &impl GenericClient,
    session: SessionId,
    now: Timestamp,
) -> Result<(), StorageError> {
    client
        .execute(
            "update sessions set revoked_at = $2 where id = $1 and revoked_at is null",
            &[&session.uuid(), &now],
        )
        .await?;
    Ok(())
}

/// Ends a session of somebody's; `false` when they have no such session any more.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn revoke_own(
    client: &Client,
    user: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let ended = client
        .execute(
            "update sessions set revoked_at = $3
             where id = $1 and user_id = $2 and revoked_at is null and expires_at > $3",
            &[&session.uuid(), &user.uuid(), &now],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends all sessions of somebody's but one, or all; which they were.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn revoke_all(
    client: &impl GenericClient,
    user: UserId,
    but: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<SessionId>, StorageError> {
    let rows = client
        .query(
            "update sessions set revoked_at = $3
             where user_id = $1 and revoked_at is null and ($2::uuid is null or id <> $2)
             returning id",
            &[&user.uuid(), &but.map(SessionId::uuid), &now],
        )
        .await?;
    Ok(rows.iter().map(|row| SessionId::from(row.get::<_, Uuid>(0))).collect())
}

/// The accounts that rights were taken from after an instant, the version that their access
/// tokens must have since, and when that was.
///
/// # Errors
/// When the database cannot be read.
pub async fn lowered_after(
    client: &Client,
    after: Timestamp,
) -> Result<Vec<(UserId, i32, Timestamp)>, StorageError> {
    let rows = client
        .query(
            "select id, access_version, access_changed_at from users
             where access_changed_at > $1",
            &[&after],
        )
        .await?;
    let account =
        |row: &tokio_postgres::Row| (UserId::from(row.get::<_, Uuid>(0)), row.get(1), row.get(2));
    Ok(rows.iter().map(account).collect())
}

/// Deletes sessions that ended before an instant, with their tokens; how many sessions.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn trim(client: &Client, ended_before: Timestamp) -> Result<u64, StorageError> {
    let rows = client
        .execute(
            "with gone as (
                 select id from sessions where expires_at < $1 limit 10000
             ), tokens as (
                 delete from refresh_tokens where session_id in (select id from gone)
             )
             delete from sessions where id in (select id from gone)",
            &[&ended_before],
        )
        .await?;
    Ok(rows)
}

/// The session that a refresh token belongs to, by the token's digest.
///
/// # Errors
/// When the database cannot be read.
pub async fn session_of(client: &Client, digest: &[u8]) -> Result<Option<SessionId>, StorageError> {
    let row = client
        .query_opt("select session_id from refresh_tokens where digest = $1", &[&digest])
        .await?;
    Ok(row.map(|row| SessionId::from(row.get::<_, Uuid>(0))))
}

/// The sessions that were revoked after an instant, and when.
///
/// # Errors
/// When the database cannot be read.
pub async fn revoked_after(
    client: &Client,
    after: Timestamp,
) -> Result<Vec<(SessionId, Timestamp)>, StorageError> {
    let rows = client
        .query("select id, revoked_at from sessions where revoked_at > $1", &[&after])
        .await?;
    Ok(rows.iter().map(|row| (SessionId::from(row.get::<_, Uuid>(0)), row.get(1))).collect())
}
