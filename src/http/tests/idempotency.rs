//! Idempotency keys: what makes two requests one.

use std::collections::HashSet;

use serde_json::json;
use uuid::Uuid;

use super::harness::{app, json as json_request, send, token};
use crate::domain::user::Role;
use crate::http::idempotency::{Key, fingerprint};

#[test]
fn everything_that_names_a_request_is_in_its_id() {
    let [ada, bob] = [1, 2].map(|number| Uuid::from_u128(number).into());
    let ids = [
        Key::new("POST", "/bookings", "k").request_id(ada, &[]),
        Key::new("POST", "/bookings", "k").request_id(bob, &[]),
        Key::new("PUT", "/bookings", "k").request_id(ada, &[]),
        Key::new("POST", "/booking", "sk").request_id(ada, &[]),
        Key::new("POST", "/bookings", "K").request_id(ada, &[]),
        Key::new("POST", "/bookings", "k").request_id(ada, &[Uuid::from_u128(3)]),
        Key::new("POST", "/bookings", "k").request_id(ada, &[Uuid::from_u128(4)]),
    ];
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    assert_eq!(ids[0], Key::new("POST", "/bookings", "k").request_id(ada, &[]));
}

#[test]
fn a_fingerprint_is_of_what_was_said_and_not_of_how() {
    let one: serde_json::Value = serde_json::from_str(r#"{"a":1,"b":[2]}"#).unwrap();
    let two: serde_json::Value = serde_json::from_str("{ \"b\" : [ 2 ], \"a\" : 1 }").unwrap();
    assert_eq!(fingerprint(&one), fingerprint(&two));
    assert_ne!(fingerprint(&one), fingerprint(&json!({"a": 1, "b": [3]})));
    assert_ne!(fingerprint(&()), fingerprint(&json!({})));
}

#[tokio::test]
async fn a_key_is_required_and_has_a_form() {
    let (state, app) = app().await;
    let token = format!("Bearer {}", token(&state, &[Role::Tenant]));
    let body = r#"{"property_id":"prp_0197000000007000800000000000000a","check_in":"2030-01-01",
        "check_out":"2030-01-02","guests":1}"#;
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    let auth = ("authorization", token.as_str());
    for (headers, code) in [
        (vec![auth], "idempotency-key-required"),
        (vec![auth, ("idempotency-key", "")], "idempotency-key-required"),
        (vec![auth, ("idempotency-key", "a b")], "idempotency-key-required"),
        (vec![auth, ("idempotency-key", too_long.as_str())], "idempotency-key-required"),
        (
            vec![auth, ("idempotency-key", "a"), ("idempotency-key", "b")],
            "idempotency-key-required",
        ),
        // The entity is asked then, and this node owns none.
        (vec![auth, ("idempotency-key", longest.as_str())], "overloaded"),
    ] {
        let answer = send(&app, json_request("POST", "/api/v1/bookings", &headers, body)).await;
        assert_eq!(answer.code(), code, "{headers:?}");
    }
}
