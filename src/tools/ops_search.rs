//! Has the search index of a running server built anew.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::ops_client::{Client, Common, OpsError};
use crate::clock;
use crate::config::Config;

/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// Build the search index of a running server anew. Searches go on meanwhile.
#[derive(Debug, Args)]
pub struct ReindexArgs {
    /// Come back when the new index is searched.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    common: Common,
}

/// `rentezy reindex`.
///
/// # Errors
/// [`OpsError`]; with `--wait` also when building it has to be begun again and again.
pub async fn reindex(
    config: &Config,
    arguments: ReindexArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let client = Client::new(config)?;
    let mut answer = client.ask(Method::POST, "search/reindex", &[], None).await?;
    let building = answer["building"]["generation"].as_u64();
    if !arguments.wait {
        return say(out, &answer, arguments.common.json, building);
    }
    let mut shown = 0;
    loop {
        let served = answer["served"]["generation"].as_u64();
        // One that failed has a successor with a higher number.
        if answer["building"].is_null() && served >= building {
            return say(out, &answer, arguments.common.json, None);
        }
        let listings = answer["building"]["listings"].as_u64().unwrap_or_default();
        if listings != shown && !arguments.common.json {
            writeln!(out, "{listings} listings so far")?;
            out.flush()?;
            shown = listings;
        }
        clock::pause(LOOK).await;
        answer = client.get("search", &[]).await?;
    }
}

fn say(
    out: &mut impl Write,
    answer: &Value,
    as_json: bool,
    building: Option<u64>,
) -> Result<(), OpsError> {
    if as_json {
        writeln!(out, "{answer}")?;
        return Ok(());
    }
    match building {
        Some(generation) if answer["begun"] == true => {
            writeln!(out, "generation {generation} is being built")?;
        }
        Some(generation) => writeln!(out, "generation {generation} was being built already")?,
        None => {
            let served = &answer["served"];
            let (generation, listings) = (&served["generation"], &served["listings"]);
            writeln!(out, "generation {generation} is searched: {listings} listings")?;
        }
    }
    Ok(())
}
