//! What admins do with people: find them, suspend them, change their roles, decide who may
//! offer homes. Each change with its event, its reason and who made it, in one transaction.

use jiff::Timestamp;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::accounts::{self, USER, User, names, roles_changed, user};
use super::sqlstate::StorageError;
use super::{commands, events, sessions};
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::user::Role;

/// Who does it, by which request, when.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// The admin, or whoever has the machine.
    pub by: Actor,
    /// The request.
    pub causation: Uuid,
    /// A digest of what was sent, when the request has an Idempotency-Key: a repeat then has
    /// the same `causation`.
    pub keyed: Option<[u8; 16]>,
    /// When.
    pub now: Timestamp,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be used.
    Active,
    /// Its address is not proved.
    Unverified,
    /// It may not be used.
    Suspended,
}

/// Which accounts are looked for; `None` is any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of the address or the name, whatever its capitals.
    pub text: Option<String>,
    /// A role that they have.
    pub role: Option<Role>,
    /// How they stand.
    pub standing: Option<Standing>,
    /// Whether they wait to become landlords.
    pub applying: bool,
}

/// Accounts, the newest first, before the one of a cursor.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    filter: &Filter,
    before: Option<UserId>,
    limit: i64,
) -> Result<Vec<User>, StorageError> {
    let standing = filter.standing.map(|standing| match standing {
        Standing::Active => "active",
        Standing::Unverified => "unverified",
        Standing::Suspended => "suspended",
    });
    let sql = format!(
        "select {USER} from users u
         where ($1::uuid is null or u.id < $1)
             and ($2::text is null or position(lower($2) in lower(u.email)) > 0
                 or position(lower($2) in lower(u.name)) > 0)
             and ($3::text is null or $3 = any(u.roles))
             and ($4::text is null or $4 = case
                 when u.suspended_at is not null then 'suspended'
                 when u.email_verified_at is null then 'unverified' else 'active' end)
             and (not $5 or u.landlord_requested_at is not null)
         order by u.id desc limit $6"
    );
    let rows = client
        .query(
            &sql,
            &[
                &before.map(UserId::uuid),
                &filter.text,
                &filter.role.map(Role::name),
                &standing,
                &filter.applying,
                &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(user).collect())
}

/// What became of an account.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// The account as it is now.
    pub user: User,
    /// The sessions that ended.
    pub ended: Vec<SessionId>,
    /// Whether an earlier request under the same key had done it.
    pub replayed: bool,
}

impl Ruling {
    const fn of(user: User) -> Self {
        Self { user, ended: Vec::new(), replayed: false }
    }
}

/// What became of an account, or why not.
pub type Ruled = Result<Result<Ruling, Refusal>, StorageError>;

/// How a change of an account begins: with the account, locked, or with its end, when there is
/// nothing to be done.
type Begun<'a> = Result<(Transaction<'a>, User), Result<Ruling, Refusal>>;

/// Locks an account for a change, unless the same request has made it before.
async fn begin<'a>(
    client: &'a mut Client,
    id: UserId,
    act: &Act,
) -> Result<Begun<'a>, StorageError> {
    let transaction = client.transaction().await?;
    let Some(user) = accounts::locked_by_id(&transaction, id).await? else {
        return Ok(Err(Err(Refusal::NotFound)));
    };
    if let Some(print) = act.keyed
        && let Some(known) = commands::edge_fingerprint(&transaction, act.causation).await?
    {
        let again = Ruling { replayed: true, ..Ruling::of(user) };
        return Ok(Err(if known == print { Ok(again) } else { Err(Refusal::KeyReused) }));
    }
    Ok(Ok((transaction, user)))
}

/// Ends a change of an account with its event and the record of its request.
async fn end(transaction: Transaction<'_>, ruling: Ruling, event: &Event, act: &Act) -> Ruled {
    let (id, Act { by, causation, now, .. }) = (ruling.user.id.uuid(), *act);
    events::append_edge(&transaction, id, event, by, causation, now).await?;
    if let Some(print) = act.keyed {
        commands::keep_edge(&transaction, causation, print, id, now).await?;
    }
    transaction.commit().await?;
    Ok(Ok(ruling))
}

/// Asks to become a landlord and waits for an admin. Asking twice changes nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn apply_as_landlord(client: &mut Client, id: UserId, act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    if found.roles.contains(&Role::Landlord) || found.landlord_requested_at.is_some() {
        return Ok(Ok(Ruling::of(found)));
    }
    let sql = format!(
        "update users u set landlord_requested_at = $2, landlord_decline_reason = null,
             version = u.version + 1, updated_at = $2
         where u.id = $1 returning {USER}"
    );
    let user = user(&transaction.query_one(&sql, &[&id.uuid(), &act.now]).await?);
    end(transaction, Ruling::of(user), &Event::UserLandlordRequested { user_id: id }, act).await
}

/// Lets an applicant offer homes.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn approve(client: &mut Client, id: UserId, act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    if found.landlord_requested_at.is_none() {
        return Ok(Err(no_application()));
    }
    let sql = format!(
        "update users u set landlord_requested_at = null, landlord_decline_reason = null,
             roles = case when 'landlord' = any(u.roles) then u.roles
                 else array_append(u.roles, 'landlord') end,
             version = u.version + 1, updated_at = $2
         where u.id = $1 returning {USER}"
    );
    let user = user(&transaction.query_one(&sql, &[&id.uuid(), &act.now]).await?);
    let event = roles_changed(&user);
    end(transaction, Ruling::of(user), &event, act).await
}

/// Does not let an applicant offer homes.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn decline(client: &mut Client, id: UserId, reason: &str, act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    if found.landlord_requested_at.is_none() {
        return Ok(Err(no_application()));
    }
    let sql = format!(
        "update users u set landlord_requested_at = null, landlord_decline_reason = $3,
             version = u.version + 1, updated_at = $2
         where u.id = $1 returning {USER}"
    );
    let row = transaction.query_one(&sql, &[&id.uuid(), &act.now, &reason]).await?;
    let event = Event::UserLandlordDeclined { user_id: id, reason: reason.to_owned() };
    end(transaction, Ruling::of(user(&row)), &event, act).await
}

fn no_application() -> Refusal {
    Refusal::invalid_transition("without an open application", &[])
}

/// Closes an account for the time being and ends its sessions.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn suspend(client: &mut Client, id: UserId, reason: &str, act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    if found.suspended.is_some() {
        return Ok(Err(Refusal::invalid_transition("suspended", &["reinstate"])));
    }
    let sql = format!(
        "update users u set suspended_at = $2, suspension_reason = $3,
             access_version = u.access_version + 1, access_changed_at = $2,
             version = u.version + 1, updated_at = $2
         where u.id = $1 returning {USER}"
    );
    let row = transaction.query_one(&sql, &[&id.uuid(), &act.now, &reason]).await?;
    let ended = sessions::revoke_all(&transaction, id, None, act.now).await?;
    let event = Event::UserSuspended { user_id: id, reason: reason.to_owned() };
    end(transaction, Ruling { ended, ..Ruling::of(user(&row)) }, &event, act).await
}

/// Opens a suspended account again.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn reinstate(client: &mut Client, id: UserId, act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    if found.suspended.is_none() {
        return Ok(Err(Refusal::invalid_transition("not suspended", &["suspend"])));
    }
    let sql = format!(
        "update users u set suspended_at = null, suspension_reason = null,
             version = u.version + 1, updated_at = $2
         where u.id = $1 returning {USER}"
    );
    let row = transaction.query_one(&sql, &[&id.uuid(), &act.now]).await?;
    let event = Event::UserReinstated { user_id: id };
    end(transaction, Ruling::of(user(&row)), &event, act).await
}

/// Gives an account these roles and no others. When it loses one, access tokens that still
/// name it are worthless from now on. The same roles change nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn set_roles(client: &mut Client, id: UserId, roles: &[Role], act: &Act) -> Ruled {
    let (transaction, found) = match begin(client, id, act).await? {
        Ok(open) => open,
        Err(over) => return Ok(over),
    };
    let lowered = found.roles.iter().any(|role| !roles.contains(role));
    if !lowered && roles.len() == found.roles.len() {
        return Ok(Ok(Ruling::of(found)));
    }
    let sql = format!(
        "update users u set roles = $2,
             access_version = u.access_version + case when $4 then 1 else 0 end,
             access_changed_at = case when $4 then $3 else u.access_changed_at end,
             landlord_requested_at = case when 'landlord' = any($2) then null
                 else u.landlord_requested_at end,
             version = u.version + 1, updated_at = $3
         where u.id = $1 returning {USER}"
    );
    let row = transaction.query_one(&sql, &[&id.uuid(), &names(roles), &act.now, &lowered]).await?;
    let user = user(&row);
    let event = roles_changed(&user);
    end(transaction, Ruling::of(user), &event, act).await
}
