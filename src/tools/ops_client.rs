//! Commands that talk to a running server over its operator listener: events, consumers,
//! dead letters, replays. The address and the token are those of the settings, or what the
//! server has left in its data folder.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::config::Config;
use crate::storage::secret;

/// The file in which a server tells where its operator listener is.
const FILE: &str = "operator.url";
/// The file in which it tells what this machine reaches the server itself by.
const LOCAL_FILE: &str = "server.url";
/// How often the end of the log is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Events that are remembered, so that none is shown twice.
const REMEMBERED: usize = 10_000;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// Events read at once.
const PAGE: usize = 100;

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// There is no listener.
    #[error("operator.listen is empty: this server has no operator listener")]
    Off,
    /// The token cannot be had.
    #[error("operators' token cannot be read from the data folder: {0}; is a server there?")]
    Token(std::io::Error),
    /// Nobody answers.
    #[error("no server answers at {0}")]
    Unreachable(String, #[source] reqwest::Error),
    /// The answer was lost.
    #[error("answer was lost")]
    Lost(#[from] reqwest::Error),
    /// The server said no.
    #[error("server refused: {0}")]
    Refused(String),
    /// The server had no time, or did not come to an end: the same may be asked again.
    #[error("server is busy: {0}")]
    Busy(String),
    /// The answer cannot be printed.
    #[error(transparent)]
    Print(#[from] std::io::Error),
}

impl OpsError {
    /// Whether the same request may fare better in a moment.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unreachable(..) | Self::Lost(_))
    }
}

/// What all these commands take.
#[derive(Debug, Clone, Copy, Args)]
pub struct Common {
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// The event log.
#[derive(Debug, Args)]
pub struct EventsArgs {
    #[command(subcommand)]
    command: EventsCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    /// Show the last events, and go on with those that come.
    Tail {
        /// Only this type, or with a dot at its end this topic: booking.
        #[arg(long = "type")]
        kind: Option<String>,
        /// Only of this aggregate.
        #[arg(long)]
        key: Option<String>,
        /// Only of this stream.
        #[arg(long)]
        stream: Option<u16>,
        /// Show what is there and end.
        #[arg(long)]
        once: bool,
    },
    /// Show an event and what led to it.
    Show {
        /// Its stream.
        stream: u16,
        /// Its number there.
        seq: i64,
    },
}

/// How consumers do.
#[derive(Debug, Args)]
pub struct ConsumersArgs {
    #[command(flatten)]
    common: Common,
}

/// Dead letters.
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    command: DeadLettersCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum DeadLettersCommand {
    /// Show them, the newest first.
    List {
        /// Only of this consumer.
        #[arg(long)]
        consumer: Option<String>,
        /// Only of events of this type.
        #[arg(long = "type")]
        kind: Option<String>,
        /// Only those that are open, retried or discarded.
        #[arg(long, default_value = "open")]
        state: String,
    },
    /// Try one again, or all of a consumer.
    Retry {
        /// The one.
        #[arg(required_unless_present = "consumer", conflicts_with = "consumer")]
        id: Option<String>,
        /// All open ones of this consumer.
        #[arg(long)]
        consumer: Option<String>,
    },
    /// Give one up for good.
    Discard {
        /// The one.
        id: String,
    },
}

/// Give a consumer events again. Effects that are there already are not made twice.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Who is given them.
    #[arg(long)]
    consumer: String,
    /// Not before this instant.
    #[arg(long)]
    from: Option<String>,
    /// Before this instant.
    #[arg(long)]
    to: Option<String>,
    /// In this stream.
    #[arg(long)]
    stream: Option<u16>,
    /// From this number of it.
    #[arg(long, requires = "stream")]
    from_seq: Option<i64>,
    /// Up to this number of it.
    #[arg(long, requires = "stream")]
    to_seq: Option<i64>,
    /// Of this aggregate.
    #[arg(long)]
    key: Option<String>,
    /// Of this type.
    #[arg(long = "type")]
    kind: Option<String>,
    /// Only find out what it would do.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// Leaves word in the data folder of where the operator listener is, and what this machine
/// reaches the server itself by.
///
/// # Errors
/// When a file cannot be written.
pub fn tell(data_dir: &Path, url: &str, local_url: &str) -> std::io::Result<()> {
    std::fs::write(data_dir.join(LOCAL_FILE), local_url)?;
    std::fs::write(data_dir.join(FILE), url)
}

/// What this machine reaches the server itself by, if one has said so.
pub(super) fn local_url(config: &Config) -> Option<String> {
    let told = std::fs::read_to_string(config.server.data_dir.join(LOCAL_FILE)).ok()?;
    Some(told.trim().to_owned())
}

/// The way to a running server.
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl fmt::Debug for Client {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Client {
    /// By the settings, and by what the server has left in its data folder.
    ///
    /// # Errors
    /// [`OpsError`] when there is no way.
    pub(super) fn new(config: &Config) -> Result<Self, OpsError> {
        let data_dir = &config.server.data_dir;
        let told = std::fs::read_to_string(data_dir.join(FILE)).ok();
        let listen = config.operator.listen.ok_or(OpsError::Off)?;
        let url = told.map_or_else(|| format!("http://{listen}"), |url| url.trim().to_owned());
        let token = match &config.operator.token {
            Some(token) => token.clone(),
            None => secret::operator_token(data_dir).map_err(OpsError::Token)?,
        };
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, url, token: token.expose().to_owned() })
    }

    /// Sends a request; the answer as JSON.
    ///
    /// # Errors
    /// [`OpsError`].
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, Option<String>)],
        body: Option<&Value>,
    ) -> Result<Value, OpsError> {
        let mut url = format!("{}/ops/v1/{path}", self.url);
        let given = query.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        for (number, (name, value)) in given.enumerate() {
            let escaped: String = value.bytes().map(escape).collect();
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(&format!("{name}={escaped}"));
        }
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| OpsError::Unreachable(self.url.clone(), error))?;
        let status = response.status();
        let answer: Value = response.json().await?;
        if !status.is_success() {
            let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
            let mut said = format!("{}: {}", text("code"), text("detail"));
            for error in answer["errors"].as_array().into_iter().flatten() {
                said = format!("{said}; {} {}", error["pointer"], error["detail"]);
            }
            let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
            return Err(if busy.contains(&status) {
                OpsError::Busy(said)
            } else {
                OpsError::Refused(said)
            });
        }
        Ok(answer)
    }

    pub(super) async fn get(
        &self,
        path: &str,
        query: &[(&str, Option<String>)],
    ) -> Result<Value, OpsError> {
        self.ask(Method::GET, path, query, None).await
    }
}

/// A byte of a query's value as URLs have it (RFC 3986, 2.1).
fn escape(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

const EVENT: &[&str] = &["occurred_at", "stream", "seq", "type", "key", "actor", "data"];
const CONSUMER: &[&str] = &["name", "done", "lag_events", "lag_seconds", "parked", "dead"];
const LETTER: &[&str] = &["id", "consumer", "type", "key", "attempts", "dead_at", "state", "error"];

/// `rentezy events`.
///
/// # Errors
/// [`OpsError`].
pub async fn events(
    config: &Config,
    arguments: EventsArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    match arguments.command {
        EventsCommand::Show { stream, seq } => {
            let chain = client.get(&format!("events/{stream}/{seq}"), &[]).await?;
            if as_json {
                writeln!(out, "{chain}")?;
                return Ok(());
            }
            print(out, EVENT, std::slice::from_ref(&chain["event"]), false)?;
            for (name, title) in [("same_cause", "of the same cause"), ("before", "before")] {
                let rows = chain[name].as_array().cloned().unwrap_or_default();
                if !rows.is_empty() {
                    writeln!(out, "\n{title}")?;
                    print(out, EVENT, &rows, false)?;
                }
            }
            Ok(())
        }
        EventsCommand::Tail { kind, key, stream, once } => {
            let stream = stream.map(|stream| stream.to_string());
            let query = [("type", kind), ("key", key), ("stream", stream)];
            tail(&client, &query, as_json, once, out).await
        }
    }
}

/// Shows events in the order of time, and goes on with those that come.
async fn tail(
    client: &Client,
    query: &[(&str, Option<String>)],
    as_json: bool,
    once: bool,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (mut known, mut order) = (HashSet::new(), VecDeque::new());
    loop {
        // Backwards until a page holds nothing new; the first time one page is enough.
        let (mut news, mut cursor) = (Vec::new(), None);
        loop {
            let mut page: Vec<(&str, Option<String>)> = query.to_vec();
            page.push(("limit", Some(PAGE.to_string())));
            page.push(("cursor", cursor));
            let answer = client.get("events", &page).await?;
            let rows = answer["data"].as_array().cloned().unwrap_or_default();
            let place = |row: &Value| (row["stream"].as_u64(), row["seq"].as_i64());
            let count = rows.len();
            let fresh: Vec<Value> =
                rows.into_iter().filter(|row| !known.contains(&place(row))).collect();
            let all_new = fresh.len() == count;
            news.extend(fresh);
            cursor = answer["page"]["next"].as_str().map(str::to_owned);
            if known.is_empty() || !all_new || cursor.is_none() || news.len() >= REMEMBERED {
                break;
            }
        }
        news.reverse();
        for row in &news {
            let place = (row["stream"].as_u64(), row["seq"].as_i64());
            known.insert(place);
            order.push_back(place);
        }
        while order.len() > 2 * REMEMBERED {
            order.pop_front().map(|place| known.remove(&place));
        }
        if as_json {
            print(out, EVENT, &news, true)?;
        } else {
            for row in &news {
                let cells: Vec<String> = EVENT.iter().map(|name| cell(&row[*name])).collect();
                writeln!(out, "{}", cells.join("  "))?;
            }
        }
        out.flush()?;
        if once {
            return Ok(());
        }
        clock::pause(LOOK).await;
    }
}

/// `rentezy consumers`.
///
/// # Errors
/// [`OpsError`].
pub async fn consumers(
    config: &Config,
    arguments: ConsumersArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let answer = Client::new(config)?.get("consumers", &[]).await?;
    let rows = answer["data"].as_array().cloned().unwrap_or_default();
    print(out, CONSUMER, &rows, arguments.common.json)
}

/// `rentezy dead-letters`.
///
/// # Errors
/// [`OpsError`].
pub async fn dead_letters(
    config: &Config,
    arguments: DeadLettersArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    match arguments.command {
        DeadLettersCommand::List { consumer, kind, state } => {
            let mut cursor = None;
            loop {
                let query = [
                    ("consumer", consumer.clone()),
                    ("type", kind.clone()),
                    ("state", Some(state.clone())),
                    ("limit", Some(PAGE.to_string())),
                    ("cursor", cursor),
                ];
                let answer = client.get("dead-letters", &query).await?;
                let rows = answer["data"].as_array().cloned().unwrap_or_default();
                print(out, LETTER, &rows, as_json)?;
                cursor = answer["page"]["next"].as_str().map(str::to_owned);
                if cursor.is_none() {
                    return Ok(());
                }
            }
        }
        DeadLettersCommand::Retry { id: Some(id), .. } => {
            let path = format!("dead-letters/{id}/retry");
            let letter = client.ask(Method::POST, &path, &[], None).await?;
            print(out, LETTER, &[letter], as_json)
        }
        DeadLettersCommand::Retry { consumer, .. } => {
            let body = json!({ "consumer": consumer });
            let done = client.ask(Method::POST, "dead-letters/retry", &[], Some(&body)).await?;
            print(out, &["retried"], &[done], as_json)
        }
        DeadLettersCommand::Discard { id } => {
            let path = format!("dead-letters/{id}");
            let letter = client.ask(Method::DELETE, &path, &[], None).await?;
            print(out, LETTER, &[letter], as_json)
        }
    }
}

/// `rentezy replay`: orders it and waits for its end.
///
/// # Errors
/// [`OpsError`].
pub async fn replay(
    config: &Config,
    arguments: ReplayArgs,
    out: &mut impl Write,
) -> Result<(), OpsError> {
    let (client, as_json) = (Client::new(config)?, arguments.common.json);
    let mut order = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        order.extend(value.map(|value| (name.to_owned(), value)));
    };
    say("consumer", Some(arguments.consumer.into()));
    say("from", arguments.from.map(Value::from));
    say("to", arguments.to.map(Value::from));
    say("stream", arguments.stream.map(Value::from));
    say("from_seq", arguments.from_seq.map(Value::from));
    say("to_seq", arguments.to_seq.map(Value::from));
    say("key", arguments.key.map(Value::from));
    say("type", arguments.kind.map(Value::from));
    say("dry_run", Some(arguments.dry_run.into()));
    let mut answer = client.ask(Method::POST, "replays", &[], Some(&Value::Object(order))).await?;
    if arguments.dry_run {
        let columns =
            ["scanned", "events", "by_type", "effects_present", "effects_missing", "complete"];
        return print(out, &columns, &[answer], as_json);
    }
    while answer["state"] == "running" {
        clock::pause(LOOK).await;
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        answer = client.get(&format!("replays/{id}"), &[]).await?;
    }
    let columns = ["id", "consumer", "state", "scanned", "applied", "failed"];
    print(out, &columns, &[answer], as_json)
}

/// Prints rows: as they are, one a line, or as a table of some columns.
pub(super) fn print(
    out: &mut impl Write,
    columns: &[&str],
    rows: &[Value],
    as_json: bool,
) -> Result<(), OpsError> {
    if as_json {
        for row in rows {
            writeln!(out, "{row}")?;
        }
        return Ok(());
    }
    let mut table: Vec<Vec<String>> = vec![columns.iter().map(|&name| name.to_owned()).collect()];
    table.extend(rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect()));
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = table.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    for row in table {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// A value in a table: nothing in it may move the terminal's cursor.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
