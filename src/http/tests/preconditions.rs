//! Entity tags.

use axum::http::{HeaderMap, HeaderValue};

use crate::http::precondition::{etag, is_known, made_from};

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn a_change_names_its_version() {
    let from = |values: &[&str]| {
        made_from(&headers("if-match", values), 3).map_err(|problem| problem.slug().name())
    };
    assert_eq!(from(&["\"3\""]), Ok(3));
    assert_eq!(from(&["*"]), Ok(3));
    assert_eq!(from(&["\"1\", \"3\""]), Ok(3));
    assert_eq!(from(&["\"2\""]), Ok(2), "the owner decides, it may have been done before");
    assert_eq!(from(&[]), Err("precondition-required"));
    for junk in ["W/\"3\"", "3", "\"x\"", "\"", ""] {
        assert_eq!(from(&[junk]), Err("precondition-failed"), "{junk}");
    }
}

#[test]
fn a_reader_who_has_it_is_told_so() {
    let known = |value: &str| is_known(&headers("if-none-match", &[value]), &etag(3));
    assert!(known("\"3\"") && known("W/\"3\"") && known("\"1\", \"3\"") && known("*"));
    assert!(!known("\"4\"") && !known("3") && !known(""));
}
