//! How often each command met each state.

use std::collections::BTreeMap;
use std::fmt;

use crate::pairs::{TABLES, impossible};

/// How often every pair that can occur has to.
pub(crate) const ENOUGH: u64 = 100;

/// Counts by state and command.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<(&'static str, &'static str), u64>);

impl Coverage {
    pub(crate) fn count(&mut self, state: &'static str, command: &'static str) {
        *self.0.entry((state, command)).or_default() += 1;
    }

    pub(crate) fn of(&self, state: &'static str, command: &'static str) -> u64 {
        self.0.get(&(state, command)).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (pair, count) in &other.0 {
            *self.0.entry(*pair).or_default() += count;
        }
    }

    /// Whether a state has met all that it can often enough.
    pub(crate) fn is_enough_of(&self, state: &'static str) -> bool {
        let table = TABLES.iter().find(|table| table.states.contains(&state));
        table.is_none_or(|table| {
            let mut commands = table.commands.iter();
            commands.all(|c| impossible(state, c).is_some() || self.of(state, c) >= ENOUGH)
        })
    }

    /// Pairs that can occur and did not often enough.
    pub(crate) fn missing(&self) -> Vec<String> {
        let rare = |(state, command)| {
            let count = self.of(state, command);
            let rare = impossible(state, command).is_none() && count < ENOUGH;
            rare.then(|| format!("{state} + {command}: {count}"))
        };
        all_pairs().filter_map(rare).collect()
    }

    /// Pairs that cannot occur and did.
    pub(crate) fn forbidden(&self) -> Vec<String> {
        let occurred = |(state, command)| {
            let why = impossible(state, command)?;
            (self.of(state, command) > 0).then(|| format!("{state} + {command}, although {why}"))
        };
        all_pairs().filter_map(occurred).collect()
    }
}

fn all_pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().flat_map(|table| {
        let of = move |state| table.commands.iter().map(move |command| (state, *command));
        table.states.iter().copied().flat_map(of)
    })
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for state in TABLES.iter().flat_map(|table| table.states) {
            write!(f, "{state}:")?;
            for (_, command) in all_pairs().filter(|(other, _)| other == state) {
                match impossible(state, command) {
                    None => write!(f, " {command} {},", self.of(state, command))?,
                    Some(why) => {
                        reasons.entry(why).or_default().push(format!("{state} + {command}"));
                    }
                }
            }
            writeln!(f)?;
        }
        for (why, pairs) in reasons {
            writeln!(f, "never, for {why}: {}", pairs.join(", "))?;
        }
        Ok(())
    }
}
