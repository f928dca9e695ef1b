//! What an active property actor costs: memory and the time to wake it, with 50 stays to come,
//! three of them held just now, loaded from rows as on any other day.
//!
//! Memory is what the allocator counts as given out and not taken back, rounded up to its size
//! classes. Resident memory is told beside it: it does not say what a home takes, as pages that
//! somebody has given back are taken again.
//!
//! `cargo bench --bench property_memory [-- --quick]`

#[path = "booking_race/homes.rs"]
mod homes;
#[expect(dead_code, reason = "the other bench needs the rest")]
mod support;

use std::collections::BTreeMap;
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
use serde_json::{Value, json};
use tikv_jemalloc_ctl::stats_print::{self, stats_print};
use tikv_jemalloc_ctl::{epoch, stats};
use tikv_jemallocator::Jemalloc;

use support::Result;
use support::report::quantile;
use support::server::{self, Place};

/// Not the server's, which does not tell what it has given out.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

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

/// Size classes of the allocator that are told, those first that take most.
const CLASSES: usize = 12;

/// How often it is looked whether everything has come to rest, and how long that may take.
const LOOK: Duration = Duration::from_millis(500);
const REST_MAX: Duration = Duration::from_secs(300);

/// Two counts in a row that differ by no more than one part of so many are at rest.
const STEADY: usize = 100;

/// Whether a consumer has not come to the end of a stream that it reads.
const BEHIND: &str = "select exists (select from streams join consumer_offsets using (stream)
    where seq < head)";

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
    let (first, rest) = homes.split_at(BEFORE);
    let (alone, crowd) = rest.split_at(ONE_BY_ONE);
    wake_at_once(&core, first).await?;
    consumed(&core, place).await?;
    let before = Memory::at_rest().await?;
    let mut took = Vec::new();
    for home in alone {
        let began = clock::monotonic();
        taken(&core, *home).await?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let began = clock::monotonic();
    wake_at_once(&core, crowd).await?;
    let seconds = began.elapsed().as_secs_f64();
    let after = Memory::at_rest().await?;
    if core.region.awake() < homes.len() {
        return Err("some have gone to sleep again".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let rate = crowd.len() as f64 / seconds;
    let fits = tell(rest.len(), &before, &after, &took, rate);
    core.stop().await;
    Ok(fits)
}

/// Waits until the index and all consumers have read what there is: what they take meanwhile
/// is no home's memory.
async fn consumed(core: &Core, place: &Place) -> Result<()> {
    let client = place.database()?.connect("").await?;
    let began = clock::monotonic();
    loop {
        let behind: bool = client.query_one(BEHIND, &[]).await?.get(0);
        if core.search.ready() && !behind {
            return Ok(());
        }
        if began.elapsed() > REST_MAX {
            return Err("consumers do not come to the end of the log".into());
        }
        clock::pause(LOOK).await;
    }
}

/// Tells what homes took; whether as many as have to fit would.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn tell(count: usize, before: &Memory, after: &Memory, took: &[f64], rate: f64) -> bool {
    let each = |before: usize, after: usize| (after as f64 - before as f64) / count as f64;
    let live = each(before.live, after.live);
    let resident = each(before.resident, after.resident);
    let (p50, p99) = (quantile(took, 0.5), quantile(took, 0.99));
    let fits = live * FIT <= ROOM;
    tell_classes(count, before, after);
    let line = json!({
        "bench": BENCH, "figure": "active_property", "homes": count, "stays": STAYS,
        "bytes_each": live.round(), "resident_bytes_each": resident.round(),
        "wake_p50_ms": p50, "wake_p99_ms": p99, "wakes_a_second": rate.round(),
        "gb_of_100000": live * FIT / 1e9,
    });
    println!("{line}");
    eprintln!(
        "{count} homes of {STAYS} stays: {live:.0} bytes each (resident memory grew by \
         {resident:.0}), woken in {p50:.2} ms (p99 {p99:.2}), {rate:.0}/s by {AT_ONCE} at once"
    );
    eprintln!(
        "{FIT:.0} of them: {:.2} GB, {}",
        live * FIT / 1e9,
        if fits { "fits" } else { "DOES NOT FIT" }
    );
    fits
}

/// Tells of what sizes the pieces are that a home is made of.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn tell_classes(count: usize, before: &Memory, after: &Memory) {
    let mut grown: Vec<(i64, f64)> = after
        .pieces
        .iter()
        .map(|(size, live)| {
            let more = live - before.pieces.get(size).copied().unwrap_or_default();
            (*size, more as f64 / count as f64)
        })
        .collect();
    grown.sort_by(|(a, more), (b, most)| (*b as f64 * most).total_cmp(&(*a as f64 * more)));
    let told: Vec<_> =
        grown.iter().take(CLASSES).map(|(size, pieces)| format!("{pieces:.1} of {size}")).collect();
    eprintln!("pieces of a home, by bytes, those first that take most: {}", told.join(", "));
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

/// What this process takes, in bytes.
struct Memory {
    /// Given out by the allocator and not taken back.
    live: usize,
    /// In memory, whoever it is for.
    resident: usize,
    /// Pieces that were given out and not taken back, by their size class.
    pieces: BTreeMap<i64, i64>,
}

impl Memory {
    /// Counts until nothing changes any more.
    ///
    /// # Errors
    /// When that takes too long, or something cannot be counted.
    async fn at_rest() -> Result<Self> {
        let began = clock::monotonic();
        let mut last = live()?;
        while began.elapsed() < REST_MAX {
            clock::pause(LOOK).await;
            let live = live()?;
            if live.abs_diff(last) <= live / STEADY {
                return Ok(Self { live, resident: resident()?, pieces: pieces()? });
            }
            last = live;
        }
        Err("memory does not come to rest".into())
    }
}

fn live() -> Result<usize> {
    // The allocator's figures are those of the last epoch. Its errors are no `std` ones.
    let counted = epoch::advance().and_then(|_| stats::allocated::read());
    counted.map_err(|error| format!("memory cannot be counted: {error}").into())
}

/// How many pieces are given out of each size class, as the allocator reports it.
fn pieces() -> Result<BTreeMap<i64, i64>> {
    let mut options = stats_print::Options::default();
    options.json_format = true;
    options.skip_per_arena = true;
    options.skip_mutex_statistics = true;
    let mut text = Vec::new();
    stats_print(&mut text, options)?;
    let report: Value = serde_json::from_slice(&text)?;
    let constant = &report["jemalloc"]["arenas"];
    let counted = &report["jemalloc"]["stats.arenas"]["merged"];
    let mut pieces = BTreeMap::new();
    for (class, counts, live) in
        [("bin", "bins", "curregs"), ("lextent", "lextents", "curlextents")]
    {
        let (Some(sizes), Some(counts)) = (constant[class].as_array(), counted[counts].as_array())
        else {
            return Err(format!("the allocator reports no {counts}").into());
        };
        for (size, count) in sizes.iter().zip(counts) {
            if let (Some(size), Some(live)) = (size["size"].as_i64(), count[live].as_i64()) {
                pieces.insert(size, live);
            }
        }
    }
    Ok(pieces)
}

fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
