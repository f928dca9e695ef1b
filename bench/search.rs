//! Searches beside Postgres (`tsvector`, `pg_trgm`, PostGIS) and beside tantivy's own parts put
//! together as its examples do: the same listings, the same questions, in turns. Every side
//! gives the texts of the results on a page; only ours says which of their words were meant.
//!
//! `cargo bench --bench search [-- --quick | --size N] [--real FOLDER]`; Postgres needs its
//! package for PostGIS (Debian: `postgresql-15-postgis-3`). With a folder of real listings homes
//! say what those do.

#[path = "search/corpus.rs"]
mod corpus;
#[path = "search/ours.rs"]
mod ours;
#[path = "search/postgres.rs"]
mod postgres;
#[path = "search/questions.rs"]
mod questions;
#[path = "search/real.rs"]
mod real;
#[path = "search/stock.rs"]
mod stock;
#[expect(dead_code, reason = "another bench needs the rest")]
mod support;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use rentezy::clock::{self, Clock};
use rentezy::domain::calendar;
use tokio::runtime::Runtime;

use corpus::Corpus;
use ours::Ours;
use postgres::{Filling, Postgres};
use questions::{Question, question};
use real::Real;
use stock::Stock;
use support::Result;
use support::report::{self, Bars, Figure, quantile};
use support::server::{self, Place};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BENCH: &str = "search";

/// Different questions that are asked in each turn.
const QUESTIONS: usize = 200;

/// How long a side is asked at most in one turn.
const SPAN: Duration = Duration::from_secs(4);

/// Turns.
const TURNS: usize = 3;

/// Updates of the index a second, while it is searched, and how often they are shown.
const UPDATES: u32 = 100;
const PUBLISH: Duration = Duration::from_millis(200);

/// How long that goes on.
const CHURN: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    server::main(|arguments| {
        let after = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name);
            at.and_then(|at| arguments.get(at + 1))
        };
        let sizes = match after("--size").map(|size| size.parse()).transpose()? {
            Some(size) => vec![size],
            None if arguments.iter().any(|argument| argument == "--quick") => vec![20_000],
            None => vec![100_000, 1_000_000],
        };
        let real = after("--real").map(|folder| Real::open(Path::new(folder))).transpose()?;
        let today = calendar::local_date(Clock::system().now(), &TimeZone::UTC);
        let mut corpus = Corpus { size: 0, today, real };
        let mut holds = true;
        for size in sizes {
            corpus.size = size;
            holds &= measure(&corpus)?;
        }
        Ok(holds)
    })
}

/// All figures over some listings; whether the floors hold.
fn measure(corpus: &Corpus) -> Result<bool> {
    let size = corpus.size;
    let place = Place::open()?;
    let runtime = Runtime::new()?;
    let mut label = match size {
        1_000_000 => "1m".to_owned(),
        size => format!("{}k", size / 1000),
    };
    if corpus.real.is_some() {
        label.push_str("_real");
    }
    report::heading("peer");
    let step = (size / QUESTIONS).max(1);
    let questions: Vec<Question> =
        corpus.homes().step_by(step).filter_map(|home| question(&home, corpus.today)).collect();
    let before = resident();
    let began = clock::monotonic();
    let ours = Ours::fill(place.folder().join("index"), corpus.homes(), corpus.today)?;
    tell(&label, "build", as_float(size) / began.elapsed().as_secs_f64(), "listings/s");
    let grown = resident().saturating_sub(before);
    tell(&label, "index", as_float(bytes(&place.folder().join("index"))?) / 1e6, "MB");
    let began = clock::monotonic();
    let stock = Stock::fill(corpus.homes(), corpus.today)?;
    tell(&label, "build_stock", as_float(size) / began.elapsed().as_secs_f64(), "listings/s");
    let began = clock::monotonic();
    let database = place.database()?;
    let postgres =
        runtime.block_on(async { Filling::begin(&database).await?.fill(corpus.homes()).await })?;
    tell(&label, "build_postgres", as_float(size) / began.elapsed().as_secs_f64(), "listings/s");
    let index = runtime.block_on(postgres.bytes())?;
    tell(&label, "index_postgres", as_float(usize::try_from(index)?) / 1e6, "MB");
    let bench = Bench { label, ours, stock, postgres, runtime, questions };
    let holds = bench.all()?;
    let label = bench.label.clone();
    // What the index maps of its files counts too, once it has been searched.
    let now = resident().saturating_sub(before).max(grown);
    tell(&label, "resident", as_float(usize::try_from(now)?) / 1e3, "MB with the stock peer");
    churn(bench, corpus)?;
    Ok(holds)
}

struct Bench {
    label: String,
    ours: Ours,
    stock: Stock,
    postgres: Postgres,
    runtime: Runtime,
    questions: Vec<Question>,
}

/// One way of asking, which tells how many hits there were.
type Ask<'a> = &'a dyn Fn(&Question) -> Result<usize>;

impl Bench {
    fn all(&self) -> Result<bool> {
        let search = |query| Ok(self.ours.search.search(&query)?.hits.len());
        let total = |query| Ok(usize::try_from(self.ours.search.search(&query)?.total)?);
        let postgres = &self.postgres;
        let mut holds = true;
        let bars = |floor, aim| Some(Bars { floor, aim });
        holds &= self.figure(
            "text",
            &|asked| search(ours::text(asked)),
            &|asked| self.runtime.block_on(postgres.text(asked)),
            bars(12.0, 28.0),
            Some((&|asked| self.stock.text(asked), None)),
        )?;
        holds &= self.figure(
            "typo",
            &|asked| search(ours::typo(asked)),
            &|asked| self.runtime.block_on(postgres.typo(asked)),
            bars(10.0, 24.0),
            Some((&|asked| self.stock.typo(asked), None)),
        )?;
        holds &= self.figure(
            "example",
            &|asked| total(ours::example(asked)?),
            &|asked| self.runtime.block_on(postgres.example(asked)),
            bars(5.0, 11.0),
            Some((&|asked| self.stock.example(asked), bars(5.0, 10.0))),
        )?;
        for (shape, apart) in [("example_plain", false), ("example_apart", true)] {
            holds &= self.figure(
                shape,
                &|asked| total(ours::example(asked)?),
                &|asked| self.runtime.block_on(postgres.example(asked)),
                None,
                Some((&|asked| self.stock.example_plain(asked, apart), None)),
            )?;
        }
        holds &= self.figure(
            "nearest",
            &|asked| search(ours::nearest(asked)),
            &|asked| self.runtime.block_on(postgres.nearest(asked)),
            bars(2.0, 4.0),
            Some((&|asked| self.stock.nearest(asked), None)),
        )?;
        holds &= self.figure(
            "newest",
            &|_| search(ours::newest()),
            &|_| self.runtime.block_on(postgres.newest()),
            bars(1.0, 2.0),
            Some((&|_| self.stock.newest(), None)),
        )?;
        holds &= self.figure(
            "facets_all",
            &|_| total(ours::facets()),
            &|_| self.runtime.block_on(postgres.facets()),
            bars(1.0, 100.0),
            Some((&|_| self.stock.facets(), None)),
        )?;
        holds &= self.figure(
            "suggest",
            &|asked| Ok(self.ours.search.suggest(&asked.prefix, 10).titles.len()),
            &|asked| self.runtime.block_on(postgres.suggest(asked)),
            None,
            None,
        )?;
        self.two_threads()?;
        Ok(holds)
    }

    /// One shape of question, in turns; whether its floors hold.
    fn figure(
        &self,
        shape: &str,
        ours: Ask<'_>,
        postgres: Ask<'_>,
        bars: Option<Bars>,
        stock: Option<(Ask<'_>, Option<Bars>)>,
    ) -> Result<bool> {
        // The first round warms all sides up and shows what they find.
        let mut found = vec![self.hits(ours)?, self.hits(postgres)?];
        if let Some((stock, _)) = stock {
            found.push(self.hits(stock)?);
        }
        eprintln!("{shape}_{}: hits a question {found:.1?}", self.label);
        let (mut us, mut them, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            us.push(self.turn(ours)?);
            them.push(self.turn(postgres)?);
            if let Some((stock, _)) = stock {
                bare.push(self.turn(stock)?);
            }
        }
        let mut holds = self.tell(shape, "", (&us, "postgres", &them), bars);
        if let Some((_, bars)) = stock {
            holds &= self.tell(shape, "_stock", (&us, "tantivy", &bare), bars);
        }
        Ok(holds)
    }

    /// Rates from medians, so that more is better, then the times they are made of.
    fn tell(
        &self,
        shape: &str,
        suffix: &str,
        (ours, peer, theirs): (&[Vec<f64>], &'static str, &[Vec<f64>]),
        bars: Option<Bars>,
    ) -> bool {
        let of = |turns: &[Vec<f64>], q: f64| -> Vec<f64> {
            turns.iter().map(|turn| quantile(turn, q)).collect()
        };
        let rate = |turns: &[Vec<f64>]| of(turns, 0.5).iter().map(|ms| 1000.0 / ms).collect();
        let name = |what: &str| -> &'static str {
            // Few and short; a figure's name lives as long as the program elsewhere too.
            format!("{shape}_{}{suffix}{what}", self.label).leak()
        };
        let unit = "queries/s at p50";
        let (ours_rate, their_rate) = (rate(ours), rate(theirs));
        let figure =
            Figure { name: name(""), unit, ours: ours_rate, peer, theirs: their_rate, bars };
        figure.tell(BENCH);
        for (what, q) in [("_p50", 0.5), ("_p99", 0.99)] {
            let (ours, theirs) = (of(ours, q), of(theirs, q));
            Figure { name: name(what), unit: "ms", ours, peer, theirs, bars: None }.tell(BENCH);
        }
        figure.holds()
    }

    /// Hits a question, over all of them.
    fn hits(&self, ask: Ask<'_>) -> Result<f64> {
        let (began, mut found, mut asked) = (clock::monotonic(), 0, 0);
        for question in self.questions.iter().take_while(|_| began.elapsed() < SPAN) {
            found += ask(question)?;
            asked += 1;
        }
        Ok(as_float(found) / as_float(asked.max(1)))
    }

    /// How long each question took, in milliseconds.
    fn turn(&self, ask: Ask<'_>) -> Result<Vec<f64>> {
        let (began, mut took) = (clock::monotonic(), Vec::new());
        for question in self.questions.iter().take_while(|_| began.elapsed() < SPAN) {
            let asked = clock::monotonic();
            ask(question)?;
            took.push(millis(asked));
        }
        Ok(took)
    }

    /// A mix of all shapes by one thread and by two.
    fn two_threads(&self) -> Result<()> {
        for threads in [1, 2] {
            let asked = AtomicU64::new(0);
            let began = clock::monotonic();
            let work = |first: usize| {
                for question in self.questions.iter().cycle().skip(first) {
                    if began.elapsed() >= SPAN {
                        break;
                    }
                    let queries = [
                        ours::text(question),
                        ours::example(question)?,
                        ours::example(question)?,
                        ours::nearest(question),
                    ];
                    for query in queries {
                        self.ours.search.search(&query)?;
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            };
            std::thread::scope(|scope| -> Result<()> {
                let work = &work;
                let threads: Vec<_> =
                    (0..threads).map(|n| scope.spawn(move || work(n * QUESTIONS / 2))).collect();
                for thread in threads {
                    thread.join().map_err(|_| "a thread broke")??;
                }
                Ok(())
            })?;
            let rate = asked.into_inner();
            let rate = as_float(usize::try_from(rate)?) / began.elapsed().as_secs_f64();
            tell(&self.label, &format!("mixed_{threads}_threads"), rate, "queries/s");
        }
        Ok(())
    }
}

/// Homes change while others search: how long until a change is seen, and what searches cost.
fn churn(bench: Bench, corpus: &Corpus) -> Result<()> {
    let Bench { label, mut ours, questions, .. } = bench;
    let (search, mut waiting, mut seen) = (ours.search.clone(), Vec::new(), Vec::new());
    let (mut asked, mut next) = (Vec::new(), 0_u32);
    let began = clock::monotonic();
    let mut published = began;
    let step = (corpus.size / 2000).max(1);
    let mut changed = corpus.homes().step_by(step);
    let mut questions = questions.iter().cycle();
    while began.elapsed() < CHURN {
        if began.elapsed() >= Duration::from_secs(1) / UPDATES * next {
            next += 1;
            let Some(mut home) = changed.next() else { break };
            home.doc.price.amount += 1;
            ours.update(&home)?;
            waiting.push(clock::monotonic());
        }
        if published.elapsed() >= PUBLISH {
            ours.publish()?;
            seen.extend(waiting.drain(..).map(millis));
            published = clock::monotonic();
        }
        if let Some(question) = questions.next() {
            let query = ours::example(question)?;
            let from = clock::monotonic();
            search.search(&query)?;
            asked.push(millis(from));
        }
    }
    for (what, values) in [("update_visible", &seen), ("example_under_updates", &asked)] {
        tell(&label, &format!("{what}_p50"), quantile(values, 0.5), "ms");
        tell(&label, &format!("{what}_p99"), quantile(values, 0.99), "ms");
    }
    Ok(())
}

/// A figure that stands alone.
fn tell(label: &str, name: &str, value: f64, unit: &'static str) {
    let name = format!("{name}_{label}").leak();
    let (peer, theirs) = ("", Vec::new());
    Figure { name, unit, ours: vec![value], peer, theirs, bars: None }.tell(BENCH);
}

fn millis(from: Instant) -> f64 {
    from.elapsed().as_secs_f64() * 1000.0
}

/// What this process has in memory, in kB (proc(5)).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Bytes of all files below a folder.
fn bytes(folder: &std::path::Path) -> Result<usize> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        total += match entry.file_type()?.is_dir() {
            true => bytes(&entry.path())?,
            false => usize::try_from(entry.metadata()?.len())?,
        };
    }
    Ok(total)
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn as_float(count: usize) -> f64 {
    count as f64
}
