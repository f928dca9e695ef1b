//! What an answer, or none, is taken for.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use crate::domain::money::Money;
use crate::gateways::stripe::{
    HookEvent, IntentStatus, SessionRequest, SessionStatus, StripeClient, StripeError,
    StripeOptions,
};

fn client(base_url: String, timeout: Duration) -> StripeClient {
    StripeClient::new(StripeOptions { base_url, api_key: "sk_test_x".into(), timeout }).unwrap()
}

/// The client's view of a provider that gives this one answer.
async fn answered(status: StatusCode, body: &'static str) -> Result<String, StripeError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(move || async move { (status, body).into_response() });
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let answer = client(base, Duration::from_secs(5)).payment_intent("pi_1").await;
    server.abort();
    answer.map(|intent| intent.id)
}

const REFUSAL: &str = r#"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#;

#[tokio::test]
async fn a_refusal_in_the_providers_shape_is_definite() {
    let refused = StripeError::Refused {
        status: 404,
        code: "resource_missing".into(),
        message: "No such payment_intent".into(),
    };
    assert_eq!(answered(StatusCode::NOT_FOUND, REFUSAL).await, Err(refused));
}

#[tokio::test]
async fn everything_that_may_have_happened_is_unknown() {
    let cases = [
        (StatusCode::INTERNAL_SERVER_ERROR, REFUSAL),
        (StatusCode::BAD_GATEWAY, "<html>"),
        (StatusCode::TOO_MANY_REQUESTS, REFUSAL),
        (StatusCode::CONFLICT, REFUSAL),
        (StatusCode::NOT_FOUND, "<html>not the provider</html>"),
        (StatusCode::FOUND, ""),
        (StatusCode::OK, "<html>"),
        (StatusCode::OK, "{}"),
    ];
    for (status, body) in cases {
        let answer = answered(status, body).await;
        assert!(matches!(answer, Err(StripeError::Unknown(_))), "{status} {body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_was_certainly_not_executed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let answer = client(base, Duration::from_secs(5)).refund("re_1").await;
    assert!(matches!(answer, Err(StripeError::Unreachable(_))), "{answer:?}");
}

#[tokio::test]
async fn a_silent_provider_and_a_lost_connection_are_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let silent = client(base.clone(), Duration::from_millis(50)).refund("re_1").await;
    assert!(matches!(silent, Err(StripeError::Unknown(_))), "{silent:?}");

    let (lost, ()) =
        tokio::join!(async { client(base, Duration::from_secs(5)).refund("re_1").await }, async {
            for _ in 0..2 {
                drop(listener.accept().await.unwrap());
            }
        });
    assert!(matches!(lost, Err(StripeError::Unknown(_))), "{lost:?}");
}

#[test]
fn an_unknown_word_is_kept() {
    let status: IntentStatus = serde_json::from_str("\"succeeded\"").unwrap();
    assert_eq!(status, IntentStatus::Succeeded);
    let status: SessionStatus = serde_json::from_str("\"paused\"").unwrap();
    assert_eq!(status, SessionStatus::Other("paused".into()));
}

#[test]
fn a_frozen_request_thaws_equal() {
    let request = SessionRequest {
        amount: Money::new(12_345, "EUR".parse().unwrap()),
        payment_id: uuid::Uuid::from_u128(1).into(),
        property_id: uuid::Uuid::from_u128(2).into(),
        product_name: "Two nights & a view".into(),
        success_url: "http://localhost/a?b=c".into(),
        cancel_url: "http://localhost/a".into(),
        customer_email: None,
        reserve: false,
    };
    let frozen = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<SessionRequest>(&frozen).unwrap(), request);
}

#[test]
fn an_event_says_whose_it_is() {
    let payment = "pay_00000000000000000000000000000001";
    let body = format!(
        r#"{{"id":"evt_1","object":"event","type":"checkout.session.completed","created":5,
            "data":{{"object":{{"id":"cs_1","payment_intent":"pi_1","metadata":{{"payment_id":"{payment}"}}}}}}}}"#
    );
    let event = HookEvent::parse(body.as_bytes()).unwrap();
    assert_eq!(event.payment_id().unwrap().to_string(), payment);
    assert_eq!(event.property_id(), None);
    assert_eq!(event.data.object.payment_intent.as_deref(), Some("pi_1"));
}
