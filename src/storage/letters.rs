//! Letters: written by the consumer of events with its cursor, taken and settled by the
//! mailer. A letter that is taken is its taker's until its lease ends, so two nodes do not
//! send the same one.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events::ADVANCE;
use super::pool::Pool;
use super::sqlstate::StorageError;
use crate::domain::event::Position;
use crate::domain::ids::{LetterId, UserId};
use crate::domain::letter::{Letter, Matter};

/// A letter that somebody has taken, to send it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its id.
    pub id: LetterId,
    /// The letter; why it cannot be read, for one that this version does not know.
    pub letter: Result<Letter, String>,
    /// When its event happened.
    pub written_at: Timestamp,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Until when it is its taker's; also what tells this taking from others.
    pub lease: Timestamp,
}

/// What has become of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It went out.
    Sent,
    /// It is to be tried again.
    Again {
        /// When.
        at: Timestamp,
        /// Why it did not go out.
        why: String,
        /// Whether this try counts: one that did not get as far as the letter does not.
        counts: bool,
    },
    /// It is given up.
    Failed(String),
    /// It is not to be sent.
    Suppressed(String),
}

/// Somebody who is written to, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Their language, as a BCP 47 tag.
    pub locale: String,
    /// Their IANA time zone.
    pub zone: String,
}

/// Stores letters and moves the consumer's cursor, together. `false`, and nothing is
/// stored, when the cursor is not where the caller believes. With each goes when its event
/// happened, and why it is not to be sent, if so.
///
/// # Errors
/// When the database refuses.
pub async fn store(
    pool: &Pool,
    consumer: &str,
    from: i64,
    to: Position,
    rows: &[New<'_>],
) -> Result<bool, StorageError> {
    let client = pool.get().await?;
    let columns = Columns::of(rows)?;
    let statement = format!(
        "with moved as ({ADVANCE} returning 1), stored as ({})
         select exists (select 1 from moved)",
        insert(5, "exists (select 1 from moved)")
    );
    let stream = i32::from(to.stream.0);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&consumer, &stream, &from, &to.seq];
    params.extend(columns.params());
    let row = client.query_one(&statement, &params).await?;
    Ok(row.get(0))
}

/// Stores letters and moves no cursor; those that are there stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn add(pool: &Pool, rows: &[New<'_>]) -> Result<(), StorageError> {
    if rows.is_empty() {
        return Ok(());
    }
    let client = pool.get().await?;
    client.execute(&insert(1, "true"), &Columns::of(rows)?.params()).await?;
    Ok(())
}

/// How many of these letters are there, in whatever state.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(pool: &Pool, rows: &[New<'_>]) -> Result<u64, StorageError> {
    let client = pool.get().await?;
    let ids: Vec<_> = rows.iter().map(|(row, ..)| row.id.uuid()).collect();
    let statement = "select count(*) from letters where id = any($1)";
    let count: i64 = client.query_one(statement, &[&ids]).await?.get(0);
    Ok(u64::try_from(count).unwrap_or_default())
}

/// A letter on its way into its table, when its event happened, and why it is not to be
/// sent, if so.
pub type New<'a> = (Letter, Timestamp, Option<&'a str>);

/// Letters, a list for each column.
struct Columns<'a> {
    ids: Vec<Uuid>,
    users: Vec<Uuid>,
    templates: Vec<String>,
    data: Vec<Value>,
    until: Vec<Option<Timestamp>>,
    times: Vec<Timestamp>,
    why: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(rows: &[New<'a>]) -> Result<Self, StorageError> {
        let (mut templates, mut data) = (Vec::new(), Vec::new());
        for (row, ..) in rows {
            let (template, content) = parts(&row.matter)?;
            templates.push(template);
            data.push(content);
        }
        Ok(Self {
            ids: rows.iter().map(|(row, ..)| row.id.uuid()).collect(),
            users: rows.iter().map(|(row, ..)| row.user_id.uuid()).collect(),
            templates,
            data,
            until: rows.iter().map(|(row, ..)| row.useful_until).collect(),
            times: rows.iter().map(|(_, at, _)| *at).collect(),
            why: rows.iter().map(|(.., why)| *why).collect(),
        })
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 7] {
        let (ids, users, until) = (&self.ids, &self.users, &self.until);
        [ids, users, &self.templates, &self.data, until, &self.times, &self.why]
    }
}

/// The insertion of [`Columns`], which begin with the parameter `first`, if `condition`
/// holds.
fn insert(first: usize, condition: &str) -> String {
    let [ids, users, templates, data, until, times, why] =
        std::array::from_fn(|place| first + place);
    format!(
        "insert into letters (id, user_id, template, data, useful_until, created_at, next_at,
             last_error, state)
         select l.id, l.user_id, l.template, l.data, l.until, l.at, l.at, l.why,
             case when l.why is null then 'queued' else 'suppressed' end
         from unnest(${ids}::uuid[], ${users}::uuid[], ${templates}::text[], ${data}::jsonb[],
             ${until}::timestamptz[], ${times}::timestamptz[], ${why}::text[])
             l(id, user_id, template, data, until, at, why)
         where {condition}
         on conflict do nothing"
    )
}

/// Takes letters that are due, the longest due first, until `lease`. Those that another has
/// taken are passed over, unless its lease has ended.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    client: &Client,
    now: Timestamp,
    lease: Timestamp,
    limit: i64,
) -> Result<Vec<Taken>, StorageError> {
    let rows = client
        .query(
            "with due as (select id from letters
                 where state in ('queued', 'sending') and next_at <= $1
                 order by next_at limit $3 for update skip locked)
             update letters l set state = 'sending', attempts = attempts + 1, next_at = $2
             from due where l.id = due.id
             returning l.id, l.user_id, l.template, l.data, l.useful_until, l.created_at,
                 l.attempts, l.next_at",
            &[&now, &lease, &limit],
        )
        .await?;
    Ok(rows.iter().map(taken).collect())
}

/// Writes down what has become of a try; `false` when the letter is somebody else's by now.
///
/// # Errors
/// When the database refuses.
pub async fn settle(
    client: &Client,
    taken: &Taken,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let (state, next_at, why, counts) = match settlement {
        Settlement::Sent => ("sent", now, None, true),
        Settlement::Again { at, why, counts } => ("queued", *at, Some(why), *counts),
        Settlement::Failed(why) => ("failed", now, Some(why), true),
        Settlement::Suppressed(why) => ("suppressed", now, Some(why), true),
    };
    let sent_at = (state == "sent").then_some(now);
    let settled = client
        .execute(
            "update letters set state = $3, next_at = $4, last_error = $5, sent_at = $6,
                 attempts = attempts - $7
             where id = $1 and state = 'sending' and next_at = $2",
            &[
                &taken.id.uuid(),
                &taken.lease,
                &state,
                &next_at,
                &why,
                &sent_at,
                &i32::from(!counts),
            ],
        )
        .await?;
    Ok(settled == 1)
}

/// Somebody who is written to; `None` when there is no such account.
///
/// # Errors
/// When the database cannot be read.
pub async fn recipient(client: &Client, user: UserId) -> Result<Option<Recipient>, StorageError> {
    let statement = "select email, name, locale, zone from users where id = $1";
    let row = client.query_opt(statement, &[&user.uuid()]).await?;
    Ok(row.map(|row| Recipient {
        email: row.get("email"),
        name: row.get("name"),
        locale: row.get("locale"),
        zone: row.get("zone"),
    }))
}

/// Whose a letter is and what it is about.
///
/// # Errors
/// When the database cannot be read.
pub async fn matter(
    client: &Client,
    id: LetterId,
) -> Result<Option<(UserId, Matter)>, StorageError> {
    let row = client
        .query_opt("select user_id, template, data from letters where id = $1", &[&id.uuid()])
        .await?;
    row.map(|row| Ok((UserId::from(row.get::<_, Uuid>("user_id")), to_matter(&row)?))).transpose()
}

fn parts(matter: &Matter) -> Result<(String, Value), StorageError> {
    match serde_json::to_value(matter).map_err(StorageError::malformed)? {
        Value::Object(mut fields) => match (fields.remove("template"), fields.remove("data")) {
            (Some(Value::String(template)), Some(data)) => Ok((template, data)),
            _ => Err(StorageError::malformed("letter has no template")),
        },
        _ => Err(StorageError::malformed("letter is no object")),
    }
}

fn to_matter(row: &Row) -> Result<Matter, StorageError> {
    let form = json!({
        "template": row.get::<_, &str>("template"),
        "data": row.get::<_, Value>("data"),
    });
    serde_json::from_value(form)
        .map_err(|error| StorageError::malformed(format!("letter: {error}")))
}

fn taken(row: &Row) -> Taken {
    let id = LetterId::from(row.get::<_, Uuid>("id"));
    let letter = to_matter(row).map(|matter| Letter {
        id,
        user_id: UserId::from(row.get::<_, Uuid>("user_id")),
        matter,
        useful_until: row.get("useful_until"),
    });
    Taken {
        id,
        letter: letter.map_err(|error| error.to_string()),
        written_at: row.get("created_at"),
        attempt: u32::try_from(row.get::<_, i32>("attempts")).unwrap_or_default(),
        lease: row.get("next_at"),
    }
}
