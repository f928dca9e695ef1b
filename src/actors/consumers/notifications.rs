//! In-app notifications: who hears what of which event. The rows and the cursor move in
//! one transaction, and a row's id derives from event and person, so each is there once.

use std::time::Duration;

use jiff::Timestamp;

use crate::actors::consumer::{Consumer, ConsumerError};
use crate::domain::event::Recorded;
use crate::domain::notification::{self, Notification};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{notifications, properties};

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
        let ids: Vec<_> =
            events.iter().filter_map(|event| notification::of_owner(&event.event)).collect();
        let owners = if ids.is_empty() {
            notification::Owners::new()
        } else {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            properties::owners(&client, &ids).await?
        };
        let rows: Vec<(Notification, Timestamp)> = events
            .iter()
            .flat_map(|event| {
                let all = notification::follows(event, &owners);
                all.into_iter().map(|notification| (notification, event.occurred_at))
            })
            .collect();
        let stored =
            notifications::store(&self.pool, Self::NAME, from, last.position, &rows).await?;
        if stored { Ok(()) } else { Err(ConsumerError::Overtaken) }
    }
}
