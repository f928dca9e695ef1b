//! Asks another provider who somebody is, so that no request waits for it without a bound:
//! so many calls at the same time, so many waiting, each with a deadline. A call is one
//! attempt; whoever wants to sign in tries again.

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::{Semaphore, oneshot};

use super::root::{Mailbox, Root};
use crate::clock::{self, Clock};
use crate::gateways::oidc::{Beginning, Identified, OidcClient, OidcError};

/// Calls at the same time.
const CONCURRENCY: usize = 8;

/// Calls under way or waiting; past it they are sent away.
const QUEUE_MAX: usize = 256;

/// How long a person waits for the provider, whose every answer has a bound of its own.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why nobody was identified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There is no provider.
    #[error("there is no identity provider")]
    Off,
    /// Too many calls are waiting, or it took too long.
    #[error("identity provider is busy")]
    Busy,
    /// The provider did not do it.
    #[error(transparent)]
    Provider(#[from] OidcError),
}

/// The way to the provider; without one, nobody signs in that way.
#[derive(Debug, Clone)]
pub struct Identities(Option<Handle>);

#[derive(Debug, Clone)]
struct Handle {
    mailbox: Mailbox<Msg>,
    room: Arc<Semaphore>,
}

impl Identities {
    /// Starts asking a provider.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(
        root: &Root,
        client: OidcClient,
        clock: Clock,
    ) -> Result<Self, ActorProcessingErr> {
        let make = move || (IdentityActor, (client.clone(), clock.clone()));
        let mailbox = root.adopt("identity", make).await?;
        Ok(Self(Some(Handle { mailbox, room: Arc::new(Semaphore::new(QUEUE_MAX)) })))
    }

    /// Without a provider.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn begin(&self) -> Result<Beginning, IdentityError> {
        self.ask(Msg::Begin).await
    }

    /// Ends a sign-in with the code that came back, and what was kept since it began.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn finish(
        &self,
        code: String,
        verifier: String,
        nonce: String,
    ) -> Result<Identified, IdentityError> {
        self.ask(|reply| Msg::Finish { code, verifier, nonce, reply }).await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, OidcError>>) -> Msg,
    ) -> Result<T, IdentityError> {
        let handle = self.0.as_ref().ok_or(IdentityError::Off)?;
        let _place = handle.room.try_acquire().map_err(|_| IdentityError::Busy)?;
        let (reply, done) = oneshot::channel();
        handle.mailbox.send(message(reply));
        let done = clock::within(PATIENCE, done).await.map_err(|_| IdentityError::Busy)?;
        Ok(done.map_err(|_| IdentityError::Busy)??)
    }
}

/// What the actor is told.
enum Msg {
    /// Begin a sign-in; whoever asks may have given up when it is answered.
    Begin(oneshot::Sender<Result<Beginning, OidcError>>),
    /// End one.
    Finish {
        /// What came back.
        code: String,
        /// What was kept.
        verifier: String,
        /// What was kept.
        nonce: String,
        /// Whoever asks may have given up.
        reply: oneshot::Sender<Result<Identified, OidcError>>,
    },
}

impl ractor::Message for Msg {}

struct IdentityActor;

struct State {
    client: OidcClient,
    clock: Clock,
    permits: Arc<Semaphore>,
}

impl Actor for IdentityActor {
    type Msg = Msg;
    type State = State;
    type Arguments = (OidcClient, Clock);

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        (client, clock): (OidcClient, Clock),
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { client, clock, permits: Arc::new(Semaphore::new(CONCURRENCY)) })
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (client, clock) = (state.client.clone(), state.clock.clone());
        let permits = Arc::clone(&state.permits);
        tokio::spawn(async move {
            let _permit = permits.acquire_owned().await;
            match message {
                Msg::Begin(reply) if !reply.is_closed() => {
                    reply.send(client.begin().await).ok();
                }
                Msg::Finish { code, verifier, nonce, reply } if !reply.is_closed() => {
                    let done = client.finish(code, verifier, nonce, clock.now()).await;
                    reply.send(done).ok();
                }
                Msg::Begin(_) | Msg::Finish { .. } => {}
            }
        });
        Ok(())
    }
}
