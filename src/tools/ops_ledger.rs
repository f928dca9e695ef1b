//! `rentezy ledger`: what the ledger of a running server says, and what its auditor found.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ops_client::{Client, Common, OpsError, print};
use crate::config::Config;

/// The ledger.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    command: LedgerCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Show what stands in every account.
    Balance,
    /// Show where the money of a booking went.
    Postings {
        /// The booking.
        booking: String,
    },
    /// Show the last audits.
    Audits,
}

/// `rentezy ledger`.
///
/// # Errors
/// [`OpsError`].
pub async fn ledger(
    config: &Config,
    arguments: LedgerArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    let rows = |answer: &Value| answer["data"].as_array().cloned().unwrap_or_default();
    match arguments.command {
        LedgerCommand::Balance => {
            let answer = client.get("ledger/trial-balance", &[]).await?;
            let columns = ["currency", "account", "amount", "lines"];
            print(out, &columns, &rows(&answer), as_json)?;
            if answer["balanced"] != json!(true) {
                writeln!(out, "the accounts do not add up to zero")?;
            }
            Ok(())
        }
        LedgerCommand::Postings { booking } => {
            let answer = client.get("ledger/postings", &[("booking", Some(booking))]).await?;
            print(out, &["at", "kind", "source", "currency", "lines"], &rows(&answer), as_json)
        }
        LedgerCommand::Audits => {
            let answer = client.get("ledger/audits", &[]).await?;
            let columns = ["ended_at", "everything", "checked_to", "bookings", "violations"];
            print(out, &columns, &rows(&answer), as_json)
        }
    }
}
