//! How a server becomes a node: it is entered as a new incarnation, unless somebody is in the
//! way, and its own predecessor is recognised by its process.

use std::collections::HashMap;

use super::membership::{LEASE, RENEW, RETRY, SESSION};
use crate::clock;
use crate::domain::membership::{Incarnation, NodeState};
use crate::storage::cluster::{self, Joined, NewNode, Process};
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// Why a server may not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The database stood in the way.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is a server of this name.
    #[error("a server called {0} is in the cluster already: give this one another cluster.name")]
    NameTaken(String),
    /// There is a server, and one of the two has no cluster listener.
    #[error(
        "server {0} is using this database: stop it first, or set cluster.listen at both to have \
         them work together"
    )]
    InUse(String),
}

/// Enters this server. Its own predecessor, of the same name on the same machine, is ended at
/// once when its process is gone; of anybody else it takes the end of the lease.
///
/// # Errors
/// [`JoinError`].
pub async fn join(
    database: &Database,
    name: &str,
    address: Option<String>,
) -> Result<Incarnation, JoinError> {
    let mut client = database.connect(SESSION).await?;
    let new = NewNode { name: name.to_owned(), address, process: this_process() };
    let began = clock::monotonic();
    let mut leases = HashMap::new();
    loop {
        let mut renewed = false;
        for living in cluster::living(&client).await? {
            let node = living.node.incarnation;
            let before = *leases.entry(node).or_insert(living.lease_until);
            renewed |= before < living.lease_until;
            if living.node.name == new.name && is_gone(&living.process, &new.process) {
                cluster::end(&client, node, NodeState::Dead).await?;
            }
        }
        let refused = match cluster::join(&mut client, &new, LEASE).await? {
            Joined::In(incarnation) => return Ok(incarnation),
            Joined::NameTaken(name) => JoinError::NameTaken(name),
            Joined::Alone(name) => JoinError::InUse(name),
        };
        // Somebody who has died elsewhere is in the way for as long as the lease. Whoever
        // renews it lives.
        if renewed || began.elapsed() > LEASE + RENEW {
            return Err(refused);
        }
        clock::pause(RETRY).await;
    }
}

/// This process, as no other one on this machine is called before it is started anew.
fn this_process() -> Process {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let (host, boot) = (read("/proc/sys/kernel/hostname"), read("/proc/sys/kernel/random/boot_id"));
    let pid = std::process::id();
    Process { host: format!("{host} {boot}"), process: format!("{pid} {}", began(pid)) }
}

/// When a process was started, in the kernel's ticks; empty when there is none.
fn began(pid: u32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; `starttime` is the twentieth field after it
    // (proc(5)).
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    fields.split_whitespace().nth(19).unwrap_or_default().to_owned()
}

/// Whether a process is gone for certain, seen from `here`. Of another machine nobody knows.
fn is_gone(process: &Process, here: &Process) -> bool {
    let pid = process.process.split(' ').next().and_then(|pid| pid.parse().ok());
    let Some(pid) = pid.filter(|_| process.host == here.host) else { return false };
    format!("{pid} {}", began(pid)) != process.process
}
