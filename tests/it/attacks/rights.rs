//! What somebody else may do with what is mine: nothing, not even learn that it is there.

use rentezy::http::auth::Who;
use reqwest::Method;

use super::suite::{Op, Suite};
use crate::harness::client::Answer;
use crate::harness::shop::User;

/// What a client can compare two answers by.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id").unwrap();
    let skipped = ["x-request-id", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !skipped.contains(&name.as_str()));
    let headers = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    (answer.status, headers.collect(), answer.text.replace(id, "ID"))
}

async fn ask(suite: &Suite, op: &Op, path: &str, user: Option<&User>) -> Answer {
    let call = suite.call(op, path, user);
    let call = match suite.body(op) {
        Some(body) => call.json(&body),
        None => call,
    };
    suite.attack(op, "about somebody else's", call.header("x-request-id", "same")).await
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let suite = Suite::start().await;
    for op in suite.ops.iter().filter(|op| op.path.contains('{')) {
        let name = format!("{} {}", op.method, op.path);
        let user = Some(&suite.stranger);
        let theirs = ask(&suite, op, &suite.path(op), user).await.problem(404, "not-found");
        let missing = ask(&suite, op, &suite.path_to_nothing(op), user).await;
        assert_eq!(told(&theirs), told(&missing), "{name}");
        if op.who == Who::Visitor {
            let nobody = ask(&suite, op, &suite.path(op), None).await;
            assert_eq!(told(&nobody), told(&missing), "{name}");
        }
    }
    // And it is still there, unchanged, for whom it belongs to.
    for op in suite.ops.iter().filter(|op| op.method == Method::GET && op.path.contains('{')) {
        let version = ask(&suite, op, &suite.path(op), Some(&suite.owner)).await.expect(200);
        let version = &version.body["version"];
        assert!(version.is_null() || version == 1, "{} {}: {version}", op.method, op.path);
    }
    suite.is_well().await;
}

#[tokio::test]
async fn a_role_is_needed_where_the_table_says_so() {
    let suite = Suite::start().await;
    let open = [Who::Public, Who::Visitor, Who::Member, Who::Cookie, Who::Machine];
    for op in suite.ops.iter().filter(|op| !open.contains(&op.who)) {
        for path in [suite.path(op), suite.path_to_nothing(op)] {
            ask(&suite, op, &path, Some(&suite.tenant)).await.problem(403, "forbidden");
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn lists_hold_only_ones_own() {
    let suite = Suite::start().await;
    let owned = suite.good(&list(&suite, "/api/v1/bookings")).await;
    assert_eq!(owned.body["data"].as_array().unwrap().len(), 1);
    for op in suite.ops.iter().filter(|op| op.method == Method::GET && op.who != Who::Public) {
        let answer = ask(&suite, op, &suite.path(op), Some(&suite.stranger)).await;
        for id in ["/data/0/id", "/id"] {
            let found = answer.body.pointer(id).and_then(|id| id.as_str());
            assert!(found.is_none_or(|id| id == suite.stranger.id), "{}", answer.text);
        }
        assert!(!answer.text.contains(&suite.owner.email), "{}", answer.text);
    }
}

fn list(suite: &Suite, path: &str) -> Op {
    suite.ops.iter().find(|op| op.method == Method::GET && op.path == path).unwrap().clone()
}
