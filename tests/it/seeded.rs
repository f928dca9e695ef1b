//! The invariants themselves: a database in order has no violation, and each of them sees
//! the one that it is there for.

use std::collections::BTreeSet;

use serde_json::json;
use tokio_postgres::Client;

use rentezy::storage::invariants::ALL;

use crate::harness::invariants::{Outside, violations};
use crate::harness::postgres::TestDb;
use crate::samples::id;

/// A property of one unit with a hold and a confirmed, paid booking, as the server writes
/// them.
const IN_ORDER: &str = "
    insert into users values ('01970000-0000-7000-8000-000000000005', 'l@x.org', 'L', '-', '{}',
        1, now(), now());
    insert into properties values ('01970000-0000-7000-8000-000000000002',
        '01970000-0000-7000-8000-000000000005', 'live', 'flat', 't', '', '{}', 0, 0, 'UTC', '{}',
        'EUR', null, null, 1, now(), now());
    insert into units values ('01970000-0000-7000-8000-000000000002',
        '01970000-0000-7000-8000-000000000003', 0, 'u', 1, 0, 0, 0, 1, 100, null);
    insert into slots values (1, '01970000-0000-7000-8000-000000000002',
        '01970000-0000-7000-8000-000000000003', 1);
    insert into bookings
        select ('01970000-0000-7000-8000-0000000000b' || n)::uuid,
            '01970000-0000-7000-8000-000000000002', '01970000-0000-7000-8000-000000000003',
            '01970000-0000-7000-8000-000000000004', date '2026-12-01' + 10 * n,
            date '2026-12-04' + 10 * n, 1, case n when 1 then 'hold' else 'confirmed' end, null,
            'EUR', 300, now() + interval '10 min', null,
            ('01970000-0000-7000-8000-0000000000f' || n)::uuid,
            case n when 2 then '01970000-0000-7000-8000-0000000000a1'::uuid end, 1, now(), now(), '{}'
        from generate_series(1, 2) n;
    insert into occupancies select id, property_id, 1, daterange(check_in, check_out), 'booking'
        from bookings;
    insert into timers select ('01970000-0000-7000-8000-0000000000f' || n)::uuid, 1,
        '01970000-0000-7000-8000-000000000002', now() + interval '10 min', '{}', null
        from generate_series(1, 2) n;
    insert into payments values ('01970000-0000-7000-8000-0000000000a1',
        '01970000-0000-7000-8000-000000000002', '01970000-0000-7000-8000-0000000000b2', 300, 'EUR',
        'succeeded', '{}', null, null, null, 0, 1, now(), now());
    update payments set captured = amount;
    insert into ledger select y.property_id, gen_random_uuid(), 'payment_received', y.id,
        y.booking_id, p.owner_id, b.tenant_id, y.currency,
        array['cash_clearing', 'landlord_payable'], array[y.amount, -y.amount], null, now()
        from payments y join bookings b on b.id = y.booking_id
        join properties p on p.id = y.property_id;
    insert into commands select ('01970000-0000-7000-8000-0000000000c' || n)::uuid, '', 
        '01970000-0000-7000-8000-000000000002', jsonb_build_object('booking',
        jsonb_build_object('booking', jsonb_build_object('id',
            'bkg_0197000000007000800000000000' || '00b' || n))), now()
        from generate_series(1, 2) n;
    insert into events select 1, n, 'booking.held', 1,
        ('01970000-0000-7000-8000-0000000000b' || n)::uuid, now(), 'system',
        ('01970000-0000-7000-8000-0000000000c' || n)::uuid, '{}' from generate_series(1, 2) n;
    update streams set head = 2 where stream = 1;
    insert into consumer_offsets select name, 1, 2
        from unnest(array['alerts', 'mail', 'notifications', 'payments', 'stripe_hooks']) name;
    insert into notifications values (gen_random_uuid(), '01970000-0000-7000-8000-000000000005',
        'booking.held', '{}', now(), null);
    insert into letters values (gen_random_uuid(), '01970000-0000-7000-8000-000000000004',
        'booking_held', '{}', 'queued', 0, now(), null, null, now(), null);
    alter table occupancies drop constraint occupancies_overlap;";

/// A violation for each invariant, in their order.
const SEEDS: &[&str] = &[
    "insert into occupancies select gen_random_uuid(), property_id, slot_id, nights, kind
     from occupancies limit 1",
    "delete from slots",
    "update occupancies set nights = daterange('2027-01-01', '2027-01-02')",
    "",
    "insert into events select stream, 3, type, version, key, occurred_at, actor, causation, data
     from events where seq = 1; update streams set head = 3 where stream = 1",
    "delete from bookings where status = 'hold'",
    "delete from commands",
    "update bookings set expires_at = now() - interval '31 s' where status = 'hold'",
    "update timers set fired_at = fire_at",
    "update bookings set status = 'cancelled', released_at = now() where status = 'hold'",
    "update payments set status = 'created'",
    "",
    "update payments set captured = 299",
    "update bookings set status = 'confirmed' where status = 'hold'",
    "update payments set status = 'refunded'",
    "alter table ledger disable trigger user; delete from ledger",
    "update bookings set status = 'expiring', expiring = 'time',
        updated_at = now() - interval '16 min' where status = 'hold'",
    "update payments set status = 'authorized', updated_at = now() - interval '16 min';
     update bookings set updated_at = now() - interval '16 min' where status = 'confirmed'",
    "delete from consumer_offsets where consumer = 'payments'",
    "insert into notifications select gen_random_uuid(), user_id, kind, data, created_at, read_at
     from notifications",
    "insert into letters select gen_random_uuid(), user_id, template, data, state, attempts, next_at,
         useful_until, last_error, created_at, sent_at from letters",
    "update timers set fire_at = now() - interval '31 s'",
    "update timers set fired_at = fire_at - interval '1 s'",
    "delete from events where seq = 1",
    "delete from events where seq = 2",
    "update bookings set released_at = now() where status = 'hold'",
    "insert into parked_events values ('notifications', 1, 3, gen_random_uuid(), 'x', 1, now(),
        now(), '')",
    "insert into parked_events values ('payments', 1, 1, gen_random_uuid(), 'x', 0, now(), now(),
        '');
     insert into dead_letters values (gen_random_uuid(), 'payments', 1, 1, gen_random_uuid(), 'x',
        '', 8, now(), now(), 'open', now())",
    "update units set night_minor = null",
    "update units set count = 2",
    "update properties set status = 'archived'",
    "update bookings set gate = 1 where status = 'hold'",
    "insert into gates select tenant_id, 1, id, gen_random_uuid(), 'hold', now() from bookings
     where status = 'confirmed'",
    "insert into gates values (gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 'promo',
        now() - interval '8 min')",
    "update bookings set details = '{\"promo_slot\": 1}' where status = 'hold'",
    "insert into gates select tenant_id, 1, id, gen_random_uuid(), 'promo', now() from bookings
     where status = 'hold'",
    "insert into gates values (gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 'promo',
        now())",
    "insert into occupancies select gen_random_uuid(), property_id, slot_id,
         daterange('2027-01-01', '2027-01-02'), 'block' from occupancies limit 1",
    "insert into occupancies (ref, property_id, slot_id, nights, kind)
     select gen_random_uuid(), property_id, slot_id,
         daterange(upper(nights) - 1, upper(nights) + 1), kind from occupancies",
    "alter table ledger disable trigger user;
     alter table ledger drop constraint ledger_adds_up_to_zero;
     update ledger set amounts = array[300, -299]",
    "alter table ledger drop constraint ledger_adds_up_to_zero;
     insert into ledger select property_id, gen_random_uuid(), kind, source, booking_id,
         landlord_id, tenant_id, 'USD', accounts, array[1, 0], null, at from ledger",
    "update payments set captured = 299",
    "insert into ledger select property_id, gen_random_uuid(), kind, source, booking_id,
         landlord_id, tenant_id, currency, array['landlord_payable', 'tenant_credit'],
         array[1, -1], null, at from ledger",
    "insert into deposits select booking_id, property_id, tenant_id, landlord_id, currency, 5,
         '[]', 0, 0, 'held', null, null, null, null, 1, now(), now() from ledger",
    "insert into refunds select gen_random_uuid(), property_id, id, booking_id, 301, currency,
         'goodwill', 'pending', null, 1, now(), now() from payments",
    "insert into ledger select property_id, gen_random_uuid(), kind, gen_random_uuid(),
         booking_id, landlord_id, tenant_id, currency, accounts, amounts, null, at from ledger",
    "insert into deposits select booking_id, property_id, tenant_id, landlord_id, currency, 5,
         '[]', 0, 0, 'due', now(), gen_random_uuid(), null, null, 1, now(), now() from ledger",
    "insert into parked_events values ('payments', 1, 1, gen_random_uuid(), 'x', 1, now(), now(),
        '')",
];

async fn broken(sql: &Client, outside: &Outside) -> BTreeSet<String> {
    let now = sql.query_one("select now()", &[]).await.unwrap().get(0);
    violations(sql, now, outside).await.into_iter().map(|(name, _)| name).collect()
}

/// The provider's list that goes with the database in order.
fn outside() -> Outside {
    let charge = json!({
        "amount": 300, "currency": "eur", "amount_refunded": 0,
        "metadata": {"payment_id": "pay_019700000000700080000000000000a1"},
    });
    Outside { acked: vec![id(0xb1), id(0xb2)], charges: vec![charge] }
}

#[tokio::test]
async fn every_invariant_sees_what_it_is_there_for() {
    let db = TestDb::new();
    let mut sql = db.connect().await;
    sql.batch_execute(IN_ORDER).await.unwrap();
    assert_eq!(broken(&sql, &outside()).await, BTreeSet::new());
    assert_eq!(SEEDS.len(), ALL.len(), "a violation for each invariant");
    for (invariant, seed) in ALL.iter().zip(SEEDS) {
        let name = format!("{} {}", invariant.id, invariant.what);
        let transaction = sql.transaction().await.unwrap();
        transaction.batch_execute(seed).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let mut seen = outside();
        if name.starts_with("I02") {
            seen.acked.push(id(0xbf));
        }
        if name.starts_with("I13") {
            seen.charges.clear();
        }
        let now = transaction.query_one("select now()", &[]).await.unwrap().get(0);
        let found = violations(transaction.client(), now, &seen).await;
        assert!(found.iter().any(|(found, _)| *found == name), "{name} sees nothing: {found:?}");
        transaction.rollback().await.unwrap();
    }
}

/// A stay that is over has no nights any more, or those that were spent.
#[tokio::test]
async fn nights_of_guests_who_have_left_are_those_that_they_spent() {
    let db = TestDb::new();
    let sql = db.connect().await;
    sql.batch_execute(IN_ORDER).await.unwrap();
    let is_seen = async |step: &str| {
        sql.batch_execute(step).await.unwrap();
        let found = broken(&sql, &outside()).await;
        found.contains("I01 a stay without its nights, or with others")
    };
    let left = "update bookings set status = 'completed', details = '{\"left_on\": \"2026-12-23\"}'
        where status = 'confirmed'";
    assert!(is_seen(left).await, "there are nights that nobody spent");
    let spent = "update occupancies o set nights = daterange(check_in, date '2026-12-23')
        from bookings b where b.id = ref and status = 'completed'";
    assert!(!is_seen(spent).await);
    let by_itself = "update bookings set details = null where status = 'completed';
        update occupancies o set nights = daterange(check_in, check_out) from bookings b
        where b.id = ref and status = 'completed'";
    assert!(!is_seen(by_itself).await);
    let gone = "delete from occupancies using bookings b where b.id = ref and status = 'completed'";
    assert!(!is_seen(gone).await);
}
