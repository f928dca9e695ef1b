//! Versions as entity tags: `"3"` is version 3. A change says which version it was made
//! from; a reader who has the current one is told so.

use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::{Problem, Slug};

/// The entity tag of a version.
#[must_use]
pub fn etag(version: i32) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The entity tag of a version together with something that is shown beside it and has a
/// version of its own; a change made from it is made from the first.
#[must_use]
pub fn etag_with(version: i32, beside: i32) -> HeaderValue {
    let tag = HeaderValue::try_from(format!("\"{version}-{beside}\""));
    if beside == 0 { etag(version) } else { tag.unwrap_or_else(|_| etag(version)) }
}

/// The version that a change says it was made from; the thing's owner compares it with the
/// current one, after looking whether the same change was made before.
///
/// # Errors
/// `precondition-required` without If-Match, `precondition-failed` when it names no version.
pub fn made_from(headers: &HeaderMap, current: i32) -> Result<i32, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        let detail = "send the ETag that you read as If-Match";
        return Err(Problem::new(Slug::PreconditionRequired, detail));
    }
    let is_current = |tag: &str| tag == "*" || etag(current) == tag;
    if tags(headers, &header::IF_MATCH).any(is_current) {
        return Ok(current);
    }
    // If-Match compares strongly: a weak tag matches nothing (RFC 9110, 13.1.1).
    let version = |tag: &str| {
        let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
        let (version, beside) = tag.split_once('-').unwrap_or((tag, "0"));
        beside.parse::<u32>().ok().and_then(|_| version.parse().ok())
    };
    tags(headers, &header::IF_MATCH).find_map(version).ok_or_else(|| {
        let detail = format!("the version is {current} now; read it again first");
        Problem::new(Slug::PreconditionFailed, detail)
    })
}

/// Whether the asker has the very content of an entity tag already.
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    tags(headers, &header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || *etag == tag.trim_start_matches("W/"))
}

fn tags<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}
