//! What the database says after a run: every acknowledged hold is there, once, with its
//! event, and no unit has two guests on a night.

use std::time::Duration;

use rentezy::clock;
use rentezy::storage::pool::Database;
use tokio_postgres::Client;

use crate::race::Run;
use crate::support::Result;

/// How long consumers may take to come to the end of the log.
const CONSUMED_MAX: Duration = Duration::from_secs(120);

const COUNTS: &str = "select (select count(*) from bookings),
    (select count(*) from occupancies),
    (select count(*) from events where type = 'booking.held'),
    (select count(*) from commands where outcome::jsonb ? 'booking'),
    (select count(*) from timers), (select count(*) from gates)";

const OVERLAPS: &str = "select count(*) from (
    select upper(nights) > lead(lower(nights)) over (partition by slot_id order by lower(nights))
        as crossed from occupancies) pairs where crossed";

const GAPS: &str = "select count(*) from (
    select stream, count(*) as events, max(seq) as last from events group by stream) read
    join streams using (stream) where events <> last or last <> head";

const BEHIND: &str = "select count(*) from streams s
    left join consumer_offsets o on o.stream = s.stream and o.consumer = 'notifications'
    where s.head > coalesce(o.seq, 0)";

/// A look at the books.
pub(crate) struct Books {
    client: Client,
    holds: i64,
    gates: i64,
}

/// Who made holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// The house, which counts a user's holds by gates.
    House,
    /// Somebody who counts them in another way, or not at all.
    Peer,
}

impl Books {
    /// Opens them.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn open(database: &Database) -> Result<Self> {
        let client = database.connect("-c statement_timeout=60s").await?;
        let row = client.query_one(COUNTS, &[]).await?;
        Ok(Self { client, holds: row.get(0), gates: row.get(5) })
    }

    /// Waits until consumers have read all, so that no run pays for the one before it.
    ///
    /// # Errors
    /// When that takes too long.
    pub(crate) async fn settle(&self) -> Result<()> {
        let began = clock::monotonic();
        loop {
            let behind: i64 = self.client.query_one(BEHIND, &[]).await?.get(0);
            if behind == 0 {
                return Ok(());
            }
            if began.elapsed() > CONSUMED_MAX {
                return Err("consumers do not come to the end of the log".into());
            }
            clock::pause(Duration::from_millis(100)).await;
        }
    }

    /// How many bytes the database's log has had.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn wal(&self) -> Result<f64> {
        let query = "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8";
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }

    /// Checks what a run has left.
    ///
    /// # Errors
    /// When a request failed, or the books do not agree with what was acknowledged.
    pub(crate) async fn check(&mut self, run: &Run, writer: Writer) -> Result<()> {
        if run.failed > 0 {
            return Err(format!("{} requests failed", run.failed).into());
        }
        let held = i64::try_from(run.held)?;
        self.holds += held;
        self.gates += if writer == Writer::House { held } else { 0 };
        let row = self.client.query_one(COUNTS, &[]).await?;
        for (place, name) in
            ["bookings", "occupancies", "events", "commands", "timers"].iter().enumerate()
        {
            let found: i64 = row.get(place);
            if found != self.holds {
                return Err(format!("{found} {name} for {} holds", self.holds).into());
            }
        }
        let gates: i64 = row.get(5);
        if gates != self.gates {
            return Err(format!("{gates} gates where there should be {}", self.gates).into());
        }
        for (query, what) in [(OVERLAPS, "nights sold twice"), (GAPS, "streams with gaps")] {
            let found: i64 = self.client.query_one(query, &[]).await?.get(0);
            if found > 0 {
                return Err(format!("{found} {what}").into());
            }
        }
        Ok(())
    }
}
