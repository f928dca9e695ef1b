//! Migrations of databases with rows in them.

use rentezy::domain::ids;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::postgres::TestDb;

const BEFORE: [&str; 4] = [
    include_str!("../../migrations/V1__core.sql"),
    include_str!("../../migrations/V2__accounts.sql"),
    include_str!("../../migrations/V3__properties.sql"),
    include_str!("../../migrations/V4__bookings.sql"),
];

const LEDGER: &str = include_str!("../../migrations/V14__ledger.sql");

/// Money of before there was a ledger: what was paid and kept, and what went back, is on its
/// way, or could not go.
const MONEY: &str = "
    insert into users values ('01970000-0000-7000-8000-000000000005', 'l@x.org', 'L', '-', '{}',
        1, now(), now());
    insert into properties values ('01970000-0000-7000-8000-000000000001',
        '01970000-0000-7000-8000-000000000005', '01970000-0000-7000-8000-000000000011', 'live',
        'flat', 't', '', '{}', 0, 0, 'UTC', '{}', '{}', 'EUR', 100, null, null, 1, now(), now());
    insert into bookings select ('01970000-0000-7000-8000-0000000000b' || n)::uuid,
        '01970000-0000-7000-8000-000000000001', '01970000-0000-7000-8000-000000000011',
        '01970000-0000-7000-8000-000000000006', '2026-01-01', '2026-01-02', 1, 'confirmed', null,
        'EUR', 100, 100, null, null, null, null, 1, now(), now() from generate_series(0, 4) n;
    insert into payments select ('01970000-0000-7000-8000-0000000000a' || n)::uuid,
        '01970000-0000-7000-8000-000000000001',
        ('01970000-0000-7000-8000-0000000000b' || n)::uuid, 100, 'EUR',
        case n when 0 then 'created' when 1 then 'succeeded' else 'refunded' end, '{}', null,
        null, null, 0, 1, now(), now() from generate_series(0, 4) n;
    insert into refunds select ('01970000-0000-7000-8000-0000000000f' || n)::uuid,
        '01970000-0000-7000-8000-000000000001',
        ('01970000-0000-7000-8000-0000000000a' || n)::uuid,
        ('01970000-0000-7000-8000-0000000000b' || n)::uuid, 99, 'EUR', 'released',
        case n when 2 then 'pending' when 3 then 'failed' else 'succeeded' end, null, 1, now(),
        now() from generate_series(2, 4) n;
";

#[tokio::test]
async fn money_of_old_is_in_the_ledger() {
    let db = TestDb::new();
    let sql = db.connect().await;
    sql.batch_execute("create schema old; set search_path to old, public").await.unwrap();
    for migration in BEFORE {
        sql.batch_execute(migration).await.unwrap();
    }
    sql.batch_execute(MONEY).await.unwrap();
    sql.batch_execute(LEDGER).await.unwrap();
    let balance = "select account, sum(amount)::bigint from ledger,
        unnest(accounts, amounts) line(account, amount) group by account order by account";
    let rows = sql.query(balance, &[]).await.unwrap();
    let balance: Vec<(&str, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [
        ("cash_clearing", 100 + 2 * 99),
        ("landlord_payable", -100),
        ("suspense", -99),
        ("tenant_credit", -99),
    ];
    assert_eq!(balance, expected);
    let keys = sql.query("select id, source, kind from ledger", &[]).await.unwrap();
    assert_eq!(keys.len(), 4 + 3 + 2);
    for row in keys {
        let (id, source, kind): (Uuid, Uuid, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(id, ids::derived(source, &kind), "as the server makes it");
    }
}

const LISTINGS: &str = include_str!("../../migrations/V8__listings.sql");

/// Two listings as they were before unit types had a table, and a record of one.
const OLD: &str = r#"
    insert into users values ('01970000-0000-7000-8000-000000000005', 'l@x.org', 'L', '-', '{}',
        1, now(), now());
    insert into properties select ('01970000-0000-7000-8000-00000000000' || n)::uuid,
        '01970000-0000-7000-8000-000000000005',
        ('01970000-0000-7000-8000-00000000001' || n)::uuid,
        case n when 1 then 'live' else 'draft' end, 'flat', 't', '', '{"city": "D"}', 0, 0, 'UTC',
        '{Wifi}', '{"name": "Flat", "count": 2, "bedrooms": 1, "beds": 2, "bathrooms": 1.5,
            "guests": 4}', 'EUR', case n when 1 then 12050 end, null, null, 1, now(), now()
        from generate_series(1, 2) n;
    insert into slots select n, '01970000-0000-7000-8000-000000000001',
        '01970000-0000-7000-8000-000000000011', n from generate_series(1, 2) n;
    insert into commands values ('01970000-0000-7000-8000-0000000000c1', '',
        '01970000-0000-7000-8000-000000000001',
        '{"listing": {"id": "prp_1", "unit_id": "unt_1", "version": 1, "fields": {"title": "t",
            "unit": {"name": "Flat", "count": 2}, "price_minor": 12050}}}', now()),
        ('01970000-0000-7000-8000-0000000000c2', '', '01970000-0000-7000-8000-000000000001',
        '"done"', now());
"#;

#[tokio::test]
async fn listings_of_old_keep_their_units_prices_and_records() {
    let db = TestDb::new();
    let sql = db.connect().await;
    sql.batch_execute("create schema old; set search_path to old, public").await.unwrap();
    for migration in BEFORE {
        sql.batch_execute(migration).await.unwrap();
    }
    sql.batch_execute(OLD).await.unwrap();
    sql.batch_execute(LISTINGS).await.unwrap();
    let rows = sql
        .query(
            "select u.id::text, u.name, u.count, u.bathrooms, u.night_minor, p.status, p.stay_mode
             from properties p join units u on u.property_id = p.id order by p.id",
            &[],
        )
        .await
        .unwrap();
    let prices: Vec<Option<i64>> = rows.iter().map(|row| row.get("night_minor")).collect();
    assert_eq!(prices, [Some(12_050), None]);
    assert_eq!(rows[0].get::<_, &str>(0), "01970000-0000-7000-8000-000000000011");
    assert_eq!((rows[0].get::<_, i32>(2), rows[0].get::<_, f32>(3)), (2, 1.5));
    let records = sql.query("select outcome from commands order by request_id", &[]).await.unwrap();
    let record: Value = records[0].get(0);
    assert_eq!(
        record["listing"]["units"],
        serde_json::json!([{"id": "unt_1",
            "fields": {"name": "Flat", "count": 2, "night_minor": 12_050}}])
    );
    assert!(record["listing"].get("unit_id").is_none());
    assert_eq!(record["listing"]["fields"], serde_json::json!({"title": "t"}));
    assert_eq!(records[1].get::<_, Value>(0), "done");
    // A unit that goes gives its number back, and its row stays.
    let retire = "update slots set retired_at = now() where slot_id = 2;
        insert into slots select 3, property_id, unit_id, 2 from slots where slot_id = 1";
    sql.batch_execute(retire).await.unwrap();
    let twice = "insert into slots select 4, property_id, unit_id, 2 from slots where slot_id = 1";
    assert!(sql.batch_execute(twice).await.is_err());
}
