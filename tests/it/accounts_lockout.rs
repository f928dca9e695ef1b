//! Lock-out: after ten failed sign-ins an address is closed for a while, whether or not it
//! has an account.

use rentezy::domain::link_token::Purpose;
use rentezy::storage::sign_in_failures::{self, Attempt};
use serde_json::json;

use crate::harness::server::World;
use crate::harness::shop::PASSWORD;

#[tokio::test]
async fn the_eleventh_failure_closes_an_address_also_to_the_right_password() {
    let mut world = World::plan().manual_clock().start().await;
    let user = world.tenant().await;
    let mut told = Vec::new();
    for email in [user.email.as_str(), "nobody@example.org"] {
        for _ in 0..10 {
            world.try_sign_in(email, "wrong password").await.problem(401, "invalid-credentials");
        }
        let locked = world.try_sign_in(&email.to_uppercase(), PASSWORD).await;
        let locked = locked.problem(429, "rate-limited");
        let wait: u64 = locked.header("retry-after").unwrap().parse().unwrap();
        assert!((800..=900).contains(&wait), "{wait}");
        world.try_sign_in(email, "wrong password").await.problem(429, "rate-limited");
        told.push(locked.body["detail"].clone());
    }
    assert_eq!(told[0], told[1], "the text does not tell who has an account");
    assert_eq!(world.events_of(&user.email, "user.locked_out").await.len(), 1);
    // Those who are signed in stay so, and others are not concerned.
    assert!(world.api(&user).is_known().await);
    world.tenant().await;
    // The table does not say whose they are.
    let sql =
        "select count(*) from sign_in_failures where encode(address, 'escape') like '%example%'";
    assert_eq!(world.sql().await.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0);

    world.let_pass(15 * 60 + 60).await;
    world.try_sign_in(&user.email, PASSWORD).await.expect(200);
    // A right password makes the failures forgotten.
    for _ in 0..10 {
        world.try_sign_in(&user.email, "wrong password").await.expect(401);
    }
    // A link opens the lock too.
    world.try_sign_in(&user.email, PASSWORD).await.problem(429, "rate-limited");
    let address = json!({"email": user.email});
    world.anonymous().post("auth/password/forgot", &address).await.expect(202);
    let token = world.link(&user.email, Purpose::ResetPassword).await;
    let reset = json!({"token": token, "password": "another battery"});
    world.anonymous().post("auth/password/reset", &reset).await.expect(204);
    world.try_sign_in(&user.email, "another battery").await.expect(200);
    assert_eq!(world.events_of(&user.email, "user.locked_out").await.len(), 2);
}

#[tokio::test]
async fn failures_long_ago_count_no_more_and_many_at_once_are_no_way_around() {
    let mut world = World::plan().manual_clock().set("ACCOUNTS_HASH_QUEUE", 64).start().await;
    let user = world.tenant().await;
    for _ in 0..10 {
        world.try_sign_in(&user.email, "wrong password").await.expect(401);
    }
    world.let_pass(15 * 60 + 60).await;
    world.try_sign_in(&user.email, PASSWORD).await.expect(200);
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (api, email) = (world.anonymous(), user.email.clone());
            tokio::spawn(async move {
                let login = json!({"email": email, "password": "wrong password"});
                api.post("auth/login", &login).await.status
            })
        })
        .collect();
    let mut looked_at = 0;
    for one in tries {
        looked_at += i32::from(one.await.unwrap() == 401);
    }
    assert_eq!(looked_at, 10);
    assert_eq!(world.events_of(&user.email, "user.locked_out").await.len(), 1);
}

#[tokio::test]
async fn of_attempts_at_one_instant_one_locks_the_address() {
    let world = World::plan().start().await;
    let (client, now) = (world.sql().await, world.now());
    let mut told = (0, 0, 0);
    for _ in 0..20 {
        match sign_in_failures::attempt(&client, b"a digest", now).await.unwrap() {
            Attempt::Admitted => told.0 += 1,
            Attempt::LockedNow(_) => told.1 += 1,
            Attempt::Locked(_) => told.2 += 1,
        }
    }
    assert_eq!(told, (10, 1, 9));
}
