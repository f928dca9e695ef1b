//! In-app notifications: who hears what of which event. The rows and the cursor move in
//! one transaction, and a row's id derives from event and person, so each is there once.

use std::time::Duration;

use jiff::Timestamp;

use crate::actors::consumer::{Consumer, ConsumerError, Effects};
use crate::domain::event::Recorded;
use crate::domain::notification::{self, Notification};
use crate::storage::notifications;
use crate::storage::pool::Pool;

/// The consumer.
#[derive(Debug)]
pub struct Notifications {
    /// For rows and cursor.
    pub pool: Pool,
}

impl Consumer for Notifications {
    const NAME: &'static str = "notifications";
    const REST: Duration = Duration::from_secs(1);

    fn concurrency(&self) -> usize {
        2
    }

    async fn consume(&self, from: i64, events: &[Recorded]) -> Result<(), ConsumerError> {
        let Some(last) = events.last() else { return Ok(()) };
        let (pool, rows) = (&self.pool, rows(events));
        let stored = notifications::store(pool, Self::NAME, from, last.position, &rows).await?;
        if stored { Ok(()) } else { Err(ConsumerError::Overtaken) }
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        Ok(notifications::add(&self.pool, &rows(std::slice::from_ref(event))).await?)
    }

    async fn effects(&self, events: &[Recorded]) -> Result<Option<Effects>, ConsumerError> {
        let rows = rows(events);
        let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let present = notifications::count(&self.pool, &rows).await?;
        Ok(Some(Effects { present, missing: all.saturating_sub(present) }))
    }
}

/// What follows from events.
fn rows(events: &[Recorded]) -> Vec<(Notification, Timestamp)> {
    let of = |event: &Recorded| {
        let at = event.occurred_at;
        notification::follows(event).into_iter().map(move |notification| (notification, at))
    };
    events.iter().flat_map(of).collect()
}
