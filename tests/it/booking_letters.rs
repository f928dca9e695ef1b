//! The letters of a stay from its request to its end, as they lie in the folder of letters.

use std::collections::BTreeMap;

use rentezy::domain::event::{Actor, Event};
use rentezy::storage::events;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::client::text_at;
use crate::harness::fake_smtp::Letter;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// What a guest writes who wants to do more than to be read.
const HOSTILE: &str = "we are <b>two</b>\r\nBcc: thief@example.org";

/// A home whose landlord is asked first.
async fn home_by_request(world: &World, landlord: &User) -> Home {
    let home = world.home(landlord, 1, 10_000).await;
    let (api, path) = (world.api(landlord), format!("properties/{}", home.id));
    let etag = api.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    let rules = json!({
        "cancellation": "flexible", "check_in_from": "16:00", "check_out_until": "10:00",
        "instant_book": false,
    });
    let put = api.call(Method::PUT, &format!("{path}/policies")).header("if-match", &etag);
    put.json(&rules).send().await.expect(200);
    home
}

/// The letters to somebody that lie in the folder.
fn letters_to(world: &World, user: &User) -> Vec<Letter> {
    let Ok(entries) = std::fs::read_dir(world.data_dir().join("mail")) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path());
    let whole = files.filter(|file| file.extension().is_some_and(|end| end == "eml"));
    let letters = whole.map(|file| Letter::read("", &std::fs::read_to_string(file).unwrap()));
    letters.filter(|letter| letter.headers["to"].contains(&user.email)).collect()
}

async fn arrived(world: &World, user: &User, subject: &str) -> Letter {
    wait_for(&format!("a letter: {subject}"), async || {
        letters_to(world, user).into_iter().find(|letter| letter.subject() == subject)
    })
    .await
}

fn subjects(world: &World, user: &User) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for letter in letters_to(world, user) {
        *counts.entry(letter.subject().to_owned()).or_default() += 1;
    }
    counts
}

/// Takes a step of a booking; the booking then.
async fn step(world: &World, user: &User, booking: &Value, name: &str, body: &Value) -> Value {
    let path = format!("bookings/{}/{name}", text_at(booking, "/id"));
    let answer = world.api(user).post(&path, body).await;
    assert!(matches!(answer.status, 200 | 201), "{name}: {}", answer.text);
    answer.body
}

/// Once all events are seen to and all letters are out.
async fn wait_for_rest(world: &World) {
    let sql = world.sql().await;
    wait_until("all events are seen to and all letters are out", async || {
        let query = "select (select count(*) from streams s left join consumer_offsets o
                on o.stream = s.stream and o.consumer = 'mail' where coalesce(o.seq, 0) < s.head)
            + (select count(*) from letters where state <> 'sent')
            + (select count(*) from refunds where status <> 'succeeded')";
        sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk, step by step")]
async fn each_step_of_a_stay_is_written_about_to_both_sides_once() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = home_by_request(&world, &landlord).await;
    let held = world.hold(&tenant, &home.stay(world.day(30), 3)).await;
    let page = format!("{}/bookings/{}", world.url(), text_at(&held, "/id"));

    step(&world, &tenant, &held, "request", &json!({"message": HOSTILE})).await;
    let waiting = arrived(&world, &tenant, "You have asked for Canal side flat").await;
    let asked = arrived(&world, &landlord, "Somebody asks for Canal side flat").await;
    assert!(waiting.text.contains("Answer until: ") && waiting.text.contains("(Europe/Dublin)"));
    assert!(asked.text.contains("Message: we are <b>two</b>  Bcc:"), "{}", asked.text);
    assert!(!asked.html.contains("<b>two") && !asked.headers.contains_key("bcc"));
    assert_eq!(asked.link("/bookings/"), page, "where the landlord can answer");

    step(&world, &landlord, &held, "approve", &json!({})).await;
    let approved = arrived(&world, &tenant, "You may come to Canal side flat").await;
    assert!(approved.text.contains("Pay until: "), "{}", approved.text);
    let checkout = world.checkout(&tenant, &held).await;
    world.pay(&checkout).await;
    world.wait_for_status(&tenant, &held, "confirmed").await;
    let confirmed = arrived(&world, &tenant, "Your stay at Canal side flat is confirmed").await;
    for said in ["from 16:00", "until 10:00", "Nights: 3 x: EUR 300.00", "Paid: EUR 300.00"] {
        assert!(confirmed.text.contains(said), "{said}: {}", confirmed.text);
    }

    let shorter = json!({"check_out": world.day(32)});
    let proposed = step(&world, &tenant, &held, "changes", &shorter).await;
    let ask = "A guest proposes a change of a stay at Canal side flat";
    assert!(arrived(&world, &landlord, ask).await.text.contains("Goes back: EUR 100.00"));
    let accept = format!("changes/{}/accept", text_at(&proposed, "/change/id"));
    step(&world, &landlord, &held, &accept, &json!({})).await;
    let changed = arrived(&world, &tenant, "Your stay at Canal side flat has changed").await;
    assert!(changed.text.contains("It costs: EUR 200.00"), "{}", changed.text);
    wait_for_rest(&world).await;

    step(&world, &tenant, &held, "cancel", &json!({"reason": "we are ill"})).await;
    let off = arrived(&world, &tenant, "You have called off your stay at Canal side flat").await;
    let heard = arrived(&world, &landlord, "Called off: Canal side flat").await;
    for letter in [&off, &heard] {
        for said in ["Refund of nights: EUR 200.00", "Refund in all: EUR 200.00", "we are ill"] {
            assert!(letter.text.contains(said), "{said}: {}", letter.text);
        }
    }
    let out = "Your refund for Canal side flat has gone out";
    wait_until("both refunds are told", async || subjects(&world, &tenant).get(out) == Some(&2))
        .await;
    wait_for_rest(&world).await;

    let of_tenant = [
        ("A refund for Canal side flat is on its way", 2),
        ("Canal side flat is held for you", 1),
        ("Confirm your address", 1),
        ("You have asked for Canal side flat", 1),
        ("You have called off your stay at Canal side flat", 1),
        ("You have proposed a change of your stay at Canal side flat", 1),
        ("You may come to Canal side flat", 1),
        (out, 2),
        ("Your stay at Canal side flat has changed", 1),
        ("Your stay at Canal side flat is confirmed", 1),
    ];
    let of_landlord = [
        ("A guest proposes a change of a stay at Canal side flat", 1),
        ("A stay at Canal side flat has changed", 1),
        ("Called off: Canal side flat", 1),
        ("Canal side flat is live", 1),
        ("Confirm your address", 1),
        ("New booking of Canal side flat", 1),
        ("Somebody asks for Canal side flat", 1),
        ("You can offer homes now", 1),
    ];
    let all = |of: &[(&str, usize)]| -> BTreeMap<String, usize> {
        of.iter().map(|(subject, count)| ((*subject).to_owned(), *count)).collect()
    };
    assert_eq!(subjects(&world, &tenant), all(&of_tenant));
    assert_eq!(subjects(&world, &landlord), all(&of_landlord));

    // All events again: the rows of the letters are there, and none is written anew.
    let sql = world.sql().await;
    let count = async || {
        let row = sql.query_one("select count(*) from letters", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    let before = count().await;
    world.kill();
    sql.execute("delete from consumer_offsets where consumer = 'mail'", &[]).await.unwrap();
    world.start_again();
    wait_for_rest(&world).await;
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn a_request_that_is_taken_back_is_told_and_a_hold_is_not() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = home_by_request(&world, &landlord).await;
    let held = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    world.release(&tenant, &held).await;
    arrived(&world, &tenant, "Your booking of Canal side flat was called off").await;
    let asked = world.hold(&tenant, &home.stay(world.day(20), 2)).await;
    step(&world, &tenant, &asked, "request", &json!({})).await;
    arrived(&world, &landlord, "Somebody asks for Canal side flat").await;
    world.release(&tenant, &asked).await;
    arrived(&world, &landlord, "Taken back: a request for Canal side flat").await;
    arrived(&world, &tenant, "You have taken back your request for Canal side flat").await;
    wait_for_rest(&world).await;
    let heard = subjects(&world, &landlord);
    assert!(heard.keys().all(|subject| !subject.starts_with("Called off")), "{heard:?}");
}

#[tokio::test]
async fn a_refund_that_fails_is_told_to_the_tenant_and_to_administrators() {
    let world = World::start().await;
    let (landlord, tenant, admin) =
        (world.landlord().await, world.tenant().await, world.admin().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.book(&tenant, &home.stay(world.day(10), 2)).await;
    let booking_id = uuid_of(&text_at(&booking, "/id"));
    let event = Event::RefundFailed {
        refund_id: Uuid::new_v4().into(),
        payment_id: Uuid::new_v4().into(),
        property_id: home.uuid().into(),
        booking_id: booking_id.into(),
    };
    // Past the server, which finds it: the sandbox refunds whatever it is asked to.
    let mut sql = world.sql().await;
    let transaction = sql.transaction().await.unwrap();
    let (actor, cause) = (Actor::Provider, Uuid::new_v4());
    events::append_edge(&transaction, booking_id, &event, actor, cause, world.now()).await.unwrap();
    transaction.commit().await.unwrap();
    arrived(&world, &tenant, "Your refund for Canal side flat has not gone through").await;
    let subject = format!("A refund has failed: booking {}", text_at(&booking, "/id"));
    let letter = arrived(&world, &admin, &subject).await;
    assert!(!letter.headers.contains_key("list-unsubscribe"), "it is their duty");
    for user in [&tenant, &admin] {
        wait_until("it is told in the app", async || {
            let list = world.api(user).get("notifications").await.body(200);
            list["data"].as_array().unwrap().iter().any(|row| row["kind"] == "refund.failed")
        })
        .await;
    }
}
