//! How the statement is put together: inputs, parts, checks, and the head that every batch
//! has.

use std::fmt::Write as _;

use serde_json::Value;
use tokio_postgres::types::ToSql;

use crate::domain::change::Write;
use crate::storage::changes::ChangeSet;
use crate::storage::sqlstate::StorageError;
use crate::storage::types::JsonText;

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
    sql.blocks(sets);
    sql.money(sets);
    sql.gates(sets);
    sql.timers(sets)?;
    sql.events(sets)?;
    Ok(sql.finish())
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) parts: u32,
    pub(super) ctes: Vec<String>,
    params: Vec<Param>,
    pub(super) checks: Vec<String>,
    pub(super) with_gates: bool,
    pub(super) with_events: bool,
}

/// A column of an input: its name, its type and a value for each row.
pub(super) type Column = (&'static str, &'static str, Param);

/// Turns rows into a column.
pub(super) fn column<R, T>(
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
pub(super) fn rows<'a, R: 'a, I: IntoIterator<Item = R> + 'a>(
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
    pub(super) fn input<R>(&mut self, name: &str, rows: &[(i32, R)], columns: Vec<Column>) {
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

    /// Whether rows are there; if so the part is marked in the statement's key. No two parts
    /// have the same bit: listings have 0 to 2 and 16 to 18, bookings 3 to 7, money 8 to 11
    /// and 19 to 21, the log 12 to 15, gates 22 and 23, the calendar 28 and 29; those from 24 to
    /// 27 are free.
    pub(super) fn part<R>(&mut self, bit: u32, rows: &[(i32, R)]) -> bool {
        if !rows.is_empty() {
            self.parts |= 1 << bit;
        }
        !rows.is_empty()
    }

    /// Raises unless as many rows were touched as the accepted sets named.
    pub(super) fn check(&mut self, done: &str, asked: &str, what: &str) {
        self.checks.push(format!(
            "must((select count(*) from {done}) =
                (select count(*) from {asked} n where {ACCEPTED}), '{what}')"
        ));
    }

    pub(super) fn head(&mut self, sets: &[ChangeSet]) {
        let all = rows(sets, |set| [set]);
        let columns = vec![
            column("shard", "int4", &all, |set| i32::from(set.shard.0)),
            column("epoch", "int8", &all, |set| set.epoch),
        ];
        self.input("sets", &all, columns);
    }

    pub(super) fn commands(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
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
        self.ctes.push(String::from(
            "want as (select distinct shard, epoch from sets),
            fence as (select s.id from shards s
                join want w on w.shard = s.id and w.epoch = s.epoch order by s.id for share of s),
            fenced as (select set_no from sets where (shard in (select id from fence)) is not true),
            seen as (select distinct c.set_no from cmds c join commands k on k.request_id = c.request_id)",
        ));
        self.accept(
            sets,
            "select set_no from sets where (set_no in
                (select set_no from fenced union all select set_no from seen)) is not true",
        );
        self.ctes.push(format!(
            "i_cmds as (insert into commands
                select request_id, fingerprint, entity, outcome, at from cmds n where {ACCEPTED})"
        ));
        Ok(())
    }

    /// Rows of a table that is not written often go as JSON documents of their columns.
    pub(super) fn documents<T>(
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

    /// The answer is one row of lists: the numbers of the sets that are out and why, the new
    /// heads of streams, and the numbers of the gates that were not to be had. With a row for
    /// each set their heads would have to be joined.
    pub(super) fn finish(self) -> Built {
        let heads = if self.with_events {
            "array(select shard from heads), array(select new_head from heads)"
        } else {
            "array[]::int4[], array[]::int8[]"
        };
        let gated =
            if self.with_gates { "array(select gate_no from gated)" } else { "array[]::int4[]" };
        let mut sql = format!(
            "with {}\nselect array(select set_no from fenced), array(select set_no from seen),
            {heads}, {gated}",
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
pub(super) const ACCEPTED: &str = "(n.set_no in (select set_no from accepted)) is true";

/// Rows that are new, and rows that are changed.
pub(super) type Split<'a, T> = (Vec<(i32, &'a Write<T>)>, Vec<(i32, &'a Write<T>)>);

pub(super) fn split<'a, T: 'a, I: Iterator<Item = &'a Write<T>> + 'a>(
    sets: &'a [ChangeSet],
    of: impl Fn(&'a ChangeSet) -> I,
) -> Split<'a, T> {
    rows(sets, of).into_iter().partition(|(_, write)| write.from_version.is_none())
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}
