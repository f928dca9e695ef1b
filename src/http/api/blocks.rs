//! What a landlord does with the calendar: nights kept back, stays that get another unit, and
//! all homes side by side.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::IntoParams;

use super::booking_forms::Booking;
use super::booking_sight::Sight;
use super::bookings::{seen, tell};
use super::calendar::{price, state_of};
use super::calendar_forms::{
    Block, Blocks, HomeCalendar, NewBlock, NewUnitNo, PriceRun, Run, TypeCalendar, UnitCalendar,
};
use super::properties::own;
use super::schema::List;
use crate::domain::block::{Command, Extent};
use crate::domain::calendar::{Nights, days_between, local_date};
use crate::domain::ids::{BlockId, BookingId, PropertyId};
use crate::domain::inventory::Slot;
use crate::domain::listing::Listing;
use crate::domain::stay;
use crate::domain::unit::Unit;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::calendar::{self as rows, Taken, TakenBy};
use crate::storage::properties;

/// The longest calendar of all homes, in days.
const GRID_MAX: i32 = 100;
/// Its length when nobody says how long, in days.
const GRID_DEFAULT: i32 = 30;

/// Which blocks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlocksQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which nights of all homes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GridQuery {
    /// The first night; today without it.
    #[serde(default, deserialize_with = "extract::text")]
    from: Option<Date>,
    /// The day after the last night, at most 100 days later; 30 without it.
    #[serde(default, deserialize_with = "extract::text")]
    to: Option<Date>,
    /// Homes in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Keep nights back. Each unit gets a block of its own; 409 where stays are in the way.
#[utoipa::path(post, path = "/api/v1/properties/{id}/blocks", tag = "calendar",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewBlock, responses((status = 201, body = Blocks)))]
pub async fn add(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    key: Key,
    Json(body): Json<NewBlock>,
) -> Result<Response, Problem> {
    own(&state, id, principal.user).await?;
    let nights = Nights::new(body.check_in, body.check_out)
        .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string()))?;
    let fingerprint = idempotency::fingerprint(&body);
    let NewBlock { unit_id, unit_no, units, reason, .. } = body;
    let extent = Extent { unit_id, unit_no, units };
    let command = Command::Block { by: principal.user, extent, nights, reason };
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &[id.uuid()]),
        fingerprint,
        command: stay::Command::Calendar(command),
    };
    let done = command::ask(&state, id, ask).await?;
    let data = done.blocks()?.iter().map(Block::of).collect();
    Ok(done.answer((StatusCode::CREATED, Json(Blocks { data }))))
}

/// See the nights that are kept back and not over.
#[utoipa::path(get, path = "/api/v1/properties/{id}/blocks", tag = "calendar",
    params(("id" = String, Path), BlocksQuery), responses((status = 200, body = List<Block>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    Query(query): Query<BlocksQuery>,
) -> Result<Json<List<Block>>, Problem> {
    const LIST: &str = "blocks of a property";
    let listing = own(&state, id, principal.user).await?;
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let after = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let (after, today) = (after.map(BlockId::from), listing.today(state.clock.now()));
    let client = state.pool.get().await?;
    let mut found = rows::blocks(&client, id, today, after, i64::from(limit) + 1).await?;
    let page = page::cut(LIST, &mut found, limit, |row| row.block.id.uuid());
    Ok(Json(List { data: found.iter().map(Block::of).collect(), page }))
}

/// Offer nights again that were kept back.
#[utoipa::path(delete, path = "/api/v1/blocks/{id}", tag = "calendar",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, description = "they are offered")))]
pub async fn remove(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BlockId>,
    key: Option<Key>,
) -> Result<Response, Problem> {
    let found = rows::block(&*state.pool.get().await?, id).await?;
    let (found, _) =
        found.filter(|(_, owner)| *owner == principal.user).ok_or_else(Problem::not_found)?;
    let command = Command::Unblock { by: principal.user, block_id: id };
    let ask = Ask {
        by: principal.user,
        id: key.map_or_else(
            || state.clock.id(),
            |key: Key| key.request_id(principal.user, &[id.uuid()]),
        ),
        fingerprint: idempotency::fingerprint(&()),
        command: stay::Command::Calendar(command),
    };
    let done = command::ask(&state, found.block.property_id, ask).await?;
    Ok(done.answer(StatusCode::NO_CONTENT))
}

/// Give a stay another unit of its type, which it keeps from then on. Stays to come make room
/// for it if they can.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/move", tag = "calendar",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewUnitNo, responses((status = 200, body = Booking)))]
pub async fn move_stay(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewUnitNo>,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, &principal).await?;
    if snapshot.landlord_id != principal.user {
        return Err(Problem::new(Slug::Forbidden, "only the landlord gives stays their unit"));
    }
    let command = Command::Move { by: principal.user, booking_id: id, unit_no: body.unit_no };
    let command = stay::Command::Calendar(command);
    let done = tell(&state, &principal, &snapshot, (&key, &[]), &body, command).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(&state, &principal));
    Ok(done.answer(Json(booking)))
}

/// See all units of one's own homes side by side; a page has so many homes.
#[utoipa::path(get, path = "/api/v1/me/calendar", tag = "calendar",
    params(GridQuery), responses((status = 200, body = List<HomeCalendar>)))]
pub async fn grid(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<GridQuery>,
) -> Result<Json<List<HomeCalendar>>, Problem> {
    const LIST: &str = "calendars of own homes";
    let now = state.clock.now();
    let from = query.from.unwrap_or_else(|| local_date(now, &TimeZone::UTC));
    let to = query.to.unwrap_or_else(|| from.saturating_add(GRID_DEFAULT.days()));
    if !(1..=GRID_MAX).contains(&days_between(from, to)) {
        return Err(Problem::invalid("/to", "invalid", "1 to 100 days after from"));
    }
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let after = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let after = after.map(PropertyId::from);
    let client = state.pool.get().await?;
    let mut homes =
        properties::of_owner(&client, principal.user, after, i64::from(limit) + 1).await?;
    let page = page::cut(LIST, &mut homes, limit, |listing| listing.id.uuid());
    let ids: Vec<_> = homes.iter().map(|listing| listing.id).collect();
    let slots = rows::slots(&client, &ids).await?;
    let mut taken: HashMap<i64, Vec<Taken>> = HashMap::new();
    for row in rows::taken(&client, &ids, from, to).await? {
        taken.entry(row.slot_id).or_default().push(row);
    }
    let home = |listing: &Listing| {
        let slots = slots.iter().filter(|(of, _)| *of == listing.id).map(|(_, slot)| *slot);
        let slots: Vec<Slot> = slots.collect();
        let types = listing.units.iter().map(|unit| TypeCalendar {
            unit_id: unit.id,
            name: unit.fields.name.clone(),
            prices: prices(listing, unit, from, to),
            units: slots
                .iter()
                .filter(|slot| slot.unit_id == unit.id)
                .map(|slot| UnitCalendar {
                    unit_no: slot.unit_no,
                    runs: taken.get(&slot.slot_id).into_iter().flatten().map(run).collect(),
                })
                .collect(),
        });
        HomeCalendar {
            property_id: listing.id,
            title: listing.fields.title.clone(),
            from,
            to,
            today: listing.today(now),
            types: types.collect(),
        }
    };
    Ok(Json(List { data: homes.iter().map(home).collect(), page }))
}

/// Nights of one price, joined to runs.
fn prices(listing: &Listing, unit: &Unit, from: Date, to: Date) -> Vec<PriceRun> {
    let mut runs: Vec<PriceRun> = Vec::new();
    for night in from.series(1.day()).take_while(|night| *night < to) {
        let Some(price) = price(listing, unit, night) else { continue };
        let next = night.saturating_add(1.day());
        match runs.last_mut() {
            Some(run) if run.price == price && run.to == night => run.to = next,
            _ => runs.push(PriceRun { from: night, to: next, price }),
        }
    }
    runs
}

fn run(taken: &Taken) -> Run {
    let mut run = Run {
        from: taken.nights.check_in(),
        to: taken.nights.check_out(),
        state: state_of(&taken.by).name(),
        pinned: taken.pinned,
        booking_id: None,
        status: None,
        guest: None,
        guests: None,
        block_id: None,
        reason: None,
    };
    match &taken.by {
        TakenBy::Stay { id, status, guest, guests } => {
            run.booking_id = Some(*id);
            run.status = Some(status.name());
            run.guest = Some(guest.clone());
            run.guests = Some(*guests);
        }
        TakenBy::Block { id, reason } => {
            run.block_id = Some(*id);
            run.reason = Some(reason.clone());
        }
    }
    run
}
