//! Brings shards to the nodes that they should live with. This node claims what has no living
//! owner and should be its own, and hands over what should live elsewhere; every other node
//! does the same, by the same rule. Only a compare-and-set on the row gives an owner.

use std::collections::BTreeMap;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio_postgres::Client;

use super::membership::Membership;
use super::ownership::Ownership;
use super::peers::Peers;
use super::region::Region;
use super::wire::Notice;
use crate::actors::root::{Mailbox, Root};
use crate::clock;
use crate::domain::entity::Shard;
use crate::domain::membership::{Incarnation, NodeState, target};
use crate::storage::pool::Database;
use crate::storage::shards::{self, Owned};
use crate::storage::sqlstate::StorageError;

/// Shards that move at the same time.
const MOVES_MAX: usize = 16;
/// How long entities of a shard that moves may take to come to an end.
const SETTLE: Duration = Duration::from_secs(5);
/// How long nothing new may be heard before it is looked again.
const LOOK: Duration = Duration::from_secs(1);
/// The pause when something is left to do.
const AGAIN: Duration = Duration::from_millis(20);
/// What the session may wait for.
const SESSION: &str = "-c statement_timeout=1500ms -c lock_timeout=1s";

/// What placement stands on.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For a connection of its own.
    pub database: Database,
    /// Who is there.
    pub membership: Membership,
    /// Who owns what.
    pub ownership: Ownership,
    /// Who is told of moves.
    pub peers: Peers,
    /// Whose entities come to an end before their shard moves.
    pub region: Region,
}

/// Starts it.
///
/// # Errors
/// When the runtime refuses.
pub async fn start(root: &Root, around: Surroundings) -> Result<Placement, ActorProcessingErr> {
    let made = around.clone();
    let mailbox = root.adopt("placement", move || (Keeper, made.clone())).await?;
    let (told, mut standing) = (mailbox.clone(), around.membership.standing());
    let mut changed = around.ownership.watch();
    tokio::spawn(async move {
        loop {
            let over = tokio::select! {
                changed = changed.changed() => changed.is_err(),
                changed = standing.changed() => changed.is_err(),
                () = clock::pause(LOOK) => false,
            };
            if over {
                return;
            }
            told.send(Msg::Look);
        }
    });
    Ok(Placement(mailbox))
}

/// The way to this node's placement.
#[derive(Debug, Clone)]
pub struct Placement(Mailbox<Msg>);

impl Placement {
    /// Has it looked now whether a shard should live elsewhere.
    pub fn look(&self) {
        self.0.send(Msg::Look);
    }
}

/// What placement is told.
#[derive(Debug)]
pub enum Msg {
    /// See what there is to do.
    Look,
    /// As [`Msg::Look`], after something was left to do.
    Again,
}

impl ractor::Message for Msg {}

struct Keeper;

struct State {
    around: Surroundings,
    me: Incarnation,
    client: Option<Client>,
    again: bool,
}

impl Actor for Keeper {
    type Msg = Msg;
    type State = State;
    type Arguments = Surroundings;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        around: Surroundings,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Look)?;
        Ok(State { me: around.ownership.me(), around, client: None, again: false })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Again => state.again = false,
            // It is about to be looked anyway, and not in vain.
            Msg::Look if state.again => return Ok(()),
            Msg::Look => {}
        }
        let left = match state.settle().await {
            Ok(left) => left,
            Err(error) => {
                tracing::warn!(%error, "shards cannot be placed");
                state.client = None;
                true
            }
        };
        if left {
            state.again = true;
            tokio::spawn(async move {
                clock::pause(AGAIN).await;
                // A restarted placement looks by itself.
                myself.cast(Msg::Again).ok();
            });
        }
        Ok(())
    }
}

impl State {
    async fn client(&mut self) -> Result<&Client, StorageError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(self.around.database.connect(SESSION).await?);
        }
        self.client.as_ref().ok_or(StorageError::Unreachable(None))
    }

    /// Claims and hands over what there is to claim and to hand over now; whether something is
    /// left.
    async fn settle(&mut self) -> Result<bool, StorageError> {
        let view = self.around.membership.view();
        let Some(me) = view.node(self.me).map(|node| node.state) else { return Ok(false) };
        let (mut wanted, mut moving) = (Vec::new(), BTreeMap::<Incarnation, Vec<Shard>>::new());
        for shard in Shard::all() {
            let Owned { owner, .. } = self.around.ownership.owner(shard);
            let has_owner = owner.is_some_and(|owner| view.node(owner).is_some());
            match target(shard, &view.nodes) {
                Some(to) if to == self.me && !has_owner && me == NodeState::Active => {
                    wanted.push(shard);
                }
                Some(to) if to != self.me && owner == Some(self.me) => {
                    moving.entry(to).or_default().push(shard);
                }
                _ => {}
            }
        }
        let mut left = false;
        if !wanted.is_empty() {
            let claimed = self.claim(&wanted).await?;
            left |= claimed < wanted.len();
        }
        let reached = self.around.peers.reached();
        moving.retain(|to, _| reached.contains(to));
        if let Some((to, shards)) = moving.into_iter().next() {
            left = true;
            let some: Vec<_> = shards.into_iter().take(MOVES_MAX).collect();
            self.hand_over(to, &some).await?;
        }
        Ok(left)
    }

    async fn claim(&mut self, wanted: &[Shard]) -> Result<usize, StorageError> {
        let me = self.me;
        let claimed = shards::claim(self.client().await?, me, wanted).await?;
        if claimed.len() < wanted.len() {
            // Somebody else may have been there first: the rows tell.
            self.around.membership.look();
        }
        self.moved(me, &claimed);
        if !claimed.is_empty() {
            tracing::info!(shards = claimed.len(), "shards claimed");
            metrics::counter!("cluster_shards_claimed_total").increment(count(claimed.len()));
        }
        Ok(claimed.len())
    }

    /// Closes shards, lets their entities come to an end, and makes another node their owner.
    /// Requests wait meanwhile, and go there afterwards.
    async fn hand_over(&mut self, to: Incarnation, some: &[Shard]) -> Result<(), StorageError> {
        let ownership = self.around.ownership.clone();
        let closed: Vec<(Shard, i64)> = some
            .iter()
            .filter_map(|shard| ownership.close(*shard).map(|epoch| (*shard, epoch)))
            .collect();
        if closed.is_empty() {
            return Ok(());
        }
        let region = self.around.region.clone();
        let settled = clock::within(SETTLE, region.settle(some)).await;
        if settled.is_err() {
            tracing::warn!(shards = closed.len(), "entities did not end in time before a move");
        }
        let me = self.me;
        let handed = async {
            let client = self.client().await?;
            shards::hand_over(client, me, to, &closed).await
        };
        match handed.await {
            Ok(handed) => {
                self.moved(to, &handed);
                for (shard, epoch) in closed {
                    if !handed.iter().any(|(moved, _)| *moved == shard) {
                        ownership.reopen(shard, epoch);
                    }
                }
                tracing::info!(shards = handed.len(), node = %to, "shards handed over");
                metrics::counter!("cluster_shards_moved_total").increment(count(handed.len()));
                Ok(())
            }
            Err(error) => {
                // If it has come about after all, the rows tell, and epochs fence until then.
                for (shard, epoch) in closed {
                    ownership.reopen(shard, epoch);
                }
                self.around.membership.look();
                Err(error)
            }
        }
    }

    /// Tells everybody, this node first.
    fn moved(&self, owner: Incarnation, moved: &[(Shard, i64)]) {
        if moved.is_empty() {
            return;
        }
        let rows: Vec<Owned> = moved
            .iter()
            .map(|(shard, epoch)| Owned { shard: *shard, owner: Some(owner), epoch: *epoch })
            .collect();
        self.around.ownership.learn(&rows);
        self.around.peers.tell_all(Notice::moved(&rows));
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
