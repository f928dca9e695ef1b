//! The operators' routes: who is let in, and that the document says what is served.

use std::collections::BTreeSet;

use super::harness::{OPERATOR_TOKEN, app, request, send};
use crate::http::openapi::operation;
use crate::http::ops::{openapi, router};

#[tokio::test]
async fn only_the_token_lets_in() {
    let (state, public) = app().await;
    let operators = router::router(&state);
    for route in router::table().into_iter().filter(|route| route.guarded) {
        let (method, path) = (route.method.as_str(), filled(route.path));
        let wrong = format!("Bearer {}x", &OPERATOR_TOKEN[1..]);
        let basic = format!("Basic {OPERATOR_TOKEN}");
        for headers in [&[][..], &[("authorization", wrong.as_str())], &[("authorization", &basic)]]
        {
            let answer = send(&operators, request(method, &path, headers)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "unauthenticated"));
        }
        let right = format!("Bearer {OPERATOR_TOKEN}");
        let answer = send(&operators, request(method, &path, &[("authorization", &right)])).await;
        assert_ne!(answer.status, 401, "{method} {path}");
        // And on the public listener there is no such thing, whoever asks.
        let answer = send(&public, request(method, &path, &[("authorization", &right)])).await;
        assert!(!answer.status.is_success(), "{method} {path}: {}", answer.status);
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{}", answer.status);
    }
    let answer = send(&operators, request("GET", "/livez", &[])).await;
    assert_eq!(answer.status, 200);
    let answer = send(&operators, request("GET", "/api/v1/search", &[])).await;
    assert_eq!(answer.code(), "not-found");
}

fn filled(path: &str) -> String {
    let id = if path.contains("replays") { "rpl" } else { "dlt" };
    path.replace("{id}", &format!("{id}_01970000000070008000000000000001"))
        .replace("{stream}", "1")
        .replace("{seq}", "1")
}

#[test]
fn the_document_and_the_table_are_the_same() {
    let served: BTreeSet<(String, String)> = router::table()
        .into_iter()
        .map(|route| (route.path.to_owned(), route.method.to_string()))
        .collect();
    assert_eq!(served.len(), router::table().len(), "a route stands in the table twice");
    let mut described = BTreeSet::new();
    for (path, mut item) in openapi::document().paths.paths {
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            if operation(&mut item, method).is_some() {
                described.insert((path.clone(), method.to_owned()));
            }
        }
    }
    assert_eq!(described, served);
}
