//! How far a long command is: one line that is rewritten on a terminal, else a line every
//! few seconds.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::clock;

/// How often a terminal's line is rewritten.
const TERMINAL_EVERY: Duration = Duration::from_millis(100);

/// How often a line is added to a log.
const LOG_EVERY: Duration = Duration::from_secs(3);

/// The progress of one command.
pub struct Progress {
    out: Option<Box<dyn Write + Send>>,
    terminal: bool,
    started: Instant,
    shown: Instant,
}

impl Progress {
    /// Progress on standard error.
    #[must_use]
    pub fn stderr() -> Self {
        let stderr = std::io::stderr();
        let terminal = stderr.is_terminal();
        Self::new(Some(Box::new(stderr)), terminal)
    }

    /// Progress that nobody sees.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(None, false)
    }

    fn new(out: Option<Box<dyn Write + Send>>, terminal: bool) -> Self {
        let now = clock::monotonic();
        Self { out, terminal, started: now, shown: now }
    }

    /// Says that so many rows are done, if it is time to say something.
    pub fn show(&mut self, rows: u64) {
        let Some(out) = &mut self.out else { return };
        let now = clock::monotonic();
        let every = if self.terminal { TERMINAL_EVERY } else { LOG_EVERY };
        if now.duration_since(self.shown) < every {
            return;
        }
        self.shown = now;
        let rate = rate(rows, now.duration_since(self.started));
        let (before, after) = if self.terminal { ("\r\x1b[2K", "") } else { ("", "\n") };
        // A command whose progress cannot be shown still has its work to do.
        write!(out, "{before}{rows} rows, {rate} rows/s{after}").unwrap_or_default();
        out.flush().unwrap_or_default();
    }
}

impl Drop for Progress {
    /// Leaves the terminal's line free for what follows.
    fn drop(&mut self) {
        if let (Some(out), true) = (&mut self.out, self.terminal) {
            write!(out, "\r\x1b[2K").unwrap_or_default();
            out.flush().unwrap_or_default();
        }
    }
}

/// Rows a second, whole.
#[must_use]
pub fn rate(rows: u64, took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    rows.saturating_mul(1000) / millis
}
