//! The whole path once, and the end of all that was started for it.

use crate::harness::invariants;
use crate::harness::server::{World, lives, wait_until_gone};

#[tokio::test]
async fn a_stay_is_held_paid_and_confirmed_and_nothing_is_left_over() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 12_000).await;
    let booking = world.book(&tenant, &home.stay(world.day(10), 3)).await;
    assert_eq!(booking["price"]["total"]["amount"], 36_000);
    invariants::check(&world, &[]).await;

    let endpoint = world.endpoint().await;
    assert!(lives(endpoint.pid));
    let status = world.stop();
    assert!(status.success(), "{status}");
    assert!(wait_until_gone(endpoint.pid), "an orderly stop ends the sandbox");
}

#[tokio::test]
async fn the_sandbox_outlives_a_killed_server_and_not_its_data() {
    let mut world = World::start().await;
    let endpoint = world.endpoint().await;
    world.kill();
    assert!(lives(endpoint.pid));
    std::fs::remove_dir_all(world.data_dir()).unwrap();
    assert!(wait_until_gone(endpoint.pid), "it ends when its state file is gone");
}
