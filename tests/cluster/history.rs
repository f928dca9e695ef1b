//! What was asked of whom, when, and what became of it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::harness::client::Answer;
use crate::harness::shop::uuid_of;
use crate::links::NAMES;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    /// To hold nights.
    Hold(Value),
    /// To give a hold up.
    Release(String),
    /// To see a booking that was acknowledged.
    Read(String),
}

/// How one attempt at a request ended.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    /// It was done.
    Ok(Box<Answer>),
    /// It was refused, and will not be done.
    Fail(Box<Answer>),
    /// It may or may not have been done.
    Unknown(String),
}

/// One attempt at a request. Times are since the load began.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The server that was asked.
    pub(crate) node: usize,
    /// When it was sent.
    pub(crate) began: Duration,
    /// When it was answered, or given up.
    pub(crate) ended: Duration,
    /// How it ended.
    pub(crate) seen: Seen,
}

/// A request, sent as often as it took to know what has become of it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// What is asked for.
    pub(crate) wish: Wish,
    /// Who of the crowd asks.
    pub(crate) user: usize,
    /// The key of every attempt.
    pub(crate) key: String,
    /// The attempts. The last one says what has become of it.
    pub(crate) attempts: Vec<Attempt>,
}

/// All requests of a run.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    /// The requests, in the order in which they were settled.
    pub(crate) records: Vec<Record>,
    /// Those that were due and not sent, since too many waited.
    pub(crate) left_out: usize,
}

impl Record {
    /// A request that was not sent yet, under a key of its own.
    pub(crate) fn new(wish: Wish, user: usize) -> Self {
        Self { wish, user, key: Uuid::new_v4().to_string(), attempts: Vec::new() }
    }

    /// The answer that says that it was done.
    pub(crate) fn done(&self) -> Option<&Answer> {
        match &self.attempts.last()?.seen {
            Seen::Ok(answer) => Some(answer),
            Seen::Fail(_) | Seen::Unknown(_) => None,
        }
    }

    /// The booking that it made, with the answer that says so.
    pub(crate) fn held(&self) -> Option<(Uuid, &Answer)> {
        let answer = self.done().filter(|_| matches!(self.wish, Wish::Hold(_)))?;
        Some((uuid_of(&answer.text_at("/id")), answer))
    }

    /// Whether it was not known for a while what had become of it.
    pub(crate) fn was_unknown(&self) -> bool {
        self.attempts.iter().any(|attempt| matches!(attempt.seen, Seen::Unknown(_)))
    }
}

impl History {
    /// The bookings that were acknowledged.
    pub(crate) fn acked(&self) -> Vec<Uuid> {
        self.records.iter().filter_map(|record| Some(record.held()?.0)).collect()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} under {}", self.wish, self.key)?;
        for Attempt { node, began, ended, seen } in &self.attempts {
            let seen = match seen {
                Seen::Ok(answer) => format!("ok {}", answer.status),
                Seen::Fail(answer) => format!("fail {}", answer.text),
                Seen::Unknown(why) => format!("unknown {why}"),
            };
            writeln!(f, "    {began:.3?} to {ended:.3?} at {}: {seen}", NAMES[*node])?;
        }
        Ok(())
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |of: fn(&Record) -> bool| self.records.iter().filter(|it| of(it)).count();
        let attempts = self.records.iter().flat_map(|record| &record.attempts);
        let longest = attempts.map(|attempt| attempt.ended - attempt.began).max();
        write!(
            f,
            "{} requests ({} left out), {} done ({} bookings), {} refused, {} unknown at first; \
             longest attempt {:.2?}",
            self.records.len(),
            self.left_out,
            count(|record| record.done().is_some()),
            count(|record| record.held().is_some()),
            count(|record| record.done().is_none()),
            count(Record::was_unknown),
            longest.unwrap_or_default(),
        )
    }
}
