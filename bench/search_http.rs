//! Searches as browsers make them: the whole server in a process of its own, over listings of
//! the demo's generator, one caller after the other, at rest and while a hundred listings a
//! second change; how long a change and a booking take to be seen; and what the process takes.
//!
//! `cargo bench --bench search_http [-- --quick | --size N]`

#[expect(dead_code, reason = "another bench needs the rest")]
#[path = "search/corpus.rs"]
mod corpus;
#[expect(dead_code, reason = "another bench needs the rest")]
#[path = "search/questions.rs"]
mod questions;
#[path = "search/real.rs"]
#[expect(dead_code, reason = "another bench needs it")]
mod real;
#[path = "search_http/server.rs"]
mod server;
#[expect(dead_code, reason = "another bench needs the rest")]
#[path = "support/mod.rs"]
mod support;
#[path = "search_http/web.rs"]
mod web;

use std::process::ExitCode;
use std::time::Duration;

use jiff::tz::TimeZone;
use rentezy::clock::{self, Clock};
use rentezy::domain::calendar;

use corpus::Corpus;
use questions::{Question, question};
use server::Server;
use support::Result;
use support::report::{self, Figure, quantile};
use web::Web;

const BENCH: &str = "search_http";

/// Different questions.
const QUESTIONS: usize = 500;

/// How long searches are made at rest, and under changes.
const SPAN: Duration = Duration::from_secs(20);

/// Changes a second.
const CHANGES: u32 = 100;

/// Bookings that are looked for.
const BOOKINGS: usize = 50;

/// What is aimed at with a million listings: milliseconds of a search, of a change until it
/// is seen, and megabytes of the process.
const SEARCH_MS: f64 = 15.0;
const VISIBLE_MS: f64 = 300.0;
const RESIDENT_MB: f64 = 1_200.0;

fn main() -> ExitCode {
    let measured = size().and_then(|size| {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(measure(size))
    });
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many listings are asked for.
fn size() -> Result<usize> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == "--size");
    let quick = arguments.iter().any(|argument| argument == "--quick");
    match at.map(|at| arguments.get(at + 1).ok_or("--size needs a number")) {
        Some(size) => Ok(size?.parse()?),
        None => Ok(if quick { 20_000 } else { 1_000_000 }),
    }
}

async fn measure(size: usize) -> Result<()> {
    let today = calendar::local_date(Clock::system().now(), &TimeZone::UTC);
    let corpus = Corpus { size, today, real: None };
    let step = (size / QUESTIONS).max(1);
    let questions: Vec<Question> =
        corpus.homes().step_by(step).filter_map(|home| question(&home, today)).collect();
    report::heading("limit");
    let (server, filled) = Server::fill(size)?;
    alone("fill", count(size) / filled.as_secs_f64(), "listings/s");
    let began = clock::monotonic();
    let server = server.start()?;
    let web = Web::new(server.url());
    let found = usize::try_from(web.until_found().await?)?;
    alone("listings", count(found), "to be found");
    alone("start_with_index", began.elapsed().as_secs_f64(), "s");
    let at_rest = searches(&web, &questions).await?;
    of_limit("example_p50", quantile(&at_rest, 0.5), "ms", SEARCH_MS);
    of_limit("example_p99", quantile(&at_rest, 0.99), "ms", SEARCH_MS);
    alone("example_rate", 1000.0 / mean(&at_rest), "searches/s");
    let (under, (seen, made)) =
        tokio::try_join!(searches(&web, &questions), web.change(CHANGES, SPAN))?;
    alone("changes", made / SPAN.as_secs_f64(), "changes/s");
    of_limit("example_under_changes_p50", quantile(&under, 0.5), "ms", SEARCH_MS);
    of_limit("example_under_changes_p99", quantile(&under, 0.99), "ms", SEARCH_MS);
    of_limit("change_visible_p50", quantile(&seen, 0.5), "ms", VISIBLE_MS);
    of_limit("change_visible_p99", quantile(&seen, 0.99), "ms", VISIBLE_MS);
    let gone = web.book(BOOKINGS, today).await?;
    of_limit("booking_gone_p50", quantile(&gone, 0.5), "ms", VISIBLE_MS);
    of_limit("booking_gone_p99", quantile(&gone, 0.99), "ms", VISIBLE_MS);
    of_limit("resident", server.resident_mb()?, "MB", RESIDENT_MB);
    Ok(())
}

/// Makes searches one after the other for a while; how long each took, in milliseconds.
async fn searches(web: &Web, questions: &[Question]) -> Result<Vec<f64>> {
    let (began, mut took) = (clock::monotonic(), Vec::new());
    for question in questions.iter().cycle() {
        if began.elapsed() >= SPAN {
            break;
        }
        let asked = clock::monotonic();
        web.example(question).await?;
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(took)
}

fn alone(name: &'static str, value: f64, unit: &'static str) {
    let (peer, theirs) = ("", Vec::new());
    Figure { name, unit, ours: vec![value], peer, theirs, bars: None }.tell(BENCH);
}

fn of_limit(name: &'static str, value: f64, unit: &'static str, limit: f64) {
    let (ours, theirs) = (vec![value], vec![limit]);
    Figure { name, unit, ours, peer: "limit", theirs, bars: None }.tell(BENCH);
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len().max(1))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn count(count: usize) -> f64 {
    count as f64
}
