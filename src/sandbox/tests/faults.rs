//! The ways of failing, as our client sees them.

use std::time::Duration;

use serde_json::json;

use super::harness::{Sandbox, client, payment, refund, request};
use crate::gateways::stripe::{SessionStatus, StripeError};

fn order(operation: &str, fault: &str, seconds: f64) -> serde_json::Value {
    let call = json!({"operation": operation, "fault": fault, "times": 1, "seconds": seconds});
    json!({ "calls": [call] })
}

fn assert_unknown<T: std::fmt::Debug>(answer: Result<T, StripeError>) {
    assert!(matches!(answer, Err(StripeError::Unknown(_))), "{answer:?}");
}

#[tokio::test]
async fn a_500_before_execution_is_not_remembered() {
    let sandbox = Sandbox::new().await;
    sandbox.faults(order("session.create", "fail_before", 0.0)).await;
    assert_unknown(sandbox.client.create_session(&request(1), "k").await);
    assert_eq!(sandbox.client.find_session(payment(1), 0).await.unwrap(), None);
    sandbox.client.create_session(&request(1), "k").await.unwrap();
}

#[tokio::test]
async fn a_500_after_execution_is_answered_for_ever_but_the_session_can_be_found() {
    let sandbox = Sandbox::new().await;
    sandbox.faults(order("session.create", "fail_after", 0.0)).await;
    for _ in 0..3 {
        assert_unknown(sandbox.client.create_session(&request(1), "k").await);
    }
    let found = sandbox.client.find_session(payment(1), 0).await.unwrap().unwrap();
    assert_eq!(found.status, SessionStatus::Open);
}

#[tokio::test]
async fn after_a_dropped_connection_the_same_key_tells_what_happened() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.paid(1).await;
    sandbox.faults(order("refund.create", "drop_after", 0.0)).await;
    assert_unknown(sandbox.client.create_refund(&refund(&intent, 1, 100), "r").await);
    assert_eq!(sandbox.charges().await[0]["amount_refunded"], 100);
    let told = sandbox.client.create_refund(&refund(&intent, 1, 100), "r").await.unwrap();
    assert_eq!(sandbox.client.refunds_of(&intent).await.unwrap(), [told]);
}

#[tokio::test]
async fn a_call_that_hangs_goes_on_without_its_caller() {
    let sandbox = Sandbox::new().await;
    sandbox.faults(order("session.create", "hang", 1.0)).await;
    let hasty = client(&sandbox.running, Duration::from_millis(200));
    assert_unknown(hasty.create_session(&request(1), "k").await);
    // Under way still: the same key is refused for now, which says nothing.
    assert_unknown(hasty.create_session(&request(1), "k").await);
    let found = loop {
        match sandbox.client.create_session(&request(1), "k").await {
            Ok(session) => break session,
            Err(StripeError::Unknown(_)) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(sandbox.client.find_session(payment(1), 0).await.unwrap(), Some(found));
}

#[tokio::test]
async fn a_payment_can_be_lost_on_the_payers_way_back() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    sandbox.faults(order("page.pay", "drop_after", 0.0)).await;
    let url = sandbox.url(&format!("/pay/{}", session.id));
    let form = [("card_number", super::harness::GOOD)];
    assert!(sandbox.http.post(url).form(&form).send().await.is_err());
    let now = sandbox.client.session(&session.id).await.unwrap();
    assert_eq!(now.status, SessionStatus::Complete);
}

#[tokio::test]
async fn calls_fail_by_chance_in_every_way_and_are_counted() {
    let sandbox = Sandbox::new().await;
    let none = json!({"chance": {"seed": 7, "calls": 0}});
    sandbox.faults(none).await;
    for number in 0..20 {
        sandbox.client.create_session(&request(number), &format!("good {number}")).await.unwrap();
    }
    assert_eq!(sandbox.get("/_faults").await["met"], json!({}));
    sandbox.faults(json!({"chance": {"seed": 7, "calls": 500, "hang_seconds": 0.01}})).await;
    let mut unknown: u64 = 0;
    for number in 0..100 {
        let done = sandbox.client.create_session(&request(number), &format!("k{number}")).await;
        unknown += u64::from(done.is_err());
    }
    sandbox.faults(json!({"chance": {}})).await;
    let met = sandbox.get("/_faults").await["met"].take();
    let count = |way: &str| met[format!("session.create {way}")].as_u64().unwrap();
    let ways = ["fail_before", "fail_after", "drop_after", "hang"].map(count);
    assert!(ways.iter().all(|times| *times > 0), "{met}");
    assert_eq!(ways[..3].iter().sum::<u64>(), unknown, "only a short wait is answered");
    sandbox.client.create_session(&request(1), "last").await.unwrap();
}
