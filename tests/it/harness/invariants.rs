//! What must be true of the database, whatever has happened: the invariants I01 to I26 of
//! the project's list, as far as their tables exist, and what else follows from one change
//! being one transaction. Each gives the number of its violations.

use std::time::Duration;

use jiff::Timestamp;
use rentezy::clock;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::sandbox::charges;
use super::server::World;
use super::wait::wait_until;

/// How long it may take until everything has come to rest.
const GUARD: Duration = Duration::from_secs(100);

/// What can be seen from outside, for the invariants that compare it with the rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outside {
    /// Bookings whose holds were acknowledged.
    pub(crate) acked: Vec<Uuid>,
    /// The provider's list of charges.
    pub(crate) charges: Vec<Value>,
}

/// A name and a query with one number, which must be 0.
pub(crate) type Invariant = (&'static str, &'static str);

/// The invariants. `args` has `now`, `acked` and `charges`; `live` the bookings that take
/// nights; `charge` the provider's charges by payment.
pub(crate) const ALL: &[Invariant] = &[
    (
        "I01 overlap of nights in one slot",
        "select count(*) from occupancies a join occupancies b
         on a.slot_id = b.slot_id and a.ref < b.ref and a.nights && b.nights",
    ),
    (
        "I01 a night sold more often than there are units",
        "select count(*) from (
             select l.property_id, night from live l,
                 generate_series(l.check_in, l.check_out - 1, interval '1 day') night
             group by 1, 2 having count(*) > (select count(*) from slots s
                 where s.property_id = l.property_id
                 and (s.retired_at is null or night <= s.retired_at))) x",
    ),
    (
        "I01 a stay without its nights, or with others",
        "select count(*) from live l
         full join occupancies o on o.ref = l.id and o.property_id = l.property_id
         where o.nights is distinct from daterange(l.check_in, l.check_out)",
    ),
    (
        "I02 acknowledged booking missing",
        "select count(*) from args, unnest(acked) a where not exists
             (select 1 from bookings b where b.id = a)",
    ),
    (
        "I03 one key, two effects",
        "select count(*) from (select causation, type from events
             where type in ('booking.held', 'payment.created', 'property.created', 'refund.created')
             group by 1, 2 having count(*) > 1) x",
    ),
    (
        "I04 record of a command without its effect",
        "select count(*) from commands where outcome::jsonb ? 'booking' and not exists
             (select 1 from bookings b
              where 'bkg_' || replace(b.id::text, '-', '') = outcome #>> '{booking,booking,id}')",
    ),
    (
        "I04 effect of an entity without a record of its command",
        "select count(*) from events e where stream < 256 and not exists
             (select 1 from commands c where c.request_id = e.causation)",
    ),
    (
        "I05 hold past its end",
        "select count(*) from bookings, args
         where status = 'hold' and expires_at < now - interval '30 s'",
    ),
    (
        "I06 open booking without a timer",
        "select count(*) from bookings b where status in ('hold', 'pending_payment', 'expiring')
         and not exists (select 1 from timers t where t.id = b.timer_id and fired_at is null)",
    ),
    (
        "I06 timer of a booking that waits for none",
        "select count(*) from timers t where fired_at is null and not exists
             (select 1 from bookings b where b.timer_id = t.id
              and b.status in ('hold', 'pending_payment', 'expiring'))",
    ),
    (
        "I12 the provider has money that we do not know of",
        "select count(*) from charge c left join payments p on p.id = c.payment_id
         where p.status is null or p.status not in ('succeeded', 'refunded')",
    ),
    (
        "I13 we know of money that the provider has not",
        "select count(*) from payments p where status in ('succeeded', 'refunded')
         and not exists (select 1 from charge c where c.payment_id = p.id)",
    ),
    (
        "I14 amount, currency or refund differ",
        "select count(*) from payments p join charge c on c.payment_id = p.id
         where (p.amount, p.currency::text, coalesce((select sum(r.amount) from refunds r
                 where r.payment_id = p.id and r.status = 'succeeded'), 0)::bigint)
             is distinct from (c.amount, c.currency, c.refunded)",
    ),
    (
        "I15 booking paid for twice, or confirmed and not paid",
        "select count(*) from bookings b where (b.status = 'confirmed')
         <> ((select count(*) from payments p where p.booking_id = b.id
              and p.status = 'succeeded' and p.amount = b.total) = 1)",
    ),
    (
        "I15 refund without its payment, or a payment given back without a refund",
        "select count(*) from payments p full join refunds r on r.payment_id = p.id
         where (p.status is not distinct from 'refunded') <> (r.id is not null)",
    ),
    (
        "I17 refund or end of a hold unknown for too long",
        "select (select count(*) from refunds, args where status = 'pending'
                 and created_at < now - interval '15 min')
             + (select count(*) from bookings, args where status = 'expiring'
                 and updated_at < now - interval '15 min')",
    ),
    (
        "I18 event not consumed",
        "select count(*) from streams s
         cross join unnest(array['mail', 'notifications', 'payments', 'stripe_hooks']) name
         left join consumer_offsets o on o.stream = s.stream and o.consumer = name
         where coalesce(o.seq, 0) < s.head",
    ),
    (
        "I19 effect of an event twice",
        "select count(*) from (select user_id, kind, data from notifications
             where kind <> 'booking.late_payment_resolved'
             group by 1, 2, 3 having count(*) > 1) x",
    ),
    (
        "I20 two letters about one thing",
        "select count(*) from (select user_id, template, data from letters
             where template like 'booking_%' or template like 'host_%'
             group by 1, 2, 3 having count(*) > 1) x",
    ),
    (
        "I21 timer overdue",
        "select count(*) from timers, args
         where fired_at is null and fire_at < now - interval '30 s'",
    ),
    ("I22 timer early", "select count(*) from timers where fired_at < fire_at"),
    (
        "I23 gap in a stream",
        "select count(*) from streams s left join (select stream, count(*), min(seq), max(seq)
             from events group by 1) e using (stream)
         where (s.head, s.head, least(s.head, 1)) is distinct from
             (coalesce(e.count, 0), coalesce(e.max, 0), coalesce(e.min, 0))",
    ),
    (
        "booking without the event of its hold, or with two",
        "select count(*) from bookings b where 1 <> (select count(*) from events e
             where e.key = b.id and e.type = 'booking.held')",
    ),
    (
        "stay that ended and is not released, or the other way round",
        "select count(*) from bookings where (released_at is not null)
         <> (status in ('expired', 'failed', 'cancelled'))",
    ),
    (
        "listing that strangers see, or may soon, without its prices or without a unit type",
        "select count(*) from properties p where status in ('live', 'paused', 'pending_review')
         and (not exists (select 1 from units u where u.property_id = p.id)
             or exists (select 1 from units u where u.property_id = p.id
                 and (u.night_minor is null and p.stay_mode <> 'monthly'
                     or u.month_minor is null and p.stay_mode <> 'nightly')))",
    ),
    (
        "unit type with other slots than units",
        "select count(*) from units u where u.count <> (select count(*) from slots s
             where s.property_id = u.property_id and s.unit_id = u.id and s.retired_at is null)",
    ),
    (
        "listing that was given up with a booking that is open",
        "select count(*) from properties p where status = 'archived' and exists
             (select 1 from bookings b where b.property_id = p.id
              and b.status in ('hold', 'pending_payment', 'expiring'))",
    ),
];

/// Whose numbers need a moment after the last request: consumers and timers work on.
const WITH: &str = "with args as (select $1::timestamptz as now, $2::uuid[] as acked,
        $3::jsonb as charges),
    live as (select * from bookings
        where status in ('hold', 'pending_payment', 'expiring', 'confirmed')),
    charge as (select replace(c #>> '{metadata,payment_id}', 'pay_', '')::uuid as payment_id,
        (c ->> 'amount')::bigint as amount, upper(c ->> 'currency') as currency,
        (c ->> 'amount_refunded')::bigint as refunded
        from args, jsonb_array_elements(charges) c)";

/// The invariants that do not hold, with the number of violations.
pub(crate) async fn violations(
    sql: &Client,
    now: Timestamp,
    outside: &Outside,
) -> Vec<(String, i64)> {
    let parts: Vec<String> =
        ALL.iter().map(|(name, query)| format!("select '{name}', ({query})")).collect();
    let query = format!("{WITH} {}", parts.join("\nunion all "));
    let rows = sql
        .query(&query, &[&now, &outside.acked, &json!(outside.charges)])
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    let found = rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, i64>(1)));
    found.filter(|(_, count)| *count != 0).collect()
}

/// Waits until everything has come to rest, then says what is wrong; it must be nothing.
/// The server must be running.
pub(crate) async fn check(world: &World, acked: &[Uuid]) {
    let sql = world.sql().await;
    let endpoint = world.endpoint().await;
    let look = async || {
        let outside = Outside { acked: acked.to_vec(), charges: charges(&endpoint).await };
        violations(&sql, world.now(), &outside).await
    };
    let settled = wait_until("every invariant holds", async || look().await.is_empty());
    // Past this the violations themselves are said: that the wait was in vain says little.
    let settled = clock::within(GUARD, settled).await;
    assert!(settled.is_ok(), "invariants that do not hold: {:?}", look().await);
}
