//! Of the statement: bookings and the nights they take.

use super::builder::{ACCEPTED, Builder, column, rows, split};
use crate::domain::booking::{Booking, ExpiringReason};
use crate::domain::booking_details::Details;
use crate::domain::change::Write;
use crate::storage::changes::ChangeSet;
use crate::storage::sqlstate::StorageError;
use crate::storage::types::JsonText;

/// Bookings that are written, with the numbers of their sets.
type Writes<'a> = [(i32, &'a Write<Booking>)];

impl Builder {
    pub(super) fn bookings(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
        let (new, old) = split(sets, |set| set.net.bookings.values());
        self.new_bookings(&new)?;
        self.changed_bookings(&old)
    }

    fn new_bookings(&mut self, new: &Writes<'_>) -> Result<(), StorageError> {
        if self.part(3, new) {
            let columns = vec![
                column("id", "uuid", new, |w| w.row.id.uuid()),
                column("property_id", "uuid", new, |w| w.row.property_id.uuid()),
                column("unit_id", "uuid", new, |w| w.row.unit_id.uuid()),
                column("tenant_id", "uuid", new, |w| w.row.tenant_id.uuid()),
                column("check_in", "date", new, |w| w.row.nights.check_in()),
                column("check_out", "date", new, |w| w.row.nights.check_out()),
                column("guests", "int4", new, |w| i32::from(w.row.guests)),
                column("status", "text", new, |w| w.row.status.name()),
                column("expiring", "text", new, |w| w.row.expiring.map(expiring_name)),
                column("currency", "text", new, |w| w.row.total.currency.code().to_owned()),
                ("terms", "jsonb", Box::new(terms(new)?)),
                ("details", "jsonb", Box::new(details(new)?)),
                column("total", "int8", new, |w| w.row.total.amount),
                column("expires_at", "timestamptz", new, |w| w.row.expires_at),
                column("released_at", "timestamptz", new, |w| w.row.released_at),
                column("timer_id", "uuid", new, |w| w.row.timer.map(|id| id.uuid())),
                column("payment_id", "uuid", new, |w| w.row.payment_id.map(|id| id.uuid())),
                column("version", "int4", new, |w| w.row.version),
                column("created_at", "timestamptz", new, |w| w.row.created_at),
                column("updated_at", "timestamptz", new, |w| w.row.updated_at),
                column("gate", "int4", new, |w| w.row.gate),
            ];
            self.input("new_bookings", new, columns);
            self.ctes.push(format!(
                "i_bookings as (insert into bookings (id, property_id, unit_id, tenant_id, check_in,
                        check_out, guests, status, expiring, currency, total, expires_at,
                        released_at, timer_id, payment_id, version, created_at, updated_at, terms,
                        details, gate)
                    select id, property_id, unit_id, tenant_id, check_in, check_out, guests, status,
                        expiring, currency, total, expires_at, released_at, timer_id,
                        payment_id, version, created_at, updated_at, terms, details, gate
                    from new_bookings n where {ACCEPTED})"
            ));
        }
        Ok(())
    }

    fn changed_bookings(&mut self, old: &Writes<'_>) -> Result<(), StorageError> {
        if self.part(4, old) {
            let columns = vec![
                column("id", "uuid", old, |w| w.row.id.uuid()),
                column("property_id", "uuid", old, |w| w.row.property_id.uuid()),
                column("from_version", "int4", old, |w| w.from_version.unwrap_or_default()),
                column("status", "text", old, |w| w.row.status.name()),
                column("expiring", "text", old, |w| w.row.expiring.map(expiring_name)),
                column("unit_id", "uuid", old, |w| w.row.unit_id.uuid()),
                column("check_in", "date", old, |w| w.row.nights.check_in()),
                column("check_out", "date", old, |w| w.row.nights.check_out()),
                column("guests", "int4", old, |w| i32::from(w.row.guests)),
                column("total", "int8", old, |w| w.row.total.amount),
                ("terms", "jsonb", Box::new(terms(old)?)),
                ("details", "jsonb", Box::new(details(old)?)),
                column("expires_at", "timestamptz", old, |w| w.row.expires_at),
                column("released_at", "timestamptz", old, |w| w.row.released_at),
                column("timer_id", "uuid", old, |w| w.row.timer.map(|id| id.uuid())),
                column("payment_id", "uuid", old, |w| w.row.payment_id.map(|id| id.uuid())),
                column("version", "int4", old, |w| w.row.version),
                column("updated_at", "timestamptz", old, |w| w.row.updated_at),
            ];
            self.input("old_bookings", old, columns);
            self.ctes.push(format!(
                "u_bookings as (update bookings t set status = n.status, expiring = n.expiring,
                        expires_at = n.expires_at, released_at = n.released_at, timer_id = n.timer_id,
                        payment_id = n.payment_id, unit_id = n.unit_id, check_in = n.check_in,
                        check_out = n.check_out, guests = n.guests, total = n.total,
                        terms = n.terms, details = n.details, version = n.version,
                        updated_at = n.updated_at
                    from old_bookings n where {ACCEPTED}
                        and t.id = n.id and t.property_id = n.property_id and t.version = n.from_version
                    returning t.id)"
            ));
            self.check("u_bookings", "old_bookings", "stale booking");
        }
        Ok(())
    }

    pub(super) fn occupancies(&mut self, sets: &[ChangeSet]) {
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
                column("pinned", "bool", &some, |(_, _, stay)| stay.pinned),
            ];
            self.input(name, &some, columns);
            if moved {
                self.ctes.push(format!(
                    "u_nights as (update occupancies t
                        set slot_id = n.slot_id, nights = daterange(n.check_in, n.check_out),
                            pinned = n.pinned
                        from moved_nights n
                        where {ACCEPTED} and t.property_id = n.property_id and t.ref = n.ref returning t.ref)"
                ));
                self.check("u_nights", "moved_nights", "moved nights were not there");
            } else {
                self.ctes.push(format!(
                    "i_nights as (insert into occupancies
                        select ref, property_id, slot_id, daterange(check_in, check_out), kind, pinned
                        from new_nights n where {ACCEPTED})"
                ));
            }
        }
    }
}

impl Builder {
    /// Nights that are kept back: what is said of them.
    pub(super) fn blocks(&mut self, sets: &[ChangeSet]) {
        let new = rows(sets, |set| set.net.blocks.values().flatten());
        if self.part(28, &new) {
            let columns = vec![
                column("id", "uuid", &new, |block| block.id.uuid()),
                column("property_id", "uuid", &new, |block| block.property_id.uuid()),
                column("unit_id", "uuid", &new, |block| block.unit_id.uuid()),
                column("check_in", "date", &new, |block| block.nights.check_in()),
                column("check_out", "date", &new, |block| block.nights.check_out()),
                column("reason", "text", &new, |block| block.reason.clone()),
                column("created_by", "uuid", &new, |block| block.created_by.uuid()),
                column("created_at", "timestamptz", &new, |block| block.created_at),
            ];
            self.input("new_blocks", &new, columns);
            self.ctes.push(format!(
                "i_blocks as (insert into blocks
                    select id, property_id, unit_id, check_in, check_out, reason, created_by,
                        created_at
                    from new_blocks n where {ACCEPTED})"
            ));
        }
        let gone = rows(sets, |set| {
            let gone = set.net.blocks.iter().filter(|(_, block)| block.is_none());
            gone.map(move |(id, _)| (set, *id))
        });
        if self.part(29, &gone) {
            let columns = vec![
                column("id", "uuid", &gone, |(_, id)| id.uuid()),
                column("property_id", "uuid", &gone, |(set, _)| set.entity.id),
            ];
            self.input("old_blocks", &gone, columns);
            self.ctes.push(format!(
                "d_blocks as (delete from blocks t using old_blocks n
                    where {ACCEPTED} and t.id = n.id and t.property_id = n.property_id
                    returning t.id)"
            ));
            self.check("d_blocks", "old_blocks", "blocks were not there");
        }
    }
}

fn expiring_name(reason: ExpiringReason) -> &'static str {
    match reason {
        ExpiringReason::Time => "time",
        ExpiringReason::Released => "released",
        ExpiringReason::Declined => "declined",
    }
}

/// The terms of bookings, as their column takes them.
fn terms(rows: &[(i32, &Write<Booking>)]) -> Result<Vec<JsonText>, StorageError> {
    rows.iter().map(|(_, write)| JsonText::of(&write.row.terms)).collect()
}

/// What only some bookings have; nothing for most.
fn details(rows: &[(i32, &Write<Booking>)]) -> Result<Vec<Option<JsonText>>, StorageError> {
    let none = Details::default();
    let of = |write: &Write<Booking>| {
        (write.row.details != none).then(|| JsonText::of(&write.row.details)).transpose()
    };
    rows.iter().map(|(_, write)| of(write)).collect()
}
