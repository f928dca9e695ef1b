//! Waiting for what will be so soon: never for a time.

use std::time::Duration;

use rentezy::clock;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// How long anything may take on a loaded machine.
const GUARD: Duration = Duration::from_secs(120);

/// Waits until `look` finds something and prints how long that took.
pub(crate) async fn wait_for<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = clock::monotonic();
    loop {
        if let Some(found) = look().await {
            eprintln!("{what}: after {:?}", began.elapsed());
            return found;
        }
        assert!(began.elapsed() < GUARD, "waited {GUARD:?} in vain: {what}");
        clock::pause(LOOK).await;
    }
}

/// Waits until a condition holds and prints how long that took.
pub(crate) async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    wait_for(what, async || holds().await.then_some(())).await;
}
