//! Who has an account cannot be told from how long a refusal takes.

use std::time::Duration;

use rentezy::clock;
use uuid::Uuid;

use crate::harness::server::World;
use crate::harness::shop::PASSWORD;

/// Tries of each kind. Their median is looked at, so that a few that were held up on a busy
/// machine change nothing.
const TRIES: usize = 15;

/// How many times as long one kind may take as the other. A refusal without its hash would
/// take a tenth of one with it, or less.
const RATIO: f64 = 2.0;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Takes turns with two kinds of requests, so that both meet the same machine, and compares
/// their medians.
async fn take_as_long(what: &str, mut ask: impl AsyncFnMut(bool)) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for turn in 0..TRIES {
        // Each kind is first every other time.
        for is_known in [turn % 2 == 0, turn % 2 == 1] {
            let began = clock::monotonic();
            ask(is_known).await;
            let times = if is_known { &mut known } else { &mut unknown };
            times.push(began.elapsed());
        }
    }
    let (known, unknown) = (median(known), median(unknown));
    eprintln!("{what}: known {:.1} ms, unknown {:.1} ms", known * 1e3, unknown * 1e3);
    let ratio = known.max(unknown) / known.min(unknown);
    assert!(ratio < RATIO, "{what}: {known} s for a known address, {unknown} s for another");
}

#[tokio::test]
async fn sign_in_and_registration_take_as_long_for_known_addresses_as_for_others() {
    let world = World::start().await;
    let user = world.tenant().await;
    let nobody = || format!("{}@example.org", Uuid::new_v4().simple());
    // What is needed once is not measured.
    world.try_sign_in(&nobody(), PASSWORD).await.expect(401);

    take_as_long("sign in", async |is_known| {
        let email = if is_known { user.email.clone() } else { nobody() };
        let refused = world.try_sign_in(&email, "wrong password").await;
        refused.problem(401, "invalid-credentials");
    })
    .await;
    take_as_long("registration", async |is_known| {
        let email = if is_known { user.email.clone() } else { nobody() };
        world.register(&email).await.expect(202);
    })
    .await;
}
