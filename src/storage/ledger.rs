//! The ledger, read. It is written by [`super::batch`] and never changed.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::sqlstate::StorageError;
use crate::domain::ids::BookingId;
use crate::domain::ledger::Posting;

/// What stands in an account, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: String,
    /// The currency, by its code.
    pub currency: String,
    /// The sum of its lines, in minor units: debits above zero, credits below.
    pub amount: i64,
    /// How many lines there are.
    pub lines: i64,
}

/// A posting as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub id: Uuid,
    /// What it is about.
    pub kind: String,
    /// What it follows from.
    pub source: Uuid,
    /// The posting that it takes back.
    pub reverses: Option<Uuid>,
    /// The currency of its lines.
    pub currency: String,
    /// Accounts, and what was added to each.
    pub lines: Vec<(String, i64)>,
    /// When.
    pub at: Timestamp,
}

/// What stands in every account, by currency and account. All amounts of a currency add up
/// to zero.
///
/// # Errors
/// When the database cannot be read.
pub async fn trial_balance(client: &Client) -> Result<Vec<Balance>, StorageError> {
    let rows = client
        .query(
            "select currency::text, account, sum(amount)::bigint, count(*) from ledger,
                 unnest(accounts, amounts) line(account, amount)
             group by currency, account order by currency, account",
            &[],
        )
        .await?;
    let balance = |row: &tokio_postgres::Row| Balance {
        currency: row.get(0),
        account: row.get(1),
        amount: row.get(2),
        lines: row.get(3),
    };
    Ok(rows.iter().map(balance).collect())
}

/// The postings of a booking, in the order of time.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_booking(client: &Client, booking: BookingId) -> Result<Vec<Entry>, StorageError> {
    let rows = client
        .query(
            "select id, kind, source, reverses, currency::text, accounts, amounts, at
             from ledger where booking_id = $1 order by at, kind, id",
            &[&booking.uuid()],
        )
        .await?;
    let entry = |row: &tokio_postgres::Row| Entry {
        id: row.get("id"),
        kind: row.get("kind"),
        source: row.get("source"),
        reverses: row.get("reverses"),
        currency: row.get("currency"),
        lines: row
            .get::<_, Vec<String>>("accounts")
            .into_iter()
            .zip(row.get::<_, Vec<i64>>("amounts"))
            .collect(),
        at: row.get("at"),
    };
    Ok(rows.iter().map(entry).collect())
}

/// A posting as the JSON form of its row.
pub(super) fn row_of(posting: &Posting) -> Value {
    let (accounts, amounts): (Vec<&str>, Vec<i64>) =
        posting.lines.iter().map(|(account, amount)| (account.name(), *amount)).unzip();
    json!({
        "property_id": posting.property.uuid(),
        "id": posting.id,
        "kind": posting.kind.name(),
        "source": posting.source,
        "booking_id": posting.booking.uuid(),
        "landlord_id": posting.landlord.uuid(),
        "tenant_id": posting.tenant.uuid(),
        "currency": posting.currency,
        "accounts": accounts,
        "amounts": amounts,
        "reverses": posting.reverses,
        "at": posting.at,
    })
}
