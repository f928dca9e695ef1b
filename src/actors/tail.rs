//! The end of the event log, for this node: who follows a stream is woken when it grows.
//!
//! Batches of this node say where they have brought their streams, and other nodes are told; a
//! slow poll finds what came otherwise. It owns nothing but what it has seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::cluster::peers::Peers;
use super::cluster::wire::Notice;
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
    /// Starts following the log. `peers` are told what grows here.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(
        root: &Root,
        pool: &Pool,
        peers: &Peers,
    ) -> Result<Self, ActorProcessingErr> {
        let (pool, followers, peers) = (pool.clone(), Followers::default(), peers.clone());
        let known = followers.clone();
        let make = move || (Watcher, (pool.clone(), known.clone(), peers.clone()));
        let watcher = root.adopt("tail", make).await?;
        Ok(Self { watcher, followers })
    }

    /// A batch has brought these streams so far.
    pub fn committed(&self, heads: Vec<Position>) {
        if !heads.is_empty() {
            self.watcher.send(Msg::Grown(heads));
        }
    }

    /// Another node says that streams have grown.
    pub fn heard(&self, heads: Vec<Position>) {
        self.watcher.send(Msg::Heard(heads));
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
    /// Another node says so.
    Heard(Vec<Position>),
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
    peers: Peers,
}

impl Actor for Watcher {
    type Msg = Msg;
    type State = State;
    type Arguments = (Pool, Followers, Peers);

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        (pool, followers, peers): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Poll)?;
        Ok(State { pool, heads: HashMap::new(), followers, peers })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Grown(heads) => {
                let news = state.tell(heads);
                state.announce(news);
            }
            Msg::Heard(heads) => {
                state.tell(heads);
            }
            Msg::Look => {
                let news = state.look().await;
                state.announce(news);
            }
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
    async fn look(&mut self) -> Vec<Position> {
        let heads = match self.pool.get().await {
            Ok(client) => events::heads(&client).await,
            Err(error) => Err(error.into()),
        };
        match heads {
            Ok(heads) => self.tell(heads),
            Err(error) => {
                tracing::debug!(%error, "cannot read the log's heads");
                Vec::new()
            }
        }
    }

    /// Tells other nodes what was written here.
    fn announce(&self, news: Vec<Position>) {
        if !news.is_empty() {
            self.peers.tell_all(Notice::Grown(news));
        }
    }

    /// Passes on what is news, and gives it back.
    fn tell(&mut self, mut heads: Vec<Position>) -> Vec<Position> {
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
        heads
    }
}
