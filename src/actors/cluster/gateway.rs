//! The one actor of this node that others can send messages to. It gives what comes to those
//! who can do something about it and waits for nobody: the work is done by tasks, so that one
//! request does not hold up another.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use ractor_cluster::RactorClusterMessage;
use tracing::Instrument;

use super::region::Region;
use super::wire::{self, Envelope, Notice, Reply};
use crate::actors::root::{Mailbox, Root};

/// The process group in which nodes find each other's gateways.
pub(super) const GROUP: &str = "rentezy-gateways";

/// What comes from other nodes. Names of variants travel with the messages: they stay.
#[derive(Debug, RactorClusterMessage)]
pub enum Msg {
    /// Carry a request out: an envelope, and a reply comes back.
    #[rpc]
    Ask(Vec<u8>, RpcReplyPort<Vec<u8>>),
    /// Are you there?
    #[rpc]
    Ping(RpcReplyPort<()>),
    /// News.
    Tell(Vec<u8>),
}

/// What is done about news.
pub type OnNotice = Arc<dyn Fn(Notice) + Send + Sync>;

/// Starts the gateway.
///
/// # Errors
/// When the runtime refuses.
pub async fn start(
    root: &Root,
    region: Region,
    on_notice: OnNotice,
) -> Result<Mailbox<Msg>, ActorProcessingErr> {
    root.adopt("gateway", move || (Gateway, (region.clone(), Arc::clone(&on_notice)))).await
}

struct Gateway;

struct State {
    region: Region,
    on_notice: OnNotice,
}

impl Actor for Gateway {
    type Msg = Msg;
    type State = State;
    type Arguments = (Region, OnNotice);

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        (region, on_notice): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        ractor::pg::join(GROUP.to_owned(), vec![myself.get_cell()]);
        Ok(State { region, on_notice })
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Ask(bytes, reply) => {
                let region = state.region.clone();
                tokio::spawn(async move {
                    let answer = match wire::decode(&bytes) {
                        Ok(envelope) => answer(&region, envelope).await,
                        Err(refused) => {
                            tracing::warn!(?refused, "message of another node is not understood");
                            refused
                        }
                    };
                    // Whoever asked may be gone; its retry is answered by the request's record.
                    reply.send(encoded(&answer)).ok();
                });
            }
            Msg::Ping(reply) => {
                // As above.
                reply.send(()).ok();
            }
            Msg::Tell(bytes) => match wire::decode_notice(&bytes) {
                Some(notice) => (state.on_notice)(notice),
                None => tracing::debug!("notice of another node is not understood"),
            },
        }
        Ok(())
    }
}

/// Does what another node asks for. What is logged meanwhile names the command, as the line of
/// the request does at the node that it came to: so the logs of both can be put together.
async fn answer(region: &Region, envelope: Envelope) -> Reply {
    let span = tracing::info_span!("asked", command = %envelope.payload.id, hops = envelope.hops);
    let answered = async {
        tracing::debug!(entity = %envelope.entity, "another node asks");
        region.answer(envelope).await
    };
    answered.instrument(span).await
}

fn encoded(reply: &Reply) -> Vec<u8> {
    wire::encode(reply)
        .or_else(|too_large| wire::encode(&too_large))
        // A reply of constants can always be encoded.
        .unwrap_or_default()
}
