//! Promo codes: what landlords take off for those who know a word.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::schema::{List, MoneyForm};
use crate::domain::gate;
use crate::domain::ids::{self, PromoId, PropertyId, UserId};
use crate::domain::money::Money;
use crate::domain::promo::{self, Off, PromoTerms};
use crate::http::auth::Principal;
use crate::http::command;

use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::slots;
use crate::http::state::Shared;
use crate::storage::promos::{self, Added};

/// Whether a code can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromoStatus {
    /// As its dates and uses say.
    Active,
    /// Its landlord has ended it.
    Ended,
}

/// Which codes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PromosQuery {
    /// Only those that can be used, or that were ended.
    #[param(inline)]
    status: Option<PromoStatus>,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// What a code is good for: `off_bp` or `off`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPromoCode {
    /// The word; case does not count.
    #[schema(min_length = 3, max_length = 20, pattern = "^[A-Za-z0-9-]+$")]
    code: String,
    /// What comes off nights and guests, in hundredths of a percent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_000)]
    off_bp: Option<u16>,
    /// What comes off, at homes with prices in its currency; never more than nights and guests
    /// cost.
    #[serde(default)]
    #[schema(value_type = Option<MoneyForm>)]
    off: Option<Money>,
    /// The first day on which it can be used, by the home's clocks.
    #[serde(default)]
    valid_from: Option<Date>,
    /// The last day.
    #[serde(default)]
    valid_until: Option<Date>,
    /// The homes; without any, all of the landlord's.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    property_ids: Vec<PropertyId>,
    /// The shortest stay, in nights.
    #[serde(default)]
    #[schema(maximum = 730)]
    min_nights: u16,
    /// How many bookings it is good for; without it, any number.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_000)]
    max_uses: Option<i32>,
}

/// A promo code.
#[derive(Serialize, ToSchema)]
pub struct PromoCode {
    /// Its id.
    #[schema(value_type = String)]
    id: PromoId,
    /// Whether it can be used.
    status: PromoStatus,
    /// The word, in capitals.
    code: String,
    /// What comes off nights and guests, in hundredths of a percent; or `off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_bp: Option<u16>,
    /// What comes off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MoneyForm>)]
    off: Option<Money>,
    /// The first day on which it can be used, by the home's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<Date>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Date>,
    /// The homes; without any, all of the landlord's.
    #[schema(value_type = Vec<String>)]
    property_ids: Vec<PropertyId>,
    /// The shortest stay, in nights.
    min_nights: u16,
    /// How many bookings it is good for; without it, any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_uses: Option<i32>,
    /// The uses that stays have; only where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<i64>,
    /// The uses that are left; only where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses_left: Option<i64>,
    /// When it was made.
    created_at: Timestamp,
    /// When its landlord ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

/// Make a promo code. At most 200 are good at a time, and no two with the same word.
#[utoipa::path(post, path = "/api/v1/promo-codes", tag = "pricing",
    params(("Idempotency-Key" = String, Header)),
    request_body = NewPromoCode, responses((status = 201, body = PromoCode)))]
pub async fn create(
    State(state): State<Shared>,
    principal: Principal,
    key: Key,
    Json(body): Json<NewPromoCode>,
) -> Result<Response, Problem> {
    let request = key.request_id(principal.user, &[]);
    command::note(request);
    // Derived from the request, so that a repeated one means the same code.
    let id = PromoId::from(ids::derived(request.uuid(), "promo-code"));
    let terms = body.into_terms(id, principal.user)?;
    terms.check()?;
    let mut client = state.pool.get().await?;
    let added = promos::add(&mut client, &terms, request, state.clock.now()).await?;
    let (created_at, replayed) = match added {
        Added::Fresh(at) => (at, false),
        Added::Before(at) => (at, true),
        Added::Refused(refusal) => return Err(refusal.into()),
    };
    let code = PromoCode::of(promos::PromoCode { terms, uses: 0, created_at });
    Ok(idempotency::marked((StatusCode::CREATED, Json(code)), replayed))
}

/// List one's own, the newest first, with the uses that are left.
#[utoipa::path(get, path = "/api/v1/promo-codes", tag = "pricing",
    params(PromosQuery), responses((status = 200, body = List<PromoCode>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<PromosQuery>,
) -> Result<Json<List<PromoCode>>, Problem> {
    const LIST: &str = "own promo codes";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let before = before.map(PromoId::from);
    let ended = query.status.map(|status| status == PromoStatus::Ended);
    let (client, rows) = (state.pool.get().await?, i64::from(limit) + 1);
    let mut rows = promos::of_owner(&client, principal.user, ended, before, rows).await?;
    let page = page::cut(LIST, &mut rows, limit, |code| code.terms.id.uuid());
    Ok(Json(List { data: rows.into_iter().map(PromoCode::of).collect(), page }))
}

/// End one: nobody can use it from now on. Stays and quotes that have it keep their price, and
/// one that has ended stays as it is.
#[utoipa::path(delete, path = "/api/v1/promo-codes/{id}", tag = "pricing",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = PromoCode)))]
pub async fn end(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PromoId>,
    key: Option<Key>,
) -> Result<Json<PromoCode>, Problem> {
    let of_key = |key: Key| key.request_id(principal.user, &[id.uuid()]);
    let request = key.map_or_else(|| state.clock.id(), of_key);
    command::note(request);
    let (mut client, now) = (state.pool.get().await?, state.clock.now());
    let ended = promos::end(&mut client, principal.user, id, request, now).await?;
    Ok(Json(PromoCode::of(ended.ok_or_else(Problem::not_found)?)))
}

/// What a word is good for at a home, as somebody typed it.
///
/// # Errors
/// `promo-refused` when the landlord has never had such a code. Whether it can be used is the
/// home's to say.
pub(super) async fn at_home(
    state: &Shared,
    property: PropertyId,
    code: &str,
) -> Result<PromoTerms, Problem> {
    let client = state.pool.get().await?;
    let found = promos::at_home(&client, property, &promo::normal(code)).await?;
    Ok(found.ok_or_else(promo::unknown)?)
}

/// The free places among the uses of a code, in any order; none where they are not counted.
pub(super) async fn free_uses(
    state: &Shared,
    promo: Option<&PromoTerms>,
) -> Result<Vec<i32>, Problem> {
    let uses = promo.and_then(|promo| Some((promo.id, promo.max_uses?)));
    let Some((id, most)) = uses else { return Ok(Vec::new()) };
    Ok(slots::free(&state.pool, gate::uses_of(id), most.unsigned_abs()).await?)
}

/// Checks that a use of a code is left at the moment.
///
/// # Errors
/// `promo-refused` when none is.
pub(super) async fn check_left(state: &Shared, promo: &PromoTerms) -> Result<(), Problem> {
    let is_counted = promo.max_uses.is_some();
    if is_counted && free_uses(state, Some(promo)).await?.is_empty() {
        return Err(promo::used_up().into());
    }
    Ok(())
}

impl NewPromoCode {
    fn into_terms(self, id: PromoId, owner: UserId) -> Result<PromoTerms, Problem> {
        let off = match (self.off_bp, self.off) {
            (Some(off), None) => Off::Percent(off),
            (None, Some(off)) => Off::Flat(off),
            _ => return Err(Problem::invalid("/off_bp", "invalid", "off_bp or off, not both")),
        };
        Ok(PromoTerms {
            id,
            owner,
            code: promo::normal(&self.code),
            off,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            properties: self.property_ids,
            min_nights: self.min_nights,
            max_uses: self.max_uses,
            ended_at: None,
        })
    }
}

impl PromoCode {
    fn of(code: promos::PromoCode) -> Self {
        let promos::PromoCode { terms, uses, created_at } = code;
        let (off_bp, off) = match terms.off {
            Off::Percent(off) => (Some(off), None),
            Off::Flat(off) => (None, Some(off)),
        };
        Self {
            id: terms.id,
            status: terms.ended_at.map_or(PromoStatus::Active, |_| PromoStatus::Ended),
            code: terms.code,
            off_bp,
            off,
            valid_from: terms.valid_from,
            valid_until: terms.valid_until,
            property_ids: terms.properties,
            min_nights: terms.min_nights,
            max_uses: terms.max_uses,
            uses: terms.max_uses.map(|_| uses),
            uses_left: terms.max_uses.map(|most| i64::from(most) - uses),
            created_at,
            ended_at: terms.ended_at,
        }
    }
}
