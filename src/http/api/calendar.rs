//! Calendars: which nights are free, whether a stay may be booked, and which stays a landlord
//! takes.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::calendar_forms::{Availability, Calendar, NewStayRules, Night, StayRules, UnitNight};
use super::listing_change::Asked;
use super::properties::{Sight, visible};
use crate::domain::alternatives;
use crate::domain::calendar::{Nights, days_between};
use crate::domain::ids::{PropertyId, UnitId};
use crate::domain::inventory::Slot;
use crate::domain::listing::{Listing, Status};
use crate::domain::money::Money;
use crate::domain::night_view::{self, NightState};
use crate::domain::property::Command;
use crate::domain::reckoning;
use crate::domain::refusal::Refusal;
use crate::domain::stay::PropertyState;
use crate::domain::stay_rules::{self, Moment};
use crate::domain::unit::Unit;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency;
use crate::http::precondition;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::calendar::{self as rows, Taken, TakenBy};
use crate::storage::{bookings, properties};

/// The longest calendar, in nights.
const CALENDAR_MAX: i32 = 400;
/// The calendar's length when nobody says how long, in days.
const CALENDAR_DEFAULT: i32 = 90;

/// Which nights.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// The first night; today without it.
    #[serde(default, deserialize_with = "extract::text")]
    from: Option<Date>,
    /// The day after the last night, at most 400 days later; 90 without it.
    #[serde(default, deserialize_with = "extract::text")]
    to: Option<Date>,
    /// The unit type; the first without it.
    #[param(value_type = Option<String>)]
    unit_id: Option<UnitId>,
}

/// Which stay.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// The date of arrival.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
    /// How many people come; 1 without it.
    #[serde(default, deserialize_with = "extract::text")]
    guests: Option<u16>,
    /// The unit type; without it, the first that may be booked.
    #[param(value_type = Option<String>)]
    unit_id: Option<UnitId>,
}

/// See which nights are free.
#[utoipa::path(get, path = "/api/v1/properties/{id}/calendar", tag = "calendar",
    params(("id" = String, Path), CalendarQuery), responses((status = 200, body = Calendar)))]
pub async fn nights(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
    Query(query): Query<CalendarQuery>,
) -> Result<Json<Calendar>, Problem> {
    let (listing, sight) = visible(&state, id, viewer.as_deref()).await?;
    let moment = moment(&state, &listing);
    let from = query.from.unwrap_or(moment.today);
    let to = query.to.unwrap_or_else(|| from.saturating_add(CALENDAR_DEFAULT.days()));
    if !(1..=CALENDAR_MAX).contains(&days_between(from, to)) {
        return Err(Problem::invalid("/to", "invalid", "1 to 400 days after from"));
    }
    let unit = match query.unit_id {
        Some(id) => listing.unit(id),
        None => listing.units.first(),
    };
    let unit = unit.ok_or_else(Problem::not_found)?;
    let client = state.pool.get().await?;
    let slots = properties::slots(&client, id).await?;
    let slots: Vec<_> = slots.into_iter().filter(|slot| slot.unit_id == unit.id).collect();
    let gap = i32::from(listing.stay_rules.gap()).days();
    let around = (from.saturating_sub(gap), to.saturating_add(gap));
    let taken = rows::taken(&client, &[id], around.0, around.1).await?;
    let nights = Sheet { listing: &listing, unit, slots: &slots, taken: &taken, moment };
    let nights = nights.nights(from, to, sight);
    Ok(Json(Calendar { property_id: id, from, to, unit_id: unit.id, nights }))
}

/// See whether a stay may be booked: which rule keeps it from being, and what may be instead.
#[utoipa::path(get, path = "/api/v1/properties/{id}/availability", tag = "calendar",
    params(("id" = String, Path), AvailabilityQuery),
    responses((status = 200, body = Availability)))]
pub async fn availability(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
    Query(query): Query<AvailabilityQuery>,
) -> Result<Json<Availability>, Problem> {
    let (listing, _) = visible(&state, id, viewer.as_deref()).await?;
    let nights = Nights::new(query.check_in, query.check_out)
        .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string()))?;
    let guests = query.guests.unwrap_or(1);
    let moment = moment(&state, &listing);
    let wanted: Vec<&Unit> = match query.unit_id {
        Some(id) => vec![listing.unit(id).ok_or_else(Problem::not_found)?],
        None => listing.units.iter().collect(),
    };
    let client = state.pool.get().await?;
    let known = known(&client, &listing, moment.today).await?;
    let judged = |unit: &&Unit| judged(&known, &listing, unit, (nights, guests), moment);
    let good = wanted.iter().find(|unit| judged(unit).is_ok());
    let unit = good.or(wanted.first()).copied().ok_or_else(Problem::not_found)?;
    let refusal = judged(&unit).err();
    let has_others = refusal.as_ref().is_some_and(|refusal| {
        !matches!(refusal, Refusal::NotBookable { rule, .. }
            if ["not-live", "monthly-only", "no-price", "too-many-guests"].contains(&rule.as_str()))
    });
    let nearest = if has_others {
        alternatives::of_stay(&known, &listing, unit, (nights, guests), moment)
    } else {
        Vec::new()
    };
    let (rule, detail) = match refusal {
        None => (None, None),
        Some(Refusal::NotBookable { rule, detail }) => (Some(rule), Some(detail)),
        Some(_) => (Some("nights-taken".into()), Some("no unit is free on every night".into())),
    };
    Ok(Json(Availability {
        property_id: id,
        unit_id: unit.id,
        check_in: query.check_in,
        check_out: query.check_out,
        guests,
        available: rule.is_none(),
        rule,
        detail,
        nearest: nearest.into_iter().map(Into::into).collect(),
    }))
}

/// See which stays are taken.
#[utoipa::path(get, path = "/api/v1/properties/{id}/stay-rules", tag = "calendar",
    params(("id" = String, Path)), responses((status = 200, body = StayRules)))]
pub async fn stay_rules(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
) -> Result<Response, Problem> {
    let (listing, _) = visible(&state, id, viewer.as_deref()).await?;
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    Ok((headers, Json(StayRules::of(&listing))).into_response())
}

/// Set which stays are taken, all rules at once. What is agreed on already goes on.
#[utoipa::path(put, path = "/api/v1/properties/{id}/stay-rules", tag = "calendar",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewStayRules, responses((status = 200, body = StayRules)))]
pub async fn set_stay_rules(
    State(state): State<Shared>,
    asked: Asked,
    Json(body): Json<NewStayRules>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    let rules = Box::new(body.into_rules()?);
    let command = Command::SetStayRules { by: change.by, version: change.version, rules };
    let done = change.make(fingerprint, command).await?;
    let listing = done.listing()?;
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    Ok(done.answer((headers, Json(StayRules::of(listing)))))
}

/// What a night costs.
pub(super) fn price(listing: &Listing, unit: &Unit, night: Date) -> Option<Money> {
    reckoning::night(listing, unit, night)
}

/// What the nights of a booking or a block are.
pub(super) const fn state_of(by: &TakenBy) -> NightState {
    match by {
        TakenBy::Stay { status, .. } => NightState::of(*status),
        TakenBy::Block { .. } => NightState::Blocked,
    }
}

fn moment(state: &Shared, listing: &Listing) -> Moment {
    Moment::at(listing, state.clock.now(), state.config.bookings.window_days)
}

/// What the property's actor would know, out of the rows.
async fn known(
    client: &tokio_postgres::Client,
    listing: &Listing,
    today: Date,
) -> Result<PropertyState, Problem> {
    let mut known = PropertyState::of(Some(listing.clone()));
    for slot in properties::slots(client, listing.id).await? {
        known.inventory.add_slot(slot);
    }
    for taken in bookings::occupancies(client, listing.id, today).await? {
        known.inventory.occupy(taken);
    }
    Ok(known)
}

fn judged(
    known: &PropertyState,
    listing: &Listing,
    unit: &Unit,
    stay: (Nights, u16),
    moment: Moment,
) -> Result<(), Refusal> {
    if listing.status != Status::Live {
        return Err(Refusal::not_bookable("not-live", "the home is not offered now"));
    }
    stay_rules::judge(known, listing, unit, stay, moment)?;
    let price = price(listing, unit, stay.0.check_in());
    price.map(|_| ()).ok_or_else(|| Refusal::not_bookable("no-price", "the home has no price"))
}

/// What a unit type's calendar is made from.
struct Sheet<'a> {
    listing: &'a Listing,
    unit: &'a Unit,
    slots: &'a [Slot],
    taken: &'a [Taken],
    moment: Moment,
}

impl Sheet<'_> {
    fn nights(&self, from: Date, to: Date, sight: Sight) -> Vec<Night> {
        let of = |slot: &Slot| {
            let id = slot.slot_id;
            self.taken.iter().filter(move |taken| taken.slot_id == id)
        };
        let gap = self.listing.stay_rules.gap();
        let states: Vec<Vec<NightState>> = self
            .slots
            .iter()
            .map(|slot| {
                let taken = of(slot).map(|taken| (taken.nights, state_of(&taken.by)));
                night_view::nights(taken, (from, to), gap)
            })
            .collect();
        let rules = &self.listing.stay_rules;
        let dates = from.series(1.day()).take_while(|night| *night < to);
        let nights = dates.enumerate().map(|(place, night)| {
            let states = || states.iter().filter_map(|states| states.get(place));
            let free = states().filter(|state| **state == NightState::Free).count();
            let full = states().max().copied().unwrap_or(NightState::Free);
            let closed = night_view::is_closed(self.listing, night, self.moment);
            let state = match sight {
                _ if free == 0 && sight == Sight::Whole && full != NightState::Free => full.name(),
                _ if closed => "closed",
                _ if free > 0 => NightState::Free.name(),
                _ => "taken",
            };
            let units = (sight == Sight::Whole).then(|| {
                let there = self.slots.iter().flat_map(|slot| {
                    of(slot)
                        .filter(|taken| has(taken.nights, night))
                        .map(|taken| unit_night(slot, taken))
                });
                there.collect()
            });
            Night {
                night,
                state,
                free,
                price: price(self.listing, self.unit, night),
                min_nights: stay_rules::min_nights(self.listing, night),
                arrival: rules.no_arrival(night).is_none(),
                departure: rules.no_departure(night).is_none(),
                units,
            }
        });
        nights.collect()
    }
}

fn has(nights: Nights, night: Date) -> bool {
    (nights.check_in()..nights.check_out()).contains(&night)
}

fn unit_night(slot: &Slot, taken: &Taken) -> UnitNight {
    let (booking_id, block_id) = match taken.by {
        TakenBy::Stay { id, .. } => (Some(id), None),
        TakenBy::Block { id, .. } => (None, Some(id)),
    };
    let state = state_of(&taken.by).name();
    UnitNight { unit_no: slot.unit_no, state, booking_id, block_id }
}
