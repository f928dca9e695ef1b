//! Who is in the cluster. A node lives as long as its lease, which only this database's clock
//! decides; one that ended is never alive again, but comes back as another incarnation.

use std::time::Duration;

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::membership::{Incarnation, Node, NodeState};

/// Any number that no other program on the same database uses for an advisory lock.
const JOINING: i64 = 0x7265_6e74_657a_7903;

/// How long a suspicion counts.
const SUSPICION: &str = "10 seconds";

/// The process that a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The machine, and when it was started.
    pub host: String,
    /// The process there, and when it began.
    pub process: String,
}

/// A server that joins.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// What it is called.
    pub name: String,
    /// `host:port` for the others; none when it is alone.
    pub address: Option<String>,
    /// Where it runs.
    pub process: Process,
}

/// A node that lives by its row, and the process that it was.
#[derive(Debug, Clone)]
pub struct Living {
    /// The node.
    pub node: Node,
    /// Its process.
    pub process: Process,
    /// Until when its lease runs, by the database's clock.
    pub lease_until: jiff::Timestamp,
    /// How long that is; zero when it is over.
    pub lease_left: Duration,
}

/// What came of joining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// It is in, with this number.
    In(Incarnation),
    /// A server of this name lives.
    NameTaken(String),
    /// A server lives that is alone, or this one would be.
    Alone(String),
}

/// The servers that live, those whose lease is over included: nobody has seen to these yet.
///
/// # Errors
/// When the database cannot be read.
pub async fn living(client: &Client) -> Result<Vec<Living>, StorageError> {
    let rows = client
        .query(
            "select incarnation, name, address, state, lease_until > clock_timestamp() as leased,
                 host, process, lease_until,
                 extract(epoch from lease_until - clock_timestamp())::float8 as lease_left
             from cluster_nodes where state in ('joining', 'active', 'draining')",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let process = Process { host: row.get("host"), process: row.get("process") };
            let lease_left = Duration::try_from_secs_f64(row.get("lease_left"));
            Ok(Living {
                node: node(row)?,
                process,
                lease_until: row.get("lease_until"),
                lease_left: lease_left.unwrap_or_default(),
            })
        })
        .collect()
}

/// Enters a server, unless its name is taken or one of the two would have to be alone. Those
/// that come together are entered one after the other.
///
/// # Errors
/// When the database refuses.
pub async fn join(
    client: &mut Client,
    new: &NewNode,
    lease: Duration,
) -> Result<Joined, StorageError> {
    let transaction = client.transaction().await?;
    transaction.execute("select pg_advisory_xact_lock($1)", &[&JOINING]).await?;
    let expired = "update cluster_nodes set state = 'dead', ended_at = clock_timestamp()
        where state in ('joining', 'active', 'draining') and lease_until < clock_timestamp()";
    transaction.execute(expired, &[]).await?;
    let rows = transaction
        .query(
            "select name, address from cluster_nodes
             where state in ('joining', 'active', 'draining') order by incarnation",
            &[],
        )
        .await?;
    for row in &rows {
        let (name, address): (String, Option<String>) = (row.get(0), row.get(1));
        if address.is_none() || new.address.is_none() {
            return Ok(Joined::Alone(name));
        }
        if name == new.name {
            return Ok(Joined::NameTaken(name));
        }
    }
    let row = transaction
        .query_one(
            "insert into cluster_nodes (name, address, host, process, version, state, lease_until)
             values ($1, $2, $3, $4, $5, 'joining', clock_timestamp() + $6 * interval '1 ms')
             returning incarnation",
            &[
                &new.name,
                &new.address,
                &new.process.host,
                &new.process.process,
                &env!("CARGO_PKG_VERSION"),
                &millis(lease),
            ],
        )
        .await?;
    let incarnation = Incarnation(row.get(0));
    transaction.commit().await?;
    Ok(Joined::In(incarnation))
}

/// Renews a lease. `None` when the node lives no more: it has to stop at once.
///
/// # Errors
/// When the database cannot be reached; the lease may or may not be longer then.
pub async fn renew(
    client: &Client,
    me: Incarnation,
    lease: Duration,
) -> Result<Option<NodeState>, StorageError> {
    let row = client
        .query_opt(
            "update cluster_nodes set lease_until = clock_timestamp() + $2 * interval '1 ms'
             where incarnation = $1 and state in ('joining', 'active', 'draining')
             returning state",
            &[&me.0, &millis(lease)],
        )
        .await?;
    row.map(|row| state(row.get(0))).transpose()
}

/// Takes a step of a node's life, if it is in the state before; whether it was.
///
/// # Errors
/// When the database refuses.
pub async fn step(
    client: &Client,
    node: Incarnation,
    from: NodeState,
    to: NodeState,
) -> Result<bool, StorageError> {
    let changed = client
        .execute(
            "update cluster_nodes set state = $3,
                 ended_at = case when $3 in ('left', 'dead') then clock_timestamp() end
             where incarnation = $1 and state = $2",
            &[&node.0, &from.name(), &to.name()],
        )
        .await?;
    Ok(changed == 1)
}

/// Ends a node that lives; whether it did.
///
/// # Errors
/// When the database refuses.
pub async fn end(client: &Client, node: Incarnation, as_: NodeState) -> Result<bool, StorageError> {
    let changed = client
        .execute(
            "update cluster_nodes set state = $2, ended_at = clock_timestamp()
             where incarnation = $1 and state in ('joining', 'active', 'draining')",
            &[&node.0, &as_.name()],
        )
        .await?;
    Ok(changed == 1)
}

/// Ends those whose lease is over; which.
///
/// # Errors
/// When the database refuses.
pub async fn expire(client: &Client) -> Result<Vec<Incarnation>, StorageError> {
    let rows = client
        .query(
            "update cluster_nodes set state = 'dead', ended_at = clock_timestamp()
             where state in ('joining', 'active', 'draining') and lease_until < clock_timestamp()
             returning incarnation",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| Incarnation(row.get(0))).collect())
}

/// Says that `voter` cannot reach `suspect`; who has said so of late.
///
/// # Errors
/// When the database refuses.
pub async fn suspect(
    client: &Client,
    suspect: Incarnation,
    voter: Incarnation,
) -> Result<Vec<Incarnation>, StorageError> {
    client
        .execute(
            "insert into cluster_suspicions (suspect, voter) values ($1, $2)
             on conflict (suspect, voter) do update set at = clock_timestamp()",
            &[&suspect.0, &voter.0],
        )
        .await?;
    let rows = client
        .query(
            "select voter from cluster_suspicions
             where suspect = $1 and at > clock_timestamp() - $2::text::interval",
            &[&suspect.0, &SUSPICION],
        )
        .await?;
    Ok(rows.iter().map(|row| Incarnation(row.get(0))).collect())
}

/// Has an active node hand its shards over, as an operator orders; whether it was active.
///
/// # Errors
/// When the database refuses.
pub async fn order_drain(
    client: &mut Client,
    node: &Node,
    causation: Uuid,
    now: jiff::Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let sql = "update cluster_nodes set state = 'draining' where incarnation = $1
        and state = 'active'";
    let changed = transaction.execute(sql, &[&node.incarnation.0]).await?;
    if changed == 1 {
        let action = "node.drained".to_owned();
        let event = Event::OperatorActed { action, subject: node.name.clone() };
        let key = Uuid::from_u128(u128::from(node.incarnation.0.unsigned_abs()));
        events::append_edge(&transaction, key, &event, Actor::Operator, causation, now).await?;
    }
    transaction.commit().await?;
    Ok(changed == 1)
}

/// A node as operators see it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The node.
    pub node: Node,
    /// The version of its program.
    pub version: String,
    /// When it joined.
    pub joined_at: jiff::Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<jiff::Timestamp>,
}

/// The nodes that live, and the last of those that have ended, at most `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(client: &Client, limit: i64) -> Result<Vec<Listed>, StorageError> {
    let rows = client
        .query(
            "select incarnation, name, address, state, lease_until > clock_timestamp() as leased,
                 version, joined_at, ended_at
             from cluster_nodes order by ended_at desc nulls first, incarnation limit $1",
            &[&limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                node: node(row)?,
                version: row.get("version"),
                joined_at: row.get("joined_at"),
                ended_at: row.get("ended_at"),
            })
        })
        .collect()
}

/// Deletes rows of nodes that ended before `before` and own nothing; how many.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, before: jiff::Timestamp) -> Result<u64, StorageError> {
    let deleted = client
        .execute(
            "delete from cluster_nodes n where ended_at < $1
             and not exists (select 1 from shards s where s.owner = n.incarnation)",
            &[&before],
        )
        .await?;
    Ok(deleted)
}

fn node(row: &Row) -> Result<Node, StorageError> {
    Ok(Node {
        incarnation: Incarnation(row.get("incarnation")),
        name: row.get("name"),
        address: row.get("address"),
        state: state(row.get("state"))?,
        leased: row.get("leased"),
    })
}

fn state(name: &str) -> Result<NodeState, StorageError> {
    NodeState::parse(name).ok_or_else(|| StorageError::malformed(format!("node is {name}")))
}

fn millis(stretch: Duration) -> f64 {
    stretch.as_secs_f64() * 1_000.0
}
