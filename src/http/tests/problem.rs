//! The documents of problems.

use std::collections::HashSet;

use axum::body::to_bytes;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::actors::cluster::region::AskError;
use crate::domain::calendar::Nights;
use crate::domain::promo;
use crate::domain::refusal::Refusal;
use crate::http::problem::{Problem, Slug};

async fn document(problem: Problem) -> Value {
    let response = problem.document("req_1", &HeaderMap::new());
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn every_kind_has_a_document_of_its_own() {
    let mut seen = HashSet::new();
    for slug in Slug::ALL {
        let written = document(Problem::new(*slug, "why")).await;
        assert_eq!(
            written,
            json!({
                "type": format!("/problems/{}", slug.name()),
                "title": slug.title(),
                "status": slug.status(),
                "detail": "why",
                "instance": "req_1",
                "code": slug.name(),
                "retryable": slug.retryable(),
            })
        );
        assert!(seen.insert(slug.name()), "{} is there twice", slug.name());
        assert!((400..600).contains(&slug.status()));
    }
}

#[tokio::test]
async fn refusals_have_their_problems() {
    let id = uuid::Uuid::from_u128(7);
    let nights = Nights::new("2026-12-01".parse().unwrap(), "2026-12-03".parse().unwrap()).unwrap();
    for (refusal, status, code) in [
        (Refusal::NotFound, 404, "not-found"),
        (Refusal::invalid_field("/a", "b", "c"), 422, "validation"),
        (Refusal::StaleVersion { current: 3 }, 412, "precondition-failed"),
        (Refusal::invalid_transition("confirmed", &["cancel"]), 409, "invalid-transition"),
        (Refusal::not_bookable("own-listing", "why"), 409, "not-bookable"),
        (Refusal::nights_taken(nights), 409, "nights-taken"),
        (Refusal::HoldExists { booking_id: id.into() }, 409, "hold-exists"),
        (Refusal::TooManyHolds, 409, "too-many-holds"),
        (Refusal::QuoteExpired, 409, "quote-expired"),
        (promo::used_up(), 409, "promo-refused"),
        (Refusal::KeyReused, 422, "idempotency-key-reused"),
        (Refusal::Poisoned, 500, "internal"),
    ] {
        let written = document(refusal.into()).await;
        assert_eq!((&written["status"], &written["code"]), (&status.into(), &code.into()));
    }
    let written = document(Refusal::invalid_transition("confirmed", &["cancel"]).into()).await;
    assert_eq!(written["allowed"], json!(["cancel"]));
    let written = document(Refusal::HoldExists { booking_id: id.into() }.into()).await;
    assert_eq!(written["booking_id"], "bkg_00000000000000000000000000000007");
    let written = document(Refusal::invalid_field("/a", "b", "c").into()).await;
    assert_eq!(written["errors"], json!([{"pointer": "/a", "code": "b", "detail": "c"}]));
}

#[test]
fn an_answer_that_did_not_come_says_when_to_ask_again() {
    let retry = |error: AskError| {
        let problem = Problem::from(error);
        let response = problem.document("req_1", &HeaderMap::new());
        (problem.slug().name(), response.headers()["retry-after"].to_str().unwrap().to_owned())
    };
    let busy = |ms| AskError::Busy { retry_after: std::time::Duration::from_millis(ms) };
    assert_eq!(retry(busy(0)), ("overloaded", "1".to_owned()));
    assert_eq!(retry(busy(1001)), ("overloaded", "2".to_owned()));
    assert_eq!(retry(AskError::Unknown), ("outcome-unknown", "1".to_owned()));
}
