//! `rentezy cluster`: who is in the cluster of a running server, and what operators may have
//! its servers do.

use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::ops_client::{Client, Common, OpsError, print};
use crate::clock;
use crate::config::Config;

/// How often it is looked how far a drain is, and for how long.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// The cluster.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    #[command(subcommand)]
    command: ClusterCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum ClusterCommand {
    /// Show the servers, and how many shards each owns.
    Status,
    /// Have a server hand its shards to the others, and wait until it has: then it can be
    /// stopped without anybody waiting for it.
    Drain {
        /// Its name.
        node: String,
    },
    /// Have all servers look now whether their shards live where they should.
    Rebalance,
}

/// `rentezy cluster`.
///
/// # Errors
/// [`OpsError`].
pub async fn cluster(
    config: &Config,
    arguments: ClusterArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    match arguments.command {
        ClusterCommand::Status => {
            let answer = client.get("cluster", &[]).await?;
            let columns =
                ["name", "incarnation", "address", "state", "leased", "shards", "reached"];
            print(out, &columns, &rows(&answer), as_json)
        }
        ClusterCommand::Drain { node } => {
            client.ask(Method::POST, &format!("cluster/nodes/{node}/drain"), &[], None).await?;
            let drained = async {
                loop {
                    let answer = client.get("cluster", &[]).await?;
                    let left = shards(&answer, &node);
                    if left == 0 {
                        return Ok::<_, OpsError>(());
                    }
                    clock::pause(LOOK).await;
                }
            };
            match clock::within(PATIENCE, drained).await {
                Ok(done) => done?,
                Err(_) => return Err(OpsError::Busy(format!("{node} still owns shards"))),
            }
            writeln!(out, "{node} owns no shards any more: it can be stopped")?;
            Ok(())
        }
        ClusterCommand::Rebalance => {
            let answer = client.ask(Method::POST, "cluster/rebalance", &[], None).await?;
            writeln!(out, "{} shards are on their way", answer["misplaced"])?;
            Ok(())
        }
    }
}

fn rows(answer: &Value) -> Vec<Value> {
    answer["nodes"].as_array().cloned().unwrap_or_default()
}

/// How many shards a server owns that lives.
fn shards(answer: &Value, node: &str) -> u64 {
    let lives = |row: &&Value| row["name"] == node && row["ended_at"].is_null();
    rows(answer).iter().filter(lives).filter_map(|row| row["shards"].as_u64()).sum()
}
