//! Bodies that are no JSON, too large, of another kind, or that say more than they may.

use serde_json::{Value, json};

use super::suite::{Op, Suite};
use super::things;
use crate::harness::client::Answer;
use crate::harness::pictures;

/// Texts for every text of a body.
const TEXTS: &[&str] = &[
    "",
    " ",
    "'",
    "' or 1=1 --",
    "\"; drop table users; --",
    "%_\\",
    "<img src=x onerror=alert(1)>",
    "\0",
    "a\0b",
    "a\r\nset-cookie: x=1",
    "\u{202e}gnp.exe",
    "\u{feff}",
    "\u{7f}\u{1b}[31m",
    "../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1:1/x}",
];

/// Values for every field, of types that it may not have.
fn others() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!("x".repeat(100_000)),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"$gt": ""}),
        json!("e\u{301}".repeat(20_000)),
    ]
}

/// What a client may never say about itself or a thing.
const OURS: &[&str] = &[
    "role",
    "roles",
    "owner_id",
    "landlord_id",
    "tenant_id",
    "price",
    "total",
    "amount_paid",
    "status",
    "paid",
    "verified",
    "email_verified",
    "created_at",
    "updated_at",
    "version",
    "id",
    "__proto__",
    "constructor",
    "is_admin",
];

async fn send(suite: &Suite, op: &Op, what: &str, body: Vec<u8>) -> Answer {
    let call = suite.call(op, &suite.path(op), Some(suite.user(op)));
    suite.attack(op, what, call.header("content-type", "application/json").bytes(body)).await
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let suite = Suite::start().await;
    for op in suite.with_body() {
        let good = suite.body(op).unwrap().to_string();
        let first = good.trim_start_matches('{');
        let deep = |open: &str, close: &str| {
            format!("{}{}", open.repeat(100_000), close.repeat(100_000)).into_bytes()
        };
        let bad: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", Vec::new()),
            ("half", good.as_bytes()[..good.len() - 1].to_vec()),
            ("more", format!("{good}{good}").into_bytes()),
            ("trailing", format!("{good};").into_bytes()),
            ("byte order mark", format!("\u{feff}{good}").into_bytes()),
            ("comment", format!("/* */{good}").into_bytes()),
            ("single quotes", good.replace('"', "'").replace("{}", "{'a':1}").into_bytes()),
            ("NaN", format!("{{\"x\":NaN,{first}").into_bytes()),
            ("no UTF-8", [b"{\"x\":\"\xff\",".as_slice(), first.as_bytes()].concat()),
            ("overlong", [b"{\"x\":\"\xc0\xaf\",".as_slice(), first.as_bytes()].concat()),
            ("raw NUL", format!("{{\"x\":\"\0\",{first}").into_bytes()),
        ];
        for (what, body) in bad {
            let answer = send(&suite, op, what, body).await;
            assert_eq!(answer.status, 400, "{} {} {what}: {}", op.method, op.path, answer.text);
        }
        // Numbers and letters that JSON can write and nothing can hold.
        for (what, field) in [("infinity", "\"x\":1e400"), ("lone surrogate", "\"\\ud800\":1")] {
            let answer = send(&suite, op, what, format!("{{{field},{first}").into()).await;
            assert!(matches!(answer.status, 400 | 422), "{} {what}: {}", op.path, answer.text);
        }
        for (what, body) in [("deep lists", deep("[", "]")), ("deep objects", deep("{\"a\":", "}"))]
        {
            let answer = send(&suite, op, what, body).await;
            assert!(matches!(answer.status, 400 | 422), "{} {what}: {}", op.path, answer.text);
        }
        let many: String = (0..50_000).map(|at| format!("\"k{at}\":1,")).collect();
        let answer = send(&suite, op, "many fields", format!("{{{many}\"z\":1}}").into()).await;
        assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
        for body in ["[]", "null", "1", "\"x\"", "true"] {
            let answer = send(&suite, op, body, body.into()).await;
            assert_eq!(answer.status, 422, "{} {body}: {}", op.path, answer.text);
        }
        if let Some((name, value)) = suite.body(op).unwrap().as_object().unwrap().iter().next() {
            let twice = format!("{{\"{name}\":{value},{first}");
            let answer = send(&suite, op, "twice", twice.into()).await;
            assert_eq!(answer.status, 400, "{} {}: {}", op.method, op.path, answer.text);
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn other_kinds_of_body_and_larger_ones_are_refused() {
    let suite = Suite::start().await;
    for op in suite.with_body() {
        let good = suite.body(op).unwrap().to_string();
        for kind in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json; charset=utf-16",
            "application/json5",
            "text/json",
            "",
        ] {
            let call = suite.call(op, &suite.path(op), Some(suite.user(op)));
            let call = call.header("content-type", kind).bytes(good.clone());
            suite.attack(op, kind, call).await.problem(415, "unsupported-media-type");
        }
        let call = suite.call(op, &suite.path(op), Some(suite.user(op))).json(&json!({}));
        let call = call.header("content-encoding", "gzip");
        suite.attack(op, "gzip", call).await.problem(415, "unsupported-media-type");
        let padded = format!("{good}{}", " ".repeat(1_048_577 - good.len()));
        send(&suite, op, "large", padded.into()).await.problem(413, "payload-too-large");
    }
    suite.is_well().await;
}

#[tokio::test]
async fn nobody_says_more_than_a_body_may() {
    let suite = Suite::start().await;
    for op in suite.with_body() {
        let good = suite.body(op).unwrap();
        let fields = good.as_object().unwrap().clone();
        for name in OURS.iter().filter(|name| !fields.contains_key(**name)) {
            let mut body = good.clone();
            body[name] = json!("admin");
            let answer = send(&suite, op, name, body.to_string().into()).await;
            let answer = answer.problem(422, "validation");
            let pointer = format!("/{name}");
            assert_eq!(answer.body["errors"][0]["pointer"], json!(pointer), "{}", answer.text);
            assert_eq!(answer.body["errors"][0]["code"], "unknown-field", "{}", answer.text);
        }
        // The same in every object within.
        for (outer, value) in &fields {
            if value.is_object() {
                let mut body = good.clone();
                body[outer]["is_admin"] = json!(true);
                let answer = send(&suite, op, outer, body.to_string().into()).await;
                let pointer = format!("/{outer}/is_admin");
                assert_eq!(answer.body["errors"][0]["pointer"], json!(pointer), "{}", answer.text);
            }
        }
    }
    suite.is_well().await;
}

#[tokio::test]
async fn no_value_of_a_field_harms() {
    let suite = Suite::start().await;
    for op in suite.with_body() {
        let good = suite.body(op).unwrap();
        for pointer in pointers(&good, "") {
            let texts = TEXTS.iter().map(|&text| json!(text));
            for value in texts.chain(others()) {
                let mut body = good.clone();
                *body.pointer_mut(&pointer).unwrap() = value.clone();
                let answer = send(&suite, op, &pointer, body.to_string().into()).await;
                let status = answer.status;
                assert!(status < 500, "{} {} {pointer}: {}", op.method, op.path, answer.text);
                let nul = value.as_str().is_some_and(|text| text.contains('\0'));
                assert!(!nul || status >= 400, "{} {pointer} takes a NUL: {status}", op.path);
                if status < 400 {
                    suite.mend(op).await;
                }
            }
        }
    }
    suite.is_well().await;
    let sql = suite.world.sql().await;
    let count = sql.query_one("select count(*) from users where 'admin' = any(roles)", &[]).await;
    assert_eq!(count.unwrap().get::<_, i64>(0), 1, "the one whom the command has made");
}

#[tokio::test]
async fn no_file_harms() {
    let suite = Suite::start().await;
    let good = things::picture(3);
    let half = good[..good.len() / 2].to_vec();
    for op in suite.ops.iter().filter(|op| op.file) {
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("a NUL", vec![0]),
            ("a beginning", good[..4].to_vec()),
            ("half", half.clone()),
            ("a script", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec()),
            ("a page", b"<!doctype html><script>alert(1)</script>".to_vec()),
            ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec()),
            ("JSON", b"{\"role\": \"admin\"}".to_vec()),
            ("an archive", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
            ("a huge picture", pictures::png_head(u32::MAX, u32::MAX)),
        ] {
            let call = suite.call(op, &suite.path(op), Some(suite.user(op)));
            let answer = suite.attack(op, what, call.bytes(bytes)).await;
            let refused = matches!(answer.status, 400 | 413 | 415 | 422);
            assert!(refused, "{} {what}: {}", op.path, answer.text);
        }
        let large = [good.clone(), vec![0; 64 * 1024 * 1024]].concat();
        let call = suite.call(op, &suite.path(op), Some(suite.user(op))).bytes(large);
        // The server may refuse, and close, before it has read everything.
        if let Ok(answer) = call.try_send().await {
            answer.problem(413, "payload-too-large");
        }
    }
    suite.is_well().await;
}

/// Where every value of a body lies.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let within = |name: &str, value: &Value| {
        let here = format!("{at}/{name}");
        let mut all = pointers(value, &here);
        all.push(here);
        all
    };
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| within(name, value)).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, value)| within(&at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}
