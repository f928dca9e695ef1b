//! Reads what passes between a server and Postgres (PostgreSQL documentation, 55.7: message
//! formats), and cuts the connection where it hurts most: at the statement by which entities
//! write, which is a transaction of its own and so its own commit.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::harness::wait::wait_until;

/// What marks that statement: the fence, which no other one has.
const FENCE: &str = "order by s.id for share of s";

/// The last message of an answer: Postgres waits for the next one, in no transaction.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// On which side of the commit a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Postgres does not hear of it: nothing is committed.
    Before,
    /// Postgres has committed, and the server does not hear of that.
    After,
}

/// The cuts that were ordered on a way to Postgres.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    ordered: Mutex<Vec<Side>>,
    done: AtomicUsize,
}

impl Cuts {
    /// Cuts the next commits one after the other, and waits until that is done.
    pub(crate) async fn cut(&self, sides: &[Side]) {
        let target = self.done.load(Ordering::Acquire) + sides.len();
        self.ordered.lock().unwrap().extend(sides.iter().rev());
        let done = async || self.done.load(Ordering::Acquire) >= target;
        wait_until(&format!("{} commits were cut", sides.len()), done).await;
    }
}

/// What reads along on one connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tap(Arc<Inner>);

struct Inner {
    cuts: Arc<Cuts>,
    reading: Mutex<Reading>,
    lost: Notify,
}

#[derive(Default)]
struct Reading {
    /// Bytes of a message that is not whole yet.
    rest: Vec<u8>,
    /// The first message has no kind in front.
    begun: bool,
    /// Prepared statements that write what entities have decided.
    batches: HashSet<Vec<u8>>,
    /// Set when the answer is not to arrive: its last bytes so far.
    muted: Option<Vec<u8>>,
}

impl Tap {
    pub(crate) fn new(cuts: Arc<Cuts>) -> Self {
        Self(Arc::new(Inner { cuts, reading: Mutex::default(), lost: Notify::new() }))
    }

    /// Waits until the connection is to be cut.
    pub(crate) async fn lost(&self) {
        self.0.lost.notified().await;
    }

    /// Reads what the server asks; whether it passes.
    pub(crate) fn asks(&self, bytes: &[u8]) -> bool {
        let mut reading = self.0.reading.lock().unwrap();
        if !reading.commits(bytes) {
            return true;
        }
        match self.0.cuts.ordered.lock().unwrap().pop() {
            None => true,
            Some(Side::Before) => {
                self.cut();
                false
            }
            Some(Side::After) => {
                reading.muted = Some(Vec::new());
                true
            }
        }
    }

    /// Reads what Postgres answers; whether it passes.
    pub(crate) fn answers(&self, bytes: &[u8]) -> bool {
        let mut reading = self.0.reading.lock().unwrap();
        let Some(answer) = &mut reading.muted else { return true };
        answer.extend_from_slice(bytes);
        if answer.ends_with(READY) {
            self.cut();
        }
        false
    }

    fn cut(&self) {
        self.0.cuts.done.fetch_add(1, Ordering::Release);
        self.0.lost.notify_one();
    }
}

impl Reading {
    /// Whether these bytes have Postgres commit something.
    fn commits(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut commits = false;
        while let Some((kind, body)) = self.message() {
            match kind {
                b'P' => {
                    let (name, query) = text(&body);
                    if String::from_utf8_lossy(query).contains(FENCE) {
                        self.batches.insert(name.to_vec());
                    }
                }
                b'B' => {
                    let (_portal, rest) = text(&body);
                    commits |= self.batches.contains(text(rest).0);
                }
                _ => {}
            }
        }
        commits
    }

    /// The next whole message: its kind and what is in it.
    fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = usize::from(self.begun);
        let length = self.rest.get(kind..kind + 4)?;
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let end = kind + usize::try_from(length).unwrap();
        if self.rest.len() < end {
            return None;
        }
        let message: Vec<u8> = self.rest.drain(..end).collect();
        let first = if self.begun { message[0] } else { 0 };
        self.begun = true;
        Some((first, message[kind + 4..].to_vec()))
    }
}

/// The text up to the next zero, and what follows.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}
