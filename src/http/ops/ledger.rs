//! The ledger, and what the auditor found.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::ids::BookingId;
use crate::http::extract::{Json, Query};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::audits::{self, Audit};
use crate::storage::ledger::{self, Balance, Entry};

/// Audits that are shown.
const AUDITS: i64 = 20;

/// What stands in every account.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBalance {
    /// Whether every currency adds up to zero.
    balanced: bool,
    /// One account a row, in the order of currencies and names.
    data: Vec<BalanceView>,
}

/// What stands in an account, in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceView {
    /// The currency.
    currency: String,
    /// The account.
    account: String,
    /// Debits less credits, in minor units.
    amount: i64,
    /// How many lines there are.
    lines: i64,
}

/// What does the ledger say?
#[utoipa::path(get, path = "/ops/v1/ledger/trial-balance", tag = "ledger",
    responses((status = 200, body = TrialBalance)))]
pub async fn trial_balance(State(state): State<Shared>) -> Result<Json<TrialBalance>, Problem> {
    let found = ledger::trial_balance(&*state.pool.get().await?).await?;
    let rest = |currency: &str| -> i128 {
        let rows = found.iter().filter(|row| row.currency == currency);
        rows.map(|row| i128::from(row.amount)).sum()
    };
    let balanced = found.iter().all(|row| rest(&row.currency) == 0);
    let view = |Balance { account, currency, amount, lines }| BalanceView {
        currency,
        account,
        amount,
        lines,
    };
    Ok(Json(TrialBalance { balanced, data: found.into_iter().map(view).collect() }))
}

/// Whose postings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PostingsQuery {
    /// Of this booking.
    #[param(value_type = String)]
    booking: BookingId,
}

/// The postings of a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostingList {
    /// In the order of time.
    data: Vec<PostingView>,
}

/// A movement of money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
pub struct PostingView {
    /// Its key, made of the kind and the source.
    id: Uuid,
    /// What it is about, such as `payment_received`.
    kind: String,
    /// What it follows from: a payment, a refund, a booking or another posting.
    source: Uuid,
    /// The posting that it takes back.
    #[schema(required = true)]
    reverses: Option<Uuid>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The currency of its lines.
    currency: String,
    /// The accounts that it moves money between; the amounts add up to zero.
    lines: Vec<PostingLine>,
}

/// A line of a posting.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostingLine {
    /// The account.
    account: String,
    /// What is added to it, in minor units: debits above zero, credits below.
    amount: i64,
}

/// Where did the money of a booking go?
#[utoipa::path(get, path = "/ops/v1/ledger/postings", tag = "ledger", params(PostingsQuery),
    responses((status = 200, body = PostingList)))]
pub async fn postings(
    State(state): State<Shared>,
    Query(query): Query<PostingsQuery>,
) -> Result<Json<PostingList>, Problem> {
    let found = ledger::of_booking(&*state.pool.get().await?, query.booking).await?;
    let line = |(account, amount)| PostingLine { account, amount };
    let view = |entry: Entry| PostingView {
        id: entry.id,
        kind: entry.kind,
        source: entry.source,
        reverses: entry.reverses,
        at: entry.at,
        currency: entry.currency,
        lines: entry.lines.into_iter().map(line).collect(),
    };
    Ok(Json(PostingList { data: found.into_iter().map(view).collect() }))
}

/// What the auditor did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditList {
    /// The last audits, the newest first.
    data: Vec<AuditView>,
}

/// An audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditView {
    /// Whether everything was looked at, and not only what had changed.
    everything: bool,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// Up to where: the sum of the positions in all streams.
    checked_to: i64,
    /// Events gone through.
    events: i64,
    /// Bookings looked at, of what had changed.
    bookings: i64,
    /// What does not hold: `invariant`, `what`, `count` and the first `keys`.
    violations: Value,
}

/// What did the auditor find?
#[utoipa::path(get, path = "/ops/v1/ledger/audits", tag = "ledger",
    responses((status = 200, body = AuditList)))]
pub async fn audits(State(state): State<Shared>) -> Result<Json<AuditList>, Problem> {
    let found = audits::last(&*state.pool.get().await?, AUDITS).await?;
    let view = |audit: Audit| AuditView {
        everything: audit.full_pass,
        started_at: audit.started_at,
        ended_at: audit.ended_at,
        checked_to: audit.position,
        events: audit.events,
        bookings: audit.bookings,
        violations: audit.violations,
    };
    Ok(Json(AuditList { data: found.into_iter().map(view).collect() }))
}
