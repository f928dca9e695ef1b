//! `rentezy letters`: what became of letters, and those that were given up sent once more.

use std::io::Write;

use clap::{Args, Subcommand};
use reqwest::Method;

use super::ops_client::{Client, Common, OpsError, print};
use crate::config::Config;

/// Letters that are read at once.
const PAGE: usize = 100;

/// What is shown of a letter.
const LETTER: &[&str] =
    &["id", "user_id", "template", "attempts", "created_at", "state", "last_error"];

/// Letters.
#[derive(Debug, Args)]
pub struct LettersArgs {
    #[command(subcommand)]
    command: LettersCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum LettersCommand {
    /// Show them, the newest first.
    List {
        /// Only those that are queued, sending, sent, failed or suppressed.
        #[arg(long, default_value = "failed")]
        state: String,
    },
    /// Send one once more that was given up, or all of them.
    Retry {
        /// The one.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// All that were given up.
        #[arg(long)]
        all: bool,
    },
}

/// `rentezy letters`.
///
/// # Errors
/// [`OpsError`].
pub async fn letters(
    config: &Config,
    arguments: LettersArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    match arguments.command {
        LettersCommand::List { state } => {
            let mut cursor = None;
            loop {
                let query = [
                    ("state", Some(state.clone())),
                    ("limit", Some(PAGE.to_string())),
                    ("cursor", cursor),
                ];
                let answer = client.get("letters", &query).await?;
                let rows = answer["data"].as_array().cloned().unwrap_or_default();
                print(out, LETTER, &rows, as_json)?;
                cursor = answer["page"]["next"].as_str().map(str::to_owned);
                if cursor.is_none() {
                    return Ok(());
                }
            }
        }
        LettersCommand::Retry { id: Some(id), .. } => {
            let path = format!("letters/{id}/retry");
            let letter = client.ask(Method::POST, &path, &[], None).await?;
            print(out, LETTER, &[letter], as_json)
        }
        LettersCommand::Retry { .. } => {
            let done = client.ask(Method::POST, "letters/retry", &[], None).await?;
            print(out, &["retried"], &[done], as_json)
        }
    }
}
