//! Other spellings of a path, other methods by header, and what a query may hold.

use rentezy::http::auth::Who;
use reqwest::Method;

use super::suite::{Suite, path_to};

/// Values that mean something to somebody behind us.
const HOSTILE: &[&str] = &[
    "'",
    "' or 1=1 --",
    "\"; drop table users; --",
    "%",
    "_",
    "\\",
    "*",
    "?",
    "..",
    "../../etc/passwd",
    "$(id)",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "owner:1",
    "title:x OR body:y",
    "((((((((",
    "\"unclosed",
    "a~10",
    "[a TO z]",
    "0",
    "-1",
    "1e400",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "99999999999999999999999999",
    "1e9",
    "0x10",
    "2027-02-30",
    "0000-00-00",
    "9999-12-31",
    "-9999-01-01",
    "91,181,92,182",
    "nan,nan,nan,nan",
    "1,2,3",
    "1,2,3,4,5",
    "180,0,-180,1",
    "1e308,1e308,1e308,1e308",
    "null",
    "true",
    "[]",
    "{}",
    "\u{202e}",
    "\u{feff}",
    "\u{ffff}",
    "e\u{301}\u{301}\u{301}",
];

/// The same as they stand in a URL.
const ESCAPED: &[&str] =
    &["%00", "%0d%0aset-cookie:%20x=1", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz"];

#[tokio::test]
async fn another_spelling_of_a_path_is_another_path() {
    let suite = Suite::start().await;
    for op in suite.ops.iter().filter(|op| op.path.starts_with("/api/")) {
        let path = suite.path(op);
        let upper = path.replacen("/api/v1/", "/API/V1/", 1);
        let spellings = [
            format!("{path}/"),
            format!("/{path}"),
            path.replacen("/api/", "/api//", 1),
            path.replacen("/v1/", "/v1;x=1/", 1),
            path.replacen("/v1/", "%2fv1%2f", 1),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("{path}%ff"),
            path_to(op, |_| Some("%ff".to_owned()))
                + if op.path.contains('{') { "" } else { "%ff" },
            path_to(op, |_| Some("%00".to_owned()))
                + if op.path.contains('{') { "" } else { "%00" },
            upper,
        ];
        for spelling in spellings {
            let call = suite.call(op, &spelling, Some(&suite.stranger));
            let answer = suite.attack(op, &spelling, call).await;
            // Before the id is looked at, it is asked who may.
            let role = op.who == Who::Admin && answer.status == 403;
            let refused = role || matches!(answer.status, 401 | 404 | 405);
            assert!(refused, "{} {spelling}: {} {}", op.method, answer.status, answer.text);
        }
        for (name, value) in [
            ("x-http-method-override", "DELETE"),
            ("x-http-method", "DELETE"),
            ("x-original-url", "/livez"),
            ("x-rewrite-url", "/livez"),
            ("x-forwarded-prefix", "/x"),
            ("x-user-id", suite.owner.id.as_str()),
        ] {
            let plain = suite.call(op, &path, None);
            let plain = suite.attack(op, "plain", plain).await;
            let call = suite.call(op, &path, None).header(name, value);
            let answer = suite.attack(op, name, call).await;
            assert_eq!(answer.status, plain.status, "{} {path} with {name}", op.method);
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn every_get_has_a_head_and_every_path_its_options() {
    let suite = Suite::start().await;
    for op in &suite.ops {
        let path = suite.path(op);
        let options = suite.world.anonymous().call(Method::OPTIONS, &path).send().await.expect(204);
        let allowed = options.header("allow").unwrap().to_owned();
        assert!(allowed.contains(op.method.as_str()), "{path}: {allowed}");
        assert_eq!(options.text, "");
        suite.world.anonymous().call(Method::TRACE, &path).send().await.expect(405);
        if op.method == Method::GET {
            let path = suite.address(op);
            let get = suite.call(op, &path, Some(suite.user(op))).send().await;
            // Browsers are sent on by these.
            get.clone().expect(if op.path.contains("/oauth/") { 302 } else { 200 });
            let head = suite.world.api(suite.user(op)).call(Method::HEAD, &path).try_send().await;
            let head = head.unwrap();
            assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
    }
}

#[tokio::test]
async fn no_query_harms() {
    let suite = Suite::start().await;
    for op in suite.ops.iter().filter(|op| op.method == Method::GET) {
        let user = Some(suite.user(op));
        // A browser comes there from the provider, with whatever that adds.
        let callback = op.path.ends_with("/oauth/{provider}/callback");
        let path = suite.path(op);
        let hostile = HOSTILE.iter().map(|value| encoded(value));
        let values: Vec<String> =
            hostile.chain(ESCAPED.iter().map(|&value| value.to_owned())).collect();
        for name in &op.query {
            for value in &values {
                let path = format!("{path}?{name}={value}");
                let answer = suite.attack(op, &path, suite.call(op, &path, user)).await;
                let back = answer.status == 302
                    && answer.header("location").unwrap().starts_with("/signin?error=");
                let good = if callback { back } else { answer.status == 200 };
                assert!(good || matches!(answer.status, 400 | 422), "{path}: {}", answer.text);
            }
            for long in [3_000, 20_000] {
                let path = format!("{path}?{name}={}", "a".repeat(long));
                let answer = suite.attack(op, name, suite.call(op, &path, user)).await;
                let back = callback && answer.status == 302;
                assert!(back || matches!(answer.status, 400 | 422), "{name}: {}", answer.status);
            }
            let twice = format!("{path}?{name}=1&{name}=1");
            let call = suite.call(op, &twice, user);
            suite.attack(op, &twice, call).await.problem(400, "malformed");
        }
        if !op.query.is_empty() && !callback {
            let path = format!("{path}?owner_id={}&no_such=1", suite.stranger.id);
            suite.attack(op, &path, suite.call(op, &path, user)).await.problem(422, "validation");
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn pages_have_bounds_and_cursors_cannot_be_made_up() {
    let suite = Suite::start().await;
    for op in suite.ops.iter().filter(|op| op.query.iter().any(|name| name == "limit")) {
        let (path, user) = (suite.path(op), Some(suite.user(op)));
        for limit in ["0", "-1", "101", "1000000000", "1.5", "x", ""] {
            let path = format!("{path}?limit={limit}");
            suite.attack(op, &path, suite.call(op, &path, user)).await.problem(422, "validation");
        }
        for cursor in
            ["", "x", "AQ", "AAAAAAAAAAAAAAAAAAAAAAAA", "%27%20or%201=1", &"A".repeat(4_000)]
        {
            let path = format!("{path}?cursor={cursor}");
            let answer = suite.attack(op, &path, suite.call(op, &path, user)).await;
            assert!(matches!(answer.status, 400 | 422), "{path}: {}", answer.text);
        }
    }
}

/// A text as it stands in a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
