//! Money that is reserved first: captured once, let go, or gone after a week.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::harness::{
    CHALLENGED, Sandbox, Sink, client, options, payment, refund, request, wait_until,
};
use crate::clock::Clock;
use crate::gateways::stripe::{
    IntentStatus, PaymentStatus, SessionRequest, SessionStatus, StripeError,
};
use crate::sandbox::{Options, start};

fn is_refused(error: &StripeError) -> bool {
    matches!(error, StripeError::Refused { status: 400, code, .. }
        if code == "payment_intent_unexpected_state")
}

#[tokio::test]
async fn what_is_reserved_is_taken_by_a_capture_once() {
    let sandbox = Sandbox::new().await;
    let sink = Sink::new(&sandbox.running.endpoint().hook_secret, StatusCode::OK).await;
    sandbox.client.register_hook(&sink.url).await.unwrap();
    let (session, intent) = sandbox.reserved(1).await;
    let client = &sandbox.client;

    let complete = client.session(&session).await.unwrap();
    assert_eq!(complete.status, SessionStatus::Complete);
    assert_eq!(complete.payment_status, PaymentStatus::Unpaid);
    let reserved = client.payment_intent(&intent).await.unwrap();
    assert_eq!(reserved.status, IntentStatus::RequiresCapture);
    assert_eq!(reserved.capturable(), Some(request(1).amount));
    assert_eq!(reserved.amount_received, 0);
    assert!(sandbox.charges().await.is_empty());
    assert!(client.create_refund(&refund(&intent, 1, 100), "r").await.is_err());

    let captured = client.capture_intent(&intent, "c").await.unwrap();
    assert_eq!(captured.status, IntentStatus::Succeeded);
    assert_eq!((captured.amount_capturable, captured.received()), (0, Some(request(1).amount)));
    assert_eq!(client.capture_intent(&intent, "c").await.unwrap(), captured, "the same key");
    assert!(is_refused(&client.capture_intent(&intent, "c2").await.unwrap_err()));
    assert!(is_refused(&client.cancel_intent(&intent, "x").await.unwrap_err()));
    assert_eq!(client.session(&session).await.unwrap().payment_status, PaymentStatus::Paid);
    assert_eq!(sandbox.charges().await.len(), 1);
    client.create_refund(&refund(&intent, 1, 100), "r2").await.unwrap();

    wait_until("all events have come", || sink.kinds().len() == 5).await;
    let kinds = sink.kinds();
    assert_eq!(kinds[0], "payment_intent.amount_capturable_updated");
    assert_eq!(kinds[1..3], ["checkout.session.completed", "payment_intent.succeeded"]);
    assert!(sink.events().iter().all(|event| event.payment_id() == Some(payment(1))));
}

#[tokio::test]
async fn what_is_reserved_is_let_go_by_a_cancel() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.reserved(1).await;
    let client = &sandbox.client;
    let canceled = client.cancel_intent(&intent, "x").await.unwrap();
    assert_eq!((canceled.status, canceled.amount_capturable), (IntentStatus::Canceled, 0));
    assert!(is_refused(&client.capture_intent(&intent, "c").await.unwrap_err()));
    assert!(is_refused(&client.cancel_intent(&intent, "x2").await.unwrap_err()));
    let told = sandbox.get("/v1/events?type=payment_intent.canceled").await;
    assert_eq!(told["data"].as_array().unwrap().len(), 1);
    assert!(sandbox.charges().await.is_empty());
    let all = sandbox.get("/_intents").await;
    assert_eq!(all["data"][0]["status"], "canceled");

    let (_, paid) = sandbox.paid(2).await;
    assert!(is_refused(&client.cancel_intent(&paid, "x3").await.unwrap_err()));
    let error = client.capture_intent("pi_none", "c3").await.unwrap_err();
    assert!(matches!(error, StripeError::Refused { status: 404, .. }), "{error}");
}

#[tokio::test]
async fn a_checked_card_reserves_as_well_and_the_page_says_what_it_does() {
    let sandbox = Sandbox::new().await;
    let reserve = SessionRequest { reserve: true, ..request(1) };
    let session = sandbox.client.create_session(&reserve, "k").await.unwrap();
    let url = sandbox.url(&format!("/pay/{}", session.id));
    let page = || async { sandbox.http.get(&url).send().await.unwrap().text().await.unwrap() };
    assert!(page().await.contains("Reserve EUR 1,234.50"));
    sandbox.pay(&session.id, CHALLENGED).await;
    let check = sandbox.http.post(format!("{url}/authenticate"));
    check.form(&[("outcome", "complete")]).send().await.unwrap();
    assert!(page().await.contains("Nothing was charged"));
    let session = sandbox.client.session(&session.id).await.unwrap();
    let intent = sandbox.client.payment_intent(&session.payment_intent.unwrap()).await.unwrap();
    assert_eq!(intent.status, IntentStatus::RequiresCapture);
}

#[tokio::test]
async fn a_capture_whose_answer_is_lost_is_not_made_twice() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.reserved(1).await;
    let fault = json!({"operation": "intent.capture", "fault": "fail_after", "times": 1});
    sandbox.faults(json!({"calls": [fault]})).await;
    let error = sandbox.client.capture_intent(&intent, "c").await.unwrap_err();
    assert!(matches!(error, StripeError::Unknown(_)), "{error}");
    let intent = sandbox.client.payment_intent(&intent).await.unwrap();
    assert_eq!(intent.status, IntentStatus::Succeeded);
    assert_eq!(sandbox.charges().await.len(), 1);
}

#[tokio::test]
async fn what_is_reserved_survives_a_restart_and_is_let_go_after_a_week() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.reserved(1).await;
    let dir = sandbox.end().await;
    let file = dir.path().join("clock.file");
    let clock = Clock::manual(file.clone()).unwrap();
    let options = Options { clock: clock.clone(), ..options(&dir) };
    let running = start(options).await.unwrap();
    let client = client(&running, Duration::from_secs(20));
    let status = || async { client.payment_intent(&intent).await.unwrap().status };
    assert_eq!(status().await, IntentStatus::RequiresCapture);
    let (before, week) = (clock.now(), Duration::from_secs(7 * 24 * 3600));
    std::fs::write(&file, (week.as_secs() + 1).to_string()).unwrap();
    wait_until("a week has gone", || clock.now().duration_since(before).unsigned_abs() > week)
        .await;
    assert_eq!(status().await, IntentStatus::Canceled);
}
