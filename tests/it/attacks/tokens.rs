//! Access tokens that are none, for every route that looks at them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rentezy::http::auth::Who;
use serde_json::{Value, json};
use sha2::Sha256;

use super::suite::Suite;
use crate::harness::shop::PASSWORD;

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    value[name] = to;
    value
}

/// A token signed with HMAC under a key that everybody knows.
fn hmac_signed(header: &Value, claims: &Value, key: &[u8]) -> String {
    let text = format!("{}.{}", encoded(header), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// What could pass for a good token and must not.
fn forged(good: &str, public: &[u8]) -> Vec<(String, String)> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts: {good}") };
    let (head, body) = (decoded(header), decoded(claims));
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    for algorithm in ["none", "None", "nOnE", "NONE", ""] {
        let head = encoded(&with(head.clone(), "alg", json!(algorithm)));
        add("no algorithm", format!("{head}.{claims}."));
        add("no algorithm, old signature", format!("{head}.{claims}.{signature}"));
    }
    for (what, key) in
        [("the public key", public), ("no key", b"".as_slice()), ("a guess", b"secret")]
    {
        let head = with(head.clone(), "alg", json!("HS256"));
        add(&format!("HMAC with {what}"), hmac_signed(&head, &body, key));
    }
    for kid in ["", "other", "../../dev/null", "' or 1=1 --", &"k".repeat(10_000)] {
        let head = encoded(&with(head.clone(), "kid", json!(kid)));
        add("another key id", format!("{head}.{claims}.{signature}"));
    }
    for name in ["jwk", "jku", "x5u", "x5c", "crit"] {
        let head = encoded(&with(head.clone(), name, json!("http://127.0.0.1:1/keys")));
        add(name, format!("{head}.{claims}.{signature}"));
    }
    for (name, value) in [
        ("sub", json!("usr_01970000000070008000000000000001")),
        ("roles", json!(["admin"])),
        ("exp", json!(99_999_999_999_i64)),
        ("exp", json!("never")),
        ("exp", json!(1e308)),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("aud", json!("another")),
        ("iss", json!("another")),
    ] {
        let body = encoded(&with(body.clone(), name, value));
        add("other claims", format!("{header}.{body}.{signature}"));
    }
    add("no signature", format!("{header}.{claims}."));
    add("cut off", good[..good.len() - 4].to_owned());
    add("two parts", format!("{header}.{claims}"));
    add("four parts", format!("{good}.x"));
    add("longer", format!("{good}AA"));
    add("too long", format!("{good}{}", "A".repeat(8_000)));
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    add("a flipped bit", format!("{header}.{claims}.{flipped}{}", &signature[1..]));
    all
}

#[tokio::test]
async fn no_route_believes_a_forged_token() {
    let suite = Suite::start().await;
    let sql = suite.world.sql().await;
    let public: Vec<u8> =
        sql.query_one("select public from signing_keys limit 1", &[]).await.unwrap().get(0);
    let login = json!({"email": suite.owner.email, "password": PASSWORD});
    let session = suite.world.anonymous().post("auth/login", &login).await;
    let cookie = session.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let good = &suite.owner.token;
    let mut values = vec![
        ("no scheme".to_owned(), good.clone()),
        ("another scheme".to_owned(), "Basic YWRhOnNlY3JldA==".to_owned()),
        ("an empty token".to_owned(), "Bearer ".to_owned()),
        ("two tokens".to_owned(), format!("Bearer {good}, Bearer {good}")),
        ("a refresh token".to_owned(), format!("Bearer {cookie}")),
        ("garbage".to_owned(), "Bearer \u{1f600}".to_owned()),
    ];
    let tokens = forged(good, &public).into_iter();
    values.extend(tokens.map(|(what, token)| (what, format!("Bearer {token}"))));
    for op in &suite.ops {
        if matches!(op.who, Who::Public | Who::Cookie | Who::Machine) {
            continue;
        }
        let path = suite.path(op);
        if op.who != Who::Visitor {
            let call = suite.call(op, &path, None).json(&json!({}));
            suite.attack(op, "nobody", call).await.problem(401, "unauthenticated");
        }
        for (what, value) in &values {
            let call = suite.call(op, &path, None).header("authorization", value);
            let call = match suite.body(op) {
                Some(body) => call.json(&body),
                None => call,
            };
            let answer = suite.attack(op, what, call).await;
            assert_eq!(answer.status, 401, "{} {} {what}: {}", op.method, op.path, answer.text);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn no_other_token_passes_for_a_refresh_token() {
    let suite = Suite::start().await;
    let cookie = |value: &str| format!("__Host-rentezy-refresh={value}");
    for op in suite.ops.iter().filter(|op| op.who == Who::Cookie) {
        for value in [suite.owner.token.as_str(), "", "x", "' or 1=1 --", &"A".repeat(5_000)] {
            let call = suite.call(op, &op.path, None).header("cookie", &cookie(value));
            let answer = suite.attack(op, "another token", call).await;
            assert!(!answer.text.contains("access_token"), "{}", answer.text);
            assert!(matches!(answer.status, 204 | 401), "{} {}", op.path, answer.text);
        }
    }
    suite.is_well().await;
}
