//! Saved searches: kept, changed and given up by their owners. What comes to match them is
//! in [`super::alerts`] and [`super::search_matches`].

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use super::types::{self, JsonText};
use crate::domain::criteria::Criteria;
use crate::domain::event::{Actor, Event, SearchFacts};
use crate::domain::ids::{PropertyId, RequestId, SavedSearchId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::saved_search::{Alert, SEARCHES_MAX, Wish};

/// A saved search as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// What its owner says of it.
    pub wish: Wish,
    /// Homes that have come to match and can be found still.
    pub matches: i64,
    /// Those of them that its owner has not seen.
    pub new: i64,
    /// When it was saved.
    pub created_at: Timestamp,
    /// When its owner was told of matches last.
    pub last_alert: Option<Timestamp>,
}

/// What came of saving one.
#[derive(Debug, Clone, PartialEq)]
pub enum Added {
    /// It was saved.
    Fresh(SavedSearch),
    /// The same request saved it before; it is as it is now.
    Before(SavedSearch),
    /// It was not saved.
    Refused(Refusal),
}

/// A search that is to be saved.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Derived from the request.
    pub id: SavedSearchId,
    /// Whose.
    pub owner: UserId,
    /// What is said of it, checked.
    pub wish: &'a Wish,
    /// Homes that match already.
    pub known: &'a [PropertyId],
    /// Of the request's body.
    pub fingerprint: [u8; 16],
    /// The request.
    pub request: RequestId,
}

const SEARCH: &str = "select s.id, s.name, s.criteria, s.alert, s.created_at, s.last_alert,
        m.matches, m.new
    from saved_searches s
    cross join lateral (select count(*) as matches, count(*) filter (where seen_at is null) as new
        from saved_search_matches m join properties p on p.id = m.property_id
        where m.search_id = s.id and p.status = 'live') m";

/// Saves a search.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn add(client: &mut Client, new: New<'_>, now: Timestamp) -> Result<Added, StorageError> {
    let (id, owner) = (new.id.uuid(), new.owner.uuid());
    let transaction = client.transaction().await?;
    // Two at once: the second waits, and sees what the first has made.
    transaction.query("select 1 from users where id = $1 for no key update", &[&owner]).await?;
    let print: Option<Vec<u8>> = transaction
        .query_opt("select fingerprint from saved_searches where id = $1", &[&id])
        .await?
        .map(|row| row.get(0));
    if let Some(print) = print {
        let found = find(&transaction, new.owner, new.id).await?;
        let same = found.filter(|_| print == new.fingerprint);
        return Ok(same.map_or(Added::Refused(Refusal::KeyReused), Added::Before));
    }
    let count = "select count(*) from saved_searches where user_id = $1";
    if transaction.query_one(count, &[&owner]).await?.get::<_, i64>(0) >= SEARCHES_MAX {
        let detail = "50 saved searches at a time: delete one first";
        return Ok(Added::Refused(Refusal::invalid_field("/name", "too-many", detail)));
    }
    transaction
        .execute(
            "insert into saved_searches (id, user_id, name, criteria, alert, fingerprint, known,
                 created_at, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            &[
                &id,
                &owner,
                &new.wish.name,
                &JsonText::of(&new.wish.criteria)?,
                &new.wish.alert.name(),
                &new.fingerprint.as_slice(),
                &uuids(new.known),
                &now,
            ],
        )
        .await?;
    let event = Event::SearchSaved(SearchFacts { search_id: new.id, user_id: new.owner });
    append(&transaction, new.owner, new.id, &event, new.request, now).await?;
    let saved = find(&transaction, new.owner, new.id).await?;
    transaction.commit().await?;
    saved.map(Added::Fresh).ok_or_else(|| StorageError::malformed("saved search is not there"))
}

/// Writes an event of somebody's search.
async fn append(
    transaction: &tokio_postgres::Transaction<'_>,
    owner: UserId,
    id: SavedSearchId,
    event: &Event,
    request: RequestId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let (key, actor, cause) = (id.uuid(), Actor::User(owner), request.uuid());
    events::append_edge(transaction, key, event, actor, cause, now).await.map(|_| ())
}

/// Somebody's searches, the newest first: [`SEARCHES_MAX`] at most.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(client: &Client, owner: UserId) -> Result<Vec<SavedSearch>, StorageError> {
    let query = format!("{SEARCH} where s.user_id = $1 order by s.created_at desc, s.id desc");
    let rows = client.query(&query, &[&owner.uuid()]).await?;
    rows.iter().map(to_search).collect()
}

/// One of somebody's searches.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    client: &impl GenericClient,
    owner: UserId,
    id: SavedSearchId,
) -> Result<Option<SavedSearch>, StorageError> {
    let query = format!("{SEARCH} where s.id = $1 and s.user_id = $2");
    let row = client.query_opt(&query, &[&id.uuid(), &owner.uuid()]).await?;
    row.as_ref().map(to_search).transpose()
}

/// Has a search say something else; `None` when its owner has no such search. `known` is
/// given when it looks for something else: homes that match that already. With no alert any
/// more, nothing waits for a digest.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn change(
    client: &mut Client,
    (owner, id): (UserId, SavedSearchId),
    wish: &Wish,
    known: Option<&[PropertyId]>,
    request: RequestId,
    now: Timestamp,
) -> Result<Option<SavedSearch>, StorageError> {
    let transaction = client.transaction().await?;
    let changed = transaction
        .execute(
            "update saved_searches set name = $3, criteria = $4, alert = $5,
                 known = coalesce($6, known), changed_at = $7
             where id = $1 and user_id = $2",
            &[
                &id.uuid(),
                &owner.uuid(),
                &wish.name,
                &JsonText::of(&wish.criteria)?,
                &wish.alert.name(),
                &known.map(uuids),
                &now,
            ],
        )
        .await?;
    if changed == 0 {
        return Ok(None);
    }
    if wish.alert == Alert::Off {
        let quiet = "update saved_search_matches set state = 'quiet'
            where search_id = $1 and state = 'waiting'";
        transaction.execute(quiet, &[&id.uuid()]).await?;
    }
    let event = Event::SearchChanged(SearchFacts { search_id: id, user_id: owner });
    append(&transaction, owner, id, &event, request, now).await?;
    let found = find(&transaction, owner, id).await?;
    transaction.commit().await?;
    Ok(found)
}

/// Gives a search up, with all that matched it; `false` when its owner has no such search.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn delete(
    client: &mut Client,
    owner: UserId,
    id: SavedSearchId,
    request: RequestId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let sql = "delete from saved_searches where id = $1 and user_id = $2";
    if transaction.execute(sql, &[&id.uuid(), &owner.uuid()]).await? == 0 {
        return Ok(false);
    }
    let event = Event::SearchDeleted(SearchFacts { search_id: id, user_id: owner });
    append(&transaction, owner, id, &event, request, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What a search looks for.
pub type Sought = (SavedSearchId, Criteria);

/// What all searches after `after` look for, in the order of their ids, and the last id.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(
    client: &Client,
    after: Option<SavedSearchId>,
    limit: i64,
) -> Result<(Vec<Sought>, Option<SavedSearchId>), StorageError> {
    let after = after.map_or(Uuid::nil(), SavedSearchId::uuid);
    let query = "select id, criteria from saved_searches where id > $1 order by id limit $2";
    let rows = client.query(query, &[&after, &limit]).await?;
    let last = rows.last().map(|row| row.get::<_, Uuid>("id").into());
    Ok((sought(&rows), last))
}

/// What these searches look for; those that are gone are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn sought_by(
    client: &Client,
    ids: &[SavedSearchId],
) -> Result<Vec<Sought>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let query = "select id, criteria from saved_searches where id = any($1)";
    Ok(sought(&client.query(query, &[&ids]).await?))
}

/// Searches from their rows. One that this version cannot read keeps no other from being
/// matched.
fn sought(rows: &[Row]) -> Vec<Sought> {
    let one = |row: &Row| {
        let id = SavedSearchId::from(row.get::<_, Uuid>("id"));
        match types::json(row, "criteria") {
            Ok(criteria) => Some((id, criteria)),
            Err(error) => {
                tracing::error!(search = %id, %error, "saved search passed over");
                None
            }
        }
    };
    rows.iter().filter_map(one).collect()
}

fn to_search(row: &Row) -> Result<SavedSearch, StorageError> {
    Ok(SavedSearch {
        id: row.get::<_, Uuid>("id").into(),
        wish: Wish {
            name: row.get("name"),
            criteria: types::json(row, "criteria")?,
            alert: types::named(row.get("alert"))?,
        },
        matches: row.get("matches"),
        new: row.get("new"),
        created_at: row.get("created_at"),
        last_alert: row.get("last_alert"),
    })
}

fn uuids(ids: &[PropertyId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}
