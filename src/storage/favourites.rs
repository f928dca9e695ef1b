//! Favourites: kept and given up by their owners. Their news are found by [`super::alerts`].

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Client, GenericClient, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use crate::domain::calendar::Nights;
use crate::domain::favourite::{FAVOURITES_MAX, Watched};
use crate::domain::ids::{PropertyId, UserId};
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;

/// A favourite as its owner sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Favourite {
    /// The home.
    pub property: PropertyId,
    /// What it cost when it was kept.
    pub kept_price: Option<Money>,
    /// What is watched of it.
    pub watched: Watched,
    /// When it was kept.
    pub created_at: Timestamp,
}

const FAVOURITE: &str = "property_id, kept_minor, kept_currency, told_minor, currency, check_in,
    check_out, free, freed_at, created_at";

/// Keeps a home, or keeps it for other nights; what was told of the price stays. `watched`
/// is what is known of the home now.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn put(
    client: &mut Client,
    owner: UserId,
    property: PropertyId,
    watched: &Watched,
    now: Timestamp,
) -> Result<Result<Favourite, Refusal>, StorageError> {
    let transaction = client.transaction().await?;
    // Two at once: the second waits, and counts what the first has made.
    let lock = "select 1 from users where id = $1 for no key update";
    transaction.query(lock, &[&owner.uuid()]).await?;
    let count = "select count(*) from favourites where user_id = $1 and property_id <> $2";
    let others: i64 =
        transaction.query_one(count, &[&owner.uuid(), &property.uuid()]).await?.get(0);
    if others >= FAVOURITES_MAX {
        let detail = "500 favourites at a time: give one up first";
        return Ok(Err(Refusal::invalid_field("", "too-many", detail)));
    }
    let (minor, currency) = columns(watched.price);
    let (check_in, check_out) = dates(watched.nights);
    let statement = format!(
        "insert into favourites as f (user_id, property_id, kept_minor, kept_currency, told_minor,
             currency, check_in, check_out, free, created_at)
         values ($1, $2, $3, $4, $3, $4, $5, $6, $7, $8)
         on conflict (user_id, property_id) do update set
             check_in = excluded.check_in, check_out = excluded.check_out, free = excluded.free,
             freed_at = case when (f.check_in, f.check_out)
                 is not distinct from (excluded.check_in, excluded.check_out)
                 then f.freed_at end
         returning {FAVOURITE}"
    );
    let row = transaction
        .query_one(
            &statement,
            &[
                &owner.uuid(),
                &property.uuid(),
                &minor,
                &currency,
                &check_in,
                &check_out,
                &watched.free,
                &now,
            ],
        )
        .await?;
    transaction.commit().await?;
    to_favourite(&row).map(Ok)
}

/// Gives a home up; `false` when it was no favourite.
///
/// # Errors
/// When the database refuses.
pub async fn delete(
    client: &Client,
    owner: UserId,
    property: PropertyId,
) -> Result<bool, StorageError> {
    let sql = "delete from favourites where user_id = $1 and property_id = $2";
    Ok(client.execute(sql, &[&owner.uuid(), &property.uuid()]).await? == 1)
}

/// Somebody's favourites before `before`, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(
    client: &Client,
    owner: UserId,
    before: Option<(Timestamp, PropertyId)>,
    limit: i64,
) -> Result<Vec<Favourite>, StorageError> {
    let (at, id) = before.map_or((None, Uuid::nil()), |(at, id)| (Some(at), id.uuid()));
    let query = format!(
        "select {FAVOURITE} from favourites where user_id = $1
         and ($2::timestamptz is null or (created_at, property_id) < ($2, $3))
         order by created_at desc, property_id desc limit $4"
    );
    let rows = client.query(&query, &[&owner.uuid(), &at, &id, &limit]).await?;
    rows.iter().map(to_favourite).collect()
}

/// Which of these homes anybody keeps; and of these, which for nights.
///
/// # Errors
/// When the database cannot be read.
pub async fn watched_among(
    client: &Client,
    properties: &[PropertyId],
) -> Result<Vec<(PropertyId, bool)>, StorageError> {
    let ids: Vec<Uuid> = properties.iter().map(|id| id.uuid()).collect();
    let query = "select property_id, bool_or(check_in is not null) as dated from favourites
        where property_id = any($1) group by property_id";
    let rows = client.query(query, &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>(0).into(), row.get(1))).collect())
}

/// The nights that anybody keeps a home for.
///
/// # Errors
/// When the database cannot be read.
pub async fn nights_of(
    client: &Client,
    property: PropertyId,
) -> Result<HashSet<Nights>, StorageError> {
    let query = "select distinct check_in, check_out from favourites
        where property_id = $1 and check_in is not null";
    let rows = client.query(query, &[&property.uuid()]).await?;
    let nights = |row: &Row| Nights::new(row.get(0), row.get(1)).map_err(StorageError::malformed);
    rows.iter().map(nights).collect()
}

/// Locks the favourites of a home whose owners do not offer it themselves, for what is to be
/// told of them.
pub(super) async fn locked_of(
    client: &impl GenericClient,
    property: PropertyId,
) -> Result<Vec<(UserId, Watched)>, StorageError> {
    let query = format!(
        "select user_id, {FAVOURITE} from favourites f where property_id = $1 and not exists (
             select from properties p where p.id = f.property_id and p.owner_id = f.user_id)
         order by user_id for update"
    );
    let rows = client.query(&query, &[&property.uuid()]).await?;
    let one = |row: &Row| {
        let user = UserId::from(row.get::<_, Uuid>("user_id"));
        Ok((user, to_favourite(row)?.watched))
    };
    rows.iter().map(one).collect()
}

/// Keeps what is watched of a favourite from now on.
pub(super) async fn keep(
    client: &impl GenericClient,
    owner: UserId,
    property: PropertyId,
    watched: &Watched,
) -> Result<(), StorageError> {
    let (minor, currency) = columns(watched.price);
    let sql = "update favourites set told_minor = $3, currency = $4, free = $5, freed_at = $6
        where user_id = $1 and property_id = $2";
    let (free, freed) = (&watched.free, &watched.freed_at);
    client.execute(sql, &[&owner.uuid(), &property.uuid(), &minor, &currency, free, freed]).await?;
    Ok(())
}

fn columns(price: Option<Money>) -> (Option<i64>, Option<String>) {
    (price.map(|price| price.amount), price.map(|price| price.currency.code().to_owned()))
}

fn dates(nights: Option<Nights>) -> (Option<Date>, Option<Date>) {
    (nights.map(|nights| nights.check_in()), nights.map(|nights| nights.check_out()))
}

fn money(row: &Row, minor: &str, currency: &str) -> Result<Option<Money>, StorageError> {
    let (minor, currency): (Option<i64>, Option<&str>) = (row.get(minor), row.get(currency));
    let Some((minor, currency)) = minor.zip(currency) else { return Ok(None) };
    Ok(Some(Money::new(minor, currency.parse().map_err(StorageError::malformed)?)))
}

fn to_favourite(row: &Row) -> Result<Favourite, StorageError> {
    let (from, to): (Option<Date>, Option<Date>) = (row.get("check_in"), row.get("check_out"));
    let nights = from.zip(to).map(|(from, to)| Nights::new(from, to)).transpose();
    Ok(Favourite {
        property: row.get::<_, Uuid>("property_id").into(),
        kept_price: money(row, "kept_minor", "kept_currency")?,
        watched: Watched {
            price: money(row, "told_minor", "currency")?,
            nights: nights.map_err(StorageError::malformed)?,
            free: row.get("free"),
            freed_at: row.get("freed_at"),
        },
        created_at: row.get("created_at"),
    })
}
