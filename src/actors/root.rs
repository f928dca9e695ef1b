//! The supervisor at the root of the tree. A child that fails is started again, at once and
//! then with growing pauses; its mailbox address stays the same for everybody who holds it.
//!
//! Entities are linked here too, so that they end with the tree, but a failed entity is
//! not restarted: it comes back on its next message.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use crate::clock;

/// The pause before the first restart; it doubles with each failure in a row.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two restarts.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The address of a child that may be restarted under it.
pub struct Mailbox<M>(Arc<ArcSwapOption<ActorRef<M>>>);

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> std::fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Mailbox").finish()
    }
}

impl<M: ractor::Message> Mailbox<M> {
    /// Sends a message; gives it back, by dropping it, when the child is not there.
    /// Whoever waits for an answer then sees its reply port closed.
    pub fn send(&self, message: M) {
        if let Some(actor) = &*self.0.load()
            && let Err(error) = actor.cast(message)
        {
            tracing::debug!(%error, "message to a stopped actor dropped");
        }
    }
}

/// How a child is started, each time anew.
type Start = Box<
    dyn Fn(ActorCell) -> Pin<Box<dyn Future<Output = Result<ActorId, ActorProcessingErr>> + Send>>
        + Send
        + Sync,
>;

enum Msg {
    /// Take a child on and start it; answers when it has started or failed to.
    Adopt(&'static str, Start, tokio::sync::oneshot::Sender<Result<(), ActorProcessingErr>>),
    /// Start a child again.
    Restart(usize),
}

impl ractor::Message for Msg {}

/// The root of the tree.
#[derive(Debug, Clone)]
pub struct Root(ActorRef<Msg>);

impl Root {
    /// Starts an empty tree.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start() -> Result<Self, ActorProcessingErr> {
        let (actor, _) = Actor::spawn(None, Supervisor, ()).await?;
        Ok(Self(actor))
    }

    /// What children and entities are linked to.
    #[must_use]
    pub fn cell(&self) -> ActorCell {
        self.0.get_cell()
    }

    /// Starts a child that is started again whenever it fails. `make` gives the actor and
    /// its arguments, each time anew.
    ///
    /// # Errors
    /// When the child cannot start the first time.
    pub async fn adopt<A>(
        &self,
        name: &'static str,
        make: impl Fn() -> (A, A::Arguments) + Send + Sync + 'static,
    ) -> Result<Mailbox<A::Msg>, ActorProcessingErr>
    where
        A: Actor,
    {
        let mailbox = Mailbox(Arc::new(ArcSwapOption::empty()));
        let address = mailbox.clone();
        let start: Start = Box::new(move |supervisor| {
            let (actor, arguments) = make();
            let address = address.clone();
            Box::pin(async move {
                let (actor, _) = Actor::spawn_linked(None, actor, arguments, supervisor).await?;
                let id = actor.get_id();
                address.0.store(Some(Arc::new(actor)));
                Ok(id)
            })
        });
        let (reply, started) = tokio::sync::oneshot::channel();
        self.0.cast(Msg::Adopt(name, start, reply))?;
        started.await??;
        Ok(mailbox)
    }

    /// Stops the whole tree and waits until it has ended.
    pub async fn stop(&self) {
        if let Err(error) = self.0.stop_and_wait(None, Some(Duration::from_secs(5))).await {
            tracing::warn!(%error, "actors did not stop in time");
        }
    }
}

struct Supervisor;

struct Child {
    name: &'static str,
    start: Start,
    failures: u32,
}

#[derive(Default)]
struct State {
    children: Vec<Child>,
    running: HashMap<ActorId, usize>,
}

impl Actor for Supervisor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Adopt(name, start, reply) => {
                let started = start(myself.get_cell()).await;
                let answer = started.map(|id| {
                    state.running.insert(id, state.children.len());
                    state.children.push(Child { name, start, failures: 0 });
                });
                // Whoever asked may have given up.
                reply.send(answer).ok();
            }
            Msg::Restart(index) => restart(&myself, state, index).await,
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (id, why, failed) = match event {
            SupervisionEvent::ActorFailed(cell, error) => (cell.get_id(), error.to_string(), true),
            SupervisionEvent::ActorTerminated(cell, _, reason) => {
                (cell.get_id(), reason.unwrap_or_default(), false)
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {
                return Ok(());
            }
            #[allow(unreachable_patterns)]
            _ => return Ok(()),
        };
        match state.running.remove(&id) {
            Some(index) => later(&myself, state, index, &why),
            // An entity: it comes back on its next message. One that has gone to sleep, or to
            // another node, has only ended.
            None if failed => {
                tracing::error!(actor = %id, why, "entity failed");
                metrics::counter!("entity_failures_total").increment(1);
            }
            None => {}
        }
        Ok(())
    }
}

async fn restart(myself: &ActorRef<Msg>, state: &mut State, index: usize) {
    let Some(child) = state.children.get(index) else { return };
    match (child.start)(myself.get_cell()).await {
        Ok(id) => {
            tracing::info!(actor = child.name, "actor restarted");
            state.running.insert(id, index);
        }
        Err(error) => later(myself, state, index, &error.to_string()),
    }
}

fn later(myself: &ActorRef<Msg>, state: &mut State, index: usize, why: &str) {
    let Some(child) = state.children.get_mut(index) else { return };
    tracing::error!(actor = child.name, why, failures = child.failures, "actor failed");
    metrics::counter!("actor_failures_total", "actor" => child.name).increment(1);
    let pause = PAUSE.saturating_mul(1 << child.failures.min(10)).min(PAUSE_MAX);
    child.failures = child.failures.saturating_add(1);
    let myself = myself.clone();
    tokio::spawn(async move {
        clock::pause(pause).await;
        // When the root itself has stopped there is nothing to restart.
        myself.cast(Msg::Restart(index)).ok();
    });
}
