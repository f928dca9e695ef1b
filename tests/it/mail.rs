//! Letters as they arrive at a mail server that refuses, hangs up and goes silent at times.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use jiff::{SignedDuration, Timestamp};
use rentezy::domain::event::{Actor, Event};
use rentezy::domain::ids::UserId;
use rentezy::domain::link_token::{LinkKey, Purpose};
use rentezy::storage::events;
use reqwest::Method;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::{http, text_at};
use crate::harness::fake_smtp::{FakeSmtp, Fault, Letter, Silence};
use crate::harness::invariants;
use crate::harness::server::{Plan, World};
use crate::harness::shop::{new_property, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// A world whose letters go to `smtp`.
fn by(smtp: &FakeSmtp) -> Plan {
    World::plan()
        .set("MAIL_MODE", "smtp")
        .set("MAIL_SMTP_URL", smtp.url())
        .set("MAIL_FROM", "RentEzy <post@rentezy.test>")
        .set("MAIL_PER_SECOND", 1000)
        .set("MAIL_TIMEOUT_S", 5)
}

/// The letter to somebody with a subject, once it has come.
async fn arrived(smtp: &FakeSmtp, to: &str, subject: &str) -> Letter {
    wait_for(&format!("a letter: {subject}"), async || {
        smtp.kept_for(to).into_iter().find(|letter| letter.subject().contains(subject))
    })
    .await
}

/// How many letters there are in each state.
async fn states(sql: &Client) -> BTreeMap<String, i64> {
    let rows = sql.query("select state, count(*) from letters group by 1", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Writes an event past the server, which finds it.
async fn happens(sql: &mut Client, key: Uuid, event: &Event, at: Timestamp) {
    let transaction = sql.transaction().await.unwrap();
    let (actor, cause) = (Actor::System, Uuid::new_v4());
    events::append_edge(&transaction, key, event, actor, cause, at).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn both_sides_of_a_paid_stay_are_written_to_once() {
    let smtp = FakeSmtp::start();
    let mut world = by(&smtp).start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let hostile = "<img src=x onerror=alert(1)> & \"co\"";
    let mut listing = new_property(1, 10_000);
    listing["title"] = json!(hostile);
    let home = world.home_of(&landlord, &listing).await;
    let mut sql = world.sql().await;
    // The API takes no such name; another way in may.
    let name = "Ada\r\nBcc: thief@example.org";
    sql.execute("update users set name = $2 where id = $1", &[&uuid_of(&tenant.id), &name])
        .await
        .unwrap();
    world.book(&tenant, &home.stay(world.day(30), 3)).await;

    let held = arrived(&smtp, &tenant.email, "is held for you").await;
    let confirmed = arrived(&smtp, &tenant.email, "is confirmed").await;
    let host = arrived(&smtp, &landlord.email, "New booking").await;
    arrived(&smtp, &landlord.email, "is live").await;
    arrived(&smtp, &landlord.email, "You can offer homes").await;
    assert!(held.text.contains("Held until: ") && held.text.contains("(Europe/Dublin)"));
    for letter in [&held, &confirmed, &host] {
        assert!(letter.text.contains(hostile), "{}", letter.text);
        assert!(!letter.html.contains("<img"), "{}", letter.html);
        assert!(letter.html.contains("&#60;img src=x"), "{}", letter.html);
        assert!(!letter.headers.contains_key("bcc"), "{:?}", letter.headers);
        assert!(letter.headers.contains_key("list-unsubscribe"));
    }
    assert!(confirmed.text.contains("Paid: EUR 300.00"), "{}", confirmed.text);
    assert!(host.text.contains("Guest: Ada  Bcc: thief@example.org"), "{}", host.text);
    invariants::check(&world, &[]).await;
    wait_until("all is sent", async || states(&sql).await.keys().all(|state| state == "sent"))
        .await;

    // All events again: the letters are there, and none goes out a second time.
    let (kept, all) = (smtp.kept().len(), states(&sql).await);
    world.kill();
    sql.execute("delete from consumer_offsets where consumer = 'mail'", &[]).await.unwrap();
    world.start_again();
    let someone = world.tenant().await;
    let event = Event::UserPasswordChanged { user_id: uuid_of(&someone.id).into() };
    happens(&mut sql, uuid_of(&someone.id), &event, world.now()).await;
    arrived(&smtp, &someone.email, "Your password was changed").await;
    invariants::check(&world, &[]).await;
    // Somebody new is asked to prove the address besides.
    wait_until("the new ones are noted", async || states(&sql).await["sent"] == all["sent"] + 2)
        .await;
    assert_eq!(smtp.kept().len(), kept + 2);
}

/// Letters that the storm is about.
const LETTERS: usize = 24;
/// Letters that the server sends at the same time: as many may be unclear when it dies.
const ON_THEIR_WAY: usize = 4;

#[tokio::test]
async fn each_letter_once_whatever_is_refused_and_whenever_the_server_dies() {
    let smtp = FakeSmtp::start();
    let mut world = by(&smtp).manual_clock().start().await;
    let crowd = world.crowd(LETTERS).await;
    let mut sql = world.sql().await;
    let (body, close) = (Fault::Body(451), Fault::Close);
    let refusals =
        [Fault::Recipient(451), close, Fault::Recipient(550), body, Fault::Body(554), close];
    smtp.order(&refusals);
    smtp.order(&refusals);
    for user in &crowd {
        let user_id = UserId::from(uuid_of(&user.id));
        let event = Event::UserPasswordChanged { user_id };
        happens(&mut sql, user_id.uuid(), &event, world.now()).await;
    }
    let some = LETTERS / 3;
    come(&mut world, &smtp, some).await;

    // Dead while letters are on their way: none has arrived.
    smtp.silence(Silence::Recipient);
    wait_until("letters are on their way", async || {
        world.move_clock(1);
        smtp.waiting() > 0
    })
    .await;
    world.kill();
    smtp.silence(Silence::None);
    world.start_again();
    come(&mut world, &smtp, 2 * some).await;
    let ids: Vec<_> = smtp.kept().iter().map(|letter| letter.message_id().to_owned()).collect();
    let once: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "none came twice");

    // Dead between arrival and note: these few are sent again, as the same letters.
    smtp.silence(Silence::Kept);
    wait_until("letters have arrived", async || {
        world.move_clock(1);
        smtp.waiting() > 0
    })
    .await;
    world.kill();
    smtp.silence(Silence::None);
    world.start_again();
    wait_until("all is sent", async || {
        world.move_clock(5);
        states(&sql).await == BTreeMap::from([("sent".to_owned(), i64::try_from(LETTERS).unwrap())])
    })
    .await;
    assert_eq!(smtp.ordered(), 0, "every refusal was met");
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for letter in smtp.kept() {
        *copies.entry(letter.message_id().to_owned()).or_default() += 1;
    }
    assert_eq!(copies.len(), LETTERS);
    let doubled: Vec<_> = copies.values().filter(|copies| **copies > 1).collect();
    eprintln!("{} letters came twice", doubled.len());
    assert!(
        doubled.len() <= ON_THEIR_WAY && doubled.iter().all(|copies| **copies == 2),
        "{copies:?}"
    );
}

/// Waits until so many letters have come, while time goes on.
async fn come(world: &mut World, smtp: &FakeSmtp, count: usize) {
    wait_until(&format!("{count} letters have come"), async || {
        world.move_clock(1);
        smtp.kept().len() >= count
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_is_always_refused_has_failed_and_is_sent_when_an_operator_says_so() {
    let smtp = FakeSmtp::start();
    let mut world = by(&smtp).manual_clock().start().await;
    let user = world.crowd(1).await.remove(0);
    let mut sql = world.sql().await;
    smtp.order(&[Fault::Recipient(550); 8]);
    let user_id = UserId::from(uuid_of(&user.id));
    happens(&mut sql, user_id.uuid(), &Event::UserPasswordChanged { user_id }, world.now()).await;
    wait_until("it has failed", async || {
        world.move_clock(60);
        states(&sql).await.contains_key("failed")
    })
    .await;
    let row = sql.query_one("select attempts, last_error from letters", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 8);
    assert!(row.get::<_, &str>(1).contains("not this one"), "{}", row.get::<_, &str>(1));
    assert!(world.logged().contains("letter given up"));
    assert_eq!(smtp.kept().len(), 0);

    let operator = world.operator();
    let failed = operator.get("/ops/v1/letters").await.body(200);
    let id = text_at(&failed, "/data/0/id");
    assert_eq!((&failed["data"][0]["attempts"], &failed["data"][1]), (&json!(8), &json!(null)));
    let list = world.command(&["letters", "list", "--json"]);
    assert!(String::from_utf8_lossy(&list.stdout).contains(&id), "{list:?}");
    assert_eq!(operator.get("/ops/v1/letters?state=sent").await.body(200)["data"], json!([]));
    operator.get("/ops/v1/letters?state=lost").await.problem(422, "validation");
    let nothing = "/ops/v1/letters/ltr_01970000000070008000000000000001";
    operator.get(nothing).await.problem(404, "not-found");
    operator.post(&format!("{nothing}/retry"), &json!({})).await.problem(404, "not-found");

    let retried = world.command(&["letters", "retry", &id]);
    assert!(retried.status.success(), "{retried:?}");
    arrived(&smtp, &user.email, "Your password was changed").await;
    let letter = format!("/ops/v1/letters/{id}");
    wait_until("it is noted", async || operator.get(&letter).await.body(200)["state"] == "sent")
        .await;
    operator.post(&format!("{letter}/retry"), &json!({})).await.problem(409, "invalid-transition");
    let none = operator.post("/ops/v1/letters/retry", &json!({})).await.body(202);
    assert_eq!(none["retried"], 0);
    let audit = operator.get(&format!("/ops/v1/audit?subject={id}")).await.body(200);
    assert_eq!(audit["data"][0]["data"]["action"], "letter.retried", "{audit}");
    assert_eq!(smtp.kept().len(), 1);
}

#[tokio::test]
async fn links_in_letters_are_made_when_they_are_sent_and_not_after_their_time() {
    let smtp = FakeSmtp::start();
    let world = by(&smtp).start().await;
    let user = world.crowd(1).await.remove(0);
    let mut sql = world.sql().await;
    let (user_id, token_id) = (UserId::from(uuid_of(&user.id)), Uuid::new_v4());
    let ago = |hours: i64| world.now() - SignedDuration::from_hours(hours);
    let verify = Event::UserVerificationRequested { user_id, token_id };
    let reset = Event::UserPasswordResetRequested { user_id, token_id };
    let key = user_id.uuid();
    happens(&mut sql, key, &reset, ago(2)).await;
    happens(&mut sql, key, &verify, ago(25)).await;
    happens(&mut sql, key, &verify, ago(2)).await;
    happens(&mut sql, key, &reset, ago(0)).await;
    let verify = arrived(&smtp, &user.email, "Confirm your address").await;
    let reset = arrived(&smtp, &user.email, "Choose a new password").await;
    let links = LinkKey::derive(world.secret().expose()).unwrap();
    for (letter, page, purpose) in [
        (&verify, "/verify?token=", Purpose::VerifyEmail),
        (&reset, "/reset?token=", Purpose::ResetPassword),
    ] {
        let link = letter.link(page);
        assert!(link.starts_with(world.url()), "{link}");
        let token = link.split_once(page).unwrap().1;
        assert_eq!(links.row(purpose, token), Some(token_id));
        assert!(!letter.headers.contains_key("list-unsubscribe"), "nobody can switch it off");
        let rows = sql.query("select data::text from letters", &[]).await.unwrap();
        assert!(
            rows.iter().all(|row| !row.get::<_, &str>(0).contains(token)),
            "it is kept nowhere"
        );
    }
    wait_until("the old ones are dropped", async || {
        states(&sql).await == BTreeMap::from([("sent".to_owned(), 2), ("suppressed".to_owned(), 2)])
    })
    .await;
    assert_eq!(smtp.kept().len(), 2);
}

#[tokio::test]
async fn one_click_ends_letters_of_a_kind_and_no_others() {
    let smtp = FakeSmtp::start();
    let world = by(&smtp).start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 3, 10_000).await;
    world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let held = arrived(&smtp, &tenant.email, "is held for you").await;
    assert_eq!(held.headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    let post = held.headers["list-unsubscribe"].trim_matches(['<', '>']).to_owned();
    let path = post.strip_prefix(world.url()).expect("it is our own address").to_owned();
    assert!(held.link("/unsubscribe?token=").ends_with(path.rsplit('/').next().unwrap()));

    let nobody = world.anonymous();
    let seen = nobody.get(&path).await.body(200);
    assert_eq!(seen, json!({"category": "bookings", "subscribed": true}));
    for _ in 0..2 {
        // As RFC 8058 has it: a form, and nothing that says who posts.
        let form = [("List-Unsubscribe", "One-Click")];
        let answer = http().post(&post).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let seen = nobody.get(&path).await.body(200);
    assert_eq!(seen, json!({"category": "bookings", "subscribed": false}));
    let other = if path.ends_with('A') { 'B' } else { 'A' };
    let wrong = format!("{}{other}", &path[..path.len() - 1]);
    let missing = nobody.get("/api/v1/unsubscribe/nonsense").await.problem(404, "not-found");
    for method in [Method::GET, Method::POST] {
        let answer = nobody.call(method, &wrong).send().await.problem(404, "not-found");
        assert_eq!(answer.body["detail"], missing.body["detail"]);
    }
    let api = world.api(&tenant);
    let wanted = api.get("notification-preferences").await.body(200);
    assert_eq!(
        wanted["preferences"][1],
        json!({"category": "bookings", "in_app": true, "email": false, "locked": false})
    );

    // The stay is not written about any more to the tenant, and still is to the landlord.
    world.book(&tenant, &home.stay(world.day(20), 2)).await;
    arrived(&smtp, &landlord.email, "New booking").await;
    let sql = world.sql().await;
    wait_until("the tenant's letters are dropped", async || {
        let query = "select count(*) from letters where user_id = $1 and state = 'suppressed'
            and last_error = 'not wanted'";
        let row = sql.query_one(query, &[&uuid_of(&tenant.id)]).await.unwrap();
        row.get::<_, i64>(0) == 2
    })
    .await;
    assert_eq!(smtp.kept_for(&tenant.email).len(), 2, "that one, and the link for the address");
}

#[tokio::test]
async fn letters_wait_while_there_is_no_mail_server() {
    let smtp = FakeSmtp::start();
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plan = by(&smtp).set("MAIL_SMTP_URL", format!("smtp://{nowhere}"));
    let world = plan.start().await;
    let user = world.landlord().await;
    let sql = world.sql().await;
    let row = wait_for("it was tried", async || {
        let query = "select attempts, state from letters where last_error is not null limit 1";
        sql.query_opt(query, &[]).await.unwrap()
    })
    .await;
    assert_eq!(row.get::<_, i32>(0), 0, "the letter has used up none of its tries");
    assert!(world.api(&user).get("me").await.status == 200, "all else goes on");
}

#[tokio::test]
async fn without_settings_letters_are_files() {
    let world = World::start().await;
    let user = world.crowd(1).await.remove(0);
    let folder = world.data_dir().join("mail");
    let mut sql = world.sql().await;
    let user_id = UserId::from(uuid_of(&user.id));
    let event = Event::UserPasswordChanged { user_id };
    happens(&mut sql, user_id.uuid(), &event, world.now()).await;
    wait_until("the letter is noted as sent", async || states(&sql).await.contains_key("sent"))
        .await;
    let row = sql.query_one("select id from letters", &[]).await.unwrap();
    let name = format!("ltr_{}.eml", row.get::<_, Uuid>(0).simple());
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, std::slice::from_ref(&name));
    let file = folder.join(name);
    let letter = Letter::read(&user.email, &std::fs::read_to_string(&file).unwrap());
    assert!(letter.headers["to"].contains(&user.email));
    assert_eq!(letter.subject(), "Your password was changed");
    for (path, mode) in [(&folder, 0o700), (&file, 0o600)] {
        let found = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "links in letters open accounts: {}", path.display());
    }
    assert!(world.logged().contains(folder.to_str().unwrap()), "the log says where");
}
