//! What the log holds after everything has happened: no password, no token, no address.

use reqwest::Method;
use serde_json::json;

use super::suite::Suite;
use crate::harness::shop::PASSWORD;
use crate::harness::wait::wait_until;

#[tokio::test]
async fn the_log_of_a_run_has_a_line_a_request_and_no_secret() {
    let plan = Suite::plan().set("LOG_FORMAT", "json").set("LOG_LEVEL", "debug");
    let world = plan.set("HTTP_TRUSTED_PROXIES", "127.0.0.0/8").start().await;
    let suite = Suite::over(world).await;
    let api = suite.world.anonymous();
    let login = json!({"email": suite.owner.email, "password": PASSWORD});
    let session = api.post("auth/login", &login).await;
    let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let refreshed = api.call(Method::POST, "auth/refresh").header("cookie", &cookie).send().await;
    let wrong = json!({"email": "mallory@example.org", "password": "wrong-password-here"});
    api.post("auth/login", &wrong).await;
    for op in &suite.ops {
        suite.good(op).await;
    }
    for path in
        ["/verify?token=vrf_secret", "/api/v1/search?q=secret-words", "/nothing?key=secret-key"]
    {
        let call = api.call(Method::GET, path).header("x-request-id", "the-last");
        call.header("x-forwarded-for", "198.51.100.7").header("user-agent", "spy").send().await;
    }
    let world = &suite.world;
    let lines = || world.logged().lines().filter(|line| line.contains("\"the-last\"")).count();
    wait_until("the log has it", async || lines() >= 3).await;

    let log = world.logged();
    let tokens = [&suite.owner.token, &suite.stranger.token, &session.text_at("/access_token")];
    let mut secrets = vec![
        PASSWORD.to_owned(),
        "wrong-password-here".to_owned(),
        "mallory@example.org".to_owned(),
        suite.owner.email.clone(),
        "vrf_secret".to_owned(),
        "secret-words".to_owned(),
        "secret-key".to_owned(),
        cookie.split_once('=').unwrap().1.to_owned(),
        refreshed.text_at("/access_token"),
        "$argon2".to_owned(),
        "somebody@example.org".to_owned(),
        suite.things.verify.clone(),
        suite.things.reset.clone(),
        suite.things.unsubscribe.clone(),
    ];
    secrets.extend(tokens.map(|token| token.rsplit('.').next().unwrap().to_owned()));
    secrets.push(rentezy::config::Secret::expose(&world.secret()).to_owned());
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
    let mut asked = 0;
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        if line["target"] == "rentezy::access" {
            asked += 1;
            let fields = &line["fields"];
            for name in ["method", "route", "peer"] {
                assert!(fields[name].is_string(), "{name} in {line}");
            }
            for name in ["status", "ms", "bytes"] {
                assert!(fields[name].is_u64(), "{name} in {line}");
            }
            assert!(line["span"]["id"].is_string(), "{line}");
            let last = line["span"]["id"] == "the-last";
            assert_eq!(fields["peer"], if last { "198.51.100.7" } else { "127.0.0.1" }, "{line}");
        }
    }
    assert!(asked > suite.ops.len(), "{asked} lines");
    follow(&suite, &log).await;
}

/// From a request's line in the log to the events that it caused and to who read them.
async fn follow(suite: &Suite, log: &str) {
    let world = &suite.world;
    let held =
        |line: &&str| line.contains("\"route\":\"/api/v1/bookings\"") && line.contains("201");
    let held = log.lines().find(held).expect("a booking was held");
    let held: serde_json::Value = serde_json::from_str(held).unwrap();
    let user = held["fields"]["user"].as_str().unwrap();
    assert!(user == suite.owner.id, "{held}");
    // From the request to what followed of it.
    let command = held["span"]["command"].as_str().unwrap();
    let cause = uuid_text(command);
    let sql = world.sql().await;
    let count = "select count(*) from events where causation = $1::text::uuid";
    assert_eq!(sql.query_one(count, &[&cause]).await.unwrap().get::<_, i64>(0), 1);
    wait_until("a consumer has seen its event", async || {
        let log = world.logged();
        let seen = log.lines().filter(|line| line.contains("event seen to"));
        seen.into_iter().any(|line| line.contains(&cause))
    })
    .await;
}

/// The UUID of an id, as text.
fn uuid_text(id: &str) -> String {
    crate::harness::shop::uuid_of(id).to_string()
}
