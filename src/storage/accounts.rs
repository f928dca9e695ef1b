//! People: their accounts and profiles. No actor owns these rows: nobody races for them, so
//! the edge writes them itself, each change with its event in one transaction.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, GenericClient, Row, Transaction};
use uuid::Uuid;

use super::events;
use super::link_tokens::{self, NewLink};
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::UserId;
use crate::domain::link_token::Purpose;
use crate::domain::user::{ProfileChange, Role};

/// How often at most the owner of an address hears that somebody registered with it.
const NOTICE_PAUSE: SignedDuration = SignedDuration::from_hours(1);

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
    /// Goes up with every change of what is shown here.
    pub version: i32,
    /// The language they want to read.
    pub locale: String,
    /// The IANA zone that they want to see times in.
    pub zone: String,
    /// Whether the address is proved.
    pub verified: bool,
    /// Why the account may not be used, if it may not.
    pub suspended: Option<String>,
    /// Goes up when rights are taken away: access tokens of an older one are worthless.
    pub access_version: i32,
    /// Since when they wait to become a landlord, if they do.
    pub landlord_requested_at: Option<Timestamp>,
    /// Why they may not become one, if that was the last answer.
    pub landlord_decline_reason: Option<String>,
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

/// The columns of a [`User`], of table `users` as `u`.
pub(super) const USER: &str = "u.id, u.email, u.name, u.roles, u.created_at, u.version, u.locale, \
     u.zone, u.email_verified_at is not null, u.suspension_reason, u.access_version, \
     u.landlord_requested_at, u.landlord_decline_reason";

/// How many they are.
pub(super) const USER_COLUMNS: usize = 13;

/// Makes an account whose address counts as proved: for tools. `false`, and nothing is
/// written, when the address has one already.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn register(
    client: &mut Client,
    new: &NewUser<'_>,
    causation: Uuid,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let made = insert(&transaction, new, Some(new.now), causation).await?;
    transaction.commit().await?;
    Ok(made)
}

/// Makes an account whose address has to be proved. When the address has one already,
/// nothing changes, and its owner is told by mail: with a new link when they never proved
/// it, else that somebody tried.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn sign_up(
    client: &mut Client,
    new: &NewUser<'_>,
    link: &NewLink,
) -> Result<(), StorageError> {
    let transaction = client.transaction().await?;
    if insert(&transaction, new, None, link.causation).await? {
        link_tokens::add(&transaction, new.id, Purpose::VerifyEmail, link).await?;
    } else if let Some(user) = locked(&transaction, new.email).await? {
        if user.verified {
            notice(&transaction, user.id, link).await?;
        } else {
            link_tokens::add(&transaction, user.id, Purpose::VerifyEmail, link).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

async fn notice(
    transaction: &Transaction<'_>,
    user_id: UserId,
    link: &NewLink,
) -> Result<(), StorageError> {
    let told = transaction
        .execute(
            "update users set registration_notice_at = $2
             where id = $1 and coalesce(registration_notice_at <= $3, true)",
            &[&user_id.uuid(), &link.now, &(link.now - NOTICE_PAUSE)],
        )
        .await?;
    if told == 1 {
        let event = Event::UserRegistrationRepeated { user_id };
        let (key, cause) = (user_id.uuid(), link.causation);
        events::append_edge(transaction, key, &event, Actor::System, cause, link.now).await?;
    }
    Ok(())
}

async fn insert(
    transaction: &Transaction<'_>,
    new: &NewUser<'_>,
    verified_at: Option<Timestamp>,
    causation: Uuid,
) -> Result<bool, StorageError> {
    let hash = Some(new.password_hash).filter(|hash| !hash.is_empty());
    let inserted = transaction
        .execute(
            "insert into users (id, email, name, password_hash, roles, created_at, updated_at,
                 email_verified_at)
             values ($1, $2, $3, $4, $5, $6, $6, $7) on conflict do nothing",
            &[
                &new.id.uuid(),
                &new.email,
                &new.name,
                &hash,
                &names(new.roles),
                &new.now,
                &verified_at,
            ],
        )
        .await?;
    if inserted == 1 {
        let event = Event::UserRegistered { user_id: new.id };
        let actor = Actor::User(new.id);
        events::append_edge(transaction, new.id.uuid(), &event, actor, causation, new.now).await?;
    }
    Ok(inserted == 1)
}

/// The account with an address, whatever its capitals, and its password's hash: empty when
/// it signs in by another provider only.
///
/// # Errors
/// When the database cannot be read.
pub async fn credentials(
    client: &Client,
    email: &str,
) -> Result<Option<(User, String)>, StorageError> {
    let sql = format!(
        "select {USER}, coalesce(u.password_hash, '') from users u where lower(u.email) = lower($1)"
    );
    let row = client.query_opt(&sql, &[&email]).await?;
    Ok(row.map(|row| (user(&row), row.get(USER_COLUMNS))))
}

/// An account by its id, and its password's hash as in [`credentials`].
///
/// # Errors
/// When the database cannot be read.
pub async fn credentials_of(
    client: &Client,
    id: UserId,
) -> Result<Option<(User, String)>, StorageError> {
    let sql = format!("select {USER}, coalesce(u.password_hash, '') from users u where u.id = $1");
    let row = client.query_opt(&sql, &[&id.uuid()]).await?;
    Ok(row.map(|row| (user(&row), row.get(USER_COLUMNS))))
}

/// An account by its id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &impl GenericClient, id: UserId) -> Result<Option<User>, StorageError> {
    let sql = format!("select {USER} from users u where u.id = $1");
    Ok(client.query_opt(&sql, &[&id.uuid()]).await?.map(|row| user(&row)))
}

/// Those of the accounts that have a role, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn with_role(
    client: &Client,
    ids: &[UserId],
    role: Role,
) -> Result<Vec<UserId>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let sql = "select id from users where id = any($1) and $2 = any(roles)";
    let rows = client.query(sql, &[&ids, &role.name()]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

/// The account with an address, whatever its capitals, locked until the transaction ends.
///
/// # Errors
/// When the database cannot be read.
pub async fn locked(
    transaction: &Transaction<'_>,
    email: &str,
) -> Result<Option<User>, StorageError> {
    let sql =
        format!("select {USER} from users u where lower(u.email) = lower($1) for no key update");
    Ok(transaction.query_opt(&sql, &[&email]).await?.map(|row| user(&row)))
}

/// An account by its id, locked until the transaction ends.
///
/// # Errors
/// When the database cannot be read.
pub async fn locked_by_id(
    transaction: &Transaction<'_>,
    id: UserId,
) -> Result<Option<User>, StorageError> {
    let sql = format!("select {USER} from users u where u.id = $1 for no key update");
    Ok(transaction.query_opt(&sql, &[&id.uuid()]).await?.map(|row| user(&row)))
}

/// Administrators whose accounts may be used, in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn admins(client: &Client) -> Result<Vec<UserId>, StorageError> {
    let sql =
        "select id from users where 'admin' = any(roles) and suspended_at is null order by id";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| UserId::from(row.get::<_, Uuid>(0))).collect())
}

/// Whether there is any account at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(client: &Client) -> Result<bool, StorageError> {
    Ok(client.query_opt("select 1 from users limit 1", &[]).await?.is_some())
}

/// Changes a profile, if it still has the version that the change was made from; the account
/// afterwards, or `None`.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn edit(
    client: &Client,
    id: UserId,
    version: i32,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<Option<User>, StorageError> {
    let sql = format!(
        "update users u set name = coalesce($3, u.name), locale = coalesce($4, u.locale),
             zone = coalesce($5, u.zone), version = u.version + 1, updated_at = $6
         where u.id = $1 and u.version = $2 returning {USER}"
    );
    let name = change.name.as_deref().map(str::trim);
    let row = client
        .query_opt(&sql, &[&id.uuid(), &version, &name, &change.locale, &change.zone, &now])
        .await?;
    Ok(row.map(|row| user(&row)))
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
             landlord_requested_at = null, landlord_decline_reason = null, updated_at = $3
         where u.id = $1 and not $2 = any(u.roles) returning {USER}"
    );
    let changed = transaction.query_opt(&sql, &[&id.uuid(), &role.name(), &now]).await?;
    let Some(changed) = changed.map(|row| user(&row)) else {
        drop(transaction);
        return find(client, id).await;
    };
    let (key, event, actor) = (id.uuid(), roles_changed(&changed), Actor::User(id));
    events::append_edge(&transaction, key, &event, actor, causation, now).await?;
    transaction.commit().await?;
    Ok(Some(changed))
}

/// That somebody has the roles of `user` now.
pub(super) fn roles_changed(user: &User) -> Event {
    let roles = names(&user.roles).into_iter().map(str::to_owned).collect();
    Event::UserRoleChanged { user_id: user.id, roles }
}

/// The names of roles.
pub(super) fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.name()).collect()
}

/// A row whose columns begin with [`USER`].
pub(super) fn user(row: &Row) -> User {
    user_from(row, 0)
}

/// A row that has the columns of [`USER`] from `first`.
pub(super) fn user_from(row: &Row, first: usize) -> User {
    let roles: Vec<&str> = row.get(first + 3);
    User {
        id: UserId::from(row.get::<_, Uuid>(first)),
        email: row.get(first + 1),
        name: row.get(first + 2),
        roles: roles.into_iter().filter_map(Role::of_name).collect(),
        created_at: row.get(first + 4),
        version: row.get(first + 5),
        locale: row.get(first + 6),
        zone: row.get(first + 7),
        verified: row.get(first + 8),
        suspended: row.get(first + 9),
        access_version: row.get(first + 10),
        landlord_requested_at: row.get(first + 11),
        landlord_decline_reason: row.get(first + 12),
    }
}
