//! kill -9 while the search index is fed and built: whenever it comes, the index says in the
//! end what the database says, of every live home and every night.
//!
//! `RENTEZY_INDEX_KILLS` says how often the server is killed, `RENTEZY_INDEX_SEED` repeats a
//! run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::ToSpan;
use jiff::civil::Date;
use rentezy::clock;
use reqwest::{Error, Method};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property, uuid_of};
use crate::harness::wait::wait_until;

/// How often the server is killed, unless the tester wants it otherwise.
const KILLS: usize = 16;
/// People who change something all the time.
const PEOPLE: usize = 4;
/// Homes that each of them begins with.
const HOMES: usize = 4;
/// The nights that are booked, in days from today.
const NIGHTS: std::ops::Range<i32> = 10..22;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Somebody who lets homes and books others.
struct Person {
    landlord: User,
    tenant: User,
    homes: Vec<Home>,
    holds: Vec<String>,
    random: fastrand::Rng,
}

/// What a person does things with, at one life of the server.
struct Hands {
    landlord: Api,
    tenant: Api,
    today: Date,
    all: Vec<Home>,
}

impl Person {
    /// Does something, whatever comes of it; an error when the server is gone.
    async fn act(&mut self, hands: &Hands) -> Result<(), Error> {
        match self.random.u8(0..10) {
            0..=3 => self.edit(hands).await,
            4 => self.hide_or_show(hands).await,
            5 => self.replace(hands).await,
            6..=8 => self.hold(hands).await,
            _ => self.release(hands).await,
        }
    }

    async fn edit(&mut self, hands: &Hands) -> Result<(), Error> {
        let path = self.some_home();
        let Some((etag, _)) = read(hands, &path).await? else { return Ok(()) };
        let title = json!({"title": format!("Home {}", self.random.u32(..))});
        let edit = hands.landlord.call(Method::PATCH, &path).header("if-match", &etag);
        edit.json(&title).try_send().await.map(drop)
    }

    async fn hide_or_show(&mut self, hands: &Hands) -> Result<(), Error> {
        let path = self.some_home();
        let Some((etag, body)) = read(hands, &path).await? else { return Ok(()) };
        let step = if body["status"] == "live" { "unpublish" } else { "publish" };
        step_of(hands, &path, step, &etag).await.map(drop)
    }

    /// Archives a home and makes another one.
    async fn replace(&mut self, hands: &Hands) -> Result<(), Error> {
        let path = self.some_home();
        if let Some((etag, _)) = read(hands, &path).await? {
            step_of(hands, &path, "archive", &etag).await?;
        }
        let new = new_property(self.random.u16(1..3), 10_000);
        let made = hands.landlord.call(Method::POST, "properties").json(&new).try_send().await?;
        if made.status != 201 {
            return Ok(());
        }
        let (id, unit_id) = (made.text_at("/id"), made.text_at("/unit/id"));
        let etag = made.header("etag").expect("a property has an ETag").to_owned();
        self.homes.push(Home { id: id.clone(), unit_id });
        step_of(hands, &format!("properties/{id}"), "submit", &etag).await.map(drop)
    }

    async fn hold(&mut self, hands: &Hands) -> Result<(), Error> {
        let home = &hands.all[self.random.usize(..hands.all.len())];
        let check_in = hands.today.saturating_add(self.random.i32(NIGHTS).days());
        let stay = home.stay(check_in, self.random.i32(1..4));
        let held = hands.tenant.call(Method::POST, "bookings").json(&stay).try_send().await?;
        if held.status == 201 {
            self.holds.push(held.text_at("/id"));
        }
        Ok(())
    }

    async fn release(&mut self, hands: &Hands) -> Result<(), Error> {
        if self.holds.is_empty() {
            return Ok(());
        }
        let id = self.holds.swap_remove(self.random.usize(..self.holds.len()));
        let path = format!("bookings/{id}/hold");
        hands.tenant.call(Method::DELETE, &path).try_send().await.map(drop)
    }

    fn some_home(&mut self) -> String {
        let home = &self.homes[self.random.usize(..self.homes.len())];
        format!("properties/{}", home.id)
    }
}

async fn read(hands: &Hands, path: &str) -> Result<Option<(String, Value)>, Error> {
    let found = hands.landlord.call(Method::GET, path).try_send().await?;
    Ok(found.header("etag").map(str::to_owned).map(|etag| (etag, found.body)))
}

async fn step_of(hands: &Hands, path: &str, step: &str, etag: &str) -> Result<Answer, Error> {
    let path = format!("{path}/{step}");
    hands.landlord.call(Method::POST, &path).header("if-match", etag).try_send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_index_is_fed_and_built() {
    let kills = setting("RENTEZY_INDEX_KILLS").map_or(KILLS, |kills| kills.try_into().unwrap());
    let seed = setting("RENTEZY_INDEX_SEED").unwrap_or_else(|| fastrand::u64(..));
    eprintln!("RENTEZY_INDEX_SEED={seed} RENTEZY_INDEX_KILLS={kills}");
    let mut random = fastrand::Rng::with_seed(seed);
    let plan = World::plan().set("SEARCH_COMMIT_MS", 10).manual_clock();
    let mut world = plan.start().await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        let (landlord, tenant) = (world.landlord().await, world.tenant().await);
        let mut homes = Vec::new();
        for units in 0..HOMES {
            homes.push(world.home(&landlord, u16::try_from(units % 2 + 1).unwrap(), 10_000).await);
        }
        let random = random.fork();
        people.push(Person { landlord, tenant, homes, holds: Vec::new(), random });
    }
    for kill in 0..kills {
        // Sometimes before it has opened its index, sometimes while it builds another.
        let after = if random.u8(..4) == 0 { 1 } else { random.usize(1..80) };
        let builds = random.bool();
        let answers = storm(&mut world, &mut people, after, builds).await;
        eprintln!("kill {kill}: after {answers} acts, building: {builds}");
        world.start_again();
        if kill % 4 == 3 {
            converged(&world).await;
        }
    }
    converged(&world).await;
    let log = world.logged();
    let count = |text: &str| log.matches(text).count();
    let (begun, done) = (count("search index is being built"), count("search index is new"));
    eprintln!("{begun} generations were begun, {done} came to be searched");
    let searched = world.operator().get("/ops/v1/search").await.body(200);
    eprintln!("{searched}");
    wait_until("one generation is left", async || {
        let folder = std::fs::read_dir(world.data_dir().join("search")).unwrap();
        folder.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count() == 1
    })
    .await;
}

/// Lets everybody act and kills the server after so many acts; how many there were.
async fn storm(world: &mut World, people: &mut [Person], after: usize, builds: bool) -> usize {
    let all: Vec<Home> = people.iter().flat_map(|person| person.homes.clone()).collect();
    let hands: Vec<Hands> = people
        .iter()
        .map(|person| Hands {
            landlord: world.api(&person.landlord),
            tenant: world.api(&person.tenant),
            today: world.day(0),
            all: all.clone(),
        })
        .collect();
    let acts = AtomicUsize::new(0);
    let reached = tokio::sync::Notify::new();
    let acting = people.iter_mut().zip(&hands).map(async |(person, hands)| {
        while person.act(hands).await.is_ok() {
            if acts.fetch_add(1, Ordering::Relaxed) + 1 == after {
                reached.notify_one();
            }
        }
    });
    let operator = world.operator();
    let building = async {
        // One after the other, so that one is under way at the end.
        let order = async || {
            let order = operator.call(Method::POST, "/ops/v1/search/reindex").no_key();
            order.try_send().await
        };
        while builds && order().await.is_ok() {
            // While one is being built, an order is only told so.
            clock::pause(Duration::from_millis(10)).await;
        }
    };
    let kill = async {
        reached.notified().await;
        world.kill();
    };
    tokio::join!(join_all(acting), building, kill);
    acts.load(Ordering::Relaxed)
}

/// Waits until search says what the database says: which homes are live, in which version,
/// and which of them have a unit free on each night.
async fn converged(world: &World) {
    let sql = world.sql().await;
    let nights: Vec<Date> = NIGHTS.map(|ahead| world.day(ahead)).collect();
    wait_until("search says what the database says", async || {
        if world.anonymous().get("/readyz").await.status != 200 {
            return false;
        }
        if shown(world, "").await != live(&sql).await {
            return false;
        }
        for night in &nights {
            let query = format!("check_in={night}&check_out={}", night.saturating_add(1.day()));
            let found: BTreeSet<Uuid> = shown(world, &query).await.into_keys().collect();
            if found != free(&sql, *night).await {
                return false;
            }
        }
        true
    })
    .await;
}

/// The homes that a search finds, with the versions that it shows.
async fn shown(world: &World, query: &str) -> BTreeMap<Uuid, i64> {
    let (mut found, mut next) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("search?limit=100&{query}{next}");
        let page = world.anonymous().get(path.trim_end_matches('&')).await.body(200);
        for card in page["data"].as_array().unwrap() {
            let id = uuid_of(&text_at(card, "/id"));
            let twice = found.insert(id, card["version"].as_i64().unwrap());
            assert_eq!(twice, None, "{id} comes twice");
        }
        match page["page"]["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

async fn live(sql: &Client) -> BTreeMap<Uuid, i64> {
    let query = "select id, version::bigint from properties where status = 'live'";
    let rows = sql.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn free(sql: &Client, night: Date) -> BTreeSet<Uuid> {
    let query = "select distinct p.id from properties p join slots s on s.property_id = p.id
        where p.status = 'live' and not exists (select 1 from occupancies o
            where o.slot_id = s.slot_id and o.nights @> $1::text::date)";
    let rows = sql.query(query, &[&night.to_string()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
