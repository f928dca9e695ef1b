//! What somebody else may do with what is mine: nothing, not even learn that it is there.

use rentezy::http::auth::Who;
use reqwest::Method;

use super::suite::{Op, Suite, path_to};
use crate::harness::client::Answer;
use crate::harness::shop::{User, new_property};

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

/// The routes about things of somebody's. What everybody may see of a person is none, and of
/// the others a token in the path says whose it is.
fn about(suite: &Suite) -> impl Iterator<Item = &Op> {
    let open = |op: &Op| op.who == Who::Public || op.path == "/api/v1/users/{id}";
    suite.ops.iter().filter(move |op| op.path.contains('{') && !open(op))
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let suite = Suite::start().await;
    let version = async |op: &Op| {
        let answer = ask(&suite, op, &suite.address(op), Some(suite.user(op))).await.expect(200);
        answer.body["version"].clone()
    };
    let mut before = Vec::new();
    for op in about(&suite).filter(|op| op.method == Method::GET) {
        before.push(version(op).await);
    }
    for op in about(&suite) {
        let name = format!("{} {}", op.method, op.path);
        let user = Some(&suite.stranger);
        let theirs = ask(&suite, op, &suite.address(op), user).await;
        match op.who {
            Who::Admin => theirs.clone().problem(403, "forbidden"),
            _ => theirs.clone().problem(404, "not-found"),
        };
        let missing = ask(&suite, op, &suite.address_of_nothing(op), user).await;
        assert_eq!(told(&theirs), told(&missing), "{name}");
        if op.who == Who::Visitor {
            let nobody = ask(&suite, op, &suite.address(op), None).await;
            assert_eq!(told(&nobody), told(&missing), "{name}");
        }
    }
    // And it is still there, unchanged, for whom it belongs to.
    let read = about(&suite).filter(|op| op.method == Method::GET);
    for (op, before) in read.zip(before) {
        assert_eq!(version(op).await, before, "{} {}", op.method, op.path);
    }
    let list = async |path: &str| suite.good(&list(&suite, path)).await;
    let has = |list: &Answer, id: &str| list.text.contains(&suite.things.id(id).unwrap());
    assert!(has(&list("/api/v1/auth/sessions").await, "sessions"));
    let told = list("/api/v1/notifications").await;
    assert!(has(&told, "notifications") && !told.text.contains("read_at"), "{}", told.text);
    suite.is_well().await;
}

#[tokio::test]
async fn ones_own_leads_to_nothing_of_somebody_elses() {
    let suite = Suite::start().await;
    let api = suite.world.api(&suite.stranger);
    let mine = api.post("properties", &new_property(1, 10_000)).await.expect(201).text_at("/id");
    // A part of theirs under a thing of mine.
    for op in about(&suite).filter(|op| op.path.contains("/units/{")) {
        let to = |unit: Option<String>| {
            path_to(op, |kind| if kind == "units" { unit.clone() } else { Some(mine.clone()) })
        };
        let user = Some(&suite.stranger);
        let theirs = ask(&suite, op, &to(suite.things.id("units")), user).await;
        let missing = ask(&suite, op, &to(suite.things.nothing("units")), user).await;
        assert_eq!(told(&theirs), told(&missing), "{} {}", op.method, op.path);
        theirs.problem(404, "not-found");
    }
    // A photo of theirs among those of mine.
    let order = async |photo: Option<String>| {
        let call = api.call(Method::PUT, &format!("properties/{mine}/photos/order"));
        let call = call.header("if-match", "*").header("x-request-id", "same");
        told(&call.json(&serde_json::json!({"photos": [photo]})).send().await)
    };
    let theirs = order(suite.things.id("photos")).await;
    assert_eq!(theirs, order(suite.things.nothing("photos")).await);
    assert!(theirs.0 >= 400, "{theirs:?}");
    suite.is_well().await;
}

#[tokio::test]
async fn a_role_is_needed_where_the_table_says_so() {
    let suite = Suite::start().await;
    let open = [Who::Public, Who::Visitor, Who::Member, Who::Cookie, Who::Machine];
    for op in suite.ops.iter().filter(|op| !open.contains(&op.who)) {
        for path in [suite.address(op), suite.address_of_nothing(op)] {
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
        let answer = ask(&suite, op, &suite.address(op), Some(&suite.stranger)).await;
        for id in suite.things.secret().chain([suite.owner.email.as_str(), &suite.owner.id]) {
            assert!(!answer.text.contains(id), "{} {id}: {}", op.path, answer.text);
        }
    }
    suite.is_well().await;
}

fn list(suite: &Suite, path: &str) -> Op {
    suite.ops.iter().find(|op| op.method == Method::GET && op.path == path).unwrap().clone()
}
