//! People, their signed-in devices, and the keys that access tokens are signed with. No
//! actor owns these rows: nobody races for them, so the edge writes them itself, each
//! change with its event in one transaction.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::user::{RefreshFacts, RefreshVerdict, Role};

/// Somebody's account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address that mail goes to and that is signed in with.
    pub email: String,
    /// What others see.
    pub name: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// Its id.
    pub id: UserId,
    /// Its address, checked.
    pub email: &'a str,
    /// Its name, checked.
    pub name: &'a str,
    /// The password's hash, in PHC form.
    pub password_hash: &'a str,
    /// What the person may do.
    pub roles: &'a [Role],
    /// When.
    pub now: Timestamp,
}

const USER: &str = "u.id, u.email, u.name, u.roles, u.created_at";

/// Makes an account; `false`, and nothing is written, when the address has one already.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn register(
    client: &mut Client,
    new: &NewUser<'_>,
    causation: Uuid,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let inserted = transaction
        .execute(
            "insert into users (id, email, name, password_hash, roles, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing",
            &[
                &new.id.uuid(),
                &new.email,
                &new.name,
                &new.password_hash,
                &names(new.roles),
                &new.now,
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    let event = Event::UserRegistered { user_id: new.id };
    let actor = Actor::User(new.id);
    events::append_edge(&transaction, new.id.uuid(), &event, actor, causation, new.now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The account with an address, whatever its capitals, and its password's hash.
///
/// # Errors
/// When the database cannot be read.
pub async fn credentials(
    client: &Client,
    email: &str,
) -> Result<Option<(User, String)>, StorageError> {
    let sql =
        format!("select {USER}, u.password_hash from users u where lower(u.email) = lower($1)");
    let row = client.query_opt(&sql, &[&email]).await?;
    Ok(row.map(|row| (user(&row), row.get(5))))
}

/// An account by its id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: UserId) -> Result<Option<User>, StorageError> {
    let sql = format!("select {USER} from users u where u.id = $1");
    Ok(client.query_opt(&sql, &[&id.uuid()]).await?.map(|row| user(&row)))
}

/// Whether there is any account at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(client: &Client) -> Result<bool, StorageError> {
    Ok(client.query_opt("select 1 from users limit 1", &[]).await?.is_some())
}

/// Gives somebody a role; the account afterwards, or `None` when there is none. Giving a
/// role twice changes nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn grant(
    client: &mut Client,
    id: UserId,
    role: Role,
    causation: Uuid,
    now: Timestamp,
) -> Result<Option<User>, StorageError> {
    let transaction = client.transaction().await?;
    let sql = format!(
        "update users u set roles = array_append(u.roles, $2), version = u.version + 1,
             updated_at = $3
         where u.id = $1 and not $2 = any(u.roles) returning {USER}"
    );
    let changed = transaction.query_opt(&sql, &[&id.uuid(), &role.name(), &now]).await?;
    let Some(changed) = changed.map(|row| user(&row)) else {
        drop(transaction);
        return find(client, id).await;
    };
    let roles = changed.roles.iter().map(|role| role.name().to_owned()).collect();
    let event = Event::UserRoleChanged { user_id: id, roles };
    events::append_edge(&transaction, id.uuid(), &event, Actor::User(id), causation, now).await?;
    transaction.commit().await?;
    Ok(Some(changed))
}

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
}

/// Opens a session.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn open_session(client: &Client, new: &NewSession<'_>) -> Result<(), StorageError> {
    client
        .execute(
            "with session as (
                 insert into sessions (id, user_id, created_at, expires_at)
                 values ($1, $2, $4, $5) returning id
             )
             insert into refresh_tokens (digest, session_id, created_at)
             select $3, id, $4 from session",
            &[&new.id.uuid(), &new.user.uuid(), &new.digest, &new.now, &new.expires_at],
        )
        .await?;
    Ok(())
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
            "update sessions set expires_at = $2 where id = $1",
            &[&session.uuid(), &successor.expires_at],
        )
        .await?;
    Ok(())
}

/// Ends a session. Ending it twice changes nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn revoke(
    client: &impl tokio_postgres::GenericClient,
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

/// A key that access tokens are signed with, as it is kept.
#[derive(Debug, Clone)]
pub struct SealedKey {
    /// Its name, which tokens carry.
    pub kid: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
}

/// All signing keys, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn signing_keys(client: &Client) -> Result<Vec<SealedKey>, StorageError> {
    let rows = client
        .query("select kid, sealed, public from signing_keys order by created_at desc, kid", &[])
        .await?;
    Ok(rows
        .iter()
        .map(|row| SealedKey { kid: row.get(0), sealed: row.get(1), public: row.get(2) })
        .collect())
}

/// Keeps a signing key.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn insert_signing_key(
    client: &Client,
    key: &SealedKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    client
        .execute(
            "insert into signing_keys (kid, sealed, public, created_at) values ($1, $2, $3, $4)",
            &[&key.kid, &key.sealed, &key.public, &now],
        )
        .await?;
    Ok(())
}

fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.name()).collect()
}

fn user(row: &Row) -> User {
    user_from(row, 0)
}

fn user_from(row: &Row, first: usize) -> User {
    let roles: Vec<&str> = row.get(first + 3);
    User {
        id: UserId::from(row.get::<_, Uuid>(first)),
        email: row.get(first + 1),
        name: row.get(first + 2),
        roles: roles.into_iter().filter_map(Role::of_name).collect(),
        created_at: row.get(first + 4),
    }
}
