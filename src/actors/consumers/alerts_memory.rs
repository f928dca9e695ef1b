//! All saved searches in the memory of this node. It follows the events of the edge's
//! streams: before it is asked anything it reads on to where they end now, so a search that
//! was saved before a listing changed is known when the change is seen to.

use std::collections::{HashMap, HashSet};

use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::domain::calendar::Nights;
use crate::domain::entity::Stream;
use crate::domain::event::{Event, Position};
use crate::domain::ids::SavedSearchId;
use crate::search::{ListingDoc, Percolator, TakenNights};
use crate::storage::sqlstate::StorageError;
use crate::storage::{events, saved_searches};

/// Searches that are read at once.
const PAGE: i64 = 1_000;
/// Events of a stream that are read at once.
const EVENTS: i64 = 1_000;

/// The memory.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Known>);

/// What is known.
#[derive(Debug, Default)]
struct Known {
    percolator: Percolator,
    /// How far each stream has been read; `None`: nothing was read yet.
    seen: Option<HashMap<Stream, i64>>,
}

impl Memory {
    /// The searches that find a listing, with the nights that they ask for.
    pub(super) async fn matches(
        &self,
        client: &Client,
        listing: &ListingDoc,
        taken: &TakenNights,
    ) -> Result<Vec<(SavedSearchId, Option<Nights>)>, StorageError> {
        let mut known = self.0.lock().await;
        known.catch_up(client).await?;
        let found = known.percolator.matches(listing, taken);
        Ok(found.into_iter().map(|id| (id, known.percolator.nights(id))).collect())
    }

    /// Whether there is no search at all.
    pub(super) async fn is_idle(&self, client: &Client) -> Result<bool, StorageError> {
        let mut known = self.0.lock().await;
        known.catch_up(client).await?;
        Ok(known.percolator.is_empty())
    }
}

impl Known {
    /// Reads on to the ends of the streams.
    async fn catch_up(&mut self, client: &Client) -> Result<(), StorageError> {
        let heads = by_stream(events::edge_heads(client).await?);
        let Some(seen) = &self.seen else { return self.read_all(client, heads).await };
        let place = |stream: &Stream| seen.get(stream).copied().unwrap_or_default();
        let behind: Vec<Position> = heads
            .iter()
            .map(|(stream, head)| (*head, Position { stream: *stream, seq: place(stream) }))
            .filter(|(head, after)| after.seq < *head)
            .map(|(_, after)| after)
            .collect();
        if behind.is_empty() {
            return Ok(());
        }
        let floors = by_stream(events::floors(client).await?);
        let dropped =
            |after: &Position| floors.get(&after.stream).is_some_and(|floor| after.seq < *floor);
        if behind.iter().any(dropped) {
            // What was not seen may have been dropped from the log.
            return self.read_all(client, heads).await;
        }
        self.read_on(client, behind).await
    }

    /// Reads all searches. Whatever happens after the heads were read is read again.
    async fn read_all(
        &mut self,
        client: &Client,
        heads: HashMap<Stream, i64>,
    ) -> Result<(), StorageError> {
        let mut percolator = Percolator::default();
        let mut after = None;
        loop {
            let (searches, last) = saved_searches::page(client, after, PAGE).await?;
            for (id, criteria) in &searches {
                percolator.set(*id, criteria);
            }
            if last.is_none() {
                break;
            }
            after = last;
        }
        *self = Self { percolator, seen: Some(heads) };
        Ok(())
    }

    /// Reads the events after some positions, and the searches that they are about.
    async fn read_on(
        &mut self,
        client: &Client,
        mut behind: Vec<Position>,
    ) -> Result<(), StorageError> {
        while !behind.is_empty() {
            let mut changed: HashSet<SavedSearchId> = HashSet::new();
            let mut next = Vec::new();
            for (after, entries) in events::read_each_after(client, &behind, EVENTS).await? {
                let entries = entries?;
                for entry in &entries {
                    // One that cannot be decoded is no event of this version's searches.
                    let event = entry.event.as_ref().ok().map(|recorded| &recorded.event);
                    changed.extend(event.and_then(search_of));
                }
                let last = entries.last().map_or(after, |entry| entry.position);
                next.push((last, entries.len()));
            }
            self.read_again(client, changed).await?;
            for (last, _) in &next {
                if let Some(seen) = &mut self.seen {
                    seen.insert(last.stream, last.seq);
                }
            }
            let full = |(last, count): (Position, usize)| {
                (i64::try_from(count).unwrap_or(i64::MAX) >= EVENTS).then_some(last)
            };
            behind = next.into_iter().filter_map(full).collect();
        }
        Ok(())
    }

    /// Takes in searches as they are now.
    async fn read_again(
        &mut self,
        client: &Client,
        changed: HashSet<SavedSearchId>,
    ) -> Result<(), StorageError> {
        if changed.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = changed.into_iter().collect();
        let found = saved_searches::sought_by(client, &ids).await?;
        for id in ids {
            self.percolator.remove(id);
        }
        for (id, criteria) in &found {
            self.percolator.set(*id, criteria);
        }
        Ok(())
    }
}

/// The search that an event is about, if it says something else now.
fn search_of(event: &Event) -> Option<SavedSearchId> {
    match event {
        Event::SearchSaved(search)
        | Event::SearchChanged(search)
        | Event::SearchDeleted(search) => Some(search.search_id),
        _ => None,
    }
}

fn by_stream(positions: Vec<Position>) -> HashMap<Stream, i64> {
    positions.into_iter().map(|position| (position.stream, position.seq)).collect()
}
