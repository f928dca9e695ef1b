//! Alerts: which saved searches a listing comes to match, and what is new of favourites, on
//! each change of a listing, a price or a calendar. What is found, the events that tell of it
//! and the cursor are written in one transaction; a home matches a search once in its life,
//! and a favourite is told of against what was told before, so a replay tells nothing twice.
//!
//! People are told by what follows from those events: notifications and letters.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::civil::Date;
use uuid::Uuid;

use super::alerts_memory::Memory;
use super::search_document::document;
use super::search_index::earliest_date;
use crate::actors::consumer::{Consumer, ConsumerError};
use crate::actors::tail::Tail;
use crate::clock::Clock;
use crate::domain::calendar::Nights;
use crate::domain::event::{Event, Recorded};
use crate::domain::favourite;
use crate::domain::fullness::UnitNights;
use crate::domain::ids::{PropertyId, SavedSearchId};
use crate::domain::property::{Listing, Status};
use crate::search::{ListingDoc, TakenNights};
use crate::storage::alerts::{self, Looked, Matched, Step};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, events, favourites, properties};

/// The consumer.
#[derive(Debug)]
pub struct Alerts {
    /// For rows and cursor.
    pool: Pool,
    /// The time.
    clock: Clock,
    /// Is told of the events that are written here.
    tail: Tail,
    /// All saved searches.
    memory: Memory,
}

/// What events say of a home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Change {
    /// Whether searches may have come to find it: it says something else, or nights of it
    /// were freed.
    gains: bool,
    /// The nights that were freed.
    freed: Vec<Nights>,
    /// The request that has caused it.
    causation: Uuid,
}

/// A home as it is now.
struct Home<'a> {
    listing: &'a Listing,
    document: &'a ListingDoc,
    taken: TakenNights,
}

impl Alerts {
    /// The consumer, which has yet to read the searches that there are.
    #[must_use]
    pub fn new(pool: &Pool, clock: &Clock, tail: &Tail) -> Self {
        let (pool, clock, tail) = (pool.clone(), clock.clone(), tail.clone());
        Self { pool, clock, tail, memory: Memory::default() }
    }
}

impl Consumer for Alerts {
    const NAME: &'static str = "alerts";
    /// So that a busy stream is read in pages; an alert is told within a second all the same.
    const REST: Duration = Duration::from_millis(250);

    fn concurrency(&self) -> usize {
        2
    }

    async fn consume(&self, from: i64, events: &[Recorded]) -> Result<(), ConsumerError> {
        let Some(last) = events.last() else { return Ok(()) };
        let step = Step { consumer: Self::NAME, from, to: last.position };
        self.see_to(Some(step), events).await
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        self.see_to(None, std::slice::from_ref(event)).await
    }
}

impl Alerts {
    async fn see_to(&self, step: Option<Step>, events: &[Recorded]) -> Result<(), ConsumerError> {
        let changes = changes(events);
        let (matched, looked) = self.find(&changes).await?;
        if matched.is_empty() && looked.is_empty() {
            return self.pass(step).await;
        }
        let now = self.clock.now();
        if !alerts::store(&self.pool, step, &matched, &looked, now).await? {
            return Err(ConsumerError::Overtaken);
        }
        // What was written here goes past the committer.
        self.tail.nudge();
        Ok(())
    }

    /// Moves the cursor past events from which nothing follows.
    async fn pass(&self, step: Option<Step>) -> Result<(), ConsumerError> {
        let Some(Step { consumer, from, to }) = step else { return Ok(()) };
        let client = self.pool.get().await.map_err(StorageError::from)?;
        if events::advance(&*client, consumer, from, to).await? {
            return Ok(());
        }
        Err(ConsumerError::Overtaken)
    }

    /// What follows from changes of homes, as their rows say now.
    async fn find(
        &self,
        changes: &BTreeMap<PropertyId, Change>,
    ) -> Result<(Vec<Matched>, Vec<Looked>), ConsumerError> {
        if changes.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let ids: Vec<_> = changes.keys().copied().collect();
        let kept: HashMap<_, _> =
            favourites::watched_among(&client, &ids).await?.into_iter().collect();
        let is_gain = changes.values().any(|change| change.gains);
        let is_awaited = is_gain && !self.memory.is_idle(&client).await?;
        let wanted = |id: &&PropertyId| {
            let gains = changes.get(id).is_some_and(|change| change.gains);
            kept.contains_key(id) || (gains && is_awaited)
        };
        let wanted: Vec<_> = ids.iter().filter(wanted).copied().collect();
        if wanted.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let listings = properties::find_many(&client, &wanted).await?;
        let today = earliest_date(self.clock.now());
        let mut full = bookings::full_nights(&client, &wanted, today).await?;
        let (mut matched, mut looked) = (Vec::new(), Vec::new());
        for listing in &listings {
            let Some(change) = changes.get(&listing.id) else { continue };
            let Some(document) = document(listing) else { continue };
            let nights: UnitNights = full.remove(&listing.id).unwrap_or_default();
            let taken = TakenNights { today, taken: nights };
            let home = Home { listing, document: &document, taken };
            if change.gains {
                matched.extend(self.matched(&client, &home, change).await?);
            }
            if let Some(dated) = kept.get(&listing.id) {
                looked.push(looked_at(&client, &home, *dated, change).await?);
            }
        }
        // Everybody who locks favourites of several homes does so in the order of their ids.
        looked.sort_by_key(|home| home.property);
        Ok((matched, looked))
    }

    async fn matched(
        &self,
        client: &tokio_postgres::Client,
        home: &Home<'_>,
        change: &Change,
    ) -> Result<Option<Matched>, ConsumerError> {
        let found = self.memory.matches(client, home.document, &home.taken).await?;
        let is_freed = |nights: Nights| change.freed.iter().any(|freed| freed.overlaps(&nights));
        let searches: Vec<(SavedSearchId, bool)> =
            found.into_iter().map(|(id, nights)| (id, nights.is_some_and(is_freed))).collect();
        let (property, causation) = (home.listing.id, change.causation);
        Ok((!searches.is_empty()).then_some(Matched { property, searches, causation }))
    }
}

/// A kept home as it is now, with the nights that anybody keeps it for, if there are any.
async fn looked_at(
    client: &tokio_postgres::Client,
    home: &Home<'_>,
    dated: bool,
    change: &Change,
) -> Result<Looked, ConsumerError> {
    let property = home.listing.id;
    let nights =
        if dated { favourites::nights_of(client, property).await? } else { HashSet::new() };
    let is_free = |nights: Nights| home.taken.has_room(&home.document.units, 0, nights);
    Ok(Looked {
        property,
        price: favourite::price(home.listing),
        nights: nights.into_iter().map(|nights| (nights, is_free(nights))).collect(),
        causation: change.causation,
    })
}

/// Whether nights of a live home can be had, for whoever keeps it for them.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_free(
    client: &tokio_postgres::Client,
    clock: &Clock,
    listing: &Listing,
    nights: Nights,
) -> Result<bool, StorageError> {
    let Some(document) = document(listing).filter(|_| listing.status == Status::Live) else {
        return Ok(false);
    };
    let today: Date = earliest_date(clock.now());
    let mut full = bookings::full_nights(client, &[listing.id], today).await?;
    let taken = TakenNights { today, taken: full.remove(&listing.id).unwrap_or_default() };
    Ok(taken.has_room(&document.units, 0, nights))
}

/// The homes that events are about, with what changes of each.
fn changes(events: &[Recorded]) -> BTreeMap<PropertyId, Change> {
    let mut changes: BTreeMap<PropertyId, Change> = BTreeMap::new();
    for event in events {
        let Some((home, gain)) = change(&event.event) else { continue };
        let change = changes.entry(home).or_default();
        change.causation = event.causation;
        change.gains |= gain != Gain::Nothing;
        if let Gain::Nights(freed) = gain {
            change.freed.push(freed);
        }
    }
    changes
}

/// By what searches may come to find a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gain {
    /// It says or costs something else.
    Listing,
    /// These nights were freed.
    Nights(Nights),
    /// By nothing: nights were taken, which matters to favourites alone.
    Nothing,
}

/// The home that an event changes, and by what searches may come to find it.
fn change(event: &Event) -> Option<(PropertyId, Gain)> {
    Some(match event {
        Event::PropertyApproved { property_id, .. }
        | Event::PropertyPublished { property_id, .. }
        | Event::PropertyUpdated { property_id, .. }
        | Event::PropertyRulesChanged { property_id, .. }
        | Event::PropertyPriceChanged { property_id, .. } => (*property_id, Gain::Listing),
        Event::BookingExpired { stay, .. }
        | Event::BookingFailed { stay, .. }
        | Event::BookingCancelled { stay, .. }
        | Event::BookingReleased { stay }
        | Event::BookingDeclined { stay, .. }
        | Event::BookingCompleted { stay, .. }
        | Event::BookingNoShow { stay }
        | Event::BookingMoved { stay, .. } => (stay.property_id, Gain::Nights(stay.nights)),
        Event::BookingModified { stay, old_nights, .. } => {
            (stay.property_id, Gain::Nights(*old_nights))
        }
        Event::CalendarUnblocked { block } => (block.property_id, Gain::Nights(block.nights)),
        Event::BookingHeld { stay, .. }
        | Event::BookingConfirmed { stay, .. }
        | Event::BookingRecorded { stay, .. }
        | Event::BookingLatePaymentResolved { stay, .. } => (stay.property_id, Gain::Nothing),
        Event::CalendarBlocked { block } => (block.property_id, Gain::Nothing),
        _ => return None,
    })
}
