//! Prices of a property: what its landlord sets, and what a stay would cost.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::booking_forms::{NewBooking, Price};
use super::listing_change::{Asked, Change};
use super::pricing_forms::{NewPriceRule, NewPricing, NightPrices, PriceRules, Pricing};
use super::promos;
use super::properties::{Sight, own, visible};
use super::unit_forms::Cancellation;
use crate::domain::calendar::Nights;
use crate::domain::ids::{self, PriceRuleId, PropertyId, UnitId};
use crate::domain::offer;
use crate::domain::pricing::PricingEdit;
use crate::domain::property::{Command, Status};
use crate::domain::quote::{self, At, Offer, Quote};
use crate::domain::rules::Context;
use crate::http::auth::Principal;
use crate::http::command::Done;
use crate::http::extract::{Id, Json, Two};
use crate::http::idempotency::{self, Key};
use crate::http::precondition;
use crate::http::problem::Problem;
use crate::http::state::Shared;

/// Which stay somebody wants the price of.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// The unit type; without it, the property's only one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    unit_id: Option<UnitId>,
    /// The date of arrival, local to the property.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
    /// How many people come.
    #[schema(minimum = 1)]
    guests: u16,
    /// A promo code of the landlord's.
    #[serde(default)]
    #[schema(max_length = 100)]
    promo_code: Option<String>,
}

/// What a stay costs, promised for a quarter of an hour.
#[derive(Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteForm {
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// The unit type.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// The date of arrival.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
    /// How many people come.
    guests: u16,
    /// What it costs, line by line.
    price: Price,
    /// What calling off costs.
    cancellation: Cancellation,
    /// What nights are held at this price with.
    quote: String,
    /// Until when the price is promised.
    expires_at: Timestamp,
}

/// See what is set about prices. Rules, and nights with prices of their own, are shown to the
/// owner.
#[utoipa::path(get, path = "/api/v1/properties/{id}/pricing", tag = "pricing",
    params(("id" = String, Path)), responses((status = 200, body = Pricing)))]
pub async fn read(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
) -> Result<Response, Problem> {
    let (listing, sight) = visible(&state, id, viewer.as_deref()).await?;
    let headers = [
        (header::ETAG, precondition::etag(listing.version)),
        // The owner sees more of the same version.
        (header::VARY, axum::http::HeaderValue::from_static("authorization")),
    ];
    Ok((headers, Json(Pricing::of(&listing, sight == Sight::Whole))).into_response())
}

/// Set what holds for every stay, all at once. Rules and nights with prices of their own
/// stay as they are.
#[utoipa::path(put, path = "/api/v1/properties/{id}/pricing", tag = "pricing",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewPricing, responses((status = 200, body = Pricing)))]
pub async fn set(
    State(state): State<Shared>,
    asked: Asked,
    Json(body): Json<NewPricing>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    let edit = body.into_edit(change.old.fields.currency)?;
    price(change, fingerprint, edit, StatusCode::OK).await
}

/// Give nights a price of their own, or take it from them: what no rule changes any more.
#[utoipa::path(put, path = "/api/v1/properties/{id}/night-prices", tag = "pricing",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = NightPrices, responses((status = 200, body = Pricing)))]
pub async fn set_nights(
    State(state): State<Shared>,
    asked: Asked,
    Json(body): Json<NightPrices>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    let edit = body.into_edit(change.old.fields.currency)?;
    price(change, fingerprint, edit, StatusCode::OK).await
}

/// List the rules about prices, the one that speaks first in front.
#[utoipa::path(get, path = "/api/v1/properties/{id}/price-rules", tag = "pricing",
    params(("id" = String, Path)), responses((status = 200, body = PriceRules)))]
pub async fn rules(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
) -> Result<Response, Problem> {
    let listing = own(&state, id, principal.user).await?;
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    Ok((headers, Json(PriceRules::of(&listing))).into_response())
}

/// Add a rule about prices; at most 50.
#[utoipa::path(post, path = "/api/v1/properties/{id}/price-rules", tag = "pricing",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = String, Header)),
    request_body = NewPriceRule, responses((status = 201, body = Pricing)))]
pub async fn add_rule(
    State(state): State<Shared>,
    _required: Key,
    asked: Asked,
    Json(body): Json<NewPriceRule>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    // Derived from the request, so that a repeated one means the same rule.
    let rule_id = PriceRuleId::from(ids::derived(change.request.uuid(), "price-rule"));
    let rule = body.into_rule(rule_id, change.old.fields.currency)?;
    let edit = PricingEdit::AddRule(Box::new(rule));
    price(change, fingerprint, edit, StatusCode::CREATED).await
}

/// Take a rule about prices away.
#[utoipa::path(delete, path = "/api/v1/properties/{id}/price-rules/{rule_id}", tag = "pricing",
    params(("id" = String, Path), ("rule_id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Pricing)))]
pub async fn remove_rule(
    State(state): State<Shared>,
    Two(_id, rule_id): Two<PropertyId, PriceRuleId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&rule_id);
    price(change, fingerprint, PricingEdit::RemoveRule(rule_id), StatusCode::OK).await
}

async fn price(
    change: Change<'_>,
    fingerprint: [u8; 16],
    edit: PricingEdit,
    status: StatusCode,
) -> Result<Response, Problem> {
    let command = Command::Price { by: change.by, version: change.version, edit };
    answered(&change.make(fingerprint, command).await?, status)
}

/// Ask what a stay costs. The answer's `quote` holds the price for 15 minutes, whatever
/// becomes of the listing's; whether the nights are free is not looked at. Its owner may ask
/// before it is offered. Asking with a promo code uses none of it: that is done when nights are
/// held.
#[utoipa::path(post, path = "/api/v1/properties/{id}/quote", tag = "pricing",
    params(("id" = String, Path)),
    request_body = NewQuote, responses((status = 200, body = QuoteForm)))]
pub async fn quote(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
    Json(body): Json<NewQuote>,
) -> Result<Json<QuoteForm>, Problem> {
    let (mut listing, sight) = visible(&state, id, viewer.as_deref()).await?;
    // Whoever sees all of it may look how its prices work out before it is offered.
    if sight == Sight::Whole {
        listing.status = Status::Live;
    }
    let nights = Nights::new(body.check_in, body.check_out)
        .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string()))?;
    let now = state.clock.now();
    let request = state.clock.id::<ids::RequestId>().uuid();
    let context = Context { now, request, rules: &state.rules };
    let promo = match &body.promo_code {
        Some(code) => Some(promos::at_home(&state, id, code).await?),
        None => None,
    };
    let (unit_id, terms) =
        offer::terms(&listing, body.unit_id, nights, body.guests, promo.clone(), &context)?;
    if let Some(promo) = &promo {
        promos::check_left(&state, promo).await?;
    }
    let quote = Quote {
        property_id: id,
        unit_id,
        nights,
        guests: body.guests,
        promo,
        price: terms.price,
        policies_version: terms.policies_version,
        expires_at: now.saturating_add(quote::LIFE).unwrap_or(Timestamp::MAX),
    };
    let token = state.quotes.token(&quote);
    Ok(Json(QuoteForm {
        property_id: id,
        unit_id,
        check_in: body.check_in,
        check_out: body.check_out,
        guests: body.guests,
        price: Price::of(&quote.price, nights.count()),
        cancellation: terms.cancellation.into(),
        quote: token.ok_or_else(|| Problem::internal(&"quote without a token"))?,
        expires_at: quote.expires_at,
    }))
}

/// What nights are to be held at.
///
/// # Errors
/// `validation` when the quote is none of ours, or a promo code comes beside one;
/// `promo-refused` when there is no such code.
pub(super) async fn offered(state: &Shared, body: &NewBooking) -> Result<Option<Offer>, Problem> {
    let at = match (&body.quote, &body.promo_code) {
        (Some(_), Some(_)) => {
            let detail = "the quote has its promo code already";
            return Err(Problem::invalid("/promo_code", "beside-quote", detail));
        }
        (Some(token), None) => At::Quote(state.quotes.quote(token)?),
        (None, Some(code)) => At::Promo(promos::at_home(state, body.property_id, code).await?),
        (None, None) => return Ok(None),
    };
    Ok(Some(Offer::new(at)))
}

fn answered(done: &Done, status: StatusCode) -> Result<Response, Problem> {
    let listing = done.listing()?;
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    Ok(done.answer((status, headers, Json(Pricing::of(listing, true)))))
}
