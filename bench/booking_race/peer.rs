//! The peer: what a good Postgres developer writes without actors. A transaction locks the
//! property's row and the tenant, looks for a free unit, counts the tenant's open holds, and
//! writes the rows of the hold, with a prepared statement for each table: ten round trips with
//! begin and commit. The same folded into six, with one statement for all rows, is measured
//! beside it. Sixteen connections, handed
//! out in the order of asking.

use std::sync::{Arc, Mutex, PoisonError};

use rentezy::clock::Clock;
use rentezy::storage::pool::Database;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Statement, Transaction};
use uuid::Uuid;

use crate::desks::{Desk, Told, Want};
use crate::rows::{Hold, Home};
use crate::support::Result;

/// Connections.
const CONNECTIONS: usize = 16;

/// Open holds of one tenant.
const HOLDS: i64 = 3;

/// The tenant is locked too: who counts somebody's holds must be alone with them.
const LOCK: &str = "select p.id, p.owner_id, u.id as unit_id, p.title, p.zone, p.currency,
        u.night_minor, pg_advisory_xact_lock($2) from properties p join units u on u.property_id = p.id
    where p.id = $1 and p.status = 'live' for update of p";

const FREE: &str = "select s.slot_id from slots s where s.property_id = $1 and s.unit_id = $2
    and s.retired_at is null and not exists (select 1 from occupancies o
        where o.slot_id = s.slot_id and o.nights && daterange($3, $4))
    order by s.unit_no limit 1";

const COUNT: &str = "select count(*) from bookings where tenant_id = $1
    and status in ('hold', 'pending_approval', 'pending_payment', 'expiring')";

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
    count: Statement,
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
            let count = client.prepare(COUNT).await?;
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
            idle.push(Session { client, lock, free, count, writes });
        }
        let (turn, idle) = (Semaphore::new(CONNECTIONS), Mutex::new(idle));
        Ok(Self(Arc::new(Inner { clock: clock.clone(), hold, turn, idle })))
    }
}

impl Desk for Locks {
    async fn ask(&self, want: Want) -> Result<Told> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let _turn = self.0.turn.acquire().await?;
        let session = idle().pop();
        let mut session = session.ok_or("a connection was lost")?;
        let made = self.0.hold_with(&mut session, want).await?;
        idle().push(session);
        Ok(if made { Told::Held } else { Told::Taken })
    }
}

impl Inner {
    async fn hold_with(&self, session: &mut Session, want: Want) -> Result<bool> {
        let transaction = session.client.transaction().await?;
        let tenant = want.tenant.uuid();
        let (high, low) = tenant.as_u64_pair();
        let user = high ^ low;
        let property = transaction
            .query_one(&session.lock, &[&want.property.uuid(), &user.cast_signed()])
            .await?;
        let unit: Uuid = property.get("unit_id");
        let (check_in, check_out) = (want.nights.check_in(), want.nights.check_out());
        let slot = transaction
            .query_opt(&session.free, &[&want.property.uuid(), &unit, &check_in, &check_out])
            .await?;
        let Some(slot) = slot else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let open: i64 = transaction.query_one(&session.count, &[&tenant]).await?.get(0);
        if open >= HOLDS {
            transaction.rollback().await?;
            return Err("a tenant has too many holds".into());
        }
        let home = Home::of(&property)?;
        let hold = home.hold(want, slot.get(0), &self.clock, self.hold)?;
        write(&transaction, &session.writes, &hold).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Writes the rows of a hold.
async fn write(transaction: &Transaction<'_>, writes: &Writes, hold: &Hold) -> Result<()> {
    let Hold { id, property, unit, tenant, check_in, check_out, guests, .. } = hold;
    let Hold { currency, terms, total, expires_at, timer, now, slot_id, request, .. } = hold;
    let Hold { fingerprint, outcome, shard, over, kind, version, actor, data, .. } = hold;
    #[rustfmt::skip]
    match writes {
        Writes::Plain([booking, nights, command, at_end, log]) => {
            transaction.execute(booking, &[
                id, property, unit, tenant, check_in, check_out, guests, currency, terms, total,
                expires_at, timer, now,
            ]).await?;
            transaction.execute(nights, &[id, property, slot_id, check_in, check_out]).await?;
            transaction.execute(command, &[request, fingerprint, property, outcome, now]).await?;
            transaction.execute(at_end, &[timer, shard, property, expires_at, over]).await?;
            transaction.execute(log, &[
                shard, kind, version, id, now, actor, request, data,
            ]).await?;
        }
        Writes::Folded(all) => {
            transaction.execute(all, &[
                id, property, unit, tenant, check_in, check_out, guests, currency, terms, total,
                expires_at, timer, now, slot_id, request, fingerprint, outcome, shard, over, kind,
                version, actor, data,
            ]).await?;
        }
    };
    Ok(())
}
