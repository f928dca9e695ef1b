//! Letters: who is written to about which event. The rows and the cursor move in one
//! transaction, and a letter's id derives from event and person, so a replay adds none; the
//! mailer sends them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::people;
use crate::actors::consumer::{Consumer, ConsumerError, Effects};
use crate::actors::mailer::Mailer;
use crate::clock::Clock;
use crate::domain::event::Recorded;
use crate::domain::letter;
use crate::storage::letters::{self, New};
use crate::storage::pool::Pool;

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
        let rows = self.rows(events).await?;
        let stored = letters::store(&self.pool, Self::NAME, from, last.position, &rows).await?;
        if !stored {
            return Err(ConsumerError::Overtaken);
        }
        if !rows.is_empty() {
            self.mailer.nudge();
        }
        Ok(())
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        letters::add(&self.pool, &self.rows(std::slice::from_ref(event)).await?).await?;
        self.mailer.nudge();
        Ok(())
    }

    async fn effects(&self, events: &[Recorded]) -> Result<Option<Effects>, ConsumerError> {
        let rows = self.rows(events).await?;
        let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let present = letters::count(&self.pool, &rows).await?;
        Ok(Some(Effects { present, missing: all.saturating_sub(present) }))
    }
}

impl MailLetters {
    /// What follows from events; what is about something long ago is kept and not sent.
    async fn rows(&self, events: &[Recorded]) -> Result<Vec<New<'static>>, ConsumerError> {
        let people = people::of(&self.pool, events).await?;
        let now = self.clock.now();
        let of = |event: &Recorded| {
            let at = event.occurred_at;
            let why = is_old(at, now).then_some("its event is long ago");
            let all = letter::follows(event, &people);
            all.into_iter().map(move |letter| (letter, at, why))
        };
        Ok(events.iter().flat_map(of).collect())
    }
}

fn is_old(at: Timestamp, now: Timestamp) -> bool {
    let age = SignedDuration::try_from(letter::AGE_MAX).unwrap_or(SignedDuration::MAX);
    now.duration_since(at) > age
}
