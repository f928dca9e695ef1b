//! Pages of other origins.

use axum::Router;

use super::harness::{app, json, request, send, state};
use crate::http::router;

const ORIGINS: (&str, &str) =
    ("RENTEZY_HTTP_CORS_ORIGINS", "https://app.example.org, http://localhost:5173");

#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let state = state(&[ORIGINS]).await;
    let app = router::router(&state, Router::new());
    for origin in ["https://app.example.org", "http://localhost:5173"] {
        let answer = send(&app, request("GET", "/api/v1/me", &[("origin", origin)])).await;
        assert_eq!(answer.code(), "unauthenticated");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
        assert_eq!(answer.header("vary"), "origin");
    }
    for origin in [
        "https://app.example.org.evil",
        "https://evil-app.example.org",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://APP.example.org",
        "null",
        "*",
        "",
    ] {
        let answer = send(&app, request("GET", "/api/v1/me", &[("origin", origin)])).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{origin}");
        assert_eq!(answer.header("vary"), "origin");
    }
    let page = [("origin", "https://app.example.org"), ("accept", "text/html")];
    let answer = send(&app, request("GET", "/", &page)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn preflights_are_answered_for_listed_origins() {
    let state = state(&[ORIGINS]).await;
    let app = router::router(&state, Router::new());
    let asks = |origin| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        send(&app, request("OPTIONS", "/api/v1/bookings", &headers))
    };
    let answer = asks("https://app.example.org").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
    assert!(answer.header("access-control-allow-methods").contains("POST"));
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
    let answer = asks("https://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("access-control-allow-methods"), "");
}

#[tokio::test]
async fn without_a_list_nothing_is_shared() {
    let (_, app) = app().await;
    let headers = [("origin", "http://127.0.0.1:8080"), ("access-control-request-method", "GET")];
    for (method, path) in [("GET", "/api/v1/search?limit=0"), ("OPTIONS", "/api/v1/search")] {
        let answer = send(&app, request(method, path, &headers)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("vary"), "");
    }
}

#[tokio::test]
async fn the_cookie_works_from_listed_origins_only() {
    let state = state(&[ORIGINS]).await;
    let app = router::router(&state, Router::new());
    let refresh = |origin| {
        let headers = [("origin", origin), ("sec-fetch-site", "same-site")];
        send(&app, json("POST", "/api/v1/auth/refresh", &headers, ""))
    };
    assert_eq!(refresh("https://app.example.org").await.code(), "unauthenticated");
    assert_eq!(refresh("https://evil.example.org").await.code(), "forbidden");
}
