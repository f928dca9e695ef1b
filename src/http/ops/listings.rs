//! Listings from outside, in batches: what `import-listings` and `demo-data` send while this
//! server has the database. Every listing goes through its entity like a landlord's own.

use std::collections::{HashMap, HashSet};

use axum::extract::State;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actors::cluster::region::AskError;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor;
use crate::domain::ids::{self, PropertyId, RequestId, UnitId, UserId};
use crate::domain::policies::Policies;
use crate::domain::pricing::Pricing;
use crate::domain::property::{Command, Listing, ListingFields, Source, Status, Unit, UnitFields};
use crate::domain::refusal::Refusal;
use crate::domain::stay::{self, Outcome};
use crate::domain::user::Role;
use crate::http::extract::{Json, LargeJson};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::{accounts, properties};

/// Listings in one request, at most.
const LISTINGS_MAX: usize = 500;
/// The largest body, in bytes: so many of the longest listings fit.
const BODY_MAX: usize = 32 * 1024 * 1024;
/// Listings of a request that are brought in at the same time. Visitors' commands wait beside
/// them.
const AT_ONCE: usize = 32;
/// The longest name of a source, and the longest id at one, in characters.
const NAME_MAX: usize = 200;

/// Listings to bring in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewListings {
    /// 1 to 500, no two of them the same.
    listings: Vec<NewListing>,
}

/// A listing from outside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewListing {
    /// The landlord who will own it.
    #[schema(value_type = String)]
    owner_id: UserId,
    /// The name of its source.
    source: String,
    /// Its id there. The property's id follows from both.
    external_id: String,
    /// What it says, in the form in which listings are kept.
    #[schema(value_type = Object)]
    fields: ListingFields,
    /// Its one unit type.
    #[schema(value_type = Object)]
    unit: UnitFields,
    /// What is asked of guests.
    #[serde(default)]
    #[schema(value_type = Object)]
    policies: Policies,
    /// What is set about prices, besides that of a night.
    #[serde(default)]
    #[schema(value_type = Object)]
    pricing: Pricing,
    /// Whether it goes live; else it stays a draft.
    live: bool,
}

/// What became of the listings.
#[derive(Debug, Serialize, ToSchema)]
pub struct BroughtIn {
    /// One for each, in their order.
    data: Vec<BroughtInListing>,
}

/// What became of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub struct BroughtInListing {
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// What was done.
    outcome: Done,
    /// Why it was refused.
    #[schema(required = true)]
    reason: Option<String>,
}

/// What was done about a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It was made, or what an earlier request had begun was finished.
    Created,
    /// It was there already and was left as it is.
    Unchanged,
    /// The rules are against it.
    Refused,
}

/// Bring listings in. One that is there stays as it is, so the same request may be sent
/// again: it finishes what was cut short.
#[utoipa::path(post, path = "/ops/v1/listings", tag = "listings", request_body = NewListings,
    responses((status = 200, body = BroughtIn)))]
pub async fn bring_in(
    State(state): State<Shared>,
    LargeJson(body): LargeJson<NewListings, BODY_MAX>,
) -> Result<Json<BroughtIn>, Problem> {
    let arrivals = arrivals(body)?;
    let ids: Vec<PropertyId> = arrivals.iter().map(|arrival| arrival.id).collect();
    let client = state.pool.get().await?;
    check_owners(&client, &arrivals).await?;
    let known = properties::find_many(&client, &ids).await?;
    let mut known: HashMap<_, _> = known.into_iter().map(|listing| (listing.id, listing)).collect();
    let new = arrivals.iter().filter(|arrival| !known.contains_key(&arrival.id));
    let units = new.map(|arrival| u32::from(arrival.new.unit.count)).sum();
    let mut slots = properties::next_slot_ids(&client, units).await?.into_iter();
    // It is not held while entities work, which need connections of their own.
    drop(client);
    let mut work = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let known = known.remove(&arrival.id);
        let count = if known.is_some() { 0 } else { usize::from(arrival.new.unit.count) };
        work.push(bring_one(&state, arrival, known, slots.by_ref().take(count).collect()));
    }
    let ends: Vec<_> = stream::iter(work).buffered(AT_ONCE).collect().await;
    let data = ends.into_iter().collect::<Result<Vec<_>, AskError>>()?;
    Ok(Json(BroughtIn { data }))
}

/// A listing and the property that it becomes.
struct Arrival {
    id: PropertyId,
    source: Source,
    new: NewListing,
}

/// What was sent, if it makes sense as a whole. What a listing says is for its entity to judge.
fn arrivals(body: NewListings) -> Result<Vec<Arrival>, Problem> {
    if !(1..=LISTINGS_MAX).contains(&body.listings.len()) {
        return Err(Problem::invalid("/listings", "count", "1 to 500 listings"));
    }
    let mut seen = HashSet::new();
    let named = |(place, new): (usize, NewListing)| {
        let wrong = |field: &str, code: &str, detail: &str| {
            Problem::invalid(&format!("/listings/{place}/{field}"), code, detail)
        };
        let is_name = |text: &str| {
            (1..=NAME_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        for (field, text) in [("source", &new.source), ("external_id", &new.external_id)] {
            if !is_name(text) {
                return Err(wrong(field, "invalid", "1 to 200 characters on one line"));
            }
        }
        let source = Source { name: new.source.clone(), external_id: new.external_id.clone() };
        let id = source.property_id();
        if !seen.insert(id) {
            return Err(wrong("external_id", "duplicate", "an earlier listing has the same"));
        }
        Ok(Arrival { id, source, new })
    };
    body.listings.into_iter().enumerate().map(named).collect()
}

async fn check_owners(
    client: &tokio_postgres::Client,
    arrivals: &[Arrival],
) -> Result<(), Problem> {
    let owners: HashSet<UserId> = arrivals.iter().map(|arrival| arrival.new.owner_id).collect();
    let asked: Vec<UserId> = owners.into_iter().collect();
    let landlords: HashSet<_> =
        accounts::with_role(client, &asked, Role::Landlord).await?.into_iter().collect();
    match arrivals.iter().position(|arrival| !landlords.contains(&arrival.new.owner_id)) {
        Some(place) => {
            let pointer = format!("/listings/{place}/owner_id");
            Err(Problem::invalid(&pointer, "invalid", "the account of a landlord"))
        }
        None => Ok(()),
    }
}

/// Takes one listing as far as it shall go: made, handed in, approved. Each step has a
/// request id that follows from the property, and is taken only from where the step before
/// it leads, so that what a landlord has touched since stays as it is.
async fn bring_one(
    state: &Shared,
    arrival: Arrival,
    known: Option<Listing>,
    slot_ids: Vec<i64>,
) -> Result<BroughtInListing, AskError> {
    let Arrival { id, source, new } = arrival;
    let (owner, live) = (new.owner_id, new.live);
    let mut done = Done::Unchanged;
    let ended = |outcome, reason| BroughtInListing { property_id: id, outcome, reason };
    let mut listing = match known {
        Some(listing) => Box::new(listing),
        None => match tell(state, id, "import-create", create(id, source, new, slot_ids)).await? {
            Step::Taken(listing, fresh) => {
                done = if fresh { Done::Created } else { done };
                listing
            }
            // Somebody else has just brought it in.
            Step::Refused(Refusal::InvalidTransition { .. }) => return Ok(ended(done, None)),
            Step::Refused(refusal) => return Ok(ended(Done::Refused, Some(refusal.in_words()))),
        },
    };
    let is_made = done == Done::Created;
    if live && listing.status == Status::Draft && listing.version == 1 {
        let submit = Command::Submit { by: owner, version: 1 };
        match tell(state, id, "import-submit", submit).await? {
            Step::Taken(next, fresh) => {
                done = if fresh { Done::Created } else { done };
                listing = next;
            }
            Step::Refused(refusal) if is_made => {
                return Ok(ended(Done::Refused, Some(refusal.in_words())));
            }
            Step::Refused(_) => return Ok(ended(done, None)),
        }
    }
    // Whoever brings listings in has looked at them.
    if live && listing.status == Status::PendingReview && listing.version == 2 {
        let approve = Command::Approve { version: 2 };
        if let Step::Taken(_, true) = tell(state, id, "import-approve", approve).await? {
            done = Done::Created;
        }
    }
    Ok(ended(done, None))
}

fn create(id: PropertyId, source: Source, new: NewListing, slot_ids: Vec<i64>) -> Command {
    let unit = Unit { id: UnitId::from(ids::derived(id.uuid(), "unit")), fields: new.unit };
    Command::Create {
        id,
        owner: new.owner_id,
        fields: Box::new(new.fields),
        units: vec![unit],
        slot_ids,
        policies: Box::new(new.policies),
        pricing: Box::new(new.pricing),
        source: Some(source),
    }
}

/// What came of a step.
enum Step {
    /// The listing after it, and whether it was taken just now.
    Taken(Box<Listing>, bool),
    /// The rules are against it.
    Refused(Refusal),
}

async fn tell(
    state: &Shared,
    id: PropertyId,
    label: &str,
    command: Command,
) -> Result<Step, AskError> {
    let request: Uuid = ids::derived(id.uuid(), label);
    let request = Request {
        id: RequestId::from(request),
        // Nobody else makes this request id, so it can stand for what it asks.
        fingerprint: *request.as_bytes(),
        actor: Actor::Operator,
        command: stay::Command::Listing(command),
    };
    match state.region.ask(id.into(), request).await? {
        Answer::Done { outcome: Outcome::Listing(listing), replayed, .. } => {
            Ok(Step::Taken(listing, !replayed))
        }
        Answer::Done { .. } => Err(AskError::Unknown),
        Answer::Refused(refusal) => Ok(Step::Refused(refusal)),
    }
}
