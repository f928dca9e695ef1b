//! All that the sandbox knows, in memory, and the changes it is rebuilt from.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::objects::{
    Charge, Event, Hook, Intent, IntentStatus, KeyRecord, Refund, Session, SessionStatus, new_id,
};

/// How long an idempotency key is remembered, in seconds: Stripe promises as much and no
/// more, so a caller that relies on more is caught here.
pub(super) const KEY_SECONDS: i64 = 24 * 3600;

/// How long delivered events stay listed, in seconds.
const EVENT_SECONDS: i64 = 30 * 24 * 3600;

/// One step from a ledger to the next. A row stands for the whole object, so that applying
/// a change twice is the same as once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// The secrets, made at the first start.
    Identity {
        /// What callers show.
        api_key: String,
        /// What webhooks are signed with.
        hook_secret: String,
    },
    /// The port that was listened on.
    Port(u16),
    /// The one hook.
    Hook(Hook),
    /// A session as it is now.
    Session(Session),
    /// A payment intent as it is now.
    Intent(Intent),
    /// A charge as it is now.
    Charge(Charge),
    /// A refund as it is now.
    Refund(Refund),
    /// A new event.
    Event(Event),
    /// The hook took this event.
    Delivered(String),
    /// The first answer to an idempotency key.
    Key(KeyRecord),
}

/// Rows by id, in order of creation.
#[derive(Debug)]
pub(super) struct Table<T> {
    rows: HashMap<String, T>,
    order: Vec<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: HashMap::new(), order: Vec::new() }
    }
}

impl<T> Table<T> {
    fn put(&mut self, id: &str, row: T) {
        if self.rows.insert(id.to_owned(), row).is_none() {
            self.order.push(id.to_owned());
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    /// Oldest first; reversible.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.iter().filter_map(|id| self.rows.get(id))
    }
}

/// The state.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) api_key: String,
    pub(super) hook_secret: String,
    pub(super) port: Option<u16>,
    pub(super) hook: Option<Hook>,
    pub(super) sessions: Table<Session>,
    pub(super) intents: Table<Intent>,
    pub(super) charges: Table<Charge>,
    pub(super) refunds: Table<Refund>,
    pub(super) events: Table<Event>,
    keys: HashMap<String, KeyRecord>,
    /// Open sessions by when they expire.
    open: BTreeSet<(i64, String)>,
    /// Payment intents that reserve money, by until when.
    reserved: BTreeSet<(i64, String)>,
}

impl Ledger {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Identity { api_key, hook_secret } => {
                self.api_key = api_key;
                self.hook_secret = hook_secret;
            }
            Change::Port(port) => self.port = Some(port),
            Change::Hook(hook) => self.hook = Some(hook),
            Change::Session(row) => {
                let slot = (row.expires_at, row.id.clone());
                if row.status == SessionStatus::Open {
                    self.open.insert(slot);
                } else {
                    self.open.remove(&slot);
                }
                self.sessions.put(&row.id.clone(), row);
            }
            Change::Intent(row) => {
                if let Some(until) = row.capture_before {
                    let slot = (until, row.id.clone());
                    if row.status == IntentStatus::RequiresCapture {
                        self.reserved.insert(slot);
                    } else {
                        self.reserved.remove(&slot);
                    }
                }
                self.intents.put(&row.id.clone(), row);
            }
            Change::Charge(row) => self.charges.put(&row.id.clone(), row),
            Change::Refund(row) => self.refunds.put(&row.id.clone(), row),
            Change::Event(row) => self.events.put(&row.id.clone(), row),
            Change::Delivered(id) => {
                if let Some(event) = self.events.rows.get_mut(&id) {
                    event.delivered = true;
                }
            }
            Change::Key(record) => {
                self.keys.insert(record.key.clone(), record);
            }
        }
    }

    /// The first answer to a key, while it is remembered.
    pub(super) fn key(&self, key: &str, now: i64) -> Option<&KeyRecord> {
        self.keys.get(key).filter(|record| now - record.at < KEY_SECONDS)
    }

    /// An open session whose time is over.
    pub(super) fn overdue(&self, now: i64) -> Option<&Session> {
        let (at, id) = self.open.first()?;
        self.sessions.get(id).filter(|_| *at <= now)
    }

    /// A payment intent whose money is reserved for too long.
    pub(super) fn reserved_too_long(&self, now: i64) -> Option<&Intent> {
        let (until, id) = self.reserved.first()?;
        self.intents.get(id).filter(|_| *until <= now)
    }

    /// The changes that lead here from nothing, without what need not be remembered.
    pub(super) fn changes(&self, now: i64) -> Vec<Change> {
        let mut changes = vec![Change::Identity {
            api_key: self.api_key.clone(),
            hook_secret: self.hook_secret.clone(),
        }];
        changes.extend(self.port.map(Change::Port));
        changes.extend(self.hook.clone().map(Change::Hook));
        changes.extend(self.sessions.iter().cloned().map(Change::Session));
        changes.extend(self.intents.iter().cloned().map(Change::Intent));
        changes.extend(self.charges.iter().cloned().map(Change::Charge));
        changes.extend(self.refunds.iter().cloned().map(Change::Refund));
        let events = self.events.iter();
        let events = events.filter(|e| !e.delivered || now - e.created < EVENT_SECONDS);
        changes.extend(events.cloned().map(Change::Event));
        let keys = self.keys.values().filter(|record| now - record.at < KEY_SECONDS);
        changes.extend(keys.cloned().map(Change::Key));
        changes
    }
}

/// A set of changes that is written and takes effect as one.
#[derive(Debug)]
pub(super) struct Tx<'a> {
    /// The state, with this transaction's changes in it.
    pub(super) ledger: &'a mut Ledger,
    /// Seconds since the epoch.
    pub(super) now: i64,
    /// The idempotency key of the request, for its events.
    pub(super) key: Option<String>,
    changes: Vec<Change>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, now: i64) -> Self {
        Self { ledger, now, key: None, changes: Vec::new() }
    }

    pub(super) fn put(&mut self, change: Change) {
        self.ledger.apply(change.clone());
        self.changes.push(change);
    }

    /// Makes an event about an object as it is shown now.
    pub(super) fn emit(&mut self, kind: &str, object: serde_json::Value) {
        self.put(Change::Event(Event {
            id: new_id("evt"),
            kind: kind.to_owned(),
            created: self.now,
            object,
            key: self.key.clone(),
            delivered: false,
        }));
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}
