//! The ledger behind a lock, and its way to disk: transactions take effect one after the
//! other in memory, a thread of its own writes and syncs what has gathered, and whoever
//! saw or made a change waits for that before answering.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

use super::hooks;
use super::journal::Journal;
use super::ledger::{Change, Ledger, Tx};
use crate::clock::Clock;

/// The state file cannot be written any more; nothing that came after is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("state file cannot be written")]
pub struct StoreLost;

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// The last transaction on disk.
    durable: u64,
    /// The writer has ended; nothing more will become durable.
    ended: bool,
    /// It ended because of an error.
    failed: bool,
}

/// The door to the state.
#[derive(Debug)]
pub(super) struct Store {
    clock: Clock,
    inner: Mutex<Inner>,
    progress: watch::Receiver<Progress>,
    hooks: mpsc::UnboundedSender<hooks::Signal>,
}

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    /// Number of the last transaction.
    last: u64,
    /// `None` once closed.
    writer: Option<Sender<(u64, Vec<u8>)>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Starts the writer. `hooks` is told of every event.
    pub(super) fn new(
        journal: Journal,
        ledger: Ledger,
        clock: Clock,
        hooks: mpsc::UnboundedSender<hooks::Signal>,
    ) -> std::io::Result<Self> {
        let (writer, lines) = channel();
        let (told, progress) = watch::channel(Progress::default());
        let thread = std::thread::Builder::new()
            .name("sandbox-journal".to_owned())
            .spawn(move || write_lines(journal, &lines, &told))?;
        let inner = Inner { ledger, last: 0, writer: Some(writer), thread: Some(thread) };
        Ok(Self { clock, inner: Mutex::new(inner), progress, hooks })
    }

    /// Runs `work` on the state and waits until all that it saw and changed is on disk.
    pub(super) async fn run<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T, StoreLost> {
        let (result, number) = self.apply(work)?;
        let mut progress = self.progress.clone();
        let reached = progress
            .wait_for(|progress| progress.durable >= number || progress.ended)
            .await
            .map_err(|_| StoreLost)?;
        if reached.durable >= number { Ok(result) } else { Err(StoreLost) }
    }

    /// Runs `work` without waiting, for a change that may be lost.
    pub(super) fn note(&self, work: impl FnOnce(&mut Tx<'_>)) -> Result<(), StoreLost> {
        self.apply(work).map(|_| ())
    }

    /// Returns when the file can no longer be written.
    pub(super) async fn failed(&self) {
        let mut progress = self.progress.clone();
        if progress.wait_for(|progress| progress.failed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Writes what is left, then lets go of the file and its lock. Blocks for that long.
    pub(super) fn close(&self) {
        let thread = {
            let mut inner = self.lock();
            inner.writer = None;
            inner.thread.take()
        };
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("sandbox journal ended in a panic");
        }
    }

    fn apply<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> T) -> Result<(T, u64), StoreLost> {
        let now = self.clock.now().as_second();
        let mut guard = self.lock();
        let inner = &mut *guard;
        let Some(writer) = &inner.writer else { return Err(StoreLost) };
        let mut tx = Tx::new(&mut inner.ledger, now);
        let result = work(&mut tx);
        let changes = tx.into_changes();
        if !changes.is_empty() {
            inner.last += 1;
            let mut line = serde_json::to_vec(&changes).map_err(|_| StoreLost)?;
            line.push(b'\n');
            writer.send((inner.last, line)).map_err(|_| StoreLost)?;
        }
        for change in changes {
            // The receiver is gone only when the sandbox ends.
            let _ = match change {
                Change::Event(event) => self.hooks.send(hooks::Signal::Created(event.id)),
                Change::Hook(_) => self.hooks.send(hooks::Signal::Registered),
                _ => Ok(()),
            };
        }
        Ok((result, inner.last))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_lines(
    mut journal: Journal,
    lines: &Receiver<(u64, Vec<u8>)>,
    told: &watch::Sender<Progress>,
) {
    while let Ok((mut number, mut text)) = lines.recv() {
        while let Ok((later, line)) = lines.try_recv() {
            number = later;
            text.extend_from_slice(&line);
        }
        if let Err(error) = journal.append(&text) {
            tracing::error!(%error, "sandbox state file cannot be written");
            told.send_modify(|progress| (progress.failed, progress.ended) = (true, true));
            return;
        }
        told.send_modify(|progress| progress.durable = number);
    }
    told.send_modify(|progress| progress.ended = true);
}
