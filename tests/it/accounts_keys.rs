//! Signing keys: published, rotated, and read again when another server has made one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rentezy::clock::Clock;
use rentezy::http::keys::{Claims, Keys};
use rentezy::storage::signing_keys;
use reqwest::Method;
use serde_json::Value;

use crate::harness::server::World;
use crate::harness::shop::uuid_of;
use crate::harness::wait::wait_until;

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

async fn published(world: &World) -> Vec<String> {
    let keys = world.anonymous().get("auth/jwks.json").await.body(200);
    let keys = keys["keys"].as_array().unwrap();
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"]),
            (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into())
        );
        assert!(key.get("d").is_none());
        assert_eq!(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
    }
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_stays_until_its_tokens_are_over() {
    const HOUR: i64 = 3600;
    let plan = World::plan().manual_clock().set("ACCOUNTS_SIGNING_KEY_DAYS", 1);
    let mut world = plan.start().await;
    let user = world.tenant().await;
    let first = kid(&user.token);
    assert_eq!(published(&world).await, std::slice::from_ref(&first));
    world.move_clock(23 * HOUR);
    wait_until("the next key is published", async || published(&world).await.len() == 2).await;
    let user = world.sign_in(&user.email).await;
    assert_eq!(kid(&user.token), first, "the new key does not sign yet");
    world.move_clock(3 * HOUR);
    wait_until("the new key signs", async || kid(&world.sign_in(&user.email).await.token) != first)
        .await;
    assert!(published(&world).await.contains(&first));
    assert!(world.api(&user).is_known().await, "a token of the old key still holds");
    world.move_clock(27 * HOUR);
    wait_until("the old key is gone", async || !published(&world).await.contains(&first)).await;
}

#[tokio::test]
async fn a_key_that_another_server_has_made_is_read_when_a_token_names_it() {
    let world = World::start().await;
    let user = world.tenant().await;
    let said = part(&user.token, 1);
    let session = said["sid"].as_str().unwrap();
    let seal = signing_keys::seal(&world.secret()).unwrap();
    let made = signing_keys::make(&seal, world.now()).unwrap();
    let sql = world.sql().await;
    signing_keys::insert(&sql, &made, world.now()).await.unwrap();
    let pool = world.db.as_ref().unwrap().database().pool(1).await.unwrap();
    let keys = Keys::open(&pool, &world.secret(), &Clock::system()).await.unwrap();
    let (user, session) = (uuid_of(&user.id).into(), uuid_of(session).into());
    let claims = Claims::new(user, session, vec!["tenant".to_owned()], world.now(), 900);
    let token = keys.sign(&claims).unwrap();
    assert_eq!(kid(&token), made.kid);
    let me = world.anonymous().call(Method::GET, "me");
    me.header("authorization", &format!("Bearer {token}")).send().await.expect(200);
    // A key that nobody has made stays unknown.
    let stranger = Keys::ephemeral().unwrap().sign(&claims).unwrap();
    let me = world.anonymous().call(Method::GET, "me");
    let me = me.header("authorization", &format!("Bearer {stranger}")).send().await;
    me.problem(401, "unauthenticated");
}
