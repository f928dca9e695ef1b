//! The group-commit statement: change sets of many entities in one statement, one round
//! trip and one transaction.
//!
//! 1. The fence: the shards' epochs, locked for share. A set under an old epoch is out.
//! 2. A set one of whose commands has a record is out.
//! 3. All rows of the sets that are left are written. Updates name the version they start
//!    from, and a shortfall raises; events get the next numbers of their stream.
//!
//! Only the parts that a batch needs are in its statement. Batches with the same parts
//! share a prepared statement, named by [`Built::parts`].

use std::fmt::Write as _;

use serde_json::Value;
use tokio_postgres::types::ToSql;

use super::changes::ChangeSet;
use super::sqlstate::StorageError;
use super::types::JsonText;
use super::{events, payments, properties};
use crate::domain::change::{TimerWrite, Write};
use crate::domain::event;
use crate::domain::property::Listing;

/// A value that can be sent.
pub type Param = Box<dyn ToSql + Sync + Send>;

/// A statement with its values.
pub struct Built {
    /// Which parts it has, a bit each: the key of the prepared statement.
    pub parts: u32,
    /// Its text.
    pub sql: String,
    /// Its values, in the order of their numbers.
    pub params: Vec<Param>,
}

/// Builds the statement for a batch.
///
/// # Errors
/// When something cannot be brought into its stored form.
pub fn build(sets: &[ChangeSet]) -> Result<Built, StorageError> {
    let mut sql = Builder::default();
    sql.head(sets);
    sql.commands(sets)?;
    sql.listings(sets);
    sql.bookings(sets)?;
    sql.occupancies(sets);
    sql.money(sets);
    sql.timers(sets)?;
    sql.events(sets)?;
    Ok(sql.finish())
}

#[derive(Default)]
struct Builder {
    parts: u32,
    ctes: Vec<String>,
    params: Vec<Param>,
    checks: Vec<String>,
    with_events: bool,
}

/// A column of an input: its name, its type and a value for each row.
type Column = (&'static str, &'static str, Param);

/// Turns rows into a column.
fn column<R, T>(
    name: &'static str,
    of: &'static str,
    rows: &[(i32, R)],
    value: impl Fn(&R) -> T,
) -> Column
where
    T: Sync + Send + 'static,
    Vec<T>: ToSql,
{
    (name, of, Box::new(rows.iter().map(|(_, row)| value(row)).collect::<Vec<T>>()))
}

/// Flattens something out of every set, with the set's number.
fn rows<'a, R: 'a, I: IntoIterator<Item = R> + 'a>(
    sets: &'a [ChangeSet],
    of: impl Fn(&'a ChangeSet) -> I,
) -> Vec<(i32, R)> {
    (0..)
        .zip(sets)
        .flat_map(|(number, set)| of(set).into_iter().map(move |row| (number, row)))
        .collect()
}

impl Builder {
    /// Adds an input: `name as (select * from unnest(...))` with `set_no` before the
    /// columns.
    fn input<R>(&mut self, name: &str, rows: &[(i32, R)], columns: Vec<Column>) {
        let numbers: Vec<i32> = rows.iter().map(|(number, _)| *number).collect();
        let mut types = String::new();
        let mut names = String::from("set_no");
        self.params.push(Box::new(numbers));
        write_to(&mut types, format_args!("${}::int4[]", self.params.len()));
        for (column, of, values) in columns {
            self.params.push(values);
            write_to(&mut types, format_args!(", ${}::{of}[]", self.params.len()));
            write_to(&mut names, format_args!(", {column}"));
        }
        self.ctes.push(format!("{name} as (select * from unnest({types}) x({names}))"));
    }

    /// Whether rows are there; if so the part is marked in the statement's key.
    fn part<R>(&mut self, bit: u32, rows: &[(i32, R)]) -> bool {
        if !rows.is_empty() {
            self.parts |= 1 << bit;
        }
        !rows.is_empty()
    }

    /// Raises unless as many rows were touched as the accepted sets named.
    fn check(&mut self, done: &str, asked: &str, what: &str) {
        self.checks.push(format!(
            "must((select count(*) from {done}) =
                (select count(*) from {asked} n where {ACCEPTED}), '{what}')"
        ));
    }

    fn head(&mut self, sets: &[ChangeSet]) {
        let all = rows(sets, |set| [set]);
        let columns = vec![
            column("shard", "int4", &all, |set| i32::from(set.shard.0)),
            column("epoch", "int8", &all, |set| set.epoch),
        ];
        self.input("sets", &all, columns);
    }

    fn commands(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
        let all = rows(sets, |set| set.commands.iter().map(move |record| (set, record)));
        let outcomes = all
            .iter()
            .map(|(_, (_, record))| JsonText::of(&record.outcome))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = vec![
            column("request_id", "uuid", &all, |(_, record)| record.id.uuid()),
            column("fingerprint", "bytea", &all, |(_, record)| record.fingerprint.to_vec()),
            column("entity", "uuid", &all, |(set, _)| set.entity.id),
            ("outcome", "json", Box::new(outcomes)),
            column("at", "timestamptz", &all, |(set, _)| set.at),
        ];
        self.input("cmds", &all, columns);
        self.ctes.push(format!(
            "want as (select distinct shard, epoch from sets),
            fence as (select s.id from shards s
                join want w on w.shard = s.id and w.epoch = s.epoch order by s.id for share of s),
            fenced as (select set_no from sets where (shard in (select id from fence)) is not true),
            seen as (select distinct c.set_no from cmds c join commands k on k.request_id = c.request_id),
            accepted as (select set_no from sets where (set_no in
                (select set_no from fenced union all select set_no from seen)) is not true),
            i_cmds as (insert into commands
                select request_id, fingerprint, entity, outcome, at from cmds n where {ACCEPTED})"
        ));
        Ok(())
    }

    fn listings(&mut self, sets: &[ChangeSet]) {
        let (new, old) = split(sets, |set| set.net.listing.iter());
        self.documents("properties", 0, &(new, old), properties::row_of, PROPERTY_UPDATE);
        self.units(sets);
        let slots = rows(sets, |set| set.net.slots.iter().map(move |slot| (set, slot)));
        if self.part(2, &slots) {
            let columns = vec![
                column("slot_id", "int8", &slots, |(_, slot)| slot.slot_id),
                column("property_id", "uuid", &slots, |(set, _)| set.entity.id),
                column("unit_id", "uuid", &slots, |(_, slot)| slot.unit_id.uuid()),
                column("unit_no", "int4", &slots, |(_, slot)| i32::from(slot.unit_no)),
            ];
            self.input("new_slots", &slots, columns);
            self.ctes.push(format!(
                "i_slots as (insert into slots
                    select slot_id, property_id, unit_id, unit_no from new_slots n where {ACCEPTED})"
            ));
        }
        let retired = rows(sets, |set| set.net.retired.iter().map(move |slot| (set, *slot)));
        if self.part(16, &retired) {
            let columns = vec![
                column("slot_id", "int8", &retired, |(_, slot)| *slot),
                column("at", "timestamptz", &retired, |(set, _)| set.at),
            ];
            self.input("old_slots", &retired, columns);
            self.ctes.push(format!(
                "u_slots as (update slots t set retired_at = n.at from old_slots n
                    where {ACCEPTED} and t.slot_id = n.slot_id and t.retired_at is null
                    returning t.slot_id)"
            ));
            self.check("u_slots", "old_slots", "slots were not there");
        }
    }

    /// The unit types of the listings that are written: those named are put, the others of
    /// the same listings go.
    fn units(&mut self, sets: &[ChangeSet]) {
        let all =
            rows(sets, |set| set.net.listing.iter().flat_map(|w| properties::units_of(&w.row)));
        if self.part(17, &all) {
            self.input("put_units", &all, vec![column("doc", "jsonb", &all, Clone::clone)]);
            self.ctes.push(format!(
                "i_units as (insert into units select p.* from put_units n,
                    lateral jsonb_populate_record(null::units, n.doc) p where {ACCEPTED}
                    on conflict (property_id, id) do update set {UNIT_UPDATE})"
            ));
        }
        let kept = |write: &Write<Listing>| {
            let units: Vec<_> = write.row.units.iter().map(|unit| unit.id.uuid()).collect();
            write
                .from_version
                .map(|_| serde_json::json!({"id": write.row.id.uuid(), "units": units}))
        };
        let kept = rows(sets, |set| set.net.listing.iter().filter_map(kept));
        if self.part(18, &kept) {
            self.input("kept_units", &kept, vec![column("doc", "jsonb", &kept, Clone::clone)]);
            self.ctes.push(format!(
                "d_units as (delete from units t using kept_units n where {ACCEPTED}
                    and t.property_id = (n.doc ->> 'id')::uuid
                    and not (n.doc -> 'units') ? t.id::text)"
            ));
        }
    }

    fn bookings(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
        let (new, old) = split(sets, |set| set.net.bookings.values());
        if self.part(3, &new) {
            let terms = new
                .iter()
                .map(|(_, w)| JsonText::of(&w.row.terms))
                .collect::<Result<Vec<_>, _>>()?;
            let columns = vec![
                column("id", "uuid", &new, |w| w.row.id.uuid()),
                column("property_id", "uuid", &new, |w| w.row.property_id.uuid()),
                column("unit_id", "uuid", &new, |w| w.row.unit_id.uuid()),
                column("tenant_id", "uuid", &new, |w| w.row.tenant_id.uuid()),
                column("check_in", "date", &new, |w| w.row.nights.check_in()),
                column("check_out", "date", &new, |w| w.row.nights.check_out()),
                column("guests", "int4", &new, |w| i32::from(w.row.guests)),
                column("status", "text", &new, |w| w.row.status.name()),
                column("expiring", "text", &new, |w| w.row.expiring.map(expiring_name)),
                column("currency", "text", &new, |w| w.row.total.currency.code().to_owned()),
                ("terms", "jsonb", Box::new(terms)),
                column("total", "int8", &new, |w| w.row.total.amount),
                column("expires_at", "timestamptz", &new, |w| w.row.expires_at),
                column("released_at", "timestamptz", &new, |w| w.row.released_at),
                column("timer_id", "uuid", &new, |w| w.row.timer.map(|id| id.uuid())),
                column("payment_id", "uuid", &new, |w| w.row.payment_id.map(|id| id.uuid())),
                column("version", "int4", &new, |w| w.row.version),
                column("created_at", "timestamptz", &new, |w| w.row.created_at),
                column("updated_at", "timestamptz", &new, |w| w.row.updated_at),
            ];
            self.input("new_bookings", &new, columns);
            self.ctes.push(format!(
                "i_bookings as (insert into bookings
                    select id, property_id, unit_id, tenant_id, check_in, check_out, guests, status,
                        expiring, currency, total, expires_at, released_at, timer_id,
                        payment_id, version, created_at, updated_at, terms
                    from new_bookings n where {ACCEPTED})"
            ));
        }
        if self.part(4, &old) {
            let columns = vec![
                column("id", "uuid", &old, |w| w.row.id.uuid()),
                column("property_id", "uuid", &old, |w| w.row.property_id.uuid()),
                column("from_version", "int4", &old, |w| w.from_version.unwrap_or_default()),
                column("status", "text", &old, |w| w.row.status.name()),
                column("expiring", "text", &old, |w| w.row.expiring.map(expiring_name)),
                column("expires_at", "timestamptz", &old, |w| w.row.expires_at),
                column("released_at", "timestamptz", &old, |w| w.row.released_at),
                column("timer_id", "uuid", &old, |w| w.row.timer.map(|id| id.uuid())),
                column("payment_id", "uuid", &old, |w| w.row.payment_id.map(|id| id.uuid())),
                column("version", "int4", &old, |w| w.row.version),
                column("updated_at", "timestamptz", &old, |w| w.row.updated_at),
            ];
            self.input("old_bookings", &old, columns);
            self.ctes.push(format!(
                "u_bookings as (update bookings t set status = n.status, expiring = n.expiring,
                        expires_at = n.expires_at, released_at = n.released_at, timer_id = n.timer_id,
                        payment_id = n.payment_id, version = n.version, updated_at = n.updated_at
                    from old_bookings n where {ACCEPTED}
                        and t.id = n.id and t.property_id = n.property_id and t.version = n.from_version
                    returning t.id)"
            ));
            self.check("u_bookings", "old_bookings", "stale booking");
        }
        Ok(())
    }

    fn occupancies(&mut self, sets: &[ChangeSet]) {
        let all =
            rows(sets, |set| set.net.occupancies.iter().map(move |(id, pair)| (set, id, pair)));
        let gone: Vec<_> = all
            .iter()
            .filter(|(_, (_, _, (before, after)))| before.is_some() && after.is_none())
            .collect();
        let kept: Vec<_> = all
            .iter()
            .filter_map(|(number, (set, _, (before, after)))| {
                after.map(|after| (*number, (set.entity.id, before.is_some(), after)))
            })
            .collect();
        if !gone.is_empty() {
            let gone: Vec<_> =
                gone.iter().map(|(number, (set, id, _))| (*number, (set, id))).collect();
            self.parts |= 1 << 5;
            let columns = vec![
                column("property_id", "uuid", &gone, |(set, _)| set.entity.id),
                column("ref", "uuid", &gone, |(_, id)| id.uuid()),
            ];
            self.input("old_nights", &gone, columns);
            self.ctes.push(format!(
                "d_nights as (delete from occupancies t using old_nights n
                    where {ACCEPTED} and t.property_id = n.property_id and t.ref = n.ref returning t.ref)"
            ));
            self.check("d_nights", "old_nights", "nights were not there");
        }
        for (bit, name, moved) in [(6, "new_nights", false), (7, "moved_nights", true)] {
            let some: Vec<_> =
                kept.iter().copied().filter(|(_, (_, before, _))| *before == moved).collect();
            if !self.part(bit, &some) {
                continue;
            }
            let columns = vec![
                column("property_id", "uuid", &some, |(property, ..)| *property),
                column("ref", "uuid", &some, |(_, _, stay)| stay.occupant.uuid()),
                column("kind", "text", &some, |(_, _, stay)| stay.occupant.kind()),
                column("slot_id", "int8", &some, |(_, _, stay)| stay.slot_id),
                column("check_in", "date", &some, |(_, _, stay)| stay.nights.check_in()),
                column("check_out", "date", &some, |(_, _, stay)| stay.nights.check_out()),
            ];
            self.input(name, &some, columns);
            if moved {
                self.ctes.push(format!(
                    "u_nights as (update occupancies t
                        set slot_id = n.slot_id, nights = daterange(n.check_in, n.check_out)
                        from moved_nights n
                        where {ACCEPTED} and t.property_id = n.property_id and t.ref = n.ref returning t.ref)"
                ));
                self.check("u_nights", "moved_nights", "moved nights were not there");
            } else {
                self.ctes.push(format!(
                    "i_nights as (insert into occupancies
                        select ref, property_id, slot_id, daterange(check_in, check_out), kind
                        from new_nights n where {ACCEPTED})"
                ));
            }
        }
    }

    fn money(&mut self, sets: &[ChangeSet]) {
        let (new, old) = split(sets, |set| set.net.payments.values());
        self.documents("payments", 8, &(new, old), payments::row_of, PAYMENT_UPDATE);
        let (new, old) = split(sets, |set| set.net.refunds.values());
        self.documents("refunds", 10, &(new, old), payments::refund_row_of, REFUND_UPDATE);
    }

    /// Rows of a table that is not written often go as JSON documents of their columns.
    fn documents<T>(
        &mut self,
        table: &str,
        bit: u32,
        (new, old): &Split<'_, T>,
        row_of: impl Fn(&T) -> Value,
        update: &str,
    ) {
        if self.part(bit, new) {
            let name = format!("new_{table}");
            self.input(&name, new, vec![column("doc", "jsonb", new, |w| row_of(&w.row))]);
            self.ctes.push(format!(
                "i_{table} as (insert into {table} select p.* from {name} n,
                    lateral jsonb_populate_record(null::{table}, n.doc) p where {ACCEPTED})"
            ));
        }
        if self.part(bit + 1, old) {
            let name = format!("old_{table}");
            let columns = vec![
                column("doc", "jsonb", old, |w| row_of(&w.row)),
                column("from_version", "int4", old, |w| w.from_version.unwrap_or_default()),
            ];
            self.input(&name, old, columns);
            self.ctes.push(format!(
                "u_{table} as (update {table} t set {update} from {name} n,
                    lateral jsonb_populate_record(null::{table}, n.doc) p
                    where {ACCEPTED} and t.id = p.id and t.version = n.from_version returning t.id)"
            ));
            self.check(&format!("u_{table}"), &name, &format!("stale row of {table}"));
        }
    }

    fn timers(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
        let all = rows(sets, |set| set.net.timers.iter().map(move |(id, write)| (set, *id, write)));
        let set: Vec<_> = all
            .iter()
            .filter_map(|(number, (set, _, write))| match write {
                TimerWrite::Set(timer) => Some((*number, (*set, timer))),
                _ => None,
            })
            .collect();
        if self.part(12, &set) {
            let commands = set
                .iter()
                .map(|(_, (_, timer))| JsonText::of(&timer.command))
                .collect::<Result<Vec<_>, _>>()?;
            let columns = vec![
                column("id", "uuid", &set, |(_, timer)| timer.id.uuid()),
                column("shard", "int4", &set, |(set, _)| i32::from(set.shard.0)),
                column("entity", "uuid", &set, |(set, _)| set.entity.id),
                column("fire_at", "timestamptz", &set, |(_, timer)| timer.fire_at),
                ("command", "json", Box::new(commands)),
            ];
            self.input("new_timers", &set, columns);
            self.ctes.push(format!(
                "i_timers as (insert into timers
                    select n.id, n.shard, n.entity, n.fire_at, n.command
                    from new_timers n where {ACCEPTED})"
            ));
        }
        let ids = |wanted: &TimerWrite| -> Vec<(i32, (&ChangeSet, uuid::Uuid))> {
            all.iter()
                .filter(|(_, (_, _, write))| *write == wanted)
                .map(|(number, (set, id, _))| (*number, (*set, id.uuid())))
                .collect()
        };
        let fired = ids(&TimerWrite::Fire);
        if self.part(13, &fired) {
            let columns = vec![
                column("id", "uuid", &fired, |(_, id)| *id),
                column("at", "timestamptz", &fired, |(set, _)| set.at),
            ];
            self.input("fired_timers", &fired, columns);
            self.ctes.push(format!(
                "u_timers as (update timers t set fired_at = n.at
                    from fired_timers n where {ACCEPTED} and t.id = n.id)"
            ));
        }
        let dropped = ids(&TimerWrite::Drop);
        if self.part(14, &dropped) {
            let columns = vec![column("id", "uuid", &dropped, |(_, id)| *id)];
            self.input("dropped_timers", &dropped, columns);
            self.ctes.push(format!(
                "d_timers as (delete from timers t using dropped_timers n
                    where {ACCEPTED} and t.id = n.id)"
            ));
        }
        Ok(())
    }

    fn events(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
        let all =
            rows(sets, |set| (0_i32..).zip(&set.events).map(move |(n, event)| (set, n, event)));
        if !self.part(15, &all) {
            return Ok(());
        }
        self.with_events = true;
        let data = all
            .iter()
            .map(|(_, (_, _, new))| events::data(&new.event))
            .collect::<Result<Vec<Value>, _>>()?;
        let columns = vec![
            column("shard", "int4", &all, |(set, _, _)| i32::from(set.shard.0)),
            column("ord", "int4", &all, |(_, n, _)| *n),
            column("type", "text", &all, |(_, _, new)| new.event.name()),
            column("version", "int2", &all, |_| event::VERSION),
            column("key", "uuid", &all, |(_, _, new)| new.key),
            column("occurred_at", "timestamptz", &all, |(set, _, _)| set.at),
            column("actor", "text", &all, |(_, _, new)| new.actor.to_string()),
            column("causation", "uuid", &all, |(_, _, new)| new.causation.uuid()),
            ("data", "jsonb", Box::new(data)),
        ];
        self.input("new_events", &all, columns);
        self.ctes.push(format!(
            "numbered as (select s.head, n.*,
                    s.head + row_number() over (partition by n.shard order by n.set_no, n.ord) as seq
                from new_events n join streams s on s.stream = n.shard where {ACCEPTED}),
            i_events as (insert into events
                select shard, seq, type, version, key, occurred_at, actor, causation, data from numbered),
            heads as (select shard, max(seq) as new_head, min(head) as head from numbered group by shard),
            u_streams as (update streams t set head = h.new_head from heads h
                where t.stream = h.shard and t.head = h.head returning t.stream)"
        ));
        self.checks.push(
            "must((select count(*) from u_streams) = (select count(*) from heads), 'stream has moved')"
                .into(),
        );
        Ok(())
    }

    /// The answer is one row of lists: the numbers of the sets that are out and why, and
    /// the new heads of streams. With a row for each set their heads would have to be
    /// joined.
    fn finish(self) -> Built {
        let heads = if self.with_events {
            "array(select shard from heads), array(select new_head from heads)"
        } else {
            "array[]::int4[], array[]::int8[]"
        };
        let mut sql = format!(
            "with {}\nselect array(select set_no from fenced), array(select set_no from seen), {heads}",
            self.ctes.join(",\n")
        );
        for check in &self.checks {
            write_to(&mut sql, format_args!(",\n{check}"));
        }
        Built { parts: self.parts, sql, params: self.params }
    }
}

/// Whether an input's row belongs to a set that is written. Deliberately no join: the
/// planner takes every input for ten rows, and would now and then join two of them by
/// comparing each with each. `is true` keeps it from making a join of this, too.
const ACCEPTED: &str = "(n.set_no in (select set_no from accepted)) is true";

const PROPERTY_UPDATE: &str = "status = p.status, kind = p.kind, title = p.title,
    description = p.description, address = p.address, lat = p.lat, lon = p.lon,
    amenities = p.amenities, stay_mode = p.stay_mode, deposit_minor = p.deposit_minor,
    cleaning_fee_minor = p.cleaning_fee_minor, policies = p.policies, pricing = p.pricing, rejection = p.rejection,
    version = p.version, updated_at = p.updated_at";

const UNIT_UPDATE: &str = "position = excluded.position, name = excluded.name,
    count = excluded.count, bedrooms = excluded.bedrooms, beds = excluded.beds,
    bathrooms = excluded.bathrooms, guests = excluded.guests, night_minor = excluded.night_minor,
    month_minor = excluded.month_minor";

const PAYMENT_UPDATE: &str = "status = p.status, session_id = p.session_id,
    session_url = p.session_url, intent_id = p.intent_id, close_attempts = p.close_attempts,
    version = p.version, updated_at = p.updated_at";

const REFUND_UPDATE: &str = "status = p.status, provider_ref = p.provider_ref, version = p.version, updated_at = p.updated_at";

/// Rows that are new, and rows that are changed.
type Split<'a, T> = (Vec<(i32, &'a Write<T>)>, Vec<(i32, &'a Write<T>)>);

fn split<'a, T: 'a, I: Iterator<Item = &'a Write<T>> + 'a>(
    sets: &'a [ChangeSet],
    of: impl Fn(&'a ChangeSet) -> I,
) -> Split<'a, T> {
    rows(sets, of).into_iter().partition(|(_, write)| write.from_version.is_none())
}

fn expiring_name(reason: crate::domain::booking::ExpiringReason) -> &'static str {
    match reason {
        crate::domain::booking::ExpiringReason::Time => "time",
        crate::domain::booking::ExpiringReason::Released => "released",
    }
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}
