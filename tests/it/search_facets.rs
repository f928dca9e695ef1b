//! Search, its facets and its map against counts of the database on the same filters.

use jiff::ToSpan;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::server::World;
use crate::harness::shop::User;
use crate::harness::wait::wait_until;

/// How many homes there are, and how many come in one request.
const HOMES: u64 = 2_400;
const BATCH: u64 = 200;

/// How many random questions are asked.
const QUESTIONS: usize = 500;

const KINDS: [&str; 4] = ["bed", "room", "flat", "house"];
const AMENITIES: [&str; 6] = ["wifi", "parking", "pool", "kitchen", "sauna", "ev_charger"];
/// So different that none is taken for another one.
const WORDS: [&str; 4] = ["lighthouse", "windmill", "orangery", "boathouse"];
const CURRENCIES: [(&str, i64); 3] = [("EUR", 1), ("USD", 1), ("JPY", 100)];

/// A home with random properties. Points lie off the grid that they are blurred to.
fn home(random: &mut fastrand::Rng, owner: &User, number: u64) -> Value {
    let (currency, hundredths) = CURRENCIES[random.usize(..3)];
    let amenities: Vec<_> = AMENITIES.iter().filter(|_| random.u8(..3) == 0).collect();
    let words = [WORDS[random.usize(..4)], WORDS[random.usize(..4)]];
    let near = |random: &mut fastrand::Rng, at: i32| {
        let away = if random.bool() { 12 } else { 400 };
        f64::from(at + random.i32(-away..away)) / 100.0 + 0.001
    };
    json!({
        "owner_id": owner.id, "source": "test", "external_id": number.to_string(), "live": true,
        "fields": {
            "kind": KINDS[random.usize(..4)], "title": format!("{} {}", words[0], words[1]),
            "description": "", "zone": "Europe/Dublin",
            "address": {"city": "Dublin", "country": "IE"},
            "location": {"lat": near(random, 5_335), "lon": near(random, -626)},
            "amenities": amenities, "currency": currency,
        },
        "unit": {
            "name": "Home", "count": 1, "bedrooms": random.u8(..5), "beds": random.u8(1..7),
            "bathrooms": f32::from(random.u8(..8)) / 2.0, "guests": random.u8(1..7),
            "night_minor": random.i64(20..400) * 100 / hundredths,
        },
        "policies": {"min_nights": random.u8(1..4), "max_nights": random.u8(5..20)},
    })
}

/// Brings the homes in and takes some nights of some of them.
async fn fill(world: &World, random: &mut fastrand::Rng) {
    let owner = world.landlord().await;
    for batch in 0..HOMES / BATCH {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let homes: Vec<Value> = numbers.map(|number| home(random, &owner, number)).collect();
        let answer = world.operator().post("/ops/v1/listings", &json!({"listings": homes})).await;
        let rows = answer.body(200)["data"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["outcome"] == "created"), "{rows:?}");
        for row in rows.iter().step_by(15) {
            let (from, nights) = (random.i32(10..30), random.i32(1..12));
            let nights = (world.day(from), world.day(from + nights));
            let body = json!({"check_in": nights.0, "check_out": nights.1});
            let path = format!("properties/{}/blocks", row["property_id"].as_str().unwrap());
            world.api(&owner).post(&path, &body).await.expect(201);
        }
    }
}

/// A question, as it is asked over HTTP and as the database is asked it.
#[derive(Default)]
struct Question {
    /// Parameters of the query.
    query: Vec<String>,
    /// What every home that is counted satisfies.
    always: Vec<String>,
    /// Kind, bedrooms, beds, bathrooms, price.
    choices: [Vec<String>; 5],
    /// Whether prices are in minor units of one currency.
    minor: bool,
}

impl Question {
    fn ask(&mut self, query: String, sql: String) {
        self.query.push(query);
        self.always.push(sql);
    }

    fn choose(&mut self, facet: usize, query: String, sql: String) {
        self.query.push(query);
        self.choices[facet].push(sql);
    }

    /// All choices but one facet's, as a condition.
    fn but(&self, facet: Option<usize>) -> String {
        let others = self.choices.iter().enumerate().filter(|(n, _)| Some(*n) != facet);
        let all: Vec<&str> = others.flat_map(|(_, sql)| sql).map(String::as_str).collect();
        if all.is_empty() { "true".to_owned() } else { all.join(" and ") }
    }
}

fn question(random: &mut fastrand::Rng, world: &World) -> Question {
    let mut asked = Question::default();
    place(random, &mut asked);
    if random.u8(..3) == 0 {
        let word = WORDS[random.usize(..4)];
        asked.ask(format!("q={word}"), format!("title ~ '\\m{word}\\M'"));
    }
    if random.u8(..3) == 0 {
        let (code, _) = CURRENCIES[random.usize(..3)];
        asked.minor = true;
        asked.ask(format!("currency={code}"), format!("currency = '{code}'"));
    }
    if random.u8(..3) == 0 {
        let guests = random.u8(1..7);
        asked.ask(format!("guests={guests}"), format!("guests >= {guests}"));
    }
    if random.u8(..3) == 0 {
        let (from, nights) = (random.i32(5..35), random.i32(1..8));
        let (check_in, check_out) = (world.day(from), world.day(from + nights));
        let free = format!(
            "{nights} between min_nights and max_nights and not exists (select from occupancies o
             where o.property_id = m.id and o.nights && daterange('{check_in}', '{check_out}'))"
        );
        asked.ask(format!("check_in={check_in}&check_out={check_out}"), free);
    }
    if random.u8(..3) == 0 {
        let (one, two) = (AMENITIES[random.usize(..6)], AMENITIES[random.usize(..6)]);
        asked.ask(format!("amenities={one},{two}"), format!("amenities @> '{{{one},{two}}}'"));
    }
    if random.u8(..3) == 0 {
        let (one, two) = (KINDS[random.usize(..4)], KINDS[random.usize(..4)]);
        asked.choose(0, format!("kind={one},{two}"), format!("kind in ('{one}', '{two}')"));
    }
    for (facet, name) in [(1, "bedrooms"), (2, "beds")] {
        if random.u8(..4) == 0 {
            let least = random.u8(1..5);
            asked.choose(facet, format!("{name}={least}"), format!("{name} >= {least}"));
        }
    }
    if random.u8(..4) == 0 {
        let least = f32::from(random.u8(1..6)) / 2.0;
        asked.choose(3, format!("bathrooms={least}"), format!("bathrooms >= {least}"));
    }
    for (name, than) in [("price_min", ">="), ("price_max", "<=")] {
        if random.u8(..4) == 0 {
            let price = random.i64(20..400) * 100;
            asked.choose(4, format!("{name}={price}"), format!("price {than} {price}"));
        }
    }
    asked
}

/// One of the three forms of an area, or none.
fn place(random: &mut fastrand::Rng, asked: &mut Question) {
    let off =
        |random: &mut fastrand::Rng, away: i32| f64::from(random.i32(-away..away)) / 100.0 + 0.005;
    let (lat, lon) = (53.35 + off(random, 30), -6.26 + off(random, 30));
    match random.u8(..5) {
        0 => {
            let (high, wide) = (random.f64() * 2.0, random.f64() * 2.0);
            let (south, north) = (lat - high, lat + high);
            let (west, east) = (lon - wide, lon + wide);
            let sql = format!(
                "blurred_lat between {south} and {north} and blurred_lon between {west} and {east}"
            );
            asked.ask(format!("bbox={west},{south},{east},{north}"), sql);
        }
        1 => {
            let radius_km = 10_f64.powf(random.f64() * 2.5);
            let haversine = format!(
                "2 * 6371.0088 * asin(least(1, sqrt(
                     sin(radians(blurred_lat - {lat}) / 2) ^ 2 + cos(radians({lat}))
                     * cos(radians(blurred_lat)) * sin(radians(blurred_lon - {lon}) / 2) ^ 2)))"
            );
            asked.ask(
                format!("near={lat},{lon}&radius_km={radius_km}"),
                format!("{haversine} <= {radius_km}"),
            );
        }
        2 => {
            // Off every grid, so that no home lies on a side, where the two may differ.
            let mut corner = || (lon + random.f64() * 4.0 - 2.0, lat + random.f64() * 4.0 - 2.0);
            let corners = [corner(), corner(), corner()];
            let pair = |(lon, lat): &(f64, f64)| format!("{lon},{lat}");
            let of_query: Vec<String> = corners.iter().map(pair).collect();
            let of_sql: Vec<String> =
                corners.iter().map(|corner| format!("({})", pair(corner))).collect();
            let sql =
                format!("polygon '({})' @> point(blurred_lon, blurred_lat)", of_sql.join(","));
            asked.ask(format!("polygon={}", of_query.join(";")), sql);
        }
        _ => {}
    }
}

/// What is counted of a question: the path in the answer, and the number of the database.
async fn counts(sql: &Client, asked: &Question, answer: &Value) -> Vec<(String, i64)> {
    let mut wanted = vec![("/total".to_owned(), asked.but(None))];
    for kind in KINDS {
        let (path, others) = (format!("/facets/kind/{kind}"), asked.but(Some(0)));
        wanted.push((path, format!("{others} and kind = '{kind}'")));
    }
    for key in AMENITIES {
        let (path, all) = (format!("/facets/amenities/{key}"), asked.but(None));
        wanted.push((path, format!("{all} and '{key}' = any(amenities)")));
    }
    for (facet, name, most) in [(1, "bedrooms", 5), (2, "beds", 7), (3, "bathrooms", 8)] {
        for step in 1..=most {
            let least = if facet == 3 { f64::from(step) / 2.0 } else { f64::from(step) };
            let (path, others) = (format!("/facets/{name}/{least}"), asked.but(Some(facet)));
            wanted.push((path, format!("{others} and {name} >= {least}")));
        }
    }
    let buckets = answer.pointer("/facets/price/buckets").and_then(Value::as_array).unwrap();
    for (place, bucket) in buckets.iter().enumerate() {
        let from = bucket["from_minor"].as_u64().unwrap();
        let to = bucket["to_minor"].as_u64();
        let below = to.map_or_else(|| "true".to_owned(), |to| format!("price < {to}"));
        let (path, others) = (format!("/facets/price/buckets/{place}/count"), asked.but(Some(4)));
        wanted.push((path, format!("{others} and price >= {from} and {below}")));
    }
    let columns: Vec<String> =
        wanted.iter().map(|(_, sql)| format!("count(*) filter (where {sql})")).collect();
    // Without a currency prices are hundredths of whatever major unit.
    let price = match asked.minor {
        true => "night_minor".to_owned(),
        false => "night_minor * case currency when 'JPY' then 100 else 1 end".to_owned(),
    };
    let always =
        if asked.always.is_empty() { "true".to_owned() } else { asked.always.join(" and ") };
    let text = format!(
        "with m as (
             select p.id, p.kind, p.title, p.amenities, p.currency::text, u.bedrooms, u.beds,
                 u.bathrooms, u.guests, {price} as price,
                 round(p.lat * 100) / 100 as blurred_lat, round(p.lon * 100) / 100 as blurred_lon,
                 coalesce((p.policies ->> 'min_nights')::int, 1) as min_nights,
                 coalesce((p.policies ->> 'max_nights')::int, 730) as max_nights
             from properties p join units u on u.property_id = p.id where p.status = 'live')
         select {} from m where {always}",
        columns.join(", ")
    );
    let row = sql.query_one(&text, &[]).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    wanted.into_iter().enumerate().map(|(n, (path, _))| (path, row.get(n))).collect()
}

/// Waits until search knows of all nights that are taken. Every home takes four nights, and
/// every block is in the way of one of these stays.
async fn wait_for_nights(world: &World, sql: &Client) {
    for from in 7..42 {
        let (check_in, check_out) = (world.day(from), world.day(from + 4));
        let text = format!(
            "select count(*) from properties p where status = 'live' and not exists (
                 select from occupancies o where o.property_id = p.id
                 and o.nights && daterange('{check_in}', '{check_out}'))"
        );
        let free: i64 = sql.query_one(&text, &[]).await.unwrap().get(0);
        let query = format!("search?check_in={check_in}&check_out={check_out}");
        wait_until(&format!("{free} homes are free from {check_in}"), async || {
            world.anonymous().get(&query).await.body["total"].as_i64() == Some(free)
        })
        .await;
    }
}

#[tokio::test]
async fn search_counts_what_the_database_counts() {
    let world = World::start().await;
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    fill(&world, &mut random).await;
    let (public, sql) = (world.anonymous(), world.sql().await);
    wait_until("all homes are found", async || {
        public.get("search").await.body["total"].as_u64() == Some(HOMES)
    })
    .await;
    wait_for_nights(&world, &sql).await;
    let mut found = 0;
    for _ in 0..QUESTIONS {
        let asked = question(&mut random, &world);
        let query = asked.query.join("&");
        let answer = public.get(&format!("search/facets?{query}")).await.body(200);
        assert_eq!(answer["timed_out"], false);
        for (path, wanted) in counts(&sql, &asked, &answer).await {
            // What nobody has is left out.
            let said = answer.pointer(&path).map_or(Some(0), Value::as_i64);
            assert_eq!(said, Some(wanted), "{path} of {query} (seed {seed})");
        }
        let total = answer["total"].as_u64().unwrap();
        found += u64::from(total > 0);
        let page = public.get(&format!("search?{query}&limit=3&sort=price")).await.body(200);
        assert_eq!(page["total"].as_u64(), Some(total), "{query}");
        assert!(page.get("facets").is_none());
        let map = public.get(&format!("search/map?{query}&zoom={}", random.u8(..=20))).await;
        let map = map.body(200);
        let clusters = map["clusters"].as_array().unwrap();
        let sum: u64 = clusters.iter().map(|cluster| cluster["count"].as_u64().unwrap()).sum();
        assert_eq!((map["total"].as_u64(), sum), (Some(total), total), "{query}");
    }
    assert!(found > 200, "{found} questions had results");
}

#[tokio::test]
async fn homes_are_found_by_distance_with_their_rules_and_on_the_map() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let mut homes = Vec::new();
    for (number, lon) in [(1, -6.26), (2, -6.46), (3, -6.36)] {
        let mut body = crate::harness::shop::new_property(1, number * 5_000);
        body["location"]["lon"] = json!(lon);
        homes.push(world.home_of(&landlord, &body).await);
    }
    let public = world.anonymous();
    let found = async |query: &str| {
        let answer = public.get(&format!("search?{query}")).await.body(200);
        let cards = answer["data"].as_array().unwrap().clone();
        let place = |card: &Value| homes.iter().position(|home| card["id"] == json!(home.id));
        let places: Vec<usize> = cards.iter().filter_map(place).map(|place| place + 1).collect();
        (places, cards)
    };
    wait_until("all are found", async || found("").await.0.len() == 3).await;
    let (places, cards) = found("near=53.35,-6.26&sort=distance").await;
    assert_eq!(places, [1, 3, 2]);
    let metres: Vec<u64> = cards.iter().filter_map(|card| card["distance_m"].as_u64()).collect();
    assert_eq!((metres[0], metres[1] / 1_000, metres[2] / 1_000), (0, 6, 13));
    assert_eq!(found("near=53.35,-6.26&radius_km=10&sort=price_desc").await.0, [3, 1]);
    assert_eq!(found("polygon=-6.5,53;-6.4,53;-6.4,54;-6.5,54").await.0, [2]);
    assert!(found("").await.1.iter().all(|card| card.get("distance_m").is_none()));

    // Arrival on the weekday of day 20 only, three days ahead.
    let day = |n| world.day(n).strftime("%A").to_string().to_lowercase();
    let path = format!("properties/{}/stay-rules", homes[0].id);
    let etag = public.get(&format!("properties/{}", homes[0].id)).await;
    let etag = etag.header("etag").unwrap().to_owned();
    let rules = json!({"arrival_days": [day(20)], "notice_days": 3});
    let set = world.api(&landlord).call(Method::PUT, &path).header("if-match", &etag).json(&rules);
    set.send().await.expect(200);
    let nights = |from: i32| {
        let (check_in, check_out) = (world.day(from), world.day(from).saturating_add(2.days()));
        format!("sort=price&check_in={check_in}&check_out={check_out}")
    };
    wait_until("the rules are known", async || found(&nights(21)).await.0 == [2, 3]).await;
    assert_eq!(found(&nights(20)).await.0, [1, 2, 3]);
    let map = public.get("search/map?zoom=20&bbox=-6.3,53,-6,54").await.body(200);
    assert_eq!(map["clusters"][0]["home"]["id"], json!(homes[0].id));
    assert_eq!(map["clusters"][0]["cheapest"], json!({"amount": 5_000, "currency": "EUR"}));
}
