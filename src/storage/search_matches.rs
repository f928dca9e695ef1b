//! Homes that came to match saved searches, as the searches' owners look at them, and the
//! digests that tell of them. They are found by [`super::alerts`].

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::events::{self, EdgeEvent};
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event, SearchDigest};
use crate::domain::ids::{self, PropertyId, SavedSearchId, UserId};

/// Searches whose digests are made in one transaction.
const DIGESTS: i64 = 100;

/// A home that came to match a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The home.
    pub property: PropertyId,
    /// When it did.
    pub matched_at: Timestamp,
    /// Whether the search's owner has not seen it.
    pub new: bool,
}

/// The matches of a search before `before`, the latest first; those that can be found still.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_search(
    client: &Client,
    search: SavedSearchId,
    before: Option<(Timestamp, PropertyId)>,
    limit: i64,
) -> Result<Vec<Match>, StorageError> {
    let (at, id) = before.map_or((None, Uuid::nil()), |(at, id)| (Some(at), id.uuid()));
    let rows = client
        .query(
            "select m.property_id, m.matched_at, m.seen_at is null as new
             from saved_search_matches m join properties p on p.id = m.property_id
             where m.search_id = $1 and p.status = 'live'
             and ($2::timestamptz is null or (m.matched_at, m.property_id) < ($2, $3))
             order by m.matched_at desc, m.property_id desc limit $4",
            &[&search.uuid(), &at, &id, &limit],
        )
        .await?;
    let to_match = |row: &Row| Match {
        property: row.get::<_, Uuid>("property_id").into(),
        matched_at: row.get("matched_at"),
        new: row.get("new"),
    };
    Ok(rows.iter().map(to_match).collect())
}

/// Marks all matches of a search as seen. The first time counts.
///
/// # Errors
/// When the database refuses.
pub async fn seen(
    client: &Client,
    search: SavedSearchId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let sql = "update saved_search_matches set seen_at = $2
        where search_id = $1 and seen_at is null";
    Ok(client.execute(sql, &[&search.uuid(), &now]).await?)
}

/// Tells what waits for a digest: one event for each search, and no search twice on one day
/// (UTC). Homes that cannot be found any more are not told. Returns how many were told of.
///
/// # Errors
/// When the database refuses; what was told before stays told.
pub async fn digest(client: &mut Client, now: Timestamp) -> Result<u64, StorageError> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut told = 0;
    loop {
        let transaction = client.transaction().await?;
        let rows = transaction
            .query(
                "select id, user_id, name from saved_searches s
                 where (digest_on is null or digest_on < $1) and exists (
                     select from saved_search_matches m
                     where m.search_id = s.id and m.state = 'waiting')
                 order by id limit $2 for no key update skip locked",
                &[&today, &DIGESTS],
            )
            .await?;
        if rows.is_empty() {
            return Ok(told);
        }
        told += tell(&transaction, &rows, today, now).await?;
        transaction.commit().await?;
    }
}

/// Tells what waits of some searches.
async fn tell(
    transaction: &Transaction<'_>,
    searches: &[Row],
    today: Date,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let mut events = Vec::new();
    for search in searches {
        let id: Uuid = search.get("id");
        let rows = transaction
            .query(
                "update saved_search_matches m set
                     state = case when p.status = 'live' then 'digest' else 'quiet' end,
                     told_at = case when p.status = 'live' then $2::timestamptz end
                 from properties p
                 where m.search_id = $1 and m.state = 'waiting' and p.id = m.property_id
                 returning m.property_id, m.matched_at, m.state",
                &[&id, &now],
            )
            .await?;
        let homes = rows.iter().filter(|row| row.get::<_, &str>("state") == "digest");
        let latest = homes.clone().max_by_key(|row| row.get::<_, Timestamp>("matched_at"));
        let Some(latest) = latest else { continue };
        let event = Event::SearchDigested(SearchDigest {
            search_id: id.into(),
            user_id: UserId::from(search.get::<_, Uuid>("user_id")),
            name: search.get("name"),
            count: u32::try_from(homes.count()).unwrap_or(u32::MAX),
            property_id: latest.get::<_, Uuid>("property_id").into(),
        });
        let causation = ids::derived(id, &format!("digest/{today}"));
        events.push(EdgeEvent { key: id, event, causation });
    }
    let all: Vec<Uuid> = searches.iter().map(|search| search.get("id")).collect();
    let told: Vec<Uuid> = events.iter().map(|event| event.key).collect();
    transaction
        .execute(
            "update saved_searches set digest_on = $2,
                 last_alert = case when id = any($3) then $4 else last_alert end
             where id = any($1)",
            &[&all, &today, &told, &now],
        )
        .await?;
    events::append_edge_many(transaction, &events, Actor::System, now).await?;
    Ok(u64::try_from(told.len()).unwrap_or(u64::MAX))
}
