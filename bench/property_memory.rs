//! What an active property actor costs: memory and the time to wake it, with 50 stays to come,
//! three of them held just now, loaded from rows as on any other day.
//!
//! `cargo bench --bench property_memory [-- --quick]`

#[path = "booking_race/homes.rs"]
mod homes;
#[expect(dead_code, reason = "the other bench needs the rest")]
mod support;

use std::process::ExitCode;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use rentezy::app::Core;
use rentezy::clock;
use rentezy::domain::booking;
use rentezy::domain::calendar::{self, Nights};
use rentezy::domain::envelope::{Answer, Request};
use rentezy::domain::event::Actor;
use rentezy::domain::ids::{PropertyId, RequestId, UserId};
use rentezy::domain::refusal::Refusal;
use rentezy::domain::stay::Command;
use serde_json::json;

use support::Result;
use support::report::quantile;
use support::server::{self, Place};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BENCH: &str = "property_memory";

/// Stays of a home, and how many of them are holds.
const STAYS: i32 = 50;
const HOLDS: i32 = 3;

/// Homes that are woken before anything is counted: pools, caches and statements are there
/// then.
const BEFORE: usize = 300;

/// Homes that are woken one after the other, to see how long one takes.
const ONE_BY_ONE: usize = 500;

/// Homes woken at the same time.
const AT_ONCE: usize = 64;

/// So many active homes have to fit into so many bytes.
const FIT: f64 = 100_000.0;
const ROOM: f64 = 2e9;

fn main() -> ExitCode {
    server::main(|arguments| {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let count = if quick { 2_000 } else { 10_000 };
        let place = Place::open()?;
        let homes = tokio::runtime::Runtime::new()?.block_on(furnish(&place, BEFORE + count))?;
        // A core of its own, to which all homes are asleep.
        tokio::runtime::Runtime::new()?.block_on(wake(&place, &homes))
    })
}

/// Makes homes with their stays.
async fn furnish(place: &Place, count: usize) -> Result<Vec<PropertyId>> {
    let core = place.core().await?;
    let database = place.database()?;
    let owner = homes::landlord(&core, &database).await?;
    let all = homes::make(&core, owner, count, 1).await?;
    for ahead in 0..HOLDS {
        stream::iter(&all)
            .map(|home| ask(&core, *home, 10 + 3 * ahead))
            .buffer_unordered(AT_ONCE)
            .try_for_each(async |held| if held { Ok(()) } else { Err("a hold was refused".into()) })
            .await?;
    }
    core.stop().await;
    let client = database.connect("-c statement_timeout=300s").await?;
    client
        .execute(
            "insert into bookings (id, property_id, unit_id, tenant_id, check_in, check_out,
                 guests, status, currency, terms, total, version, created_at, updated_at)
             select gen_random_uuid(), property_id, unit_id, gen_random_uuid(),
                 current_date + 40 + 3 * n, current_date + 42 + 3 * n, 1, 'confirmed', currency,
                 terms, total, 3, now(), now()
             from (select distinct on (property_id) * from bookings) b, generate_series(1, $1) n",
            &[&(STAYS - HOLDS)],
        )
        .await?;
    client
        .batch_execute(
            "insert into occupancies (ref, property_id, slot_id, nights, kind)
             select b.id, b.property_id, s.slot_id, daterange(check_in, check_out), 'booking'
             from bookings b join slots s using (property_id) where b.status = 'confirmed';
             analyze",
        )
        .await?;
    Ok(all)
}

/// Wakes all homes; whether as many as have to fit would.
async fn wake(place: &Place, homes: &[PropertyId]) -> Result<bool> {
    let core = place.core().await?;
    // What fills the index meanwhile is no home's memory.
    while !core.search.ready() {
        clock::pause(Duration::from_millis(100)).await;
    }
    let (first, rest) = homes.split_at(BEFORE);
    let (alone, crowd) = rest.split_at(ONE_BY_ONE);
    wake_at_once(&core, first).await?;
    let before = resident()?;
    let mut took = Vec::new();
    for home in alone {
        let began = clock::monotonic();
        taken(&core, *home).await?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let began = clock::monotonic();
    wake_at_once(&core, crowd).await?;
    let seconds = began.elapsed().as_secs_f64();
    let after = resident()?;
    if core.region.awake() < homes.len() {
        return Err("some have gone to sleep again".into());
    }
    let (each, fits) = tell(rest.len(), after - before, &took, crowd.len(), seconds);
    eprintln!(
        "{FIT:.0} of them: {:.2} GB, {}",
        each * FIT / 1e9,
        if fits { "fits" } else { "DOES NOT FIT" }
    );
    core.stop().await;
    Ok(fits)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn tell(count: usize, grown: f64, took: &[f64], crowd: usize, seconds: f64) -> (f64, bool) {
    let each = grown / count as f64;
    let (p50, p99) = (quantile(took, 0.5), quantile(took, 0.99));
    let rate = crowd as f64 / seconds;
    let line = json!({
        "bench": BENCH, "figure": "active_property", "homes": count, "stays": STAYS,
        "bytes_each": each.round(), "wake_p50_ms": p50, "wake_p99_ms": p99,
        "wakes_a_second": rate.round(), "gb_of_100000": each * FIT / 1e9,
    });
    println!("{line}");
    eprintln!(
        "{count} homes of {STAYS} stays: {each:.0} bytes each, woken in {p50:.2} ms (p99 {p99:.2}), \
         {rate:.0}/s by {AT_ONCE} at once"
    );
    (each, each * FIT <= ROOM)
}

async fn wake_at_once(core: &Core, homes: &[PropertyId]) -> Result<()> {
    stream::iter(homes)
        .map(|home| taken(core, *home))
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |()| Ok(()))
        .await
}

/// Asks for nights that are taken, which needs nothing but what the actor loads.
async fn taken(core: &Core, home: PropertyId) -> Result<()> {
    match ask(core, home, 10).await? {
        false => Ok(()),
        true => Err("nights were sold twice".into()),
    }
}

/// Asks for two nights so many days ahead, as somebody new; whether they are held now.
async fn ask(core: &Core, home: PropertyId, ahead: i32) -> Result<bool> {
    let today = calendar::local_date(core.clock.now(), &TimeZone::UTC);
    let (from, to) = (today.checked_add(ahead.days())?, today.checked_add((ahead + 2).days())?);
    let by = UserId::from(uuid::Uuid::new_v4());
    let command = booking::Command::Hold {
        by,
        booking_id: core.clock.id(),
        unit_id: None,
        nights: Nights::new(from, to)?,
        guests: 1,
        offer: None,
        slot: Some(1),
    };
    let request = Request {
        id: core.clock.id::<RequestId>(),
        fingerprint: *by.uuid().as_bytes(),
        actor: Actor::User(by),
        command: Command::Booking(command),
    };
    match homes::settle(core, home, request).await? {
        Answer::Done { .. } => Ok(true),
        Answer::Refused(Refusal::NightsTaken { .. }) => Ok(false),
        Answer::Refused(refusal) => Err(format!("refused: {refusal:?}").into()),
    }
}

/// Bytes of this process that are in memory, once it has had a moment to give some back.
fn resident() -> Result<f64> {
    std::thread::sleep(Duration::from_millis(500));
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024.0)
}
