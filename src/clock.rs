//! The only reader of the wall clock, and the only room that touches tokio's time.
//!
//! A clock is the system's, or the system's moved ahead by an offset in a file
//! (`clock.file`), which tests write and which server and sandbox read alike. It never
//! goes backwards within a process.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

/// How often the file of a moved clock is read, in real time.
const FILE_POLL: Duration = Duration::from_millis(25);

/// The longest single wait, so that no arithmetic on far instants can overflow.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// A deadline passed before the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("deadline passed")]
pub struct Elapsed;

/// A source of time, cheap to clone; all clones move together.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Microseconds that are added to the system's clock; sleepers watch it.
    offset_us: watch::Sender<i64>,
    /// The latest instant given out, in microseconds since the epoch.
    latest_us: AtomicI64,
    /// Whether the offset comes from a file.
    manual: bool,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::with_offset(0, false)
    }

    /// The system's clock moved ahead by the whole seconds that `file` holds; an absent
    /// file means none. The offset only grows: a smaller number is ignored. Must be called
    /// within a tokio runtime, which then follows the file.
    ///
    /// # Errors
    /// When the file exists and does not hold a number of seconds.
    pub fn manual(file: PathBuf) -> std::io::Result<Self> {
        let clock = Self::with_offset(read_offset(&file)?, true);
        let follower = clock.clone();
        tokio::spawn(async move { follower.follow(&file).await });
        Ok(clock)
    }

    fn with_offset(offset_us: i64, manual: bool) -> Self {
        Self(Arc::new(Inner {
            offset_us: watch::Sender::new(offset_us),
            latest_us: AtomicI64::new(i64::MIN),
            manual,
        }))
    }

    /// The instant it is now. Never earlier than one given out before.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the house's clock")]
    pub fn now(&self) -> Timestamp {
        let system_us = Timestamp::now().as_microsecond();
        let now_us = system_us.saturating_add(*self.0.offset_us.borrow());
        let earlier_us = self.0.latest_us.fetch_max(now_us, Ordering::Relaxed);
        Timestamp::from_microsecond(now_us.max(earlier_us)).unwrap_or(Timestamp::MAX)
    }

    /// A new version 7 id of any type, stamped with this clock's milliseconds.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self) -> T {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        T::from(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)))
    }

    /// Aligns this clock with the database's: `ahead` is how far the database is ahead of
    /// the system. Without effect on a clock that is moved by a file.
    pub fn align(&self, ahead: SignedDuration) {
        if !self.0.manual {
            let ahead_us = i64::try_from(ahead.as_micros()).unwrap_or_default();
            self.0.offset_us.send_replace(ahead_us);
        }
    }

    /// Waits until this clock shows `at`; at once when it already does.
    #[expect(clippy::disallowed_methods, reason = "this is the house's clock")]
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut moved = self.0.offset_us.subscribe();
        loop {
            let left = at.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left.min(WAIT_MAX)) => {}
                _ = moved.changed() => {}
            }
        }
    }

    /// Waits for a stretch of this clock's time.
    pub async fn sleep(&self, stretch: Duration) {
        let stretch = SignedDuration::try_from(stretch).unwrap_or(SignedDuration::MAX);
        self.sleep_until(self.now().saturating_add(stretch).unwrap_or(Timestamp::MAX)).await;
    }

    async fn follow(&self, file: &Path) {
        loop {
            pause(FILE_POLL).await;
            if Arc::strong_count(&self.0) == 1 {
                return;
            }
            let Ok(offset_us) = read_offset(file) else { continue };
            self.0.offset_us.send_if_modified(|current| {
                let grew = offset_us > *current;
                *current = offset_us.max(*current);
                grew
            });
        }
    }
}

fn read_offset(file: &Path) -> std::io::Result<i64> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let seconds: i64 = text.trim().parse().map_err(|_| {
        std::io::Error::other(format!("{} holds no number of seconds", file.display()))
    })?;
    Ok(seconds.max(0).saturating_mul(1_000_000))
}

/// Waits in real time, whatever any [`Clock`] shows: for back-off and polling.
#[expect(clippy::disallowed_methods, reason = "this is the house's clock")]
pub async fn pause(stretch: Duration) {
    tokio::time::sleep(stretch).await;
}

/// Runs `work` for at most `limit` of real time.
///
/// # Errors
/// [`Elapsed`] when the limit passes first; the work is then dropped where it stands.
#[expect(clippy::disallowed_methods, reason = "this is the house's clock")]
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(limit, work).await.map_err(|_| Elapsed)
}

/// A monotonic reading, for measuring how long something took.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the house's clock")]
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}
