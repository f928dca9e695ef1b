//! What must be true of the database, whatever has happened: the invariants I01 to I26 of
//! the project's list, as far as their tables exist, and as R those that follow from one
//! change being one transaction. Each names the keys of what violates it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_postgres::GenericClient;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::sqlstate::StorageError;

/// When an invariant can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In every snapshot.
    Always,
    /// While a server is at work: it says that things get done in time.
    Living,
    /// Only beside what can be seen from outside of the database.
    Outside,
}

/// Something that must be true.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// Its number.
    pub id: &'static str,
    /// What is wrong when it is violated.
    pub what: &'static str,
    /// When it can be judged.
    pub scope: Scope,
    /// Whether the auditor of a living server looks after it, for what has changed.
    pub audited: bool,
    /// The keys of what violates it. `args` has `now`, `settle`, `acked`, `charges` and
    /// `consumers`; `live` the bookings that take nights; `charge` the provider's charges by
    /// payment; `homes` and `looked` the properties and bookings that are looked at, which
    /// only audited ones heed, and `books` what stands in the accounts of the latter.
    query: &'static str,
}

/// What is known besides the database's rows.
#[derive(Debug, Clone)]
pub struct Args {
    /// What the server's clock shows.
    pub now: Timestamp,
    /// How long after an event its consumers may be at work on it.
    pub settle: SignedDuration,
    /// Bookings whose holds were acknowledged.
    pub acked: Vec<Uuid>,
    /// The provider's list of charges.
    pub charges: Value,
    /// Consumers that must be there; those that have come anywhere count in any case.
    pub consumers: Vec<String>,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's number.
    pub id: String,
    /// What is wrong.
    pub what: String,
    /// How often.
    pub count: i64,
    /// Where, for the first few.
    pub keys: Vec<String>,
}

const fn always(id: &'static str, what: &'static str, query: &'static str) -> Invariant {
    Invariant { id, what, scope: Scope::Always, audited: false, query }
}

const fn audited(id: &'static str, what: &'static str, query: &'static str) -> Invariant {
    Invariant { id, what, scope: Scope::Always, audited: true, query }
}

const fn living(id: &'static str, what: &'static str, query: &'static str) -> Invariant {
    Invariant { id, what, scope: Scope::Living, audited: false, query }
}

const fn outside(id: &'static str, what: &'static str, query: &'static str) -> Invariant {
    Invariant { id, what, scope: Scope::Outside, audited: false, query }
}

/// The invariants.
pub const ALL: &[Invariant] = &[
    always(
        "I01",
        "overlap of nights in one slot",
        "select a.ref::text from occupancies a join occupancies b
         on a.slot_id = b.slot_id and a.ref < b.ref and a.nights && b.nights",
    ),
    always(
        "I01",
        "a night sold more often than there are units",
        "select l.property_id || ' ' || night::date from live l,
             generate_series(l.check_in, l.check_out - 1, interval '1 day') night
         group by l.property_id, night having count(*) > (select count(*) from slots s
             where s.property_id = l.property_id
             and (s.retired_at is null or night <= s.retired_at))",
    ),
    always(
        "I01",
        "a stay without its nights, or with others",
        "select coalesce(l.id, o.ref)::text from live l
         full join occupancies o on o.ref = l.id and o.property_id = l.property_id
         -- Guests who have left may keep the nights that they spent.
         left join bookings d on d.id = o.ref and d.property_id = o.property_id
             and d.status = 'completed'
         cross join lateral (select coalesce(l.check_in, d.check_in) as check_in,
             coalesce(l.check_out, (d.details ->> 'left_on')::date, d.check_out) as check_out) stay
         where (o.ref is null or o.kind = 'booking')
             and o.nights is distinct from daterange(stay.check_in, stay.check_out)
             -- Guests who changed their unit left the nights before in no unit.
             and (o.pinned and lower(o.nights) > stay.check_in
                 and upper(o.nights) = stay.check_out) is not true",
    ),
    outside(
        "I02",
        "acknowledged booking missing",
        "select a::text from args, unnest(acked) a where not exists
             (select 1 from bookings b where b.id = a)",
    ),
    always(
        "I03",
        "one key, two effects",
        "select causation::text from events
         where type in ('booking.held', 'booking.recorded', 'payment.created', 'property.created',
             'refund.created')
         group by causation, type,
             case when type = 'refund.created' then data ->> 'payment_id' end
         having count(*) > 1",
    ),
    always(
        "I04",
        "record of a command without its effect",
        "select request_id::text from commands where outcome::jsonb ? 'booking' and not exists
             (select 1 from bookings b
              where 'bkg_' || replace(b.id::text, '-', '') = outcome #>> '{booking,booking,id}')",
    ),
    // Records are kept for 48 hours.
    always(
        "I04",
        "effect of an entity without a record of its command",
        "select e.stream || '/' || e.seq from events e, args where stream < 256
             and e.occurred_at > now - interval '47 hours' and not exists
             (select 1 from commands c where c.request_id = e.causation)",
    ),
    living(
        "I05",
        "hold past its end",
        "select id::text from bookings, args
         where status in ('hold', 'pending_approval') and expires_at < now - interval '30 s'",
    ),
    always(
        "I06",
        "booking that waits for something without a timer",
        "select id::text from live b
         where not exists (select 1 from timers t where t.id = b.timer_id and fired_at is null)
         union all select id::text from bookings b
         where details #>> '{change,status}' in ('open', 'accepted') and not exists
             (select 1 from timers t where fired_at is null
              and t.id = replace(b.details #>> '{change,timer}', 'tmr_', '')::uuid)",
    ),
    always(
        "I06",
        "timer of a booking that waits for none",
        "select id::text from timers t where fired_at is null
         and not exists (select 1 from live b where b.timer_id = t.id)
         and not exists (select 1 from bookings b where b.details is not null
             and replace(b.details #>> '{change,timer}', 'tmr_', '')::uuid = t.id)
         and not exists (select 1 from deposits d where d.timer_id = t.id and d.status = 'due')",
    ),
    outside(
        "I12",
        "the provider has money that we do not know of",
        "select c.payment_id::text from charge c left join payments p on p.id = c.payment_id
         where p.status is null
             or p.status not in ('succeeded', 'partially_refunded', 'refunded')",
    ),
    outside(
        "I13",
        "we know of money that the provider has not",
        "select id::text from payments p
         where status in ('succeeded', 'partially_refunded', 'refunded')
         and not exists (select 1 from charge c where c.payment_id = p.id)",
    ),
    outside(
        "I14",
        "amount, currency or refund differ",
        "select p.id::text from payments p join charge c on c.payment_id = p.id
         where (p.captured, p.currency::text, coalesce((select sum(r.amount) from refunds r
                 where r.payment_id = p.id and r.status = 'succeeded'), 0)::bigint)
             is distinct from (c.amount, c.currency, c.refunded)",
    ),
    always(
        "I15",
        "booking paid for twice, or confirmed and not paid, or paid for and over",
        "select b.id::text from bookings b
         left join (select property_id, booking_id, sum(captured) as came, sum(refunded) as back
             from payments group by 1, 2) p on p.property_id = b.property_id and p.booking_id = b.id
         left join (select property_id, booking_id, sum(amount) as given from refunds
             where reason = 'goodwill' group by 1, 2) g
             on g.property_id = b.property_id and g.booking_id = b.id
         where case
             when b.details ? 'guest' then p.came is not null
             when b.status in ('confirmed', 'checked_in') and g.given is null then
                 coalesce(p.came, 0) - coalesce(p.back, 0) <> b.total
             -- Of money that was given before, a lower price may leave less to give back.
             when b.status in ('confirmed', 'checked_in') then
                 p.came - p.back not between greatest(b.total - g.given,
                     coalesce((b.terms #>> '{price,deposit}')::bigint, 0)) and b.total
             when b.status in ('completed', 'no_show', 'cancelled') then false
             else coalesce(p.came, 0) <> coalesce(p.back, 0)
         end",
    ),
    always(
        "I15",
        "refund without its payment, or a payment given back without a refund",
        "select coalesce(p.id, r.payment_id)::text
         from payments p full join (select property_id, payment_id, sum(amount) as back
             from refunds group by 1, 2) r on r.payment_id = p.id and r.property_id = p.property_id
         where p.id is null or p.refunded <> coalesce(r.back, 0)
             or (p.status in ('partially_refunded', 'refunded')) <> (r.back is not null)",
    ),
    audited(
        "I16",
        "money that came, or goes back, and was not booked",
        "select p.id::text from looked k
         join payments p on p.property_id = k.property_id and p.booking_id = k.id
         where p.captured > 0 and not exists (select 1 from ledger l
             where l.source = p.id and l.kind = 'payment_received')
         union all select r.id::text from looked k
         join refunds r on r.property_id = k.property_id and r.booking_id = k.id
         where not exists (select 1 from ledger l
             where l.source = r.id and l.kind = 'refund_made')",
    ),
    living(
        "I17",
        "refund or end of a hold unknown for too long",
        "select id::text from refunds, args
             where status = 'pending' and created_at < now - interval '15 min'
         union all select id::text from bookings, args
             where status = 'expiring' and updated_at < now - interval '15 min'",
    ),
    living(
        "I24",
        "money reserved for a booking that does not wait for it",
        "select p.id::text from args, payments p
         join bookings b on b.id = p.booking_id and b.property_id = p.property_id
         where p.status = 'authorized'
             and greatest(p.updated_at, b.updated_at) < now - interval '15 min'
             and (b.status not in ('pending_approval', 'pending_payment', 'expiring')
                 or b.payment_id is distinct from p.id)",
    ),
    living(
        "I18",
        "event not consumed",
        "select name || ' ' || s.stream from args, streams s
         cross join (select distinct consumer from consumer_offsets
             union select unnest(consumers) from args) c(name)
         left join consumer_offsets o on o.stream = s.stream and o.consumer = name
         where coalesce(o.seq, 0) < s.head and not exists (select 1 from events e
             where e.stream = s.stream and e.seq = greatest(coalesce(o.seq, 0), s.floor) + 1
             and e.occurred_at > now - settle)",
    ),
    // What happens once to a booking is told once; the rest may come again and read the same.
    always(
        "I19",
        "effect of an event twice",
        "select user_id::text from notifications
         where kind in ('booking.held', 'booking.requested', 'booking.approved',
             'booking.declined', 'booking.confirmed', 'booking.expired', 'booking.failed',
             'booking.cancelled', 'booking.checked_in', 'booking.completed', 'booking.no_show')
         group by user_id, kind, data having count(*) > 1",
    ),
    always(
        "I20",
        "two letters about one thing",
        "select user_id::text from letters
         where (template like 'booking_%' or template like 'host_%')
             and template !~ 'change|modified|moved|payment|refund|deposit'
         group by user_id, template, data having count(*) > 1",
    ),
    living(
        "I21",
        "timer overdue",
        "select id::text from timers, args
         where fired_at is null and fire_at < now - interval '30 s'",
    ),
    always("I22", "timer early", "select id::text from timers where fired_at < fire_at"),
    // Events up to the floor may have been dropped.
    always(
        "I23",
        "gap in a stream",
        "select s.stream::text from streams s left join (select e.stream, count(*), min(seq),
                 max(seq) from events e join streams f using (stream)
             where e.seq > f.floor group by 1) e using (stream)
         where (s.head - s.floor, s.head, least(s.head, s.floor + 1)) is distinct from
             (coalesce(e.count, 0), coalesce(e.max, s.floor), coalesce(e.min, s.floor))",
    ),
    always(
        "R01",
        "booking without the event of its hold, or with two",
        "select id::text from bookings b where 1 <> (select count(*) from events e
             where e.key = b.id and e.type in ('booking.held', 'booking.recorded'))
         -- Once events were dropped, only bookings that are younger than the oldest such event.
         and (not exists (select 1 from streams where floor > 0) or b.created_at
             > (select min(occurred_at) from events
                 where type in ('booking.held', 'booking.recorded')))",
    ),
    always(
        "R02",
        "stay that ended and is not released, or the other way round",
        "select id::text from bookings where (released_at is not null)
         <> (status in ('expired', 'failed', 'declined', 'cancelled', 'no_show'))",
    ),
    always(
        "R03",
        "parked event that its consumer has not come to",
        "select p.consumer || ' ' || p.stream || '/' || p.seq from parked_events p
         left join consumer_offsets o using (consumer, stream)
         where o.seq is null or o.seq < p.seq",
    ),
    always(
        "R04",
        "dead letter that waits for a decision and for a try",
        "select d.id::text from dead_letters d join parked_events p using (consumer, stream, seq)
         where d.state = 'open'",
    ),
    always(
        "R06",
        "listing that strangers see, or may soon, without its prices or without a unit type",
        "select p.id::text from properties p where status in ('live', 'paused', 'pending_review')
         and (not exists (select 1 from units u where u.property_id = p.id)
             or exists (select 1 from units u where u.property_id = p.id
                 and (u.night_minor is null and p.stay_mode <> 'monthly'
                     or u.month_minor is null and p.stay_mode <> 'nightly')))",
    ),
    always(
        "R07",
        "unit type with other slots than units",
        "select u.id::text from units u where u.count <> (select count(*) from slots s
             where s.property_id = u.property_id and s.unit_id = u.id and s.retired_at is null)",
    ),
    always(
        "R08",
        "listing that was given up with a booking that is open",
        "select p.id::text from properties p where status = 'archived' and exists
             (select 1 from bookings b where b.property_id = p.id
              and b.status in ('hold', 'pending_approval', 'pending_payment', 'expiring'))",
    ),
    always(
        "R20",
        "open booking without its place among the holds of its tenant",
        "select id::text from bookings b where gate is not null
         and status in ('hold', 'pending_approval', 'pending_payment', 'expiring')
         and not exists (select 1 from gates g
             where g.holder = b.id and g.slot = b.gate and g.kind = 'hold')",
    ),
    always(
        "R21",
        "place among holds kept by a booking that is open no more",
        "select g.scope || '/' || g.slot from gates g join bookings b on b.id = g.holder
         where g.kind = 'hold' and (b.gate is distinct from g.slot or b.status not in
             ('hold', 'pending_approval', 'pending_payment', 'expiring'))",
    ),
    // The sweep runs every five minutes.
    living(
        "R22",
        "place under a limit that no booking has",
        "select scope || '/' || slot from gates g, args
         where g.at < now - interval '7 min'
         and not exists (select 1 from bookings b where b.id = g.holder)",
    ),
    // A stay keeps its use while it is open, and for good once it was paid for.
    always(
        "R23",
        "stay without its use of a promo code",
        "select b.id::text from bookings b where details ? 'promo_slot'
         and (status in ('hold', 'pending_approval', 'pending_payment', 'expiring')
             or details ? 'confirmed_at')
         and not exists (select 1 from gates g where g.kind = 'promo' and g.holder = b.id
             and g.slot = (details ->> 'promo_slot')::int
             and g.scope = replace(terms ->> 'promo', 'prm_', '')::uuid)",
    ),
    always(
        "R24",
        "use of a promo code kept by a stay that has none",
        "select g.scope || '/' || g.slot from gates g join bookings b on b.id = g.holder
         where g.kind = 'promo' and (g.slot is distinct from (b.details ->> 'promo_slot')::int
             or (b.status in ('hold', 'pending_approval', 'pending_payment', 'expiring')
                 or b.details ? 'confirmed_at') is not true)",
    ),
    always(
        "R25",
        "promo code used more often than it may be",
        "select g.scope || '/' || g.slot from gates g left join promo_codes c on c.id = g.scope
         where g.kind = 'promo' and (g.slot <= c.max_uses) is not true",
    ),
    always(
        "C01",
        "nights kept back that nobody says why, or a block without its nights",
        "select coalesce(k.id, o.ref)::text from blocks k
         full join (select * from occupancies where kind = 'block') o
             on o.ref = k.id and o.property_id = k.property_id
         where o.nights is distinct from daterange(k.check_in, k.check_out)",
    ),
    audited(
        "L01",
        "overlap of nights in one slot, seen one after the other",
        "select slot_id::text from (select o.slot_id, o.nights, lead(lower(o.nights)) over
             (partition by o.slot_id order by lower(o.nights), upper(o.nights)) as next
             from occupancies o join homes h on h.id = o.property_id) stay
         where next < upper(nights)",
    ),
    audited(
        "L02",
        "posting that does not add up to zero",
        "select l.id::text from ledger l join looked k on k.id = l.booking_id
         where ledger_sum(l.amounts) <> 0 or array_length(l.accounts, 1)
             is distinct from array_length(l.amounts, 1)",
    ),
    always(
        "L02",
        "currency that does not add up to zero",
        "select currency::text from ledger group by currency having sum(ledger_sum(amounts)) <> 0",
    ),
    audited(
        "L03",
        "cash that is not what payments brought and refunds took",
        "select k.id::text from looked k
         left join (select booking_id, sum(amount) as amount from books
             where account = 'cash_clearing' group by booking_id) b on b.booking_id = k.id
         where coalesce(b.amount, 0) <> coalesce((select sum(p.captured) from payments p
                 where p.property_id = k.property_id and p.booking_id = k.id), 0)
             - coalesce((select sum(r.amount) from refunds r where r.status = 'succeeded'
                 and r.property_id = k.property_id and r.booking_id = k.id), 0)",
    ),
    audited(
        "L04",
        "what is on its way back, or to be looked at, is not what the refunds say",
        "select k.id::text from looked k
         left join (select booking_id,
                 coalesce(sum(amount) filter (where account = 'tenant_credit'), 0) as credit,
                 coalesce(sum(amount) filter (where account = 'suspense'), 0) as suspense
             from books group by booking_id) b on b.booking_id = k.id
         left join lateral (select
                 coalesce(sum(amount) filter (where status = 'pending'), 0) as pending,
                 coalesce(sum(amount) filter (where status = 'failed'), 0) as failed
             from refunds r where r.property_id = k.property_id and r.booking_id = k.id) r on true
         where (coalesce(b.credit, 0), coalesce(b.suspense, 0)) <> (-r.pending, -r.failed)",
    ),
    audited(
        "L05",
        "deposits held that are not those of the bookings",
        "select k.id::text from looked k
         left join (select booking_id, sum(amount) as amount from books
             where account = 'deposits_held' group by booking_id) b on b.booking_id = k.id
         left join deposits d on d.id = k.id and d.property_id = k.property_id
         where coalesce(b.amount, 0) <> -coalesce(d.amount - d.returned - d.kept, 0)",
    ),
    audited(
        "L06",
        "more went back of a payment than came",
        "select p.id::text from looked k
         join payments p on p.property_id = k.property_id and p.booking_id = k.id
         where p.captured < (select coalesce(sum(r.amount), 0) from refunds r
             where r.property_id = p.property_id and r.payment_id = p.id)",
    ),
    audited(
        "L07",
        "posting without what it is about",
        "select l.id::text from ledger l join looked k on k.id = l.booking_id where not case kind
             when 'payment_received' then exists (select 1 from payments p where p.id = l.source
                 and p.property_id = l.property_id and p.status not in ('created', 'authorized'))
             when 'deposit_kept' then exists (select 1 from deposits d where d.id = l.source
                 and d.property_id = l.property_id and d.kept > 0)
             when 'reversal' then l.source = l.reverses
             when 'price_changed' then exists (select 1 from bookings b where b.id = l.booking_id
                 and b.property_id = l.property_id)
             else exists (select 1 from refunds r where r.id = l.source
                 and r.property_id = l.property_id) end",
    ),
    always(
        "L08",
        "deposit that is due without a timer",
        "select id::text from deposits d where status = 'due' and not exists
             (select 1 from timers t where t.id = d.timer_id and fired_at is null)",
    ),
    // All tries of an event take a quarter of an hour.
    living(
        "R05",
        "event parked for longer than its tries take",
        "select p.consumer || ' ' || p.stream || '/' || p.seq from parked_events p, args
         where p.attempts > 0 and p.first_at <= now - 60 * settle",
    ),
];

const WITH: &str = "args as (select $1::timestamptz as now, $2::uuid[] as acked,
        $3::jsonb as charges, $4::float8 * interval '1 s' as settle, $5::text[] as consumers),
    live as (select * from bookings
        where status in ('hold', 'pending_approval', 'pending_payment', 'expiring', 'confirmed',
            'checked_in')),
    charge as (select replace(c #>> '{metadata,payment_id}', 'pay_', '')::uuid as payment_id,
        (c ->> 'amount')::bigint as amount, upper(c ->> 'currency') as currency,
        (c ->> 'amount_refunded')::bigint as refunded
        from args, jsonb_array_elements(charges) c),
    books as (select l.booking_id, a.account, a.amount from ledger l
        join looked k on k.id = l.booking_id, unnest(l.accounts, l.amounts) a(account, amount))";

/// What is looked at: everything, also what only the ledger knows of.
const ALL_OF_IT: &str = "homes as (select id from properties),
    looked as (select id, property_id from bookings
        union select booking_id, property_id from ledger)";

/// What is looked at: what is named.
const NAMED: &str = "homes as (select id from unnest($6::uuid[]) id),
    looked as (select * from unnest($7::uuid[], $8::uuid[]) as named(id, property_id))";

/// Bookings and homes that the auditor looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Properties.
    pub homes: Vec<Uuid>,
    /// Bookings, each with its property.
    pub bookings: Vec<(Uuid, Uuid)>,
}

/// The invariants of some scopes that do not hold, in one statement and so in one snapshot.
///
/// # Errors
/// When the database cannot be read.
pub async fn violations(
    client: &impl GenericClient,
    args: &Args,
    scopes: &[Scope],
) -> Result<Vec<Violation>, StorageError> {
    let judged = ALL.iter().filter(|one| scopes.contains(&one.scope));
    judge(client, args, judged, None).await
}

/// The audited invariants that do not hold, of what is named or of everything.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit(
    client: &impl GenericClient,
    args: &Args,
    looked: Option<&Looked>,
) -> Result<Vec<Violation>, StorageError> {
    judge(client, args, ALL.iter().filter(|one| one.audited), looked).await
}

async fn judge(
    client: &impl GenericClient,
    args: &Args,
    judged: impl Iterator<Item = &'static Invariant>,
    looked: Option<&Looked>,
) -> Result<Vec<Violation>, StorageError> {
    let parts: Vec<String> = judged
        .map(|Invariant { id, what, query, .. }| {
            format!(
                "select '{id}', '{what}', count(*), (array_agg(key order by key))[1:5]
                 from ({query}) violation(key)"
            )
        })
        .collect();
    let scope = if looked.is_some() { NAMED } else { ALL_OF_IT };
    let query = format!("with {scope}, {WITH} {}", parts.join("\nunion all "));
    let settle = args.settle.as_secs_f64();
    let (bookings, theirs): (Vec<Uuid>, Vec<Uuid>) =
        looked.iter().flat_map(|looked| looked.bookings.iter().copied()).unzip();
    let homes = looked.map(|looked| &looked.homes);
    let mut values: Vec<&(dyn ToSql + Sync)> =
        vec![&args.now, &args.acked, &args.charges, &settle, &args.consumers];
    if let Some(homes) = &homes {
        values.extend([*homes as &(dyn ToSql + Sync), &bookings, &theirs]);
    }
    let rows = client.query(&query, &values).await?;
    let violation = |row: &tokio_postgres::Row| Violation {
        id: row.get(0),
        what: row.get(1),
        count: row.get(2),
        keys: row.get::<_, Option<Vec<String>>>(3).unwrap_or_default(),
    };
    Ok(rows.iter().map(violation).filter(|found| found.count != 0).collect())
}
