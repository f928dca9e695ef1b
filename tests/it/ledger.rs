//! The ledger of a running server: what comes and goes is booked, the database refuses what
//! does not add up, and the auditor sees what nobody should have been able to do.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::uuid_of;
use crate::harness::wait::{wait_for, wait_until};

/// The balance of every account, by name.
async fn balances(world: &World) -> Value {
    let answer = world.operator().get("/ops/v1/ledger/trial-balance").await.body(200);
    assert_eq!(answer["balanced"], json!(true), "{answer}");
    let rows = answer["data"].as_array().unwrap().iter();
    rows.map(|row| (text_at(row, "/account"), row["amount"].clone())).collect()
}

async fn kinds(world: &World, booking: &Value) -> Vec<String> {
    let path = format!("/ops/v1/ledger/postings?booking={}", text_at(booking, "/id"));
    let answer = world.operator().get(&path).await.body(200);
    answer["data"].as_array().unwrap().iter().map(|row| text_at(row, "/kind")).collect()
}

#[tokio::test]
async fn what_comes_and_goes_is_booked() {
    let world = World::plan().set("PAYMENTS_PLATFORM_FEE", 250).start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    assert_eq!(balances(&world).await, json!({}));
    let booking = world.book(&tenant, &home.stay(world.day(10), 2)).await;
    let expected =
        json!({"cash_clearing": 20_000, "landlord_payable": -19_500, "platform_fee": -500});
    assert_eq!(balances(&world).await, expected);
    assert_eq!(kinds(&world, &booking).await, ["payment_received"]);

    // Paid at the same time as it is given up: the money goes back.
    let other = world.hold(&tenant, &home.stay(world.day(20), 1)).await;
    let page = world.checkout(&tenant, &other).await;
    world.pay(&page).await;
    world.release(&tenant, &other).await;
    let came_back = ["payment_received", "refund_made", "refund_succeeded"];
    wait_until("the refund is booked", async || kinds(&world, &other).await == came_back).await;
    assert_eq!(balances(&world).await["cash_clearing"], json!(20_000));
    assert_eq!(balances(&world).await["suspense"], json!(0));
    invariants::check(&world, &[]).await;

    let said = |arguments: &[&str]| {
        let output = world.command(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(said(&["ledger", "balance"]).contains("cash_clearing"), "the account is shown");
    let postings = said(&["ledger", "postings", &text_at(&other, "/id"), "--json"]);
    assert_eq!(postings.lines().count(), 3, "{postings}");
    world.operator().get("/ops/v1/ledger/postings?booking=x").await.expect(422);
    let nobody = world.anonymous().get("/ops/v1/ledger/trial-balance").await;
    nobody.expect(404);
}

/// The second wall: whatever the server believes, the database takes no posting that does
/// not add up, none twice, and lets none be changed.
#[tokio::test]
async fn the_database_keeps_the_ledger() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    world.book(&tenant, &home.stay(world.day(10), 2)).await;
    let sql = world.sql().await;
    let posting = |id: &str, accounts: &str, amounts: &str, reverses: &str| {
        format!(
            "insert into ledger select property_id, {id}, kind, source, booking_id, landlord_id,
                 tenant_id, currency, {accounts}, {amounts}, {reverses}, at from ledger"
        )
    };
    let (two, new) = ("array['suspense', 'cash_clearing']", "gen_random_uuid()");
    let refused = async |statement: &str| {
        let error = sql.batch_execute(statement).await.expect_err(statement);
        error.as_db_error().expect("the database says no").message().to_owned()
    };
    for (statement, wall) in [
        (posting(new, two, "array[1, -2]", "null"), "ledger_adds_up_to_zero"),
        (posting(new, two, "array[9223372036854775807, 1]", "null"), "ledger_adds_up_to_zero"),
        (posting(new, two, "array[0]", "null"), "ledger_has_both_sides"),
        (posting(new, "array['suspense']", "array[0]", "null"), "ledger_has_both_sides"),
        (posting(new, "array[]::text[]", "array[]::int8[]", "null"), "ledger_has_both_sides"),
        (posting(new, two, "array[null, 0]", "null"), "ledger_amounts_check"),
        (
            posting(new, "array['cash', 'suspense']", "array[1, -1]", "null"),
            "ledger_accounts_check",
        ),
        (posting("id", two, "array[1, -1]", "null"), "ledger_pkey"),
        (posting(new, two, "array[1, -1]", "id"), "ledger_reverses_check"),
        ("update ledger set at = now()".to_owned(), "append-only"),
        ("delete from ledger".to_owned(), "append-only"),
        ("truncate ledger".to_owned(), "append-only"),
    ] {
        let said = refused(&statement).await;
        assert!(said.contains(wall), "{statement}: {said}");
    }
    let reversal =
        posting(new, two, "array[1, -1]", "id").replace("kind, source", "'reversal', id");
    sql.batch_execute(&format!("{reversal} where kind <> 'reversal'")).await.unwrap();
    let again = refused(&format!("{reversal} where kind <> 'reversal'")).await;
    assert!(again.contains("ledger_reversed_once"), "{again}");
}

async fn last_audit(world: &World) -> Value {
    let answer = world.operator().get("/ops/v1/ledger/audits").await.body(200);
    answer["data"][0].clone()
}

fn invariants_in(audit: &Value) -> Vec<String> {
    let found = audit["violations"].as_array().into_iter().flatten();
    found.map(|one| text_at(one, "/invariant")).collect()
}

/// The audit that has come so far, or further.
async fn audited_to(world: &mut World, position: i64) -> Value {
    world.move_clock(60);
    wait_for("the auditor has come so far", async || {
        let audit = last_audit(world).await;
        (audit["checked_to"].as_i64()? >= position).then_some(audit)
    })
    .await
}

async fn position(sql: &Client) -> i64 {
    let heads = "select sum(head)::bigint from streams where stream < 256";
    sql.query_one(heads, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_auditor_sees_what_must_never_be() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.book(&tenant, &home.stay(world.day(10), 2)).await;
    let sql = world.sql().await;
    let here = position(&sql).await;
    let audit = audited_to(&mut world, here).await;
    assert_eq!((&audit["violations"], &audit["everything"]), (&json!([]), &json!(false)));

    // The wall is torn down and a night sold twice; the next change of the home shows it.
    sql.batch_execute(
        "alter table occupancies drop constraint occupancies_overlap;
         insert into occupancies (ref, property_id, slot_id, nights, kind)
             select gen_random_uuid(), property_id, slot_id, nights, 'booking' from occupancies",
    )
    .await
    .unwrap();
    let held = world.hold(&tenant, &home.stay(world.day(20), 1)).await;
    let there = position(&sql).await;
    assert!(there > here);
    let audit = audited_to(&mut world, there).await;
    assert_eq!(invariants_in(&audit), ["L01"], "{audit}");
    let told = wait_for("it is told", async || {
        let path = "/ops/v1/events?type=audit.violated";
        let events = world.operator().get(path).await.body(200);
        events["data"][0]["data"]["invariant"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(told, "L01");
    let metrics = world.operator().get("/metrics").await.text;
    assert!(metrics.contains("audit_violations_total{invariant=\"L01\"} "), "{metrics}");

    // Money that nobody books, in a booking that nothing happens to: the daily pass shows it.
    sql.batch_execute("alter table ledger disable trigger user; delete from ledger").await.unwrap();
    world.release(&tenant, &held).await;
    let audit = audited_to(&mut world, position(&sql).await).await;
    assert_eq!(invariants_in(&audit), ["L01"], "{audit}");
    world.move_clock(24 * 3_600);
    let audit = wait_for("everything was looked at", async || {
        let answer = world.operator().get("/ops/v1/ledger/audits").await.body(200);
        let all = answer["data"].as_array()?;
        all.iter().find(|audit| audit["everything"] == json!(true)).cloned()
    })
    .await;
    assert_eq!(invariants_in(&audit), ["I16", "L01", "L03"], "{audit}");
    let key = audit["violations"][2]["keys"][0].as_str().unwrap().to_owned();
    assert_eq!(key, uuid_of(&text_at(&booking, "/id")).to_string());
    let checked = world.command(&["check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stdout).contains("was not booked"), "{checked:?}");
}
