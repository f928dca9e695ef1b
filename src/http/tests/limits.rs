//! Buckets: at the limit, one past it, and whose they are.

use axum::Router;
use axum::http::Request;

use super::harness::{Answer, json, request, send, state, token};
use crate::domain::user::Role;
use crate::http::peer::Connected;
use crate::http::router;

fn from(address: &str, mut request: Request<axum::body::Body>) -> Request<axum::body::Body> {
    request.extensions_mut().insert(Connected(address.parse().unwrap()));
    request
}

async fn read(app: &Router, address: &str) -> Answer {
    send(app, from(address, request("GET", "/version", &[]))).await
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "rate-limited"));
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn an_address_may_ask_for_so_much_and_is_told_how_it_stands() {
    let limits = [("RENTEZY_LIMITS_ADDRESS_RATE", "1"), ("RENTEZY_LIMITS_ADDRESS_BURST", "12")];
    let state = state(&limits).await;
    let app = router::router(&state, Router::new());
    for left in (0..12).rev() {
        let answer = read(&app, "1.2.3.4").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=12;w=12");
        assert_eq!(answer.header("ratelimit"), format!("\"address\";r={left};t={}", 12 - left));
    }
    let answer = read(&app, "1.2.3.4").await;
    refused(&answer);
    assert_eq!(answer.header("ratelimit"), "\"address\";r=0;t=12");
    // Others are not touched; an IPv6 address shares with its /64; watching over is free.
    assert_eq!(read(&app, "1.2.3.5").await.status, 200);
    for host in 1..=12 {
        assert_eq!(read(&app, &format!("2a00:1:2:3::{host}")).await.status, 200);
    }
    refused(&read(&app, "2a00:1:2:3:4::1").await);
    let watch = send(&app, from("1.2.3.4", request("GET", "/livez", &[]))).await;
    assert_eq!((watch.status.as_u16(), watch.header("ratelimit")), (200, ""));
    // An address that nobody has to believe does not help.
    let asks = request("GET", "/version", &[("x-forwarded-for", "9.9.9.9")]);
    refused(&send(&app, from("1.2.3.4", asks)).await);
}

#[tokio::test]
async fn a_costly_route_takes_more_and_an_unknown_one_is_not_free() {
    let limits = [("RENTEZY_LIMITS_ADDRESS_RATE", "1"), ("RENTEZY_LIMITS_ADDRESS_BURST", "12")];
    let state = state(&limits).await;
    let app = router::router(&state, Router::new());
    let login = || from("1.2.3.4", json("POST", "/api/v1/auth/login", &[], "{}"));
    assert_eq!(send(&app, login()).await.header("ratelimit"), "\"address\";r=2;t=10");
    refused(&send(&app, login()).await);
    let nothing = || from("1.2.3.4", request("GET", "/api/v1/nothing", &[]));
    assert_eq!(send(&app, nothing()).await.code(), "not-found");
    assert_eq!(send(&app, nothing()).await.code(), "not-found");
    refused(&send(&app, nothing()).await);
    let page = from("1.2.3.4", request("GET", "/", &[("accept", "text/html")]));
    assert_eq!(send(&app, page).await.status, 200);
}

#[tokio::test]
async fn a_user_may_ask_for_so_much_from_everywhere_together() {
    let limits = [("RENTEZY_LIMITS_USER_RATE", "1"), ("RENTEZY_LIMITS_USER_BURST", "10")];
    let state = state(&limits).await;
    let app = router::router(&state, Router::new());
    let [ada, eve] = [(); 2].map(|()| format!("Bearer {}", token(&state, &[Role::Tenant])));
    let asks = |host: u8, token: &str| {
        let path = "/api/v1/bookings?limit=0";
        let asks = request("GET", path, &[("authorization", token)]);
        send_from(&app, format!("1.2.3.{host}"), asks)
    };
    for host in 1..=10 {
        assert_eq!(asks(host, &ada).await.code(), "validation");
    }
    refused(&asks(11, &ada).await);
    let other = asks(11, &eve).await;
    assert_eq!(other.code(), "validation");
    let lines: Vec<_> = other.headers.get_all("ratelimit").iter().collect();
    assert_eq!(lines, ["\"user\";r=9;t=1", "\"address\";r=498;t=1"]);
}

async fn send_from(app: &Router, address: String, asks: Request<axum::body::Body>) -> Answer {
    send(app, from(&address, asks)).await
}

#[tokio::test]
async fn buckets_that_have_filled_up_are_thrown_away() {
    let limits = [("RENTEZY_LIMITS_ADDRESS_RATE", "1000000")];
    let state = state(&limits).await;
    let app = router::router(&state, Router::new());
    for host in 0..9_000_u32 {
        let address = std::net::Ipv4Addr::from_bits(host).to_string();
        assert_eq!(read(&app, &address).await.status, 200);
    }
    assert!(state.buckets.len() <= 4_096 + 256, "{}", state.buckets.len());
}
