//! Holds through the property actor and group commit, beside a plain transaction with
//! `select ... for update`. Both write the same rows under the same constraints, in turns,
//! on the same private Postgres, while the server's own consumers run.
//!
//! `cargo bench --bench booking_race [-- --quick]`

#[path = "booking_race/books.rs"]
mod books;
#[path = "booking_race/crowd.rs"]
mod crowd;
#[path = "booking_race/desks.rs"]
mod desks;
#[path = "booking_race/homes.rs"]
mod homes;
#[path = "booking_race/limit.rs"]
mod limit;
#[path = "booking_race/peer.rs"]
mod peer;
#[path = "booking_race/race.rs"]
mod race;
#[path = "booking_race/rows.rs"]
mod rows;
#[expect(dead_code, reason = "another bench needs the rest")]
mod support;
#[path = "booking_race/zipf.rs"]
mod zipf;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rentezy::app::Core;
use rentezy::clock::Clock;
use rentezy::domain::calendar::{self, Nights};
use rentezy::domain::ids::{PropertyId, UserId};
use rentezy::storage::pool::Database;

use books::{Books, Writer};
use desks::{Actors, Desk, Door, Want};
use limit::Limit;
use peer::Locks;
use race::Run;
use support::Result;
use support::report::{self, Bars, Figure};
use support::server::{self, Place};
use zipf::Market;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BENCH: &str = "booking_race";
const PEER: &str = "select for update";
const CALLERS: usize = 256;
/// Callers who come to one home at the same moment.
const CROWD: usize = 5000;
/// The same over HTTP, each with a connection.
const HTTP_CROWD: usize = 2000;
/// Listings for the case of free nights, for each side.
const LISTINGS: usize = 2000;
/// Units of the hot listing with free nights.
const UNITS: u16 = 200;
/// Nights ahead that are asked for, well within what can be booked.
const WINDOW: i64 = 700;

fn main() -> ExitCode {
    server::main(|arguments| {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let place = Place::open()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let (holds, homes) = runtime.block_on(race(&place, quick))?;
        // A runtime of its own, so that nothing of the first race goes on.
        drop(runtime);
        tokio::runtime::Runtime::new()?.block_on(door(&place, quick, &homes))?;
        Ok(holds)
    })
}

/// The two sides and what they stand on.
struct Bench {
    core: Core,
    actors: Arc<Actors>,
    locks: Locks,
    /// The peer with all its rows in one statement, where there is time for it.
    folded: Option<Locks>,
    database: Database,
    books: Books,
    owner: UserId,
    nights: Arc<[Nights]>,
    repeats: usize,
    span: Duration,
}

/// Measures the two sides. Whether all floors hold, and listings for the next race.
async fn race(place: &Place, quick: bool) -> Result<(bool, Vec<PropertyId>)> {
    let core = place.core().await?;
    let database = place.database()?;
    let ((repeats, span), hold) = (extent(quick), core.config.bookings.hold());
    let mut bench = Bench {
        actors: Actors::new(core.region.clone(), core.clock.clone()),
        locks: Locks::open(&database, &core.clock, hold, false).await?,
        folded: match quick {
            true => None,
            false => Some(Locks::open(&database, &core.clock, hold, true).await?),
        },
        books: Books::open(&database).await?,
        owner: homes::landlord(&core, &database).await?,
        database,
        nights: nights(calendar::local_date(core.clock.now(), &TimeZone::UTC))?,
        repeats,
        span,
        core,
    };
    report::heading(PEER);
    let mut figures = bench.free_nights().await?;
    figures.extend(bench.hot_disjoint().await?);
    figures.extend(bench.hot_same().await?);
    figures.extend(bench.one_caller().await?);
    if !quick {
        figures.extend(bench.zipf().await?);
        bench.crowd().await?;
    }
    let homes = bench.homes(LISTINGS, 1).await?;
    bench.books.settle().await?;
    bench.core.stop().await;
    Ok((figures.iter().all(Figure::holds), homes))
}

/// Measures holds over HTTP: the callers are in this process too, and take their part of
/// the machine.
async fn door(place: &Place, quick: bool, homes: &[PropertyId]) -> Result<()> {
    let server = place.server().await?;
    let door = Door::open(server.local_url()).await?;
    let database = place.database()?;
    let mut books = Books::open(&database).await?;
    let today = calendar::local_date(Clock::system().now(), &TimeZone::UTC);
    let nights = nights(today)?;
    let (repeats, span) = extent(quick);
    let (mut pair, mut asked) = (Pair::default(), 0);
    // The first run wakes the listings and opens the connections; it does not count.
    for _ in 0..=repeats {
        books.settle().await?;
        let run = race::run(&door, CALLERS, span, spread_over(homes, &nights, asked)).await?;
        books.check(&run, Writer::Peer).await?;
        asked += run.held + run.taken;
        pair.ours.push(run);
    }
    pair.ours.remove(0);
    pair.figure("http", "requests/s", None, Run::asked_a_second);
    pair.figure("http_p50", "ms", None, |run| run.latency(0.5));
    pair.figure("http_p99", "ms", None, |run| run.latency(0.99));
    if !quick {
        let wanted = want(homes[0], nights[30]);
        crowd::tell("http_crowd", crowd::rush(&door, HTTP_CROWD, wanted).await?)?;
    }
    server.stop().await;
    Ok(())
}

/// How many repeats of how long.
const fn extent(quick: bool) -> (usize, Duration) {
    if quick { (3, Duration::from_millis(700)) } else { (5, Duration::from_secs(3)) }
}

/// What the two sides came to, repeat by repeat.
#[derive(Default)]
struct Pair {
    ours: Vec<Run>,
    theirs: Vec<Run>,
}

impl Pair {
    fn figure(
        &self,
        name: &'static str,
        unit: &'static str,
        bars: Option<Bars>,
        of: impl Fn(&Run) -> f64,
    ) -> Figure {
        let ours = self.ours.iter().map(&of).collect();
        let theirs = self.theirs.iter().map(&of).collect();
        let peer = if self.theirs.is_empty() { "" } else { PEER };
        let figure = Figure { name, unit, ours, peer, theirs, bars };
        figure.tell(BENCH);
        figure
    }
}

impl Bench {
    /// Uniformly over many listings, always free nights.
    async fn free_nights(&mut self) -> Result<Vec<Figure>> {
        let homes = [self.homes(LISTINGS, 1).await?, self.homes(LISTINGS, 1).await?];
        let (mut pair, mut folded) = (Pair::default(), Vec::new());
        let mut asked = [0, 0];
        let (database, hold) = (self.database.clone(), self.core.config.bookings.hold());
        let mut limit = Limit::open(&database, &self.core.clock, hold, &homes[1]).await?;
        let size = self.core.config.limits.batch_sets as u64;
        let mut multi_row = Vec::new();
        for _ in 0..self.repeats {
            let run = self.ours(CALLERS, spread_over(&homes[0], &self.nights, asked[0])).await?;
            asked[0] += run.held + run.taken;
            pair.ours.push(run);
            let run = self.theirs(CALLERS, spread_over(&homes[1], &self.nights, asked[1])).await?;
            asked[1] += run.held + run.taken;
            pair.theirs.push(run);
            let want = spread_over(&homes[1], &self.nights, asked[1]);
            let run = self.limit(&mut limit, size, want).await?;
            asked[1] += run.held;
            multi_row.push(run);
            if let Some(desk) = self.folded.clone() {
                let want = spread_over(&homes[1], &self.nights, asked[1]);
                let run = self.run(&desk, CALLERS, Writer::Peer, want).await?;
                asked[1] += run.held + run.taken;
                folded.push(run);
            }
        }
        let bars = Bars { floor: 3.0, aim: 6.0 };
        let mut figures = vec![
            pair.figure("free_nights", "holds/s", Some(bars), Run::held_a_second),
            pair.figure("free_nights_p50", "ms", None, |run| run.latency(0.5)),
            pair.figure("free_nights_p99", "ms", None, |run| run.latency(0.99)),
            pair.figure("free_nights_wal", "bytes/hold", None, Run::wal_a_hold),
        ];
        if !folded.is_empty() {
            pair.theirs = folded;
            figures.push(pair.figure("free_nights_folded", "holds/s", None, Run::held_a_second));
        }
        pair.theirs = multi_row;
        figures.push(pair.figure("share_of_multi_row", "holds/s", None, Run::held_a_second));
        figures.push(pair.figure("share_of_multi_row_wal", "bytes/hold", None, Run::wal_a_hold));
        Ok(figures)
    }

    /// One listing with many units, always free nights.
    async fn hot_disjoint(&mut self) -> Result<Vec<Figure>> {
        let mut pair = Pair::default();
        for _ in 0..self.repeats {
            let homes = self.homes(2, UNITS).await?;
            pair.ours.push(self.ours(CALLERS, spread_over(&homes[..1], &self.nights, 0)).await?);
            pair.theirs
                .push(self.theirs(CALLERS, spread_over(&homes[1..], &self.nights, 0)).await?);
        }
        let bars = Bars { floor: 8.0, aim: 20.0 };
        Ok(vec![
            pair.figure("hot_disjoint", "holds/s", Some(bars), Run::held_a_second),
            pair.figure("hot_disjoint_p50", "ms", None, |run| run.latency(0.5)),
            pair.figure("hot_disjoint_p99", "ms", None, |run| run.latency(0.99)),
        ])
    }

    /// One listing with one unit, and everybody wants the same night.
    async fn hot_same(&mut self) -> Result<Vec<Figure>> {
        let mut pair = Pair::default();
        for _ in 0..self.repeats {
            let homes = self.homes(2, 1).await?;
            let night = self.nights[30];
            let want = move |home: PropertyId| move |_| want(home, night);
            pair.ours.push(self.ours(CALLERS, want(homes[0])).await?);
            pair.theirs.push(self.theirs(CALLERS, want(homes[1])).await?);
        }
        if pair.ours.iter().chain(&pair.theirs).any(|run| run.held != 1) {
            return Err("a night was not sold exactly once".into());
        }
        let bars = Bars { floor: 50.0, aim: 200.0 };
        Ok(vec![
            pair.figure("hot_same", "requests/s", Some(bars), Run::asked_a_second),
            pair.figure("hot_same_p50", "ms", None, |run| run.latency(0.5)),
            pair.figure("hot_same_p99", "ms", None, |run| run.latency(0.99)),
        ])
    }

    /// A single caller: what a hold costs when nobody shares the commit.
    async fn one_caller(&mut self) -> Result<Vec<Figure>> {
        let mut pair = Pair::default();
        for _ in 0..self.repeats {
            let homes = self.homes(200, 1).await?;
            let (ours, theirs) = homes.split_at(100);
            pair.ours.push(self.ours(1, spread_over(ours, &self.nights, 0)).await?);
            pair.theirs.push(self.theirs(1, spread_over(theirs, &self.nights, 0)).await?);
        }
        Ok(vec![pair.figure("one_caller_p50", "ms", None, |run| run.latency(0.5))])
    }

    /// A market: some homes are wanted by many, and half of the requests come too late.
    async fn zipf(&mut self) -> Result<Vec<Figure>> {
        let nights = Arc::clone(&self.nights);
        let market = |homes| Arc::new(Market::new(homes, Arc::clone(&nights)));
        let ours = market(self.homes(LISTINGS, 1).await?);
        let theirs = market(self.homes(LISTINGS, 1).await?);
        let mut pair = Pair::default();
        for _ in 0..self.repeats {
            let market = Arc::clone(&ours);
            pair.ours.push(self.ours(CALLERS, move |n| market.want(n)).await?);
            let market = Arc::clone(&theirs);
            pair.theirs.push(self.theirs(CALLERS, move |n| market.want(n)).await?);
        }
        Ok(vec![
            pair.figure("zipf", "requests/s", None, Run::asked_a_second),
            pair.figure("zipf_held", "holds/s", None, Run::held_a_second),
            pair.figure("zipf_p50", "ms", None, |run| run.latency(0.5)),
            pair.figure("zipf_p99", "ms", None, |run| run.latency(0.99)),
        ])
    }

    /// A crowd at one home, all at the same moment: how quickly those are told for whom there
    /// is no room.
    async fn crowd(&mut self) -> Result<()> {
        let mut rushes = Vec::new();
        for _ in 0..self.repeats {
            let homes = self.homes(1, UNITS).await?;
            self.books.settle().await?;
            let rush = crowd::rush(&self.actors, CROWD, want(homes[0], self.nights[30])).await?;
            self.books.check(&rush.run(), Writer::House).await?;
            rushes.push(rush);
        }
        for rush in rushes {
            crowd::tell("crowd", rush)?;
        }
        Ok(())
    }

    async fn homes(&self, count: usize, units: u16) -> Result<Vec<PropertyId>> {
        homes::make(&self.core, self.owner, count, units).await
    }

    async fn ours(
        &mut self,
        callers: usize,
        want: impl Fn(u64) -> Want + Send + Sync + 'static,
    ) -> Result<Run> {
        let desk = Arc::clone(&self.actors);
        self.run(&desk, callers, Writer::House, want).await
    }

    async fn theirs(
        &mut self,
        callers: usize,
        want: impl Fn(u64) -> Want + Send + Sync + 'static,
    ) -> Result<Run> {
        let desk = self.locks.clone();
        self.run(&desk, callers, Writer::Peer, want).await
    }

    async fn run<D: Desk>(
        &mut self,
        desk: &D,
        callers: usize,
        writer: Writer,
        want: impl Fn(u64) -> Want + Send + Sync + 'static,
    ) -> Result<Run> {
        self.books.settle().await?;
        let before = self.books.wal().await?;
        let mut run = race::run(desk, callers, self.span, want).await?;
        self.books.settle().await?;
        run.wal = self.books.wal().await? - before;
        self.books.check(&run, writer).await?;
        Ok(run)
    }

    async fn limit(
        &mut self,
        limit: &mut Limit,
        size: u64,
        want: impl Fn(u64) -> Want,
    ) -> Result<Run> {
        self.books.settle().await?;
        let before = self.books.wal().await?;
        let mut run = limit.run(size, self.span, want).await?;
        self.books.settle().await?;
        run.wal = self.books.wal().await? - before;
        self.books.check(&run, Writer::House).await?;
        Ok(run)
    }
}

/// Every request another night of another listing: no two are in each other's way. `from`
/// have been asked for before.
fn spread_over(
    homes: &[PropertyId],
    nights: &Arc<[Nights]>,
    from: u64,
) -> impl Fn(u64) -> Want + Send + Sync + 'static {
    let (homes, nights) = (homes.to_vec(), Arc::clone(nights));
    move |n| {
        let n = usize::try_from(n + from).unwrap_or_default();
        want(homes[n % homes.len()], nights[n / homes.len() % nights.len()])
    }
}

pub(crate) fn want(property: PropertyId, nights: Nights) -> Want {
    let tenant = UserId::from(uuid::Uuid::from_u128(u128::from(fastrand::u64(..))));
    Want { property, tenant, nights }
}

/// The nights that are asked for, one by one.
fn nights(today: Date) -> Result<Arc<[Nights]>> {
    let ahead = |days: i64| today.checked_add(days.days());
    (2..WINDOW).map(|days| Ok(Nights::new(ahead(days)?, ahead(days + 1)?)?)).collect()
}
