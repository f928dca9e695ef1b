//! Tools that write while a server runs: they send their listings to its operator listener.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::client::{Api, http, text_at};
use crate::harness::invariants;
use crate::harness::server::{World, signal};
use crate::harness::shop::{User, new_property};
use crate::harness::wait::{wait_for, wait_until};

/// The file of 32 rows, of which 22 are listings.
const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inside_airbnb_small.csv");

/// Rows of the long file.
const MANY: i64 = 300;

fn arguments<'a>(owner: &'a User, file: &'a str) -> [&'a str; 8] {
    let email = &owner.email;
    let zone = "Europe/Dublin";
    ["import-listings", "--owner", email, "--currency", "EUR", "--zone", zone, file]
}

/// What a command said; it must have gone well.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    eprintln!("{said}");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs a command that takes a while. Connections to the server are looked after meanwhile.
async fn ran(world: &World, arguments: &[&str]) -> Output {
    let mut command = world.prepared(arguments);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// How many listings are in a status.
async fn count(world: &World, status: &str) -> i64 {
    let sql = "select count(*) from properties where status = $1";
    world.sql().await.query_one(sql, &[&status]).await.unwrap().get(0)
}

async fn events(world: &World) -> i64 {
    let sql = "select count(*) from events where type like 'property.%'";
    world.sql().await.query_one(sql, &[]).await.unwrap().get(0)
}

/// A file of [`MANY`] listings that differ in their id.
fn long_file(world: &World) -> PathBuf {
    let small = std::fs::read_to_string(SMALL).unwrap();
    let head = small.lines().next().unwrap();
    let row = small.lines().find(|line| line.starts_with("900719925474099312,")).unwrap();
    let rows = (1..=MANY).map(|id| row.replacen("900719925474099312", &id.to_string(), 1));
    let text: Vec<String> = std::iter::once(head.to_owned()).chain(rows).collect();
    let file = world.data_dir().join("long.csv");
    std::fs::write(&file, text.join("\n")).unwrap();
    file
}

/// A listing of `owner` as it is sent.
fn listing(owner: &User, id: u32, live: bool) -> Value {
    json!({
        "owner_id": owner.id, "source": "test", "external_id": id.to_string(), "live": live,
        "fields": {
            "kind": "flat", "title": "Flat by the canal", "description": "", "zone": "Europe/Dublin",
            "address": {"city": "Dublin", "country": "IE"},
            "location": {"lat": 53.3, "lon": -6.2}, "amenities": ["wifi"], "currency": "EUR",
        },
        "unit": {
            "name": "Flat", "count": 2, "bedrooms": 1, "beds": 1, "bathrooms": 1.0, "guests": 2,
            "night_minor": 9000,
        },
    })
}

async fn bring(operator: &Api, listings: &[Value]) -> Value {
    operator.post("/ops/v1/listings", &json!({ "listings": listings })).await.body(200)
}

fn outcomes(answer: &Value) -> Vec<&str> {
    let rows = answer["data"].as_array().unwrap();
    rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_file_comes_in_while_the_server_runs_and_a_second_time_changes_nothing() {
    let mut world = World::plan().set("LISTINGS_REVIEW", "admin").start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let stranger = ran(&world, &arguments(&tenant, SMALL)).await;
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("is no landlord"), "{stranger:?}");

    let report = said(&ran(&world, &arguments(&landlord, SMALL)).await);
    assert!(report.contains("created 22 (drafts, unpriced: 2) unchanged 0 bad 10"), "{report}");
    // Whoever brings listings in has looked at them.
    assert_eq!((count(&world, "live").await, count(&world, "draft").await), (20, 2));
    let card = wait_for("an imported home is found", async || {
        let answer = world.anonymous().get("search?q=attic").await;
        answer.body["data"].as_array()?.first().cloned()
    })
    .await;
    let stay = json!({
        "property_id": card["id"], "check_in": world.day(20), "check_out": world.day(22),
        "guests": 1,
    });
    world.hold(&tenant, &stay).await;
    let audit = world.operator().get("/ops/v1/audit?actor=operator&limit=1").await.body(200);
    assert_eq!(audit["data"].as_array().map(Vec::len), Some(1), "{audit}");

    let before = events(&world).await;
    let report = said(&ran(&world, &arguments(&landlord, SMALL)).await);
    assert!(report.contains("created 0 (drafts, unpriced: 0) unchanged 22"), "{report}");
    assert_eq!(events(&world).await, before);
    invariants::check(&world, &[]).await;

    // Without a server the same command takes the database itself.
    world.kill();
    let report = said(&ran(&world, &arguments(&landlord, SMALL)).await);
    assert!(report.contains("created 0 (drafts, unpriced: 0) unchanged 22"), "{report}");
}

#[tokio::test]
async fn an_import_that_was_killed_is_finished_by_the_next() {
    let world = World::plan().private_postgres().start().await;
    let landlord = world.landlord().await;
    let file = long_file(&world);
    let arguments = arguments(&landlord, file.to_str().unwrap());
    let mut command = world.prepared(&arguments);
    let mut tool = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("some listings are there", async || count(&world, "live").await > 0).await;
    signal(tool.id(), Signal::KILL);
    tool.wait().unwrap();
    let there = count(&world, "live").await;
    assert!(there < MANY, "the tool was done before it was killed");

    let report = said(&ran(&world, &arguments).await);
    assert!(report.starts_with("300 rows") && report.contains("bad 0"), "{report}");
    assert_eq!((count(&world, "live").await, count(&world, "draft").await), (MANY, 0));
    let before = events(&world).await;
    assert_eq!(before, 3 * MANY, "created, submitted, approved");
    let report = said(&ran(&world, &arguments).await);
    assert!(report.contains("created 0 (drafts, unpriced: 0) unchanged 300"), "{report}");
    assert_eq!(events(&world).await, before);
}

#[tokio::test]
async fn a_batch_is_judged_as_a_whole_and_its_listings_one_by_one() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let operator = world.operator();
    let path = "/ops/v1/listings";
    let good = listing(&landlord, 1, true);
    let batch = json!({ "listings": [good] });

    let operators_url = std::fs::read_to_string(world.data_dir().join("operator.url")).unwrap();
    let nobody = Api::new(&http(), &operators_url, None);
    nobody.post(path, &batch).await.problem(401, "unauthenticated");
    nobody.call(Method::GET, path).send().await.expect(405);

    let wrong = |change: &dyn Fn(&mut Value), pointer: &'static str| {
        let mut bad = listing(&landlord, 2, true);
        change(&mut bad);
        (json!({ "listings": [good, bad] }), pointer)
    };
    let cases = [
        (json!({ "listings": [] }), "/listings"),
        (json!({ "listings": vec![good.clone(); 501] }), "/listings"),
        wrong(&|bad| bad["fields"]["title"] = json!(7), "/listings/1/fields/title"),
        wrong(&|bad| bad["more"] = json!(7), "/listings/1/more"),
        wrong(&|bad| bad["source"] = json!(""), "/listings/1/source"),
        wrong(&|bad| bad["external_id"] = json!("1"), "/listings/1/external_id"),
        wrong(&|bad| bad["owner_id"] = json!(tenant.id), "/listings/1/owner_id"),
    ];
    for (body, pointer) in cases {
        let answer = operator.post(path, &body).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.text);
    }
    assert_eq!(count(&world, "live").await, 0, "of a wrong batch nothing is made");

    // The rules judge each listing on its own.
    let mut short = listing(&landlord, 2, true);
    short["fields"]["title"] = json!("x");
    let answer = bring(&operator, &[good.clone(), short, listing(&landlord, 3, false)]).await;
    assert_eq!(outcomes(&answer), ["created", "refused", "created"]);
    assert!(text_at(&answer, "/data/1/reason").contains("/title"), "{answer}");
    // A draft that an earlier run has left behind goes on; one that was touched does not.
    let again = bring(&operator, &[good.clone(), listing(&landlord, 3, true)]).await;
    assert_eq!(outcomes(&again), ["unchanged", "created"]);
    assert_eq!((count(&world, "live").await, count(&world, "draft").await), (2, 0));
    let home = text_at(&again, "/data/0/property_id");
    let api = world.api(&landlord);
    let rest = format!("properties/{home}/unpublish");
    let etag = api.get(&format!("properties/{home}")).await.header("etag").unwrap().to_owned();
    api.call(Method::POST, &rest).header("if-match", &etag).send().await.expect(200);
    assert_eq!(outcomes(&bring(&operator, &[good]).await), ["unchanged"]);
    assert_eq!(count(&world, "paused").await, 1);
    world.home_of(&landlord, &new_property(1, 9_000)).await;
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn the_demo_comes_into_a_living_server_once() {
    let world = World::start().await;
    let demo = ["demo-data", "--listings", "60", "--photos", "2"];
    let report = said(&ran(&world, &demo).await);
    assert!(report.contains("made 60 listings with 120 photos, 14 accounts"), "{report}");
    assert!(report.contains("13 bookings of today"), "{report}");
    assert!(report.contains("tenant: tenant@example.com / let-me-book-homes"), "{report}");
    let card = wait_for("a home is found with its photo", async || {
        let answer = world.anonymous().get("search").await;
        let cards = answer.body["data"].as_array()?.clone();
        cards.into_iter().find(|card| card["cover"].is_object())
    })
    .await;
    let url = format!("{}{}", world.url(), text_at(&card, "/cover/card/url"));
    let picture = http().get(url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    image::load_from_memory(&picture.bytes().await.unwrap()).unwrap();

    let before = events(&world).await;
    let report = said(&ran(&world, &demo).await);
    assert!(report.contains("made 0 listings with 0 photos, 0 accounts"), "{report}");
    assert_eq!(events(&world).await, before);
    invariants::check(&world, &[]).await;
}
