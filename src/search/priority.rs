//! How far work in the background gives way to those who search.

/// How much lower than usual (nice(2)): a tenth of the share of a thread that somebody waits
/// for, and all that nobody else wants.
#[cfg(target_os = "linux")]
const LOWER_BY: i32 = 10;

/// Has this thread, and those that it starts, give way to all others. There is no way back.
pub(super) fn give_way() {
    // Elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(LOWER_BY) {
        tracing::debug!(%error, "work in the background does not give way");
    }
}
