//! The edge: every error is a problem document under the request's id, limits hold at the
//! limit and one past it, and a server that stops finishes what it has begun.

use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::server::{World, signal};
use crate::harness::shop::PASSWORD;
use crate::harness::wait::wait_until;

#[tokio::test]
async fn what_cannot_be_served_is_answered_with_a_problem() {
    let world = World::plan().set("SERVER_BODY_LIMIT_BYTES", 2048).start().await;
    let api = world.anonymous();
    for path in ["nothing", "bookings/x/y", "properties/nonsense", "properties/bkg_1"] {
        api.get(path).await.problem(404, "not-found");
    }
    for (method, path, allow) in [
        (Method::PUT, "auth/login", "POST"),
        (Method::DELETE, "me", "GET,HEAD,PATCH"),
        (Method::POST, "search", "GET,HEAD"),
        (Method::PATCH, "/livez", "GET,HEAD"),
    ] {
        let answer = api.call(method, path).send().await.problem(405, "method-not-allowed");
        let mut allowed: Vec<_> =
            answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{path}");
    }

    let login = |kind: &str, body: &str| {
        let call = api.call(Method::POST, "auth/login").header("content-type", kind);
        call.bytes(body.to_owned()).send()
    };
    let good = json!({"email": "ada@example.org", "password": PASSWORD}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"] {
        login(kind, &good).await.problem(415, "unsupported-media-type");
    }
    login("application/json; charset=latin1", &good).await.problem(415, "unsupported-media-type");
    login("Application/JSON; charset=utf-8", &good).await.problem(401, "invalid-credentials");
    for text in ["", "{", "nonsense", "{} {}", "\u{feff}{}", &format!("{good}x")] {
        login("application/json", text).await.problem(400, "malformed");
    }
    let twice = r#"{"email": "a@b.org", "email": "c@d.org", "password": "x"}"#;
    login("application/json", twice).await.problem(400, "malformed");
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let answer = login("application/json", &deep).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
    for (text, pointer, code) in [
        (r#"{"email": "a@b.org", "password": "x", "admin": true}"#, "/admin", "unknown-field"),
        (r#"{"email": "a@b.org"}"#, "/password", "required"),
        (r#"{"email": 7, "password": "x"}"#, "/email", "type"),
        (r#"{"email": null, "password": "x"}"#, "/email", "type"),
    ] {
        let answer = login("application/json", text).await.problem(422, "validation");
        let error = &answer.body["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
    }
    let bytes = api.call(Method::POST, "auth/login").header("content-type", "application/json");
    bytes.bytes(vec![b'{', 0xff, b'}']).send().await.problem(400, "malformed");

    // At the limit, and one past it.
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    login("application/json", &padded(2048)).await.problem(401, "invalid-credentials");
    login("application/json", &padded(2049)).await.problem(413, "payload-too-large");

    // What is no request at all does not harm the next.
    let address = world.url().strip_prefix("http://").unwrap();
    for noise in ["GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "\0\0\0\0\r\n\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(noise.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Closed or answered: either will do.
        stream.read_to_end(&mut answer).await.ok();
        let text = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || text.starts_with("HTTP/1.1 400"), "{text}");
    }
    api.get("/livez").await.expect(200);
}

#[tokio::test]
async fn every_answer_carries_an_id_and_what_keeps_browsers_safe() {
    let world = World::start().await;
    let api = world.anonymous();
    let given = api.call(Method::GET, "nothing").header("x-request-id", "abc-1.2:3").send().await;
    assert_eq!(given.header("x-request-id"), Some("abc-1.2:3"));
    assert_eq!(given.body["instance"], "abc-1.2:3");
    for wrong in ["with space", "<script>", &"x".repeat(65)] {
        let answer = api.call(Method::GET, "/livez").header("x-request-id", wrong).send().await;
        let id = answer.header("x-request-id").unwrap();
        assert!(id.starts_with("req_"), "{id}");
    }
    let (one, two) = (api.get("/livez").await, api.get("/livez").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    for path in ["/livez", "/", "search", "nothing"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src") && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(api.get("/readyz").await.body(200)["status"], "ready");
    let version = api.get("/version").await.body(200);
    assert_eq!((&version["name"], &version["payments"]), (&json!("rentezy"), &json!("sandbox")));
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(!version["tzdb"].as_str().unwrap().is_empty());
    // What the log says of a request is found by its id, and no password is in it.
    let body = json!({"email": "ada@example.org", "password": "secret-in-the-log"});
    let answer = api.post("auth/login", &body).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    wait_until("the log has it", async || world.logged().contains(&id)).await;
    assert!(!world.logged().contains("secret-in-the-log"));
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_it_has_begun() {
    let mut world = World::start().await;
    let address = world.url().strip_prefix("http://").unwrap().to_owned();
    let body = json!({"email": "slow@example.org", "password": PASSWORD, "name": "Slow"});
    let body = body.to_string();
    // A request whose head has come and whose body has not.
    let head = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut slow = tokio::net::TcpStream::connect(&address).await.unwrap();
    let (begun, rest) = body.split_at(body.len() / 2);
    slow.write_all(format!("{head}{begun}").as_bytes()).await.unwrap();
    // A connection from before, on which to ask how it is; it must not be used and closed.
    let mut probe = tokio::net::TcpStream::connect(&address).await.unwrap();
    let ask = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    probe.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = [0_u8; 4096];
    let count = probe.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 200"));
    // Half of the next question, so that it counts as under way.
    probe.write_all(&ask.as_bytes()[..10]).await.unwrap();

    world.terminate();
    wait_until("nobody is let in any more", async || TcpStream::connect(&address).is_err()).await;
    // An idle connection may be closed at once, which its writer or its reader notices; one that
    // asks is told to go elsewhere.
    if probe.write_all(&ask.as_bytes()[10..]).await.is_ok() {
        let count = probe.read(&mut answer).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&answer[..count]);
        assert!(count == 0 || said.starts_with("HTTP/1.1 503"), "{said}");
    }

    slow.write_all(rest.as_bytes()).await.unwrap();
    let mut said = String::new();
    slow.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 202"), "{said}");
    assert!(world.ended().success());
    world.start_again();
    world.sign_in("slow@example.org").await;
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_a_stop_up() {
    let mut world = World::plan().set("SERVER_DRAIN_S", 1).start().await;
    let address = world.url().strip_prefix("http://").unwrap().to_owned();
    let mut stuck = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n\
        Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stuck.write_all(head.as_bytes()).await.unwrap();
    // Known to the server once a later request has been answered.
    world.anonymous().get("/livez").await.expect(200);
    assert!(world.stop().success());
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_and_may_be_asked_again() {
    let world = World::plan().set("SERVER_REQUEST_TIMEOUT_S", 1).start().await;
    let api = world.anonymous();
    // The sandbox stands still: whoever waits for it is told so.
    let endpoint = world.endpoint().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    signal(endpoint.pid, Signal::STOP);
    let path = format!("bookings/{}/checkout", booking["id"].as_str().unwrap());
    let call = world.api(&tenant).call(Method::POST, &path).json(&json!({})).try_send();
    let answer = rentezy::clock::within(Duration::from_secs(30), call).await;
    signal(endpoint.pid, Signal::CONT);
    let answer = answer.expect("it is given up in time").unwrap();
    answer.problem(504, "timeout");
    let page = world.checkout(&tenant, &booking).await;
    world.pay(&page).await;
    world.wait_for_status(&tenant, &booking, "confirmed").await;
    api.get("/livez").await.expect(200);
}

#[tokio::test]
async fn after_too_many_failures_nobody_signs_in_from_an_address() {
    let plan = World::plan().set("LIMITS_SIGN_IN_FAILURES", 3);
    let world = plan.set("HTTP_TRUSTED_PROXIES", "127.0.0.1").start().await;
    let user = world.tenant().await;
    let api = world.anonymous();
    let sign_in = async |from: &str, password: &str| {
        let body = json!({"email": user.email, "password": password});
        let call = api.call(Method::POST, "auth/login").header("x-forwarded-for", from);
        call.json(&body).send().await
    };
    // Who knows the password is not counted.
    for _ in 0..5 {
        sign_in("198.51.100.1", PASSWORD).await.expect(200);
    }
    for _ in 0..3 {
        sign_in("198.51.100.1", "wrong password").await.problem(401, "invalid-credentials");
    }
    for password in ["wrong password", PASSWORD] {
        let answer = sign_in("198.51.100.1", password).await.problem(429, "rate-limited");
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 60);
    }
    // A chain that the client made up itself changes nothing; another address is free.
    sign_in("198.51.100.9, 198.51.100.1", PASSWORD).await.problem(429, "rate-limited");
    sign_in("198.51.100.2", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn many_tokens_and_addresses_of_one_user_share_a_limit() {
    let plan = World::plan().set("LIMITS_USER_RATE", 1).set("LIMITS_USER_BURST", 20);
    let world = plan.set("HTTP_TRUSTED_PROXIES", "127.0.0.1").start().await;
    let user = world.tenant().await;
    let mut refused = 0;
    for host in 1..=3 {
        let session = world.sign_in(&user.email).await;
        for _ in 0..10 {
            let call = world.api(&session).call(Method::GET, "me");
            let answer = call.header("x-forwarded-for", &format!("198.51.100.{host}")).send().await;
            refused += u32::from(answer.status == 429);
            assert!(answer.header("ratelimit").unwrap().contains("\"user\";r="), "{answer:?}");
        }
    }
    assert!((1..=10).contains(&refused), "{refused} of 30");
}
