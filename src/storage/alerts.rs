//! What the alerts consumer finds, written together: matches of saved searches, news of
//! favourites, the events that tell of both, and how far the consumer has come.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use super::events::{self, EdgeEvent};
use super::favourites;
use super::pool::Pool;
use super::sqlstate::StorageError;
use crate::domain::calendar::Nights;
use crate::domain::event::{Actor, Event, NightsFreed, Position, PriceDrop, SearchMatch};
use crate::domain::favourite;
use crate::domain::ids::{PropertyId, SavedSearchId, UserId};
use crate::domain::money::Money;
use crate::domain::saved_search::{Fresh, ToldToday, told_at_once};

/// Where a consumer is and where it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Its name.
    pub consumer: &'static str,
    /// Where it believes to be.
    pub from: i64,
    /// Where it comes to.
    pub to: Position,
}

/// Searches that a home matches now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The home.
    pub property: PropertyId,
    /// The searches, each with whether nights that it asks for were freed just now: then it
    /// is news even of a home that matched when the search was saved.
    pub searches: Vec<(SavedSearchId, bool)>,
    /// The request that has changed it.
    pub causation: Uuid,
}

/// A home that somebody keeps an eye on, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The home.
    pub property: PropertyId,
    /// What it costs; none when it cannot be had.
    pub price: Option<Money>,
    /// For the nights that favourites are kept for: whether they are free. Others were not
    /// looked at.
    pub nights: Vec<(Nights, bool)>,
    /// The request that has changed it.
    pub causation: Uuid,
}

/// Writes what was found and moves the consumer, together, if `step` is given; `false`, and
/// nothing is written, when it is not where it believes. What is there already stays as it
/// is, so whatever is found twice is told once.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn store(
    pool: &Pool,
    step: Option<Step>,
    matched: &[Matched],
    looked: &[Looked],
    now: Timestamp,
) -> Result<bool, StorageError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    if let Some(Step { consumer, from, to }) = step
        && !events::advance(&transaction, consumer, from, to).await?
    {
        return Ok(false);
    }
    let mut told = matches(&transaction, matched, now).await?;
    told.extend(news(&transaction, looked, now).await?);
    events::append_edge_many(&transaction, &told, Actor::System, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Keeps matches, each once; the events that tell of those that are new.
async fn matches(
    transaction: &Transaction<'_>,
    matched: &[Matched],
    now: Timestamp,
) -> Result<Vec<EdgeEvent>, StorageError> {
    let (mut searches, mut homes, mut freed) = (Vec::new(), Vec::new(), Vec::new());
    for home in matched {
        for (search, is_freed) in &home.searches {
            searches.push(search.uuid());
            homes.push(home.property.uuid());
            freed.push(*is_freed);
        }
    }
    if searches.is_empty() {
        return Ok(Vec::new());
    }
    let rows = transaction
        .query(
            "with new as (
                 insert into saved_search_matches (search_id, property_id, matched_at, state)
                 select s.id, p.id, $3, case s.alert when 'off' then 'quiet' else 'waiting' end
                 from unnest($1::uuid[], $2::uuid[], $4::bool[]) m(search, home, freed)
                 join saved_searches s on s.id = m.search
                 join properties p on p.id = m.home
                 where p.status = 'live' and p.owner_id <> s.user_id
                 and (m.freed or not p.id = any(s.known))
                 on conflict do nothing
                 returning search_id, property_id)
             select new.search_id, new.property_id, s.user_id, s.name, s.alert = 'instant' as fast
             from new join saved_searches s on s.id = new.search_id
             order by s.created_at, s.id, new.property_id",
            &[&searches, &homes, &now, &freed],
        )
        .await?;
    let fast: Vec<Fresh> = rows.iter().filter(|row| row.get("fast")).map(fresh).collect();
    let told = told_at_once(&fast, &told_today(transaction, &fast, now).await?);
    mark(transaction, &told, now).await?;
    let causes: HashMap<_, _> =
        matched.iter().map(|home| (home.property, home.causation)).collect();
    let event = |row: &Row| {
        let new = fresh(row);
        let event = Event::SearchMatched(SearchMatch {
            search_id: new.search,
            user_id: new.user,
            property_id: new.property,
            name: row.get("name"),
            told: told.contains(&new),
        });
        let causation = causes.get(&new.property).copied().unwrap_or_default();
        EdgeEvent { key: new.search.uuid(), event, causation }
    };
    Ok(rows.iter().map(event).collect())
}

fn fresh(row: &Row) -> Fresh {
    let id = |column: &str| row.get::<_, Uuid>(column);
    Fresh {
        search: id("search_id").into(),
        user: id("user_id").into(),
        property: id("property_id").into(),
    }
}

/// What was told at once on a day.
struct Today {
    searches: HashMap<SavedSearchId, i64>,
    people: HashMap<UserId, i64>,
}

impl ToldToday for Today {
    fn of_search(&self, search: SavedSearchId) -> i64 {
        self.searches.get(&search).copied().unwrap_or_default()
    }

    fn of_person(&self, user: UserId) -> i64 {
        self.people.get(&user).copied().unwrap_or_default()
    }
}

async fn told_today(
    transaction: &Transaction<'_>,
    fresh: &[Fresh],
    now: Timestamp,
) -> Result<Today, StorageError> {
    let mut today = Today { searches: HashMap::new(), people: HashMap::new() };
    if fresh.is_empty() {
        return Ok(today);
    }
    let users: Vec<Uuid> = fresh.iter().map(|fresh| fresh.user.uuid()).collect();
    // Two streams are read at once: the second waits, and counts what the first has told.
    let lock = "select 1 from users where id = any($1) order by id for no key update";
    transaction.query(lock, &[&users]).await?;
    let (from, to) = day(now.to_zoned(TimeZone::UTC).date())?;
    let rows = transaction
        .query(
            "select s.id, s.user_id, count(*) from saved_searches s
             join saved_search_matches m on m.search_id = s.id
             where s.user_id = any($1) and m.state = 'instant'
             and m.told_at >= $2 and m.told_at < $3
             group by s.id, s.user_id",
            &[&users, &from, &to],
        )
        .await?;
    for row in rows {
        let count: i64 = row.get(2);
        today.searches.insert(row.get::<_, Uuid>(0).into(), count);
        *today.people.entry(row.get::<_, Uuid>(1).into()).or_default() += count;
    }
    Ok(today)
}

/// The first instant of a day in UTC, and that of the next.
fn day(date: Date) -> Result<(Timestamp, Timestamp), StorageError> {
    let begins = |date: Date| date.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    let next = date.saturating_add(1.day());
    Ok((
        begins(date).map_err(StorageError::malformed)?,
        begins(next).map_err(StorageError::malformed)?,
    ))
}

/// Marks matches as told at once.
async fn mark(
    transaction: &Transaction<'_>,
    told: &[Fresh],
    now: Timestamp,
) -> Result<(), StorageError> {
    if told.is_empty() {
        return Ok(());
    }
    let searches: Vec<Uuid> = told.iter().map(|told| told.search.uuid()).collect();
    let homes: Vec<Uuid> = told.iter().map(|told| told.property.uuid()).collect();
    transaction
        .execute(
            "update saved_search_matches m set state = 'instant', told_at = $3
             from unnest($1::uuid[], $2::uuid[]) t(search, home)
             where m.search_id = t.search and m.property_id = t.home",
            &[&searches, &homes, &now],
        )
        .await?;
    let sql = "update saved_searches set last_alert = $2 where id = any($1)";
    transaction.execute(sql, &[&searches, &now]).await?;
    Ok(())
}

/// Keeps what is watched of favourites; the events that tell what is new of them.
async fn news(
    transaction: &Transaction<'_>,
    looked: &[Looked],
    now: Timestamp,
) -> Result<Vec<EdgeEvent>, StorageError> {
    let mut told = Vec::new();
    for home in looked {
        let (property_id, causation) = (home.property, home.causation);
        for (user_id, watched) in favourites::locked_of(transaction, property_id).await? {
            let seen = |nights| home.nights.iter().find(|(of, _)| *of == nights);
            let free = watched.nights.and_then(seen).map(|(_, free)| *free);
            let (news, next) = favourite::look(watched, home.price, free, now);
            if next != watched {
                favourites::keep(transaction, user_id, property_id, &next).await?;
            }
            let drop = news.drop.map(|(old, new)| {
                Event::FavouritePriceDropped(PriceDrop { user_id, property_id, old, new })
            });
            let freed = news.freed.map(|nights| {
                Event::FavouriteNightsFreed(NightsFreed { user_id, property_id, nights })
            });
            let events = [drop, freed].into_iter().flatten();
            told.extend(events.map(|event| EdgeEvent { key: user_id.uuid(), event, causation }));
        }
    }
    Ok(told)
}
