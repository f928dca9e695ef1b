//! What is counted, and that its text is Prometheus's.

use axum::Router;
use axum::routing::get;

use super::harness::{request, send, state};
use crate::http::{metrics, router};
use crate::telemetry::Metrics;

#[tokio::test]
async fn requests_are_counted_by_route_and_the_server_tells_how_it_is() {
    Metrics::start();
    let state = state(&[]).await;
    let app = router::router(&state, Router::new());
    for path in ["/api/v1/bookings/bkg_1", "/api/v1/bookings/bkg_2", "/api/v1/nothing/secret-name"]
    {
        send(&app, request("GET", path, &[])).await;
    }
    send(&app, request("BREW", "/api/v1/me", &[])).await;
    let ops = Router::new().route("/metrics", get(metrics::metrics)).with_state(state);
    let answer = send(&ops, request("GET", "/metrics", &[])).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text;
    let requests =
        "http_requests_total{method=\"GET\",route=\"/api/v1/bookings/{id}\",status=\"401\"}";
    let line = text.lines().find(|line| line.starts_with(requests)).expect(&text);
    assert!(line.rsplit(' ').next().unwrap().parse::<u64>().unwrap() >= 2, "{line}");
    for name in [
        "http_request_duration_seconds_bucket{",
        "method=\"other\"",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "database_pool_connections{state=\"idle\"} ",
        "database_pool_waiting ",
        "entities_awake{kind=\"property\"} 0",
        "# TYPE http_requests_total counter",
        "# HELP http_requests_total ",
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(!text.contains("bkg_1") && !text.contains("secret-name"), "names are not labels");
}
