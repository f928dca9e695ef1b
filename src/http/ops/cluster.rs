//! The cluster: who is in it, who owns what, what waits where.

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actors::cluster::region::{Queued, Region};
use crate::actors::cluster::wire::{self, Notice};
use crate::domain::membership::{Incarnation, Node, NodeState, target};
use crate::http::extract::{Id, Json};
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::cluster::{self, Listed};
use crate::storage::shards;

/// Nodes that are shown, those that have ended last included.
const NODES: i64 = 50;
/// Queues that are shown.
const QUEUES: usize = 20;

/// The cluster, as the node that is asked sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterView {
    /// The node that is asked.
    node: i64,
    /// Those that live first, then those that have ended last.
    nodes: Vec<NodeView>,
    /// Every shard, in order.
    shards: Vec<ShardView>,
    /// The latest moves of shards that this server has heard of, the newest first.
    moves: Vec<MoveView>,
    /// Entities of the node that is asked.
    entities: EntitiesView,
}

/// A start of a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterNode)]
pub struct NodeView {
    /// The server's name.
    name: String,
    /// Which start it is: later ones have higher numbers.
    incarnation: i64,
    /// Where other servers reach it; none for one that is alone.
    #[schema(required = true)]
    address: Option<String>,
    /// `joining`, `active`, `draining`, `left` or `dead`.
    state: &'static str,
    /// Whether its lease runs.
    leased: bool,
    /// The version of its program.
    version: String,
    /// How many shards it owns.
    shards: usize,
    /// Whether the node that is asked is connected with it; true of itself.
    reached: bool,
    /// Requests that the node that is asked waits for there.
    waiting: usize,
    /// When it joined.
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A shard.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterShard)]
pub struct ShardView {
    /// Its number.
    shard: u16,
    /// The incarnation that owns it.
    #[schema(required = true)]
    owner: Option<i64>,
    /// How often it has changed hands.
    epoch: i64,
    /// The incarnation that it should live with.
    #[schema(required = true)]
    target: Option<i64>,
}

/// A shard that has changed hands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterMove)]
pub struct MoveView {
    /// Its number.
    shard: u16,
    /// The incarnation that had it.
    #[schema(required = true)]
    from: Option<i64>,
    /// The incarnation that has it since.
    #[schema(required = true)]
    to: Option<i64>,
    /// The epoch that began with it.
    epoch: i64,
    /// How long ago this server heard of it.
    seconds_ago: u64,
}

/// What is in memory, and what waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterEntities)]
pub struct EntitiesView {
    /// Entities in memory.
    awake: usize,
    /// Requests that wait on this node, for entities here and elsewhere.
    waiting: usize,
    /// Where most wait, the longest queue first.
    queues: Vec<QueueView>,
    /// Where one of them has waited longest, the oldest first.
    oldest: Vec<QueueView>,
}

/// A queue before an entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterQueue)]
pub struct QueueView {
    /// The property.
    property: Uuid,
    /// Requests that wait there, those that it is at work on included.
    waiting: usize,
    /// For how long the oldest of them has been waiting there, in milliseconds.
    oldest_ms: u64,
}

/// What has come of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterOrder)]
pub struct OrderView {
    /// Shards that do not live where they should yet.
    misplaced: usize,
}

/// Who is there, and who owns what?
#[utoipa::path(get, path = "/ops/v1/cluster", tag = "cluster",
    responses((status = 200, body = ClusterView)))]
pub async fn read(State(state): State<Shared>) -> Result<Json<ClusterView>, Problem> {
    let client = state.pool.get().await?;
    let listed = cluster::list(&client, NODES).await?;
    let owned = shards::table(&client).await?;
    drop(client);
    let mut counts: HashMap<Incarnation, usize> = HashMap::new();
    for owner in owned.iter().filter_map(|row| row.owner) {
        *counts.entry(owner).or_default() += 1;
    }
    let living: Vec<Node> = living(&listed);
    let me = state.region.ownership().me();
    let waiting: HashMap<_, _> = state.peers.waiting().into_iter().collect();
    let nodes = listed.into_iter().map(|Listed { node, version, joined_at, ended_at }| NodeView {
        shards: counts.get(&node.incarnation).copied().unwrap_or_default(),
        reached: node.incarnation == me || waiting.contains_key(&node.incarnation),
        waiting: waiting.get(&node.incarnation).copied().unwrap_or_default(),
        name: node.name,
        incarnation: node.incarnation.0,
        address: node.address,
        state: node.state.name(),
        leased: node.leased,
        version,
        joined_at,
        ended_at,
    });
    let shards = owned.iter().map(|row| ShardView {
        shard: row.shard.0,
        owner: row.owner.map(|owner| owner.0),
        epoch: row.epoch,
        target: target(row.shard, &living).map(|target| target.0),
    });
    let moves = state.region.ownership().moves().into_iter().map(|moved| MoveView {
        shard: moved.shard.0,
        from: moved.from.map(|owner| owner.0),
        to: moved.to.map(|owner| owner.0),
        epoch: moved.epoch,
        seconds_ago: moved.at.elapsed().as_secs(),
    });
    Ok(Json(ClusterView {
        node: me.0,
        nodes: nodes.collect(),
        shards: shards.collect(),
        moves: moves.collect(),
        entities: entities(&state.region),
    }))
}

fn entities(region: &Region) -> EntitiesView {
    let queues = region.queues();
    EntitiesView {
        awake: region.awake(),
        waiting: region.waiting(),
        queues: first(&queues, |queue| queue.waiting),
        oldest: first(&queues, |queue| queue.oldest),
    }
}

/// The queues that have most of something, the first of them first.
fn first<T: Ord>(queues: &[Queued], of: impl Fn(&Queued) -> T) -> Vec<QueueView> {
    let mut queues: Vec<&Queued> = queues.iter().collect();
    queues.sort_unstable_by_key(|queue| (Reverse(of(queue)), queue.entity));
    let view = |queue: &Queued| QueueView {
        property: queue.entity,
        waiting: queue.waiting,
        oldest_ms: wire::millis(queue.oldest),
    };
    queues.into_iter().take(QUEUES).map(view).collect()
}

/// Have a server hand its shards to the others. It goes on sending requests to where they
/// belong until it is stopped, and takes none back before it is started again.
#[utoipa::path(post, path = "/ops/v1/cluster/nodes/{name}/drain", tag = "cluster",
    params(("name" = String, Path)),
    responses((status = 202, body = OrderView, description = "it has begun")))]
pub async fn drain(
    State(state): State<Shared>,
    Id(name): Id<String>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let mut client = state.pool.get().await?;
    let nodes = living(&cluster::list(&client, NODES).await?);
    let node = nodes.iter().find(|node| node.name == name).ok_or_else(Problem::not_found)?;
    let refused = |detail| Problem::new(Slug::InvalidTransition, detail);
    match node.state {
        NodeState::Draining => {}
        NodeState::Active => {
            let other =
                |other: &&Node| other.name != name && other.leased && other.state == node.state;
            if nodes.iter().find(other).is_none() {
                return Err(refused("no other server can take its shards"));
            }
            let (cause, now) = (state.clock.id(), state.clock.now());
            if !cluster::order_drain(&mut client, node, cause, now).await? {
                return Err(refused("it has ended meanwhile"));
            }
            state.tail.nudge();
        }
        NodeState::Joining | NodeState::Left | NodeState::Dead => {
            return Err(refused("it owns nothing yet"));
        }
    }
    drop(client);
    look(&state);
    Ok((StatusCode::ACCEPTED, Json(order(&state).await?)))
}

/// Have every server look now whether its shards live where they should.
#[utoipa::path(post, path = "/ops/v1/cluster/rebalance", tag = "cluster",
    responses((status = 202, body = OrderView, description = "they look")))]
pub async fn rebalance(
    State(state): State<Shared>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    look(&state);
    Ok((StatusCode::ACCEPTED, Json(order(&state).await?)))
}

/// Has all servers read the rows now.
fn look(state: &Shared) {
    state.membership.look();
    state.peers.tell_all(Notice::Members);
}

async fn order(state: &Shared) -> Result<OrderView, Problem> {
    let client = state.pool.get().await?;
    let nodes = living(&cluster::list(&client, NODES).await?);
    let owned = shards::table(&client).await?;
    let misplaced = |row: &&shards::Owned| row.owner != target(row.shard, &nodes);
    Ok(OrderView { misplaced: owned.iter().filter(misplaced).count() })
}

fn living(listed: &[Listed]) -> Vec<Node> {
    listed.iter().map(|listed| &listed.node).filter(|node| node.state.lives()).cloned().collect()
}
