//! Promo codes. They are made and ended here; their uses are gates, which [`super::batch`]
//! writes with the bookings that have them.

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use super::types;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{PromoId, PropertyId, RequestId, UserId};
use crate::domain::promo::{CODES_MAX, Off, PromoTerms};
use crate::domain::refusal::Refusal;

/// Every column of a code.
const CODE: &str = "c.id, c.owner_id, c.code, c.off_bp, c.off_minor, c.currency, c.valid_from,
    c.valid_until, c.property_ids, c.min_nights, c.max_uses, c.created_at, c.ended_at";

/// A promo code as its landlord sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromoCode {
    /// What it is good for.
    pub terms: PromoTerms,
    /// The uses that stays have now; always none where they are not counted.
    pub uses: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What came of making one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It was made, at this instant.
    Fresh(Timestamp),
    /// The same request made it before.
    Before(Timestamp),
    /// It was not made.
    Refused(Refusal),
}

/// Makes a code, whose id derives from `request`. Its terms have been checked.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn add(
    client: &mut Client,
    terms: &PromoTerms,
    request: RequestId,
    now: Timestamp,
) -> Result<Added, StorageError> {
    let (id, owner) = (terms.id.uuid(), terms.owner.uuid());
    let transaction = client.transaction().await?;
    // Two at once: the second waits, and sees what the first has made.
    transaction.query("select 1 from users where id = $1 for no key update", &[&owner]).await?;
    if let Some(made) = find(&transaction, terms.id).await? {
        // All but its end is as it was made.
        let same = PromoTerms { ended_at: None, ..made.terms } == *terms;
        let before = Added::Before(made.created_at);
        return Ok(if same { before } else { Added::Refused(Refusal::KeyReused) });
    }
    if let Some(refusal) = refused(&transaction, terms).await? {
        return Ok(Added::Refused(refusal));
    }
    let (percent, flat) = match terms.off {
        Off::Percent(off) => (Some(i32::from(off)), None),
        Off::Flat(off) => (None, Some(off)),
    };
    let homes: Vec<Uuid> = terms.properties.iter().map(|id| id.uuid()).collect();
    transaction
        .execute(
            "insert into promo_codes (id, owner_id, code, off_bp, off_minor, currency, valid_from,
                 valid_until, property_ids, min_nights, max_uses, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &id,
                &owner,
                &terms.code,
                &percent,
                &flat.map(|off| off.amount),
                &flat.map(|off| off.currency.code().to_owned()),
                &terms.valid_from,
                &terms.valid_until,
                &homes,
                &i32::from(terms.min_nights),
                &terms.max_uses,
                &now,
            ],
        )
        .await?;
    let (promo_id, owner_id, code) = (terms.id, terms.owner, terms.code.clone());
    let event = Event::PromoCodeCreated { promo_id, owner_id, code };
    let (actor, cause) = (Actor::User(owner_id), request.uuid());
    events::append_edge(&transaction, id, &event, actor, cause, now).await?;
    transaction.commit().await?;
    Ok(Added::Fresh(now))
}

/// What else of the landlord's stands in the way of a new code.
async fn refused(
    client: &impl GenericClient,
    terms: &PromoTerms,
) -> Result<Option<Refusal>, StorageError> {
    let homes: Vec<Uuid> = terms.properties.iter().map(|id| id.uuid()).collect();
    let row = client
        .query_one(
            "select count(*) as codes, coalesce(bool_or(code = $2), false) as taken,
                 exists (select from unnest($3::uuid[]) home where not exists
                     (select from properties p where p.id = home and p.owner_id = $1)) as foreign
             from promo_codes where owner_id = $1 and ended_at is null",
            &[&terms.owner.uuid(), &terms.code, &homes],
        )
        .await?;
    let refusal = |pointer, word, detail| Some(Refusal::invalid_field(pointer, word, detail));
    Ok(if row.get("foreign") {
        refusal("/property_ids", "unknown", "only homes of your own")
    } else if row.get("taken") {
        refusal("/code", "taken", "you have such a code: end it first")
    } else if row.get::<_, i64>("codes") >= CODES_MAX {
        refusal("/code", "too-many", "200 codes at a time: end one first")
    } else {
        None
    })
}

/// Ends a code; `None` when its owner has no such code. One that has ended stays as it is.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn end(
    client: &mut Client,
    owner: UserId,
    id: PromoId,
    request: RequestId,
    now: Timestamp,
) -> Result<Option<PromoCode>, StorageError> {
    let transaction = client.transaction().await?;
    let sql = "update promo_codes set ended_at = greatest($3, created_at)
        where id = $1 and owner_id = $2 and ended_at is null";
    let ended = transaction.execute(sql, &[&id.uuid(), &owner.uuid(), &now]).await?;
    let found = find(&transaction, id).await?.filter(|found| found.terms.owner == owner);
    if let Some(PromoCode { terms, .. }) = found.as_ref().filter(|_| ended == 1) {
        let event =
            Event::PromoCodeEnded { promo_id: id, owner_id: owner, code: terms.code.clone() };
        let (actor, cause) = (Actor::User(owner), request.uuid());
        events::append_edge(&transaction, id.uuid(), &event, actor, cause, now).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

/// A code by its id, also one that has ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    client: &impl GenericClient,
    id: PromoId,
) -> Result<Option<PromoCode>, StorageError> {
    let query = format!("select {CODE}, {USES} as uses from promo_codes c where c.id = $1");
    let row = client.query_opt(&query, &[&id.uuid()]).await?;
    row.as_ref().map(to_code).transpose()
}

/// The places that stays have among the uses of a code.
const USES: &str = "(select count(*) from gates g where g.scope = c.id and g.kind = 'promo')";

/// Codes of a landlord made before `before`, the newest first; only those that are good still,
/// or have ended, if that is asked for.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_owner(
    client: &Client,
    owner: UserId,
    ended: Option<bool>,
    before: Option<PromoId>,
    limit: i64,
) -> Result<Vec<PromoCode>, StorageError> {
    let query = format!(
        "select {CODE}, {USES} as uses from promo_codes c
         where c.owner_id = $1 and (c.ended_at is not null) = coalesce($2, c.ended_at is not null)
         and ($3::uuid is null or (c.created_at, c.id) <
             (select b.created_at, b.id from promo_codes b where b.id = $3))
         order by c.created_at desc, c.id desc limit $4"
    );
    let before = before.map(PromoId::uuid);
    let rows = client.query(&query, &[&owner.uuid(), &ended, &before, &limit]).await?;
    rows.iter().map(to_code).collect()
}

/// What a word is good for at a home: the code of its landlord that is good still, else the
/// one that was made last.
///
/// # Errors
/// When the database cannot be read.
pub async fn at_home(
    client: &Client,
    property: PropertyId,
    code: &str,
) -> Result<Option<PromoTerms>, StorageError> {
    let query = format!(
        "select {CODE}, 0::int8 as uses from properties p
         join promo_codes c on c.owner_id = p.owner_id where p.id = $1 and c.code = $2
         order by c.ended_at is null desc, c.created_at desc limit 1"
    );
    let row = client.query_opt(&query, &[&property.uuid(), &code]).await?;
    row.as_ref().map(|row| to_code(row).map(|code| code.terms)).transpose()
}

fn to_code(row: &Row) -> Result<PromoCode, StorageError> {
    let off = match row.get::<_, Option<i32>>("off_bp") {
        Some(off) => Off::Percent(u16::try_from(off).map_err(StorageError::malformed)?),
        None => Off::Flat(types::money(row, "off_minor")?),
    };
    let homes: Vec<Uuid> = row.get("property_ids");
    Ok(PromoCode {
        terms: PromoTerms {
            id: PromoId::from(row.get::<_, Uuid>("id")),
            owner: UserId::from(row.get::<_, Uuid>("owner_id")),
            code: row.get("code"),
            off,
            valid_from: row.get("valid_from"),
            valid_until: row.get("valid_until"),
            properties: homes.into_iter().map(PropertyId::from).collect(),
            min_nights: types::small(row, "min_nights")?,
            max_uses: row.get("max_uses"),
            ended_at: row.get("ended_at"),
        },
        uses: row.get("uses"),
        created_at: row.get("created_at"),
    })
}
