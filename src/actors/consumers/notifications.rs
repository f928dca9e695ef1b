//! In-app notifications: who hears what of which event. The rows and the cursor move in
//! one transaction, and a row's id derives from event and person, so each is there once.

use std::time::Duration;

use jiff::Timestamp;

use super::people;
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
        let rows = self.rows(events).await?;
        let stored =
            notifications::store(&self.pool, Self::NAME, from, last.position, &rows).await?;
        if stored { Ok(()) } else { Err(ConsumerError::Overtaken) }
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        let rows = self.rows(std::slice::from_ref(event)).await?;
        Ok(notifications::add(&self.pool, &rows).await?)
    }

    async fn effects(&self, events: &[Recorded]) -> Result<Option<Effects>, ConsumerError> {
        let rows = self.rows(events).await?;
        let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let present = notifications::count(&self.pool, &rows).await?;
        Ok(Some(Effects { present, missing: all.saturating_sub(present) }))
    }
}

impl Notifications {
    /// What follows from events.
    async fn rows(
        &self,
        events: &[Recorded],
    ) -> Result<Vec<(Notification, Timestamp)>, ConsumerError> {
        let people = people::of(&self.pool, events).await?;
        let of = |event: &Recorded| {
            let at = event.occurred_at;
            let all = notification::follows(event, &people);
            all.into_iter().map(move |notification| (notification, at))
        };
        Ok(events.iter().flat_map(of).collect())
    }
}
