//! The peer: what a good Postgres developer writes without actors. A transaction locks the
//! property's row, looks for a free unit, and writes the rows of the hold, with a prepared
//! statement for each table: nine round trips with begin and commit. The same folded into
//! five, with one statement for all rows, is measured beside it. Sixteen connections, handed
//! out in the order of asking.

use std::sync::{Arc, Mutex, PoisonError};

use rentezy::clock::Clock;
use rentezy::domain::booking::{self, Booking, BookingSnapshot, BookingStatus};
use rentezy::domain::booking_details::Details;
use rentezy::domain::entity::EntityRef;
use rentezy::domain::event::{self, Actor, Event, StayFacts};
use rentezy::domain::ids::{self, BookingId, RequestId, TimerId, UnitId, UserId};
use rentezy::domain::money::Money;
use rentezy::domain::policies::Policies;
use rentezy::domain::price::Price;
use rentezy::domain::stay::{Command, Outcome};
use rentezy::domain::terms::Terms;
use rentezy::storage::events;
use rentezy::storage::pool::Database;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Row, Statement, Transaction};
use uuid::Uuid;

use crate::desks::{Desk, Want, request_id};
use crate::support::Result;

/// Connections.
const CONNECTIONS: usize = 16;

const LOCK: &str = "select p.owner_id, u.id as unit_id, p.title, p.currency, u.night_minor
    from properties p join units u on u.property_id = p.id
    where p.id = $1 and p.status = 'live' for update of p";

const FREE: &str = "select s.slot_id from slots s where s.property_id = $1 and s.unit_id = $2
    and s.retired_at is null and not exists (select 1 from occupancies o
        where o.slot_id = s.slot_id and o.nights && daterange($3, $4))
    order by s.unit_no limit 1";

const BOOKING: &str = "insert into bookings (id, property_id, unit_id, tenant_id, check_in,
        check_out, guests, status, currency, terms, total, expires_at, timer_id, version,
        created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'hold', $8, $9, $10, $11, $12, 1, $13, $13)";

const NIGHTS: &str = "insert into occupancies (ref, property_id, slot_id, nights, kind)
    values ($1, $2, $3, daterange($4, $5), 'booking')";

const COMMAND: &str = "insert into commands (request_id, fingerprint, entity, outcome, at)
    values ($1, $2, $3, $4, $5)";

const TIMER: &str = "insert into timers (id, shard, entity, fire_at, command)
    values ($1, $2, $3, $4, $5)";

const EVENT: &str = "with head as
        (update streams set head = head + 1 where stream = $1 returning head)
    insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
    select $1, head, $2, $3, $4, $5, $6, $7, $8 from head";

const FOLDED: &str = "with
    booking as (insert into bookings (id, property_id, unit_id, tenant_id, check_in, check_out,
            guests, status, currency, terms, total, expires_at, timer_id, version,
            created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'hold', $8, $9, $10, $11, $12, 1, $13, $13)),
    nights as (insert into occupancies (ref, property_id, slot_id, nights, kind)
        values ($1, $2, $14, daterange($5, $6), 'booking')),
    command as (insert into commands (request_id, fingerprint, entity, outcome, at)
        values ($15, $16, $2, $17, $13)),
    timer as (insert into timers (id, shard, entity, fire_at, command)
        values ($12, $18, $2, $11, $19)),
    head as (update streams set head = head + 1 where stream = $18 returning head)
    insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
        select $18, head, $20, $21, $1, $13, $22, $15, $23 from head";

/// A connection with its statements.
struct Session {
    client: Client,
    lock: Statement,
    free: Statement,
    writes: Writes,
}

/// The statements that write a hold.
enum Writes {
    /// One for each table: booking, nights, command, timer, event.
    Plain([Statement; 5]),
    /// One for all.
    Folded(Statement),
}

/// The peer.
#[derive(Clone)]
pub(crate) struct Locks(Arc<Inner>);

struct Inner {
    clock: Clock,
    hold: std::time::Duration,
    /// First come, first served: a pool that lets newcomers pass would starve callers.
    turn: Semaphore,
    idle: Mutex<Vec<Session>>,
}

impl Locks {
    /// Opens the connections.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn open(
        database: &Database,
        clock: &Clock,
        hold: std::time::Duration,
        folded: bool,
    ) -> Result<Self> {
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            let client = database.connect("").await?;
            let lock = client.prepare(LOCK).await?;
            let free = client.prepare(FREE).await?;
            let writes = if folded {
                Writes::Folded(client.prepare(FOLDED).await?)
            } else {
                let [booking, nights, command, timer, event] =
                    [BOOKING, NIGHTS, COMMAND, TIMER, EVENT].map(|sql| client.prepare(sql));
                Writes::Plain([
                    booking.await?,
                    nights.await?,
                    command.await?,
                    timer.await?,
                    event.await?,
                ])
            };
            idle.push(Session { client, lock, free, writes });
        }
        let (turn, idle) = (Semaphore::new(CONNECTIONS), Mutex::new(idle));
        Ok(Self(Arc::new(Inner { clock: clock.clone(), hold, turn, idle })))
    }
}

impl Desk for Locks {
    async fn hold(&self, want: Want) -> Result<bool> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let _turn = self.0.turn.acquire().await?;
        let session = idle().pop();
        let mut session = session.ok_or("a connection was lost")?;
        let made = self.0.hold_with(&mut session, want).await?;
        idle().push(session);
        Ok(made)
    }
}

impl Inner {
    async fn hold_with(&self, session: &mut Session, want: Want) -> Result<bool> {
        let transaction = session.client.transaction().await?;
        let property = transaction.query_one(&session.lock, &[&want.property.uuid()]).await?;
        let unit: Uuid = property.get("unit_id");
        let (check_in, check_out) = (want.nights.check_in(), want.nights.check_out());
        let slot = transaction
            .query_opt(&session.free, &[&want.property.uuid(), &unit, &check_in, &check_out])
            .await?;
        let Some(slot) = slot else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let snapshot = self.snapshot(&property, want)?;
        let request = request_id(&self.clock);
        write(&transaction, &session.writes, snapshot, slot.get(0), request).await?;
        transaction.commit().await?;
        Ok(true)
    }

    fn snapshot(&self, property: &Row, want: Want) -> Result<BookingSnapshot> {
        let currency = property.get::<_, &str>("currency").parse()?;
        let per_night = Money::new(property.get("night_minor"), currency);
        let price = Price::of_nights(per_night, want.nights.count())?;
        let now = self.clock.now();
        let id: BookingId = self.clock.id();
        let booking = Booking {
            id,
            property_id: want.property,
            unit_id: UnitId::from(property.get::<_, Uuid>("unit_id")),
            tenant_id: want.tenant,
            nights: want.nights,
            guests: 1,
            status: BookingStatus::Hold,
            expiring: None,
            total: price.due(),
            terms: Terms::new(price, &Policies::default()),
            expires_at: Some(now + self.hold),
            released_at: None,
            timer: Some(TimerId::from(ids::derived(id.uuid(), "hold-over"))),
            payment_id: None,
            gate: None,
            details: Details::default(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok(BookingSnapshot {
            booking,
            property_title: property.get("title"),
            landlord_id: UserId::from(property.get::<_, Uuid>("owner_id")),
            zone: String::new(),
            payment: None,
            unit_no: None,
        })
    }
}

/// Writes the rows of a hold.
async fn write(
    transaction: &Transaction<'_>,
    writes: &Writes,
    snapshot: BookingSnapshot,
    slot_id: i64,
    request: RequestId,
) -> Result<()> {
    let booking = snapshot.booking.clone();
    let expires_at = booking.expires_at.unwrap_or(booking.created_at);
    let stay = StayFacts {
        booking_id: booking.id,
        property_id: booking.property_id,
        unit_id: booking.unit_id,
        tenant_id: booking.tenant_id,
        landlord_id: snapshot.landlord_id,
        nights: booking.nights,
    };
    let event = Event::BookingHeld { stay, expires_at };
    let over = Command::Booking(booking::Command::HoldOver { booking_id: booking.id });
    let (id, property, request) = (booking.id.uuid(), booking.property_id.uuid(), request.uuid());
    let (unit, tenant) = (booking.unit_id.uuid(), booking.tenant_id.uuid());
    let (check_in, check_out) = (booking.nights.check_in(), booking.nights.check_out());
    let (guests, currency) = (i32::from(booking.guests), booking.total.currency);
    let (currency, terms) = (currency.code(), serde_json::to_value(&booking.terms)?);
    let (total, now) = (booking.total.amount, booking.created_at);
    let timer = booking.timer.map(TimerId::uuid);
    let fingerprint = tenant.as_bytes().as_slice();
    let outcome = serde_json::to_value(Outcome::Booking(Box::new(snapshot)))?;
    let shard = i32::from(EntityRef::from(booking.property_id).shard().0);
    let (over, data) = (serde_json::to_value(over)?, events::data(&event)?);
    let (kind, version) = (event.name(), event::VERSION);
    let actor = Actor::User(booking.tenant_id).to_string();
    #[rustfmt::skip]
    match writes {
        Writes::Plain([booking, nights, command, at_end, log]) => {
            transaction.execute(booking, &[
                &id, &property, &unit, &tenant, &check_in, &check_out, &guests, &currency,
                &terms, &total, &expires_at, &timer, &now,
            ]).await?;
            transaction.execute(nights, &[&id, &property, &slot_id, &check_in, &check_out]).await?;
            transaction.execute(command, &[
                &request, &fingerprint, &property, &outcome, &now,
            ]).await?;
            transaction.execute(at_end, &[&timer, &shard, &property, &expires_at, &over]).await?;
            transaction.execute(log, &[
                &shard, &kind, &version, &id, &now, &actor, &request, &data,
            ]).await?;
        }
        Writes::Folded(all) => {
            transaction.execute(all, &[
                &id, &property, &unit, &tenant, &check_in, &check_out, &guests, &currency,
                &terms, &total, &expires_at, &timer, &now, &slot_id, &request, &fingerprint,
                &outcome, &shard, &over, &kind, &version, &actor, &data,
            ]).await?;
        }
    };
    Ok(())
}
