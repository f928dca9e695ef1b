//! Letters: who is written to about which event. The rows and the cursor move in one
//! transaction, and a letter's id derives from event and person, so a replay adds none; the
//! mailer sends them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::actors::consumer::{Consumer, ConsumerError};
use crate::actors::mailer::Mailer;
use crate::clock::Clock;
use crate::domain::event::Recorded;
use crate::domain::letter::{self, Letter};
use crate::domain::notification;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{letters, properties};

/// The consumer.
#[derive(Debug)]
pub struct MailLetters {
    /// For rows and cursor.
    pub pool: Pool,
    /// Who sends what is written here.
    pub mailer: Mailer,
    /// The time.
    pub clock: Clock,
}

impl Consumer for MailLetters {
    const NAME: &'static str = "mail";
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
        let now = self.clock.now();
        let rows: Vec<(Letter, Timestamp, Option<&str>)> = events
            .iter()
            .flat_map(|event| {
                let at = event.occurred_at;
                let why = is_old(at, now).then_some("its event is long ago");
                letter::follows(event, &owners).into_iter().map(move |letter| (letter, at, why))
            })
            .collect();
        let stored = letters::store(&self.pool, Self::NAME, from, last.position, &rows).await?;
        if !stored {
            return Err(ConsumerError::Overtaken);
        }
        if !rows.is_empty() {
            self.mailer.nudge();
        }
        Ok(())
    }
}

fn is_old(at: Timestamp, now: Timestamp) -> bool {
    let age = SignedDuration::try_from(letter::AGE_MAX).unwrap_or(SignedDuration::MAX);
    now.duration_since(at) > age
}
