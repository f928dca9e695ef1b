//! Sends due timers to their entities. Rows are read, never claimed: the entity marks its
//! timer as fired in the transaction of whatever follows, so a timer that was sent twice
//! counts once, and one that was not sent is still due.

use std::collections::HashSet;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::actors::cluster::region::Region;
use crate::actors::root::Root;
use crate::clock::Clock;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor as Who;
use crate::domain::ids::{RequestId, TimerId};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::timers::{self, Due};

/// The most timers that are read, and on their way, at once.
const IN_FLIGHT_MAX: usize = 256;

/// How long the clock may run before the rows are read again.
const SCAN: Duration = Duration::from_secs(1);

/// What the scan needs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For reading timers.
    pub pool: Pool,
    /// For sending commands, and for the shards that are ours.
    pub region: Region,
    /// The time.
    pub clock: Clock,
}

/// Starts sending timers.
///
/// # Errors
/// When the runtime refuses.
pub async fn start(root: &Root, around: Surroundings) -> Result<(), ActorProcessingErr> {
    root.adopt("timers", move || (Timers, around.clone())).await.map(|_| ())
}

/// What the scan is told.
enum Msg {
    /// Read what is due.
    Scan,
    /// The command of a timer has been answered, or not.
    Sent(TimerId),
}

impl ractor::Message for Msg {}

struct Timers;

struct State {
    around: Surroundings,
    in_flight: HashSet<TimerId>,
}

impl Actor for Timers {
    type Msg = Msg;
    type State = State;
    type Arguments = Surroundings;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        around: Surroundings,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Scan)?;
        Ok(State { around, in_flight: HashSet::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Scan => {
                if let Err(error) = state.scan(&myself).await {
                    tracing::warn!(%error, "timers cannot be read");
                }
                let clock = state.around.clock.clone();
                tokio::spawn(async move {
                    clock.sleep(SCAN).await;
                    // A restarted scan has a pause of its own.
                    myself.cast(Msg::Scan).ok();
                });
            }
            Msg::Sent(timer) => {
                state.in_flight.remove(&timer);
            }
        }
        Ok(())
    }
}

impl State {
    async fn scan(&mut self, myself: &ActorRef<Msg>) -> Result<(), StorageError> {
        let room = IN_FLIGHT_MAX.saturating_sub(self.in_flight.len());
        if room == 0 {
            return Ok(());
        }
        let client = self.around.pool.get().await?;
        let shards = self.around.region.owned_shards();
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let in_flight: Vec<_> = self.in_flight.iter().copied().collect();
        let now = self.around.clock.now();
        let due = timers::due(&client, &shards, now, &in_flight, limit).await?;
        drop(client);
        for timer in due {
            self.in_flight.insert(timer.id);
            self.send(myself, timer);
        }
        Ok(())
    }

    fn send(&self, myself: &ActorRef<Msg>, timer: Due) {
        let (region, myself) = (self.around.region.clone(), myself.clone());
        tokio::spawn(async move {
            let request = Request {
                id: RequestId::from(timer.id.uuid()),
                fingerprint: [0; 16],
                actor: Who::System,
                command: timer.command,
            };
            match region.ask(timer.entity, request).await {
                Ok(Answer::Done { .. }) => {}
                Ok(Answer::Refused(refusal)) => {
                    tracing::error!(timer = %timer.id, ?refusal, "timer was refused");
                }
                // Still due, so it is sent again.
                Err(error) => tracing::debug!(timer = %timer.id, %error, "timer was not taken"),
            }
            // A restarted scan knows nothing of what was on its way.
            myself.cast(Msg::Sent(timer.id)).ok();
        });
    }
}
