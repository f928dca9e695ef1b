//! How long the events of each topic are kept.

use std::collections::BTreeMap;
use std::fmt;

use super::value::Setting;
use crate::domain::topic::Topic;

/// The longest time that can be set, in days.
pub(super) const DAYS_MAX: u32 = 36_500;

/// The shortest time that events about money can be kept for, in days: ten years, the
/// longest that tax and commercial law commonly ask books and their vouchers to be kept.
pub(super) const MONEY_DAYS_MIN: u32 = 3_650;

/// Days that the events of some topics are kept, 0 for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention(BTreeMap<Topic, u32>);

impl Retention {
    /// What is said of a topic.
    pub(super) fn days(&self, topic: Topic) -> Option<u32> {
        self.0.get(&topic).copied()
    }

    /// Whether events about money would be dropped before their time.
    pub(super) fn drops_money_early(&self) -> bool {
        let early = |days: u32| (1..MONEY_DAYS_MIN).contains(&days);
        self.0.iter().any(|(topic, days)| topic.is_money() && early(*days))
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> =
            self.0.iter().map(|(topic, days)| format!("{}={days}", topic.name())).collect();
        f.write_str(&parts.join(", "))
    }
}

impl Setting for Retention {
    fn read(text: &str) -> Option<Self> {
        let mut all = BTreeMap::new();
        for part in text.split(',').filter(|_| !text.trim().is_empty()) {
            let (topic, days) = part.split_once('=')?;
            let days = days.trim().parse().ok().filter(|days| *days <= DAYS_MAX)?;
            if all.insert(Topic::of_name(topic.trim())?, days).is_some() {
                return None;
            }
        }
        Some(Self(all))
    }
}
