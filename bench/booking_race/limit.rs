//! What the database can take: the rows of holds by plain multi-row inserts over one
//! connection, full batches one after the other, with nobody to wait for. Nothing is looked
//! at or locked; only the time in the database counts.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::try_join;
use rentezy::clock::{self, Clock};
use rentezy::domain::gate;
use rentezy::domain::ids::PropertyId;
use rentezy::storage::pool::Database;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::desks::Want;
use crate::race::Run;
use crate::rows::{Hold, Home};
use crate::support::Result;

const BOOKINGS: &str = "insert into bookings (id, property_id, unit_id, tenant_id, check_in,
        check_out, guests, status, currency, terms, total, expires_at, timer_id, version,
        created_at, updated_at, gate)
    select id, property, unit, tenant, check_in, check_out, guests, 'hold', currency, terms, total,
        expires_at, timer, 1, now, now, 1
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::date[], $6::date[], $7::int4[],
        $8::text[], $9::jsonb[], $10::int8[], $11::timestamptz[], $12::uuid[], $13::timestamptz[])
        x(id, property, unit, tenant, check_in, check_out, guests, currency, terms, total,
        expires_at, timer, now)";

const NIGHTS: &str = "insert into occupancies (ref, property_id, slot_id, nights, kind)
    select id, property, slot, daterange(check_in, check_out), 'booking'
    from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::date[], $5::date[])
        x(id, property, slot, check_in, check_out)";

const COMMANDS: &str = "insert into commands (request_id, fingerprint, entity, outcome, at)
    select * from unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::json[], $5::timestamptz[])";

const TIMERS: &str = "insert into timers (id, shard, entity, fire_at, command)
    select * from unnest($1::uuid[], $2::int4[], $3::uuid[], $4::timestamptz[], $5::json[])";

const GATES: &str = "insert into gates (scope, slot, holder, command, kind, at)
    select scope, 1, id, request, 'hold', now
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) x(scope, id, request, now)";

const EVENTS: &str =
    "with e as (select * from unnest($1::int4[], $2::text[], $3::int2[], $4::uuid[],
            $5::timestamptz[], $6::text[], $7::uuid[], $8::jsonb[])
            with ordinality x(shard, type, version, id, now, actor, request, data, n)),
        grown as (select shard, count(*) as more from e group by shard),
        heads as (update streams s set head = s.head + g.more from grown g where s.stream = g.shard
            returning s.stream, s.head - g.more as base)
    insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
    select shard, base + row_number() over (partition by shard order by n), type, version, id, now,
        actor, request, data from e join heads on stream = shard";

const HOMES: &str = "select p.id, p.owner_id, u.id as unit_id, p.title, p.zone, p.currency,
        u.night_minor, s.slot_id
    from properties p join units u on u.property_id = p.id
    join slots s on s.property_id = p.id and s.unit_no = 1 where p.id = any($1)";

/// The connection.
pub(crate) struct Limit {
    client: Client,
    clock: Clock,
    lasts: Duration,
    statements: [Statement; 6],
    homes: HashMap<PropertyId, (Home, i64)>,
}

/// A column of a batch.
type Column = Box<dyn ToSql + Sync + Send>;

fn column<T>(batch: &[Hold], of: impl Fn(&Hold) -> T) -> Column
where
    T: Send + Sync + 'static,
    Vec<T>: ToSql,
{
    Box::new(batch.iter().map(of).collect::<Vec<T>>())
}

impl Limit {
    /// Opens the connection; it will write for these homes.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn open(
        database: &Database,
        clock: &Clock,
        lasts: Duration,
        homes: &[PropertyId],
    ) -> Result<Self> {
        let client = database.connect("-c plan_cache_mode=force_generic_plan -c jit=off").await?;
        let ids: Vec<Uuid> = homes.iter().map(|id| id.uuid()).collect();
        let mut known = HashMap::new();
        for row in client.query(HOMES, &[&ids]).await? {
            let id = PropertyId::from(row.get::<_, Uuid>("id"));
            known.insert(id, (Home::of(&row)?, row.get("slot_id")));
        }
        let [one, two, three, four, five, six] =
            [BOOKINGS, NIGHTS, COMMANDS, TIMERS, GATES, EVENTS].map(|sql| client.prepare(sql));
        let statements =
            [one.await?, two.await?, three.await?, four.await?, five.await?, six.await?];
        Ok(Self { client, clock: clock.clone(), lasts, statements, homes: known })
    }

    /// Writes batches of `size` holds until they have taken `span`.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn run(
        &mut self,
        size: u64,
        span: Duration,
        want: impl Fn(u64) -> Want,
    ) -> Result<Run> {
        let (mut run, mut taken) = (Run::default(), Duration::ZERO);
        while taken < span {
            let mut batch = Vec::new();
            for n in run.held..run.held + size {
                let want = want(n);
                let (home, slot_id) = self.homes.get(&want.property).ok_or("not one of mine")?;
                batch.push(home.hold(want, *slot_id, &self.clock, self.lasts)?);
            }
            let columns = columns(&batch);
            let began = clock::monotonic();
            self.write(&columns).await?;
            taken += began.elapsed();
            run.held += size;
        }
        run.seconds = taken.as_secs_f64();
        Ok(run)
    }

    async fn write(&mut self, columns: &[Vec<Column>; 6]) -> Result<()> {
        let transaction = self.client.transaction().await?;
        let execute = async |at: usize| {
            let (Some(statement), Some(columns)) = (self.statements.get(at), columns.get(at))
            else {
                return Ok(0);
            };
            let columns: Vec<&(dyn ToSql + Sync)> =
                columns.iter().map(|column| -> &(dyn ToSql + Sync) { column.as_ref() }).collect();
            transaction.execute(statement, &columns).await
        };
        try_join!(execute(0), execute(1), execute(2), execute(3), execute(4), execute(5))?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The columns of a batch, for each of the statements.
fn columns(batch: &[Hold]) -> [Vec<Column>; 6] {
    let of = batch;
    let (id, property) = (|h: &Hold| h.id, |h: &Hold| h.property);
    let (check_in, check_out) = (|h: &Hold| h.check_in, |h: &Hold| h.check_out);
    let (request, timer) = (|h: &Hold| h.request, |h: &Hold| h.timer);
    let (now, shard) = (|h: &Hold| h.now, |h: &Hold| h.shard);
    [
        vec![
            column(of, id),
            column(of, property),
            column(of, |h| h.unit),
            column(of, |h| h.tenant),
            column(of, check_in),
            column(of, check_out),
            column(of, |h| h.guests),
            column(of, |h| h.currency.clone()),
            column(of, |h| h.terms.clone()),
            column(of, |h| h.total),
            column(of, |h| h.expires_at),
            column(of, timer),
            column(of, now),
        ],
        vec![
            column(of, id),
            column(of, property),
            column(of, |h| h.slot_id),
            column(of, check_in),
            column(of, check_out),
        ],
        vec![
            column(of, request),
            column(of, |h| h.fingerprint.clone()),
            column(of, property),
            column(of, |h| h.outcome.clone()),
            column(of, now),
        ],
        vec![
            column(of, timer),
            column(of, shard),
            column(of, property),
            column(of, |h| h.expires_at),
            column(of, |h| h.over.clone()),
        ],
        vec![
            column(of, |h| gate::holds_of(h.tenant.into())),
            column(of, id),
            column(of, request),
            column(of, now),
        ],
        vec![
            column(of, shard),
            column(of, |h| h.kind),
            column(of, |h| h.version),
            column(of, id),
            column(of, now),
            column(of, |h| h.actor.clone()),
            column(of, request),
            column(of, |h| h.data.clone()),
        ],
    ]
}
