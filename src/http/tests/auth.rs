//! Who gets in: every row of the table of routes, and the origin of cookie requests.

use axum::Router;

use super::harness::{app, json, request, send, state, token};
use crate::domain::user::Role;
use crate::http::auth::Who;
use crate::http::router;

fn path_of(route: &router::Route) -> String {
    let id = ["bookings", "users", "sessions"].into_iter().find(|noun| route.path.contains(noun));
    let id = match id {
        Some("bookings") => "bkg",
        Some("users") => "usr",
        Some(_) => "ses",
        None => "prp",
    };
    route.path.replace("{id}", &format!("{id}_0197000000007000800000000000000a"))
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    // All of them come from one address.
    let state = state(&[("RENTEZY_LIMITS_ADDRESS_RATE", "0")]).await;
    let app = router::router(&state, Router::new());
    let tenant = format!("Bearer {}", token(&state, &[Role::Tenant]));
    for route in router::table() {
        let (method, path) = (route.method.as_str(), path_of(&route));
        let stranger = send(&app, json(method, &path, &[], "{}")).await;
        let bad = [("authorization", "Bearer a.b.c")];
        let forger = send(&app, json(method, &path, &bad, "{}")).await;
        let member = send(&app, json(method, &path, &[("authorization", &tenant)], "{}")).await;
        let refused = [stranger.status, forger.status].map(|status| status.as_u16() == 401);
        let expected = match route.who {
            Who::Member | Who::Landlord | Who::Admin => [true, true],
            Who::Visitor => [false, true],
            Who::Public | Who::Machine => [false, false],
            // Without the cookie there is nothing to refresh.
            Who::Cookie => [path.ends_with("refresh"); 2],
        };
        assert_eq!(refused, expected, "{method} {path}");
        let forbidden = member.status.as_u16() == 403;
        let of_role = matches!(route.who, Who::Landlord | Who::Admin);
        assert_eq!(forbidden, of_role, "{method} {path}");
    }
}

#[tokio::test]
async fn other_forms_of_credentials_are_none() {
    let (state, app) = app().await;
    let token = token(&state, &[Role::Tenant]);
    for value in ["", "Bearer", "Bearer ", "Basic YTpi", &format!("Token {token}"), &token] {
        let answer = send(&app, request("GET", "/api/v1/me", &[("authorization", value)])).await;
        assert_eq!(answer.code(), "unauthenticated", "{value}");
    }
    let twice = format!("Bearer {token}");
    let headers = [("authorization", twice.as_str()), ("authorization", "Bearer x")];
    let answer = send(&app, request("GET", "/api/v1/me", &headers)).await;
    assert_eq!(answer.code(), "unauthenticated");
}

#[tokio::test]
async fn cookie_routes_refuse_other_sites() {
    const LOGOUT: &str = "/api/v1/auth/logout";
    let (_, app) = app().await;
    let host = ("host", "rent.example");
    for (headers, status) in [
        (vec![host], 204),
        (vec![host, ("origin", "https://rent.example")], 204),
        (vec![host, ("origin", "http://127.0.0.1:8080")], 204),
        (vec![host, ("sec-fetch-site", "same-origin")], 204),
        (vec![host, ("origin", "https://evil.example")], 403),
        (vec![host, ("origin", "https://rent.example.evil")], 403),
        (vec![host, ("origin", "null")], 403),
        (vec![host, ("sec-fetch-site", "cross-site")], 403),
        (vec![host, ("sec-fetch-site", "same-site")], 403),
    ] {
        let answer = send(&app, request("POST", LOGOUT, &headers)).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}");
    }
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let (_, app) = app().await;
    let answer = send(&app, request("POST", "/api/v1/auth/logout", &[])).await;
    let cookie = answer.header("set-cookie");
    for part in
        ["__Host-rentezy-refresh=;", "Path=/", "Max-Age=0", "HttpOnly", "Secure", "SameSite=Strict"]
    {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
}
