//! How one generation of the search index takes the place of another: what the indexer does
//! about it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use ractor::{ActorProcessingErr, ActorRef};
use tokio::task::JoinHandle;

use super::search_build::Building;
use super::search_door::Ordered;
use super::search_feed::{Feed, FeedError, Why};
use super::search_index::{Msg, PAUSE, State, earliest_date, later};
use crate::search::SearchIndex;

/// A filled generation that is not searched yet.
pub(super) struct Next {
    pub(super) index: SearchIndex,
    pub(super) feed: Feed,
}

/// A task that ends with whoever waits for it.
pub(super) struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl State {
    /// Lets searches have an index, and goes on feeding that one.
    pub(super) fn serve(
        &mut self,
        myself: &ActorRef<Msg>,
        Next { index, feed }: Next,
    ) -> Result<(), ActorProcessingErr> {
        // In this order: whoever hears that it has caught up will search.
        self.search.0.index.store(Some(Arc::new(index)));
        match self.feed.replace(feed) {
            // Its writer waits for its threads.
            Some(old) => drop(tokio::task::spawn_blocking(move || old.retire())),
            // From now on daily.
            None => myself.cast(Msg::Roll)?,
        }
        self.lost = false;
        self.tell();
        self.include_soon(myself)
    }

    /// Has the next generation built, unless one is wanted already.
    pub(super) async fn want(
        &mut self,
        myself: &ActorRef<Msg>,
        why: Why,
    ) -> Result<(), ActorProcessingErr> {
        if self.wanted.is_some() {
            return Ok(());
        }
        self.wanted = Some(why);
        self.build(myself).await
    }

    pub(super) async fn reindex(
        &mut self,
        myself: &ActorRef<Msg>,
    ) -> Result<Option<Ordered>, ActorProcessingErr> {
        if self.wanted.is_some() {
            return Ok(Some(Ordered::Running));
        }
        if self.feed.is_none() {
            return Ok(None);
        }
        self.want(myself, Why::Ordered).await?;
        Ok(Some(Ordered::Begun))
    }

    /// Begins with the generation that is wanted, unless that is under way.
    pub(super) async fn build(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let (Some(why), Some(feed)) = (self.wanted, &mut self.feed) else { return Ok(()) };
        if self.filling.is_some() || self.next.is_some() {
            return Ok(());
        }
        match feed.successor().await {
            Ok((index, feed)) => self.fill(myself, why, Next { index, feed }),
            Err(error @ FeedError::Lost) => return Err(error.into()),
            Err(error) => self.again(myself, Msg::Build, &error),
        }
        Ok(())
    }

    /// Has an empty generation filled by a task.
    pub(super) fn fill(&mut self, myself: &ActorRef<Msg>, why: Why, next: Next) {
        let Next { index, mut feed } = next;
        let present = self.search.0.index.load_full();
        let expected = present.as_ref().map_or(0, |present| present.listings());
        let (since, generation) = (self.around.clock.now(), index.generation());
        tracing::info!(generation, why = why.name(), "search index is being built");
        let building = Arc::new(Building::new(generation, why, since, expected));
        self.search.0.building.store(Some(Arc::clone(&building)));
        let myself = myself.clone();
        self.filling = Some(Task(tokio::spawn(async move {
            let filling = feed.build(&building, present.is_some());
            let filled = AssertUnwindSafe(filling).catch_unwind().await;
            let filled = filled.unwrap_or(Err(FeedError::Lost));
            let built = filled.map(|()| Next { index, feed });
            // Without the actor, nobody wants it any more.
            myself.cast(Msg::Built(Box::new(built))).ok();
        })));
    }

    pub(super) async fn built(
        &mut self,
        myself: &ActorRef<Msg>,
        built: Result<Next, FeedError>,
    ) -> Result<(), ActorProcessingErr> {
        self.filling = None;
        match built {
            Ok(next) => {
                self.next = Some(next);
                self.swap(myself).await
            }
            Err(error) => {
                self.not_built(myself, &error);
                Ok(())
            }
        }
    }

    /// Tries again after a pause, from the beginning.
    fn not_built(&mut self, myself: &ActorRef<Msg>, error: &FeedError) {
        self.search.0.building.store(None);
        metrics::counter!("search_builds_total", "end" => "failed").increment(1);
        let message = if self.feed.is_some() { Msg::Build } else { Msg::Open };
        self.again(myself, message, error);
    }

    /// Brings the filled generation to where the present one is, and lets it take its
    /// place.
    pub(super) async fn swap(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let Some(mut next) = self.next.take() else { return Ok(()) };
        next.feed.heard_of(&self.heads);
        let today = earliest_date(self.around.clock.now());
        let ready = async {
            next.feed.catch_up().await?;
            next.feed.roll(today).await
        };
        let ready = ready.await;
        let knows_enough = next.feed.included().covers(&self.search.0.seen.borrow());
        let finished = match ready {
            Ok(()) if self.search.ready() && !knows_enough => {
                // A stream cannot be read for now; nobody shall miss what was found before.
                self.next = Some(next);
                later(myself, Msg::Swap, PAUSE);
                return Ok(());
            }
            Ok(()) => next.feed.finish().await,
            Err(error) => Err(error),
        };
        if let Err(error) = finished {
            drop(next);
            self.not_built(myself, &error);
            return Ok(());
        }
        let (generation, listings) = (next.index.generation(), next.index.listings());
        tracing::info!(generation, listings, "search index is new");
        metrics::counter!("search_builds_total", "end" => "done").increment(1);
        self.wanted = None;
        self.failures = 0;
        self.search.0.building.store(None);
        self.serve(myself, next)
    }
}
