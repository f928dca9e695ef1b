//! Bodies and queries that do not fit: which problem, and where.

use axum::body::Body;

use super::harness::{app, json, request, send, token, with_body};
use crate::domain::user::Role;

const LOGIN: &str = "/api/v1/auth/login";
const BOOKINGS: &str = "/api/v1/bookings";

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let (_, app) = app().await;
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "{\"email\":\"a\",\"password\":\"b\"} trailing",
        "{\"email\":\"a\",\"email\":\"b\",\"password\":\"c\"}",
        "{\"email\":\"\\ud800\",\"password\":\"c\"}",
        "{\"email\":1e400,\"password\":\"c\"}",
        "\u{feff}{\"email\":\"a\",\"password\":\"b\"}",
        &deep,
    ] {
        let answer = send(&app, json("POST", LOGIN, &[], body)).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"), "{shown}");
        assert!(answer.text.len() < 1000);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_named_by_its_pointer() {
    let (state, app) = app().await;
    let token = format!("Bearer {}", token(&state, &[Role::Tenant, Role::Landlord]));
    let headers = [("authorization", token.as_str()), ("idempotency-key", "k")];
    let expect = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let mut property = serde_json::json!({
        "kind": "flat", "title": "A flat", "zone": "Europe/Dublin",
        "address": {"city": "Dublin", "country": "IE"}, "location": {"lat": 53.3, "lon": -6.2},
        "unit": {"name": "Flat", "count": 1, "bedrooms": 1, "beds": 1, "bathrooms": 1.0, "guests": 2},
        "price_per_night": {"amount": 10000, "currency": "EUR"},
    });
    let body = r#"{"email":"a@b.ie","password":"x","role":"admin"}"#;
    let answer = send(&app, json("POST", LOGIN, &[], body)).await;
    assert_eq!(answer.field(), expect("/role", "unknown-field"));
    let answer = send(&app, json("POST", LOGIN, &[], r#"{"email":7,"password":"x"}"#)).await;
    assert_eq!(answer.field(), expect("/email", "type"));
    for body in ["[]", "null", "7", r#"["a@b.ie","password"]"#] {
        let answer = send(&app, json("POST", LOGIN, &[], body)).await;
        assert_eq!(answer.field(), expect("", "type"), "{body}");
    }
    let answer = send(&app, json("POST", LOGIN, &[], r#"{"email":"a@b.ie"}"#)).await;
    assert_eq!(answer.field(), expect("/password", "required"));
    for (path, value, pointer, code) in [
        ("/unit", serde_json::json!({"count": 1}), "/unit/name", "required"),
        ("/unit/count", serde_json::json!("many"), "/unit/count", "type"),
        ("/unit/count", serde_json::json!(-1), "/unit/count", "invalid"),
        ("/kind", serde_json::json!("castle"), "/kind", "invalid"),
        (
            "/price_per_night/currency",
            serde_json::json!("XXX"),
            "/price_per_night/currency",
            "invalid",
        ),
        ("/amenities", serde_json::json!(["wifi", 3]), "/amenities/1", "type"),
        ("/status", serde_json::json!("live"), "/status", "unknown-field"),
        ("/location/alt", serde_json::json!(3), "/location/alt", "unknown-field"),
        ("/title", serde_json::json!("ab"), "/title", "invalid"),
        ("/zone", serde_json::json!("Mars/Base"), "/zone", "invalid"),
        ("/price_per_night", serde_json::Value::Null, "/price_per_night", "required"),
    ] {
        let good = property.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        property.pointer_mut(parent).unwrap()[name] = value;
        let answer =
            send(&app, json("POST", "/api/v1/properties", &headers, &property.to_string())).await;
        assert_eq!(answer.field(), expect(pointer, code), "{path}");
        property = good;
    }
}

#[tokio::test]
async fn a_registration_is_checked_before_anything_is_hashed() {
    let (_, app) = app().await;
    let long = "x".repeat(129);
    for (email, password, name, pointer) in [
        ("nobody", "long enough 1", "Ada", "/email"),
        ("a@b", "long enough 1", "Ada", "/email"),
        ("ada@example.com", "short", "Ada", "/password"),
        ("ada@example.com", &long, "Ada", "/password"),
        ("ada@example.com", "long enough\0", "Ada", "/password"),
        ("ada@example.com", "long enough 1", " ", "/name"),
        ("ada@example.com", "long enough 1", "A\r\nda", "/name"),
    ] {
        let body = serde_json::json!({"email": email, "password": password, "name": name});
        let answer =
            send(&app, json("POST", "/api/v1/auth/register", &[], &body.to_string())).await;
        assert_eq!(answer.field().0, pointer, "{email} {name}");
    }
}

#[tokio::test]
async fn other_kinds_of_body_are_refused() {
    let (_, app) = app().await;
    for kind in ["", "text/plain", "application/xml", "application/json; charset=latin1"] {
        let answer =
            send(&app, with_body("POST", LOGIN, &[("content-type", kind)], Body::from("{}"))).await;
        assert_eq!(answer.code(), "unsupported-media-type", "{kind}");
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let answer = send(&app, with_body("POST", LOGIN, &headers, Body::from("{}"))).await;
    assert_eq!(answer.code(), "unsupported-media-type");
    let kind = [("content-type", "Application/JSON; charset=UTF-8")];
    let answer = send(&app, with_body("POST", LOGIN, &kind, Body::from("{"))).await;
    assert_eq!(answer.code(), "malformed");
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_no_byte_more() {
    const LIMIT: usize = 1_048_576;
    let (_, app) = app().await;
    let filled = |length: usize| format!("{{{}", " ".repeat(length - 1));
    let answer = send(&app, json("POST", LOGIN, &[], &filled(LIMIT))).await;
    assert_eq!(answer.code(), "malformed");
    let answer = send(&app, json("POST", LOGIN, &[], &filled(LIMIT + 1))).await;
    assert_eq!(answer.code(), "payload-too-large");
    // Without a Content-Length, and without an end.
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
    let kind = [("content-type", "application/json")];
    let answer = send(&app, with_body("POST", LOGIN, &kind, Body::from_stream(endless))).await;
    assert_eq!(answer.code(), "payload-too-large");
}

#[tokio::test]
async fn queries_are_read_as_strictly() {
    let (state, app) = app().await;
    let token = format!("Bearer {}", token(&state, &[Role::Tenant]));
    let headers = [("authorization", token.as_str())];
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=1e9", "/limit"),
        ("role=admin", "/role"),
        ("tenant_id=usr_1", "/tenant_id"),
        ("property_id=prp_1", "/property_id"),
    ] {
        let answer = send(&app, request("GET", &format!("{BOOKINGS}?{query}"), &headers)).await;
        assert_eq!(answer.field().0, pointer, "{query}");
    }
    for query in ["cursor=forged", "cursor=", "limit=1&limit=2"] {
        let answer = send(&app, request("GET", &format!("{BOOKINGS}?{query}"), &headers)).await;
        assert_eq!(answer.code(), "malformed", "{query}");
    }
}

#[tokio::test]
async fn searches_are_checked_and_answered_without_a_database() {
    let (_, app) = app().await;
    for (query, pointer) in [
        ("bbox=1,2,3", "/bbox"),
        ("bbox=0,-91,1,1", "/bbox"),
        ("bbox=NaN,0,1,1", "/bbox"),
        ("near=53.3", "/near"),
        ("near=91,0", "/near"),
        ("near=0,0&radius_km=0", "/radius_km"),
        ("near=0,0&radius_km=20000", "/radius_km"),
        ("near=0,0&radius_km=far", "/radius_km"),
        ("radius_km=5", "/near"),
        ("polygon=0,0;1,1", "/polygon"),
        ("polygon=0,0;1,1;2", "/polygon"),
        ("polygon=0,0;100,1;190,0", "/polygon"),
        ("bbox=0,0,1,1&near=0,0", "/near"),
        ("near=0,0&polygon=0,0;1,1;0,1", "/polygon"),
        ("sort=distance", "/sort"),
        ("currency=XXX", "/currency"),
        ("kind=flat,castle", "/kind"),
        ("amenities=wifi,helipad", "/amenities"),
        ("bathrooms=1.3", "/bathrooms"),
        ("bathrooms=NaN", "/bathrooms"),
        ("bedrooms=-1", "/bedrooms"),
        ("facets=maybe", "/facets"),
        ("zoom=4", "/zoom"),
        ("check_in=2026-12-01", "/check_out"),
        ("check_in=2026-12-02&check_out=2026-12-01", "/check_out"),
        ("check_in=2026-02-30&check_out=2026-03-01", "/check_in"),
        ("sort=random", "/sort"),
        ("owner=usr_1", "/owner"),
    ] {
        let answer = send(&app, request("GET", &format!("/api/v1/search?{query}"), &[])).await;
        assert_eq!(answer.field().0, pointer, "{query}");
    }
    let answer = send(&app, request("GET", "/api/v1/search?q=loft&guests=2&sort=price", &[])).await;
    let found = answer.json();
    assert_eq!((&found["total"], &found["page"]["has_more"]), (&0.into(), &false.into()));
    let everything = "near=53.3,-6.2&radius_km=5&price_min=1&currency=EUR&kind=flat,house\
        &amenities=wifi,Free%20parking%20on%20premises&bedrooms=1&beds=1&bathrooms=1.5&guests=2\
        &check_in=2026-12-01&check_out=2026-12-05";
    let path = format!("/api/v1/search?{everything}&facets=true&sort=distance");
    let found = send(&app, request("GET", &path, &[])).await.json();
    let none = serde_json::json!({ "currency": "EUR", "buckets": [] });
    assert_eq!((&found["facets"]["price"], &found["timed_out"]), (&none, &false.into()));
    let path = format!("/api/v1/search/facets?{everything}");
    let found = send(&app, request("GET", &path, &[])).await.json();
    assert_eq!((&found["facets"]["kind"]["flat"], &found["total"]), (&0.into(), &0.into()));
    let path = format!("/api/v1/search/map?{everything}&zoom=12");
    let found = send(&app, request("GET", &path, &[])).await.json();
    assert_eq!((&found["clusters"], &found["total"]), (&serde_json::json!([]), &0.into()));
    for (path, pointer) in [
        ("map", "/zoom"),
        ("map?zoom=21", "/zoom"),
        ("map?zoom=3&limit=5", "/limit"),
        ("facets?sort=price", "/sort"),
    ] {
        let answer = send(&app, request("GET", &format!("/api/v1/search/{path}"), &[])).await;
        assert_eq!(answer.field().0, pointer, "{path}");
    }
    let answer = send(&app, request("GET", "/api/v1/search?cursor=forged", &[])).await;
    assert_eq!(answer.code(), "malformed");
}
