//! What passes to the sandbox and back, seen from both sides.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use crate::http::sandbox_proxy::{SandboxProxy, router};

/// Serves on a free port; its URL.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// A stand-in that says what reached it.
async fn echo() -> String {
    let app = Router::new().fallback(|request: Request| async move {
        let line = format!("{} {}", request.method(), request.uri());
        let seen: Vec<String> = request.headers().keys().map(ToString::to_string).collect();
        let headers = [("location", "../x"), ("set-cookie", "a=b"), ("x-odd", "1")];
        (StatusCode::SEE_OTHER, headers, format!("{line} {seen:?}")).into_response()
    });
    serve(app).await
}

async fn fetch(request: reqwest::RequestBuilder) -> (StatusCode, HeaderMap, String) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.headers().clone(), answer.text().await.unwrap())
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

#[tokio::test]
async fn pages_pass_and_nothing_else_does() {
    let base = serve(router(SandboxProxy::new(&echo().await).unwrap())).await;
    let http = client();
    let request = http.get(format!("{base}/sandbox/pay/cs_1?a=b")).header("cookie", "secret=1");
    let (status, headers, body) = fetch(request.bearer_auth("token")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(body.starts_with("GET /pay/cs_1?a=b "), "{body}");
    assert!(!body.contains("cookie") && !body.contains("authorization"), "{body}");
    assert_eq!(headers["location"], "../x");
    assert!(!headers.contains_key("set-cookie") && !headers.contains_key("x-odd"));

    let (_, _, body) = fetch(http.post(format!("{base}/sandbox/pay/cs_1")).body("a=b")).await;
    assert!(body.starts_with("POST /pay/cs_1 "), "{body}");

    for path in ["v1/events", "_charges", "pay/%2e%2e/_charges", "pay/.%2e/v1/events", "pay"] {
        let (status, _, body) = fetch(http.get(format!("{base}/sandbox/{path}"))).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
    }
    let (status, _, _) = fetch(http.delete(format!("{base}/sandbox/pay/cs_1"))).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let large = "a".repeat(64 * 1024 + 1);
    let (status, _, _) = fetch(http.post(format!("{base}/sandbox/pay/cs_1")).body(large)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_dead_sandbox_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let base = serve(router(SandboxProxy::new(&gone).unwrap())).await;
    let (status, headers, _) = fetch(client().get(format!("{base}/sandbox/pay/cs_1"))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after"));
}

#[test]
fn only_loopback_is_proxied() {
    for url in ["http://10.0.0.1:80", "https://127.0.0.1:1", "http://example.com", "file:///x", "x"]
    {
        assert!(SandboxProxy::new(url).is_err(), "{url}");
    }
    for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
        assert!(SandboxProxy::new(url).is_ok(), "{url}");
    }
}
