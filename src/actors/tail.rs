//! The end of the event log, for this node: who follows a stream is woken when it grows.
//!
//! Batches of this node say where they have brought their streams; a slow poll finds what
//! came otherwise. It owns nothing but what it has seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::root::{Mailbox, Root};
use crate::clock;
use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::storage::events;
use crate::storage::pool::Pool;

/// How often the heads are read, whatever one is told.
const POLL: Duration = Duration::from_secs(1);

/// Is told which streams have grown, and how far.
pub type Follower = Arc<dyn Fn(&[Position]) + Send + Sync>;

/// The tail of the log.
#[derive(Debug, Clone)]
pub struct Tail {
    watcher: Mailbox<Msg>,
    /// Here and not in the actor, so that a restart forgets nobody.
    followers: Followers,
}

/// Everybody who follows.
#[derive(Clone, Default)]
struct Followers(Arc<Mutex<Vec<Follower>>>);

impl std::fmt::Debug for Followers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Followers")
    }
}

impl Followers {
    fn all(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    /// Starts following the log.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(root: &Root, pool: &Pool) -> Result<Self, ActorProcessingErr> {
        let (pool, followers) = (pool.clone(), Followers::default());
        let known = followers.clone();
        let watcher = root.adopt("tail", move || (Watcher, (pool.clone(), known.clone()))).await?;
        Ok(Self { watcher, followers })
    }

    /// A batch has brought these streams so far.
    pub fn committed(&self, heads: Vec<Position>) {
        if !heads.is_empty() {
            self.watcher.send(Msg::Grown(heads));
        }
    }

    /// Something was written past the committer: look now.
    pub fn nudge(&self) {
        self.watcher.send(Msg::Look);
    }

    /// Wakes `follower` whenever streams grow, and once now with all that are not empty.
    /// A follower has to survive being told the same twice, or a number it has passed.
    pub fn follow(&self, follower: Follower) {
        self.followers.all().push(follower);
        self.watcher.send(Msg::Again);
    }
}

/// What the tail is told.
pub enum Msg {
    /// A batch brought streams so far.
    Grown(Vec<Position>),
    /// Read the heads.
    Look,
    /// Read the heads, and again after the pause.
    Poll,
    /// Somebody follows from now on: tell all heads again.
    Again,
}

impl ractor::Message for Msg {}

struct Watcher;

struct State {
    pool: Pool,
    heads: HashMap<Stream, i64>,
    followers: Followers,
}

impl Actor for Watcher {
    type Msg = Msg;
    type State = State;
    type Arguments = (Pool, Followers);

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        (pool, followers): (Pool, Followers),
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Poll)?;
        Ok(State { pool, heads: HashMap::new(), followers })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Grown(heads) => state.tell(heads),
            Msg::Look => state.look().await,
            Msg::Poll => {
                state.look().await;
                tokio::spawn(async move {
                    clock::pause(POLL).await;
                    // When the tail has stopped, so may its poll.
                    myself.cast(Msg::Poll).ok();
                });
            }
            Msg::Again => {
                let heads = std::mem::take(&mut state.heads);
                state.tell(
                    heads.into_iter().map(|(stream, seq)| Position { stream, seq }).collect(),
                );
            }
        }
        Ok(())
    }
}

impl State {
    async fn look(&mut self) {
        let heads = match self.pool.get().await {
            Ok(client) => events::heads(&client).await,
            Err(error) => Err(error.into()),
        };
        match heads {
            Ok(heads) => self.tell(heads),
            Err(error) => tracing::debug!(%error, "cannot read the log's heads"),
        }
    }

    /// Passes on what is news.
    fn tell(&mut self, mut heads: Vec<Position>) {
        heads.retain(|head| {
            let known = self.heads.entry(head.stream).or_default();
            let news = head.seq > *known;
            *known = head.seq.max(*known);
            news
        });
        if !heads.is_empty() {
            for follower in self.followers.all().iter() {
                follower(&heads);
            }
        }
    }
}
