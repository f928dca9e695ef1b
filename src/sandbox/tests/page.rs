//! The hosted page, as a browser meets it.

use axum::http::StatusCode;

use super::harness::{CHALLENGED, DECLINED, GOOD, Sandbox, request};
use crate::gateways::stripe::{IntentStatus, SessionStatus};
use crate::sandbox::page_html::{amount, escape};

#[tokio::test]
async fn the_page_says_what_it_is_and_escapes_what_it_is_given() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    let url = sandbox.url(&format!("/pay/{}", session.id));
    let answer = sandbox.http.get(url).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("form-action 'self' http://shop.example"), "{policy}");
    let html = answer.text().await.unwrap();
    for part in [
        "Test payments - no real money",
        "EUR 1,234.50",
        "Two nights &lt;script&gt; &amp; &quot;view&quot;",
        "href=\"http://shop.example/bookings/1\"",
        "href=\"../sandbox.css\"",
        "4000 0025 0000 3155",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    for part in ["<script", "style=", "onclick", "action="] {
        assert!(!html.contains(part), "{part} is in {html}");
    }
    let style = sandbox.http.get(sandbox.url("/sandbox.css")).send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    let missing = sandbox.http.get(sandbox.url("/pay/cs_none")).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_decline_keeps_the_session_open() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    let reasons = [
        (DECLINED, "Your card was declined."),
        ("4000000000009995", "insufficient funds"),
        ("4000000000000069", "expired"),
        ("4111111111111111", "Only the test cards"),
    ];
    for (card, reason) in reasons {
        let answer = sandbox.pay(&session.id, card).await;
        assert_eq!(answer.status(), StatusCode::PAYMENT_REQUIRED, "{card}");
        assert!(answer.text().await.unwrap().contains(reason), "{card}");
    }
    let now = sandbox.client.session(&session.id).await.unwrap();
    assert_eq!(now.status, SessionStatus::Open);
    let intent = sandbox.client.payment_intent(&now.payment_intent.unwrap()).await.unwrap();
    assert_eq!(intent.status, IntentStatus::RequiresPaymentMethod);
    assert_eq!(intent.last_payment_error.unwrap().code.as_deref(), Some("expired_card"));
    let failed = sandbox.get("/v1/events?type=payment_intent.payment_failed").await;
    assert_eq!(failed["data"].as_array().unwrap().len(), 3);
    assert!(sandbox.charges().await.is_empty());

    assert_eq!(sandbox.pay(&session.id, GOOD).await.status(), StatusCode::SEE_OTHER);
    let again = sandbox.pay(&session.id, GOOD).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER, "a second click lands where the first did");
    assert_eq!(sandbox.charges().await.len(), 1);
}

#[tokio::test]
async fn three_d_secure_is_completed_or_failed_on_a_page_of_its_own() {
    let sandbox = Sandbox::new().await;
    let session = sandbox.client.create_session(&request(1), "k").await.unwrap();
    let url = sandbox.url(&format!("/pay/{}/authenticate", session.id));
    let choose =
        |outcome: &'static str| sandbox.http.post(&url).form(&[("outcome", outcome)]).send();
    let early = choose("complete").await.unwrap();
    assert_eq!(early.headers()["location"], format!("../{}", session.id).as_str());

    let answer = sandbox.pay(&session.id, CHALLENGED).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], format!("{}/authenticate", session.id).as_str());
    let html = sandbox.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("ending in 3155") && html.contains("../../sandbox.css"), "{html}");

    let failed = choose("fail").await.unwrap();
    assert_eq!(failed.headers()["location"], format!("../{}", session.id).as_str());
    let page = sandbox.http.get(sandbox.url(&format!("/pay/{}", session.id)));
    let html = page.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("could not confirm"), "{html}");
    assert!(sandbox.charges().await.is_empty());

    sandbox.pay(&session.id, CHALLENGED).await;
    let passed = choose("complete").await.unwrap();
    assert_eq!(passed.headers()["location"], request(1).success_url);
    assert_eq!(sandbox.charges().await.len(), 1);
}

#[test]
fn amounts_are_written_with_their_currencys_decimals() {
    assert_eq!(amount(123_450, "eur"), "EUR 1,234.50");
    assert_eq!(amount(5, "usd"), "USD 0.05");
    assert_eq!(amount(1_234_567, "jpy"), "JPY 1,234,567");
    assert_eq!(amount(1_500, "kwd"), "KWD 1.500");
}

#[test]
fn escaped_text_is_safe_in_elements_and_attributes() {
    assert_eq!(escape("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
}
