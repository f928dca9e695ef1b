//! What every request meets, whatever it asks for.

use axum::Router;
use axum::routing::get;
use tower::ServiceExt;

use super::harness::{app, request, send, state};
use crate::clock;
use crate::http::{edge, router};

#[tokio::test]
async fn every_miss_is_a_problem() {
    let (_, app) = app().await;
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api", 404, "not-found"),
        ("POST", "/nothing", 404, "not-found"),
        ("GET", "/nothing.js", 404, "not-found"),
        ("GET", "/assets/gone.js", 404, "not-found"),
        ("GET", "/api/v1/me/", 404, "not-found"),
        ("DELETE", "/api/v1/me", 405, "method-not-allowed"),
        ("TRACE", "/api/v1/bookings", 405, "method-not-allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
        ("GET", "/api/v1/properties/nonsense", 404, "not-found"),
    ] {
        let answer = send(&app, request(method, path, &[])).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{path}");
    }
    let answer = send(&app, request("PUT", "/api/v1/bookings", &[])).await;
    let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let answer = send(&app, request("GET", "/api/v1/me", &[])).await;
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"rentezy\"");
}

#[tokio::test]
async fn pages_get_the_app_or_the_notice() {
    let (_, app) = app().await;
    let html = [("accept", "text/html,application/xhtml+xml")];
    for path in ["/", "/bookings/bkg_1", "/search?q=a"] {
        let answer = send(&app, request("GET", path, &html)).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'self'"));
    }
    let answer = send(&app, request("GET", "/api/v1/nothing", &html)).await;
    assert_eq!(answer.code(), "not-found");
}

#[tokio::test]
async fn ids_are_echoed_made_and_never_believed_blindly() {
    let (_, app) = app().await;
    let answer = send(&app, request("GET", "/livez", &[("x-request-id", "abc-1.2:3_4")])).await;
    assert_eq!(answer.header("x-request-id"), "abc-1.2:3_4");
    for bad in ["", "a b", "a\"b", &"x".repeat(65), "<script>"] {
        let answer = send(&app, request("GET", "/livez", &[("x-request-id", bad)])).await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{bad}");
    }
}

#[tokio::test]
async fn every_answer_is_protected() {
    let (_, app) = app().await;
    for path in ["/livez", "/api/v1/me", "/api/v1/nothing", "/"] {
        let answer = send(&app, request("GET", path, &[("accept", "text/html")])).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(!answer.header("content-security-policy").is_empty(), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    let answer = send(&app, request("GET", "/api/v1/me", &[])).await;
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn panics_and_overlong_work_are_answered() {
    async fn breaks() -> &'static str {
        panic!("a secret detail")
    }
    async fn hangs() -> &'static str {
        clock::pause(std::time::Duration::from_secs(60)).await;
        "late"
    }
    let state = state(&[("RENTEZY_SERVER_REQUEST_TIMEOUT_S", "1")]).await;
    let added = Router::new().route("/breaks", get(breaks)).route("/hangs", get(hangs));
    let app = router::router(&state, added);
    let answer = send(&app, request("GET", "/breaks", &[])).await;
    assert_eq!(answer.code(), "internal");
    assert!(!answer.text.contains("secret"));
    let answer = send(&app, request("GET", "/hangs", &[])).await;
    assert_eq!(answer.code(), "timeout");
    assert_eq!(answer.json()["retryable"], true);
}

#[tokio::test]
async fn readiness_needs_the_database_and_no_stop() {
    let (state, app) = app().await;
    let answer = send(&app, request("GET", "/livez", &[])).await;
    assert_eq!(answer.status.as_u16(), 200);
    let answer = send(&app, request("GET", "/readyz", &[])).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "overloaded"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("database"));
    state.draining.begin();
    let answer = send(&app, request("GET", "/readyz", &[])).await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("stopping"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_database_out_of_reach_is_no_fault_of_ours_and_says_when_to_come_again() {
    let (_, app) = app().await;
    let path = "/api/v1/properties/prp_0197000000007000800000000000000a";
    let answer = send(&app, request("GET", path, &[])).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "overloaded"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn the_version_says_where_payments_go() {
    let (_, app) = app().await;
    let answer = send(&app, request("GET", "/version", &[])).await;
    assert_eq!(answer.json()["name"], "rentezy");
    assert_eq!(answer.json()["payments"], "sandbox");
    assert!(!answer.json()["tzdb"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn every_path_says_its_methods_and_none_is_traced() {
    let (_, app) = app().await;
    for (path, allow) in [
        ("/api/v1/me", "GET,HEAD,PATCH"),
        ("/api/v1/auth/login", "POST"),
        ("/livez", "GET,HEAD"),
        ("/some/page", "GET,HEAD"),
    ] {
        let answer = send(&app, request("OPTIONS", path, &[])).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (204, allow), "{path}");
        assert_eq!(answer.text, "");
        for method in ["TRACE", "BREW"] {
            let answer = send(&app, request(method, path, &[])).await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {answer:?}");
        }
    }
    let answer = send(&app, request("OPTIONS", "/api/v1/nothing", &[])).await;
    assert_eq!(answer.code(), "not-found");
}

#[tokio::test]
async fn texts_are_compressed_but_for_those_with_tokens() {
    let state = state(&[]).await;
    let long = || async { axum::Json("x".repeat(2_000)) };
    let picture = || async { ([("content-type", "image/jpeg")], "x".repeat(2_000)) };
    let added = Router::new().route("/long", get(long)).route("/picture", get(picture));
    let app = router::router(&state, added);
    let encoding = async |path: &str, accepted: &str| {
        let request = request("GET", path, &[("accept-encoding", accepted)]);
        let response = app.clone().oneshot(request).await.unwrap();
        let headers = response.headers().clone();
        headers.get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
    };
    for (accepted, chosen) in
        [("gzip", Some("gzip")), ("gzip, deflate, br", Some("br")), ("identity", None), ("", None)]
    {
        assert_eq!(encoding("/openapi.json", accepted).await.as_deref(), chosen, "{accepted}");
        assert_eq!(encoding("/long", accepted).await.as_deref(), chosen);
        assert_eq!(encoding("/picture", accepted).await, None);
        assert_eq!(encoding("/livez", accepted).await, None, "too small to be worth it");
    }
    let compresses = |tokens: bool| {
        let response = axum::response::IntoResponse::into_response(axum::Json("x"));
        let response = if tokens { edge::uncompressed(response) } else { response };
        let (status, version) = (response.status(), response.version());
        edge::compresses(status, version, response.headers(), response.extensions())
    };
    assert!(compresses(false) && !compresses(true));
}

#[tokio::test]
async fn the_api_can_be_browsed_without_the_world() {
    let (_, app) = app().await;
    let answer = send(&app, request("GET", "/docs", &[])).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (308, "/docs/"));
    let page = send(&app, request("GET", "/docs/", &[])).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html"));
    assert!(!page.header("content-security-policy").contains("unsafe"));
    let names = page.text.split('"').filter(|text| text.ends_with(".js") || text.ends_with(".css"));
    let names: Vec<&str> = names.map(|name| name.trim_start_matches("./")).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let file = send(&app, request("GET", &format!("/docs/{name}"), &[])).await;
        assert_eq!(file.status, 200, "{name}");
    }
    let start = send(&app, request("GET", "/docs/swagger-initializer.js", &[])).await.text;
    assert!(start.contains("/openapi.json") && !start.contains("petstore"), "{start}");
    assert!(start.contains("\"validatorUrl\": \"none\""), "nobody else is asked: {start}");
    assert_eq!(send(&app, request("GET", "/docs/../x", &[])).await.code(), "not-found");
    assert_eq!(send(&app, request("GET", "/docs/nothing.js", &[])).await.code(), "not-found");
}

#[tokio::test]
async fn every_kind_of_answer_is_protected() {
    let state = state(&[("RENTEZY_SERVER_BASE_URL", "https://rent.example")]).await;
    let broken = || async {
        if true {
            panic!("on purpose")
        }
    };
    let app = router::router(&state, Router::new().route("/breaks", get(broken)));
    for (method, path, status) in [
        ("GET", "/livez", 200),
        ("HEAD", "/livez", 200),
        ("OPTIONS", "/livez", 204),
        ("GET", "/docs", 308),
        ("POST", "/api/v1/auth/logout", 204),
        ("GET", "/api/v1/me", 401),
        ("GET", "/api/v1/properties/x", 404),
        ("DELETE", "/livez", 405),
        ("POST", "/api/v1/auth/login", 415),
        ("GET", "/api/v1/search?limit=0", 422),
        ("GET", "/readyz", 503),
        ("GET", "/breaks", 500),
    ] {
        let answer = send(&app, request(method, path, &[])).await;
        assert_eq!(answer.status, status, "{method} {path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}");
        }
        let policy = answer.header("content-security-policy");
        let strict = policy.contains("frame-ancestors 'none'") && policy.contains("default-src");
        assert!(strict && !policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(policy.contains("default-src 'none'"), path.starts_with("/api/"), "{path}");
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("server"), "");
    }
}
