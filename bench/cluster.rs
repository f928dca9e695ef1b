//! What it costs that an entity lives at another node: asking one there beside asking one here,
//! beside a bare `ractor_cluster` call over the same session and a bare TCP echo; memory of a node
//! while entities wake at another; and bookings with one, two and three nodes on one machine.
//!
//! `cargo bench --bench cluster [-- --quick]`

#[path = "booking_race/homes.rs"]
mod homes;
#[path = "cluster/node.rs"]
mod node;
#[expect(dead_code, reason = "other benches need the rest")]
mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use ractor::rpc::CallResult;
use rentezy::actors::cluster::ownership::Route;
use rentezy::app::Core;
use rentezy::clock;
use rentezy::domain::booking;
use rentezy::domain::calendar::{self, Nights};
use rentezy::domain::entity::EntityRef;
use rentezy::domain::envelope::{Answer, Request};
use rentezy::domain::event::Actor;
use rentezy::domain::ids::{PropertyId, RequestId, UserId};
use rentezy::domain::stay::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use node::Node;
use support::Result;
use support::report::{self, Figure, quantile};
use support::server::{self, Place};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BENCH: &str = "cluster";

/// The size of what the peers send back: about that of a request and its answer.
pub(crate) const BYTES: usize = 400;

/// Callers at the same time, where there are many.
const CALLERS: usize = 64;

/// Days ahead of the nights that are taken in every home.
const TAKEN: i32 = 10;

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    homes: usize,
    repeats: usize,
    one_by_one: usize,
    stretch: Duration,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(node::NODE) {
        return match node::main() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("node failed: {error}");
                ExitCode::FAILURE
            }
        };
    }
    server::main(|arguments| {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let plan = if quick {
            Plan { homes: 600, repeats: 3, one_by_one: 300, stretch: Duration::from_millis(800) }
        } else {
            Plan { homes: 4_000, repeats: 5, one_by_one: 2_000, stretch: Duration::from_secs(3) }
        };
        let place = Place::open()?;
        node::certificates(place.folder(), &["a", "b", "c"])?;
        tokio::runtime::Runtime::new()?.block_on(run(&place, plan))
    })
}

async fn run(place: &Place, plan: Plan) -> Result<bool> {
    let own = node::settings(place, "a").into_iter().map(|(name, value)| (name.to_owned(), value));
    let core = Arc::new(node::core(own).await?);
    let database = place.database()?;
    let owner = homes::landlord(&core, &database).await?;
    let all = Arc::new(homes::make(&core, owner, plan.homes, 1).await?);
    for home in all.iter() {
        hold(&core, *home, TAKEN).await?;
    }
    let day = Arc::new(AtomicUsize::new(0));
    report::heading("peer");
    let mut bookings = vec![book(&core, &all, &day, plan).await?];
    let b = Node::start(place, "b")?;
    settled(&core, 2).await;
    // First: nothing has woken at the other node yet.
    memory(&core, &all, &b).await?;
    asks(&core, &all, &b, plan).await?;
    bookings.push(book(&core, &all, &day, plan).await?);
    let c = Node::start(place, "c")?;
    settled(&core, 3).await;
    bookings.push(book(&core, &all, &day, plan).await?);
    let alone = bookings.first().cloned().unwrap_or_default();
    for (name, ours) in ["holds_1_node", "holds_2_nodes", "holds_3_nodes"].into_iter().zip(bookings)
    {
        figure(name, "holds/s", ours, "one node", alone.clone());
    }
    drop((b, c));
    if let Ok(core) = Arc::try_unwrap(core) {
        core.stop().await;
    }
    Ok(true)
}

fn figure(
    name: &'static str,
    unit: &'static str,
    ours: Vec<f64>,
    peer: &'static str,
    theirs: Vec<f64>,
) {
    Figure { name, unit, ours, peer, theirs, bars: None }.tell(BENCH);
}

/// Waits until shards have been shared out among so many nodes.
async fn settled(core: &Core, nodes: usize) {
    let ownership = core.region.ownership();
    loop {
        let owners: std::collections::HashSet<_> = rentezy::domain::entity::Shard::all()
            .filter_map(|shard| match ownership.route(shard) {
                Route::Here(_) => Some(ownership.me()),
                Route::There(node) => Some(node),
                Route::Nowhere => None,
            })
            .collect();
        let mine = ownership.owned().len();
        if owners.len() == nodes && mine * nodes < 256 * 3 / 2 {
            return;
        }
        clock::pause(Duration::from_millis(50)).await;
    }
}

/// Asking here and there, one by one and by many, beside both peers.
async fn asks(core: &Arc<Core>, all: &Arc<Vec<PropertyId>>, b: &Node, plan: Plan) -> Result<()> {
    let lives_here = |home: &PropertyId| {
        let entity = EntityRef::from(*home);
        matches!(core.region.ownership().route(entity.shard()), Route::Here(_))
    };
    let (here, there): (Vec<_>, Vec<_>) = all.iter().copied().partition(lives_here);
    let (here, there) = (Arc::new(here), Arc::new(there));
    for home in here.iter().chain(there.iter()) {
        taken(core, *home).await?;
    }
    let echo = node::echo().ok_or("no echo at the other node")?;
    let mut one: [Vec<Vec<f64>>; 4] = Default::default();
    let mut many: [Vec<f64>; 4] = Default::default();
    for _ in 0..plan.repeats {
        let mut stream = connect(b.port).await?;
        let mut took: [Vec<f64>; 4] = Default::default();
        for (number, (near, far)) in
            here.iter().cycle().zip(there.iter().cycle()).take(plan.one_by_one).enumerate()
        {
            took[0].push(timed(taken(core, *near)).await?);
            took[1].push(timed(taken(core, *far)).await?);
            took[2].push(timed(say(&echo, number)).await?);
            took[3].push(timed(ping(&mut stream)).await?);
        }
        for (all, took) in one.iter_mut().zip(took) {
            all.push(took);
        }
        many[0].push(rate(plan, |_| asking(core, &here)).await?);
        many[1].push(rate(plan, |_| asking(core, &there)).await?);
        let echo = echo.clone();
        many[2].push(
            rate(plan, move |_| {
                let echo = echo.clone();
                async move { say(&echo, 0).await }
            })
            .await?,
        );
        many[3].push(pings(plan, b.port).await?);
    }
    let [near, far, raw, tcp] = one;
    for (name, q) in [("ask_p50", 0.5), ("ask_p99", 0.99)] {
        let at = |all: &[Vec<f64>]| -> Vec<f64> {
            all.iter().map(|took| quantile(took, q) * 1e6).collect()
        };
        let names: [&'static str; 3] = match name {
            "ask_p50" => ["here_p50", "there_p50", "there_p50_tcp"],
            _ => ["here_p99", "there_p99", "there_p99_tcp"],
        };
        figure(names[0], "us, one caller", at(&near), "raw ractor_cluster", at(&raw));
        figure(names[1], "us, one caller", at(&far), "raw ractor_cluster", at(&raw));
        figure(names[2], "us, one caller", at(&far), "TCP echo", at(&tcp));
    }
    let [near, far, raw, tcp] = many;
    figure("here_rate", "asks/s, 64 callers", near, "raw ractor_cluster", raw.clone());
    figure("there_rate", "asks/s, 64 callers", far.clone(), "raw ractor_cluster", raw);
    figure("there_rate_tcp", "asks/s, 64 callers", far, "TCP echo", tcp);
    Ok(())
}

/// One ask of the next home.
async fn asking(core: &Arc<Core>, homes: &Arc<Vec<PropertyId>>) -> Result<()> {
    let home = fastrand::choice(homes.iter()).copied().ok_or("no home there")?;
    taken(core, home).await
}

/// What it costs this node that homes wake at the other one.
async fn memory(core: &Arc<Core>, all: &[PropertyId], b: &Node) -> Result<()> {
    let ownership = core.region.ownership();
    let there = all
        .iter()
        .filter(|home| matches!(ownership.route(EntityRef::from(**home).shard()), Route::There(_)));
    let (near, far) = (node::resident("self")?, b.resident()?);
    let mut count = 0.0_f64;
    for home in there {
        taken(core, *home).await?;
        count += 1.0;
    }
    let (near, far) = (node::resident("self")? - near, b.resident()? - far);
    eprintln!("{count} homes awake at the other node: {near:.0} bytes here, {far:.0} there");
    figure("growth_here", "bytes", vec![near], "growth there", vec![far.max(1.0)]);
    Ok(())
}

/// Holds a second in free nights, by many callers of one node.
async fn book(
    core: &Arc<Core>,
    all: &Arc<Vec<PropertyId>>,
    day: &Arc<AtomicUsize>,
    plan: Plan,
) -> Result<Vec<f64>> {
    let mut rates = Vec::new();
    for _ in 0..plan.repeats {
        let held = rate(plan, |_| async {
            let number = day.fetch_add(1, Ordering::Relaxed);
            let (home, round) = (number % all.len(), number / all.len());
            let home = all.get(home).copied().ok_or("no home")?;
            let ahead = i32::try_from(20 + 3 * (round % 200))?;
            hold(core, home, ahead).await.map(|_| ())
        });
        rates.push(held.await?);
    }
    Ok(rates)
}

/// How often a second something is done by many at once.
async fn rate<F>(plan: Plan, work: impl Fn(usize) -> F) -> Result<f64>
where
    F: Future<Output = Result<()>>,
{
    let began = clock::monotonic();
    let callers = (0..CALLERS).map(|caller| {
        let work = &work;
        async move {
            let mut done = 0.0_f64;
            while began.elapsed() < plan.stretch {
                work(caller).await?;
                done += 1.0;
            }
            Ok::<f64, Box<dyn std::error::Error + Send + Sync>>(done)
        }
    });
    let done = futures_util::future::try_join_all(callers).await?;
    Ok(done.iter().sum::<f64>() / began.elapsed().as_secs_f64())
}

async fn pings(plan: Plan, port: u16) -> Result<f64> {
    let mut streams = Vec::new();
    for _ in 0..CALLERS {
        streams.push(connect(port).await?);
    }
    let began = clock::monotonic();
    let callers = streams.into_iter().map(|mut stream| async move {
        let mut done = 0.0_f64;
        while began.elapsed() < plan.stretch {
            ping(&mut stream).await?;
            done += 1.0;
        }
        Ok::<f64, Box<dyn std::error::Error + Send + Sync>>(done)
    });
    let done = futures_util::future::try_join_all(callers).await?;
    Ok(done.iter().sum::<f64>() / began.elapsed().as_secs_f64())
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<f64> {
    let began = clock::monotonic();
    work.await?;
    Ok(began.elapsed().as_secs_f64())
}

async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn ping(stream: &mut TcpStream) -> Result<()> {
    let mut bytes = [7; BYTES];
    stream.write_all(&bytes).await?;
    stream.read_exact(&mut bytes).await?;
    Ok(())
}

async fn say(echo: &ractor::ActorRef<node::Echo>, number: usize) -> Result<()> {
    let bytes = vec![u8::try_from(number % 256)?; BYTES];
    let said = echo.call(|reply| node::Echo::Say(bytes, reply), Some(Duration::from_secs(5)));
    match said.await? {
        CallResult::Success(_) => Ok(()),
        _ => Err("an echo was lost".into()),
    }
}

/// Asks for nights that are taken: the entity answers from memory.
async fn taken(core: &Core, home: PropertyId) -> Result<()> {
    if hold(core, home, TAKEN).await? { Err("nights were sold twice".into()) } else { Ok(()) }
}

/// Asks for two nights so many days ahead, as somebody new; whether they are held now.
async fn hold(core: &Core, home: PropertyId, ahead: i32) -> Result<bool> {
    let today = calendar::local_date(core.clock.now(), &TimeZone::UTC);
    let (from, to) = (today.checked_add(ahead.days())?, today.checked_add((ahead + 2).days())?);
    let by = UserId::from(uuid::Uuid::new_v4());
    let command = booking::Command::Hold {
        by,
        booking_id: core.clock.id(),
        unit_id: None,
        nights: Nights::new(from, to)?,
        guests: 1,
        slot: None,
        offer: None,
    };
    let request = Request {
        id: core.clock.id::<RequestId>(),
        fingerprint: *by.uuid().as_bytes(),
        actor: Actor::User(by),
        command: Command::Booking(command),
    };
    match homes::settle(core, home, request).await? {
        Answer::Done { .. } => Ok(true),
        Answer::Refused(_) => Ok(false),
    }
}
