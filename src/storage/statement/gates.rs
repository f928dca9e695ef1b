//! Of the statement: places under limits, and which sets may be written at all.

use super::builder::{ACCEPTED, Builder, Param, column, rows};
use crate::domain::change::GateWrite;
use crate::domain::gate::Gate;
use crate::domain::ids::BookingId;
use crate::storage::changes::ChangeSet;

/// The gates that sets take, with the numbers of their sets, in the order in which a
/// statement counts them.
pub fn taken(sets: &[ChangeSet]) -> Vec<(i32, (&ChangeSet, Gate))> {
    rows(sets, |set| {
        set.net.gates.values().filter_map(move |write| match write {
            GateWrite::Take(gate) => Some((set, *gate)),
            GateWrite::Free(_) => None,
        })
    })
}

impl Builder {
    /// Says which of the `candidates` are accepted: those that get all gates that they take.
    /// The gates are inserted in the order of their key, so that writers who meet at several
    /// wait in one direction only. Two sets of a batch may want the same place: only the
    /// command tells whose row it is.
    pub(super) fn accept(&mut self, sets: &[ChangeSet], candidates: &str) {
        let all = taken(sets);
        if !self.part(22, &all) {
            self.ctes.push(format!("accepted as ({candidates})"));
            return;
        }
        self.with_gates = true;
        let numbers: Vec<i32> = (0..).zip(&all).map(|(number, _)| number).collect();
        let columns = vec![
            ("gate_no", "int4", Box::new(numbers) as Param),
            column("scope", "uuid", &all, |(_, gate)| gate.scope),
            column("slot", "int4", &all, |(_, gate)| gate.slot),
            column("holder", "uuid", &all, |(_, gate)| gate.holder.uuid()),
            column("command", "uuid", &all, |(_, gate)| gate.command),
            column("kind", "text", &all, |(_, gate)| gate.kind.name()),
            column("at", "timestamptz", &all, |(set, _)| set.at),
        ];
        self.input("new_gates", &all, columns);
        let wanted = "(n.set_no in (select set_no from candidates)) is true";
        self.ctes.push(format!(
            "candidates as ({candidates}),
            i_gates as (insert into gates (scope, slot, holder, command, kind, at)
                select scope, slot, holder, command, kind, at from new_gates n where {wanted}
                order by scope, slot on conflict do nothing returning scope, slot, command),
            gated as (select set_no, gate_no from new_gates n where {wanted}
                and ((scope, slot, command) in
                    (select scope, slot, command from i_gates)) is not true),
            accepted as (select set_no from candidates where
                (set_no in (select set_no from gated)) is not true)"
        ));
    }

    /// Gives gates back. One that is not there was swept, or is from before there were limits.
    pub(super) fn gates(&mut self, sets: &[ChangeSet]) {
        let freed = |set: &'_ ChangeSet| -> Vec<((uuid::Uuid, i32), BookingId)> {
            let all = set.net.gates.iter();
            all.filter_map(|(place, write)| match write {
                GateWrite::Free(holder) => Some((*place, *holder)),
                GateWrite::Take(_) => None,
            })
            .collect()
        };
        let all = rows(sets, freed);
        if !self.part(23, &all) {
            return;
        }
        let columns = vec![
            column("scope", "uuid", &all, |((scope, _), _)| *scope),
            column("slot", "int4", &all, |((_, slot), _)| *slot),
            column("holder", "uuid", &all, |(_, holder)| holder.uuid()),
        ];
        self.input("old_gates", &all, columns);
        self.ctes.push(format!(
            "d_gates as (delete from gates t using old_gates n where {ACCEPTED}
                and t.scope = n.scope and t.slot = n.slot and t.holder = n.holder)"
        ));
    }
}
