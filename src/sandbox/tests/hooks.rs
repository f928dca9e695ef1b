//! Delivery of events.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::harness::{Sandbox, Sink, wait_until};
use crate::domain::signature;
use crate::sandbox::hooks::{back_off, signature as sign};

#[test]
fn its_signature_is_what_our_check_expects() {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let header = sign("whsec_x", now.as_second(), b"{}");
    assert_eq!(signature::verify(&header, b"{}", "whsec_x", now), Ok(()));
}

#[test]
fn the_back_off_doubles_to_a_minute() {
    let seconds: Vec<u64> = (0..8).map(|failures| back_off(failures).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(back_off(u32::MAX), Duration::from_secs(60));
}

#[tokio::test]
async fn what_was_not_taken_comes_again_and_at_once_after_a_registration() {
    let sandbox = Sandbox::new().await;
    let secret = sandbox.running.endpoint().hook_secret.clone();
    sandbox.paid(1).await;
    let refusing = Sink::new(&secret, StatusCode::SERVICE_UNAVAILABLE).await;
    sandbox.client.register_hook(&refusing.url).await.unwrap();
    wait_until("both events were refused", || refusing.events().len() >= 2).await;

    refusing.answer(StatusCode::OK);
    wait_until("both came again", || refusing.events().len() >= 4).await;

    refusing.answer(StatusCode::SERVICE_UNAVAILABLE);
    sandbox.paid(2).await;
    wait_until("two more were refused", || refusing.events().len() >= 6).await;
    let next = Sink::new(&secret, StatusCode::OK).await;
    sandbox.client.register_hook(&next.url).await.unwrap();
    wait_until("the new hook has them", || next.events().len() >= 2).await;
    let kinds = ["payment_intent.succeeded", "checkout.session.completed"];
    assert_eq!(next.kinds()[..2], kinds, "in order of creation");
}

#[tokio::test]
async fn events_are_held_reversed_and_duplicated_on_demand() {
    let sandbox = Sandbox::new().await;
    let sink = Sink::new(&sandbox.running.endpoint().hook_secret, StatusCode::OK).await;
    sandbox.faults(json!({"webhooks": {"hold": true}})).await;
    sandbox.client.register_hook(&sink.url).await.unwrap();
    sandbox.paid(1).await;
    sandbox.paid(2).await;
    assert!(sink.events().is_empty());
    sandbox.faults(json!({"webhooks": {"reverse": true, "duplicate": 2}})).await;
    wait_until("all have come three times", || sink.events().len() == 12).await;

    let listed = sandbox.get("/v1/events").await;
    let newest_first: Vec<String> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    let came: Vec<String> = sink.events().into_iter().map(|event| event.id).collect();
    let expected: Vec<String> =
        newest_first.iter().flat_map(|id| std::iter::repeat_n(id.clone(), 3)).collect();
    assert_eq!(came, expected);
}

#[tokio::test]
async fn events_come_late_twice_and_again_by_chance() {
    let sandbox = Sandbox::new().await;
    let sink = Sink::new(&sandbox.running.endpoint().hook_secret, StatusCode::OK).await;
    sandbox.client.register_hook(&sink.url).await.unwrap();
    sandbox.faults(json!({"chance": {"seed": 3, "webhooks": 700, "late_seconds": 0.5}})).await;
    for number in 0..20 {
        sandbox.paid(number).await;
    }
    let met = sandbox.get("/_faults").await["met"].take();
    let count = |what: &str| met[format!("webhook {what}")].as_u64().unwrap();
    let (late, more) = (count("late"), count("twice") + count("again"));
    assert!(late > 0 && count("twice") > 0 && count("again") > 0, "{met}");
    let all = usize::try_from(40 + more).unwrap();
    wait_until("all have come, some of them once more", || sink.events().len() == all).await;
    let mut came: Vec<String> = sink.events().into_iter().map(|event| event.id).collect();
    let listed = sandbox.get("/v1/events?limit=100").await;
    let newest_first = listed["data"].as_array().unwrap();
    let made: Vec<&str> =
        newest_first.iter().rev().map(|event| event["id"].as_str().unwrap()).collect();
    came.dedup();
    assert_ne!(came, made, "late ones are overtaken");
    came.sort();
    came.dedup();
    assert_eq!(came.len(), made.len(), "and none is lost");
}
