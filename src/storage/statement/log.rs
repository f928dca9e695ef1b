//! Of the statement: timers and events.

use serde_json::Value;

use super::builder::{ACCEPTED, Builder, column, rows};
use crate::domain::change::TimerWrite;
use crate::domain::event;
use crate::storage::changes::ChangeSet;
use crate::storage::events;
use crate::storage::sqlstate::StorageError;
use crate::storage::types::JsonText;

impl Builder {
    pub(super) fn timers(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
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

    pub(super) fn events(&mut self, sets: &[ChangeSet]) -> Result<(), StorageError> {
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
}
