//! The API as our client and others call it.

use axum::http::StatusCode;
use reqwest::Method;
use serde_json::Value;

use super::harness::{DECLINED, GOOD, Sandbox, Sink, payment, refund, request, wait_until};
use crate::gateways::stripe::{
    IntentStatus, PaymentStatus, RefundStatus, SessionStatus, StripeError,
};

fn refused(error: &StripeError) -> (u16, &str) {
    match error {
        StripeError::Refused { status, code, .. } => (*status, code),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_from_session_to_refund() {
    let sandbox = Sandbox::new().await;
    let sink = Sink::new(&sandbox.running.endpoint().hook_secret, StatusCode::OK).await;
    sandbox.client.register_hook(&sink.url).await.unwrap();

    let opened = sandbox.client.create_session(&request(1), "k1").await.unwrap();
    assert_eq!(opened.status, SessionStatus::Open);
    assert_eq!(opened.payment_status, PaymentStatus::Unpaid);
    assert_eq!(opened.url, Some(format!("/sandbox/pay/{}", opened.id)));
    assert_eq!(opened.total(), Some(request(1).amount));
    assert_eq!(opened.metadata["payment_id"], payment(1).to_string());

    let answer = sandbox.pay(&opened.id, GOOD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], request(1).success_url);

    let session = sandbox.client.session(&opened.id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Complete);
    assert_eq!(session.payment_status, PaymentStatus::Paid);
    let intent_id = session.payment_intent.unwrap();
    let intent = sandbox.client.payment_intent(&intent_id).await.unwrap();
    assert_eq!(intent.status, IntentStatus::Succeeded);
    assert_eq!(intent.received(), Some(request(1).amount));
    assert_eq!(intent.metadata["payment_id"], payment(1).to_string());
    wait_until("both events have come", || sink.kinds().len() == 2).await;
    assert_eq!(sink.kinds(), ["payment_intent.succeeded", "checkout.session.completed"]);

    let back = sandbox.client.create_refund(&refund(&intent_id, 1, 400), "r1").await.unwrap();
    assert_eq!(back.status, RefundStatus::Succeeded);
    assert_eq!(sandbox.client.refund(&back.id).await.unwrap(), back);
    assert_eq!(sandbox.client.refunds_of(&intent_id).await.unwrap(), std::slice::from_ref(&back));
    wait_until("the refund's events have come", || sink.kinds().len() == 4).await;
    assert_eq!(sink.kinds()[2..], ["charge.refunded", "refund.updated"]);
    for event in sink.events() {
        assert_eq!(event.payment_id(), Some(payment(1)), "{}", event.kind);
    }

    let charges = sandbox.charges().await;
    assert_eq!(charges.len(), 1);
    assert_eq!(charges[0]["id"], Value::from(intent.latest_charge));
    assert_eq!(charges[0]["amount"], 123_450);
    assert_eq!(charges[0]["amount_refunded"], 400);
}

#[tokio::test]
async fn never_more_goes_back_than_came() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.paid(1).await;
    let client = &sandbox.client;
    client.create_refund(&refund(&intent, 1, 123_000), "r1").await.unwrap();
    let error = client.create_refund(&refund(&intent, 2, 451), "r2").await.unwrap_err();
    assert_eq!(refused(&error), (400, "amount_too_large"));
    client.create_refund(&refund(&intent, 3, 450), "r3").await.unwrap();
    let error = client.create_refund(&refund(&intent, 4, 1), "r4").await.unwrap_err();
    assert_eq!(refused(&error), (400, "charge_already_refunded"));
    let error = client.create_refund(&refund("pi_none", 5, 1), "r5").await.unwrap_err();
    assert_eq!(refused(&error), (404, "resource_missing"));
    assert_eq!(sandbox.charges().await[0]["amount_refunded"], 123_450);
}

#[tokio::test]
async fn parallel_refunds_of_the_whole_give_one() {
    let sandbox = Sandbox::new().await;
    let (_, intent) = sandbox.paid(1).await;
    let tries = (0..10_u128).map(|number| {
        let (client, request) = (sandbox.client.clone(), refund(&intent, number, 123_450));
        async move { client.create_refund(&request, &format!("r{number}")).await.is_ok() }
    });
    let done = futures_util::future::join_all(tries).await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
}

#[tokio::test]
async fn a_key_answers_the_same_and_only_for_the_same() {
    let sandbox = Sandbox::new().await;
    let first = sandbox.client.create_session(&request(1), "k").await.unwrap();
    sandbox.pay(&first.id, GOOD).await;
    let again = sandbox.client.create_session(&request(1), "k").await.unwrap();
    assert_eq!(again, first, "the first answer, not the session as it is now");
    let error = sandbox.client.create_session(&request(2), "k").await.unwrap_err();
    assert_eq!(refused(&error), (400, "idempotency_error"));
    let other = sandbox.client.create_session(&request(1), "other").await.unwrap();
    assert_ne!(other.id, first.id);
    let known = sandbox.get("/v1/checkout/sessions").await;
    assert_eq!(known["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_remembered_but_bad_parameters_are_not() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    sandbox.client.expire_session(&session.id, "e1").await.unwrap();
    let error = sandbox.client.expire_session(&session.id, "e2").await.unwrap_err();
    assert_eq!(refused(&error).0, 400);
    let again = sandbox.client.expire_session(&session.id, "e1").await.unwrap();
    assert_eq!(again.status, SessionStatus::Expired);

    let post = |amount: &'static str| {
        let form = [("payment_intent", "pi_none"), ("amount", amount)];
        let request = sandbox.call(Method::POST, "/v1/refunds").form(&form);
        request.header("idempotency-key", "p").send()
    };
    assert_eq!(post("x").await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(post("1").await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(post("2").await.unwrap().status(), StatusCode::BAD_REQUEST);
    let replayed = post("1").await.unwrap();
    assert_eq!(replayed.status(), StatusCode::NOT_FOUND);
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
}

#[tokio::test]
async fn a_session_ends_once() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    sandbox.pay(&session.id, DECLINED).await;
    let ended = sandbox.client.expire_session(&session.id, "e").await.unwrap();
    assert_eq!(ended.status, SessionStatus::Expired);
    assert_eq!(ended.url, None);
    assert_eq!(sandbox.pay(&session.id, GOOD).await.status(), StatusCode::GONE);
    assert!(sandbox.charges().await.is_empty());
    let intent = sandbox.client.payment_intent(&ended.payment_intent.unwrap()).await.unwrap();
    assert_eq!(intent.status, IntentStatus::Canceled);

    let (paid, _) = sandbox.paid(2).await;
    let error = sandbox.client.expire_session(&paid, "e2").await.unwrap_err();
    assert_eq!(refused(&error).0, 400);
}

#[tokio::test]
async fn a_lost_session_is_found_by_its_payment() {
    let sandbox = Sandbox::new().await;
    for number in 0..150 {
        let key = format!("k{number}");
        sandbox.client.create_session(&request(number), &key).await.unwrap();
    }
    let found = sandbox.client.find_session(payment(3), 0).await.unwrap().unwrap();
    assert_eq!(found.metadata["payment_id"], payment(3).to_string());
    assert_eq!(sandbox.client.find_session(payment(999), 0).await.unwrap(), None);
    let future = i64::from(u32::MAX);
    assert_eq!(sandbox.client.find_session(payment(3), future).await.unwrap(), None);
}

#[tokio::test]
async fn calls_out_of_shape_are_refused_in_stripes_shape() {
    let sandbox = Sandbox::new().await;
    let without_key = sandbox.http.get(sandbox.url("/v1/events")).send().await.unwrap();
    assert_eq!(without_key.status(), StatusCode::UNAUTHORIZED);
    let body: Value = without_key.json().await.unwrap();
    assert_eq!(body["error"]["type"], "invalid_request_error");
    for path in ["/_charges", "/_health", "/nothing"] {
        let answer = sandbox.http.get(sandbox.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }

    let cases = [
        ("/v1/checkout/sessions", "mode=payment", "parameter_missing"),
        ("/v1/checkout/sessions", "mode=subscription", "parameter_invalid"),
        ("/v1/refunds", "payment_intent=pi_1&amount=1&colour=red", "parameter_unknown"),
        ("/v1/refunds", "payment_intent=pi_1&amount=0", "parameter_invalid_integer"),
        ("/v1/refunds", "payment_intent=pi_1&amount=-5", "parameter_invalid_integer"),
        ("/v1/webhook_endpoints", "url=javascript:alert(1)", "url_invalid"),
    ];
    for (path, body, code) in cases {
        let answer = sandbox.call(Method::POST, path).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{body}");
    }
    let unknown = sandbox.call(Method::GET, "/v1/customers").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let large = vec![b'a'; 64 * 1024 + 1];
    let answer = sandbox.call(Method::POST, "/v1/refunds").body(large).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn amounts_and_urls_of_a_session_are_checked() {
    let sandbox = Sandbox::new().await;
    let mut bad = Vec::new();
    for amount in [0, -1, 100_000_000] {
        bad.push(crate::gateways::stripe::SessionRequest {
            amount: super::harness::euros(amount),
            ..request(1)
        });
    }
    for url in ["javascript:alert(1)", "/relative", ""] {
        bad.push(crate::gateways::stripe::SessionRequest { cancel_url: url.into(), ..request(1) });
    }
    for (number, request) in bad.iter().enumerate() {
        let error = sandbox.client.create_session(request, &format!("k{number}")).await;
        assert_eq!(refused(&error.unwrap_err()).0, 400, "{request:?}");
    }
}
