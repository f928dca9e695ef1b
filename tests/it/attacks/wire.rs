//! Below HTTP's meaning: bytes that two readers could read in two ways, heads that never
//! end, bodies that never end, and more connections than there may be.

use std::time::Duration;

use rentezy::clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::server::World;
use crate::harness::wait::wait_until;

/// Longer than any limit in these tests.
const GUARD: Duration = Duration::from_secs(60);

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends bytes and reads until the server closes.
async fn said(world: &World, bytes: &[u8]) -> String {
    let mut stream = connect(world).await;
    // The server may refuse before it has read everything.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let read = clock::within(GUARD, stream.read_to_end(&mut answer)).await;
    drop(read.expect("the connection is closed"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn no_request_hides_within_another() {
    let world = World::plan().set("HTTP_HEAD_TIMEOUT_S", 2).start().await;
    let hidden = "GET /version HTTP/1.1\r\nHost: x\r\n\r\n";
    let login = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let chunked = format!("0\r\n\r\n{hidden}");
    let length = chunked.len();
    for (what, head) in [
        (
            "length, then chunks",
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        ),
        (
            "chunks, then length",
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        ),
        ("chunks", "Transfer-Encoding: chunked\r\n".to_owned()),
        ("two lengths", format!("Content-Length: 5\r\nContent-Length: {length}\r\n")),
        ("two lengths in one", format!("Content-Length: 5, {length}\r\n")),
        ("a signed length", format!("Content-Length: +{length}\r\n")),
        ("a negative length", "Content-Length: -1\r\n".to_owned()),
        ("unknown chunks", "Transfer-Encoding: xchunked\r\n".to_owned()),
        ("chunks not last", "Transfer-Encoding: chunked, identity\r\n".to_owned()),
        ("a space before the colon", format!("Content-Length : {length}\r\n")),
        ("a folded line", format!("X: y\r\n Content-Length: {length}\r\nTransfer-Encoding: x\r\n")),
        ("a bare return", format!("X: y\rContent-Length: {length}\r\nTransfer-Encoding: x\r\n")),
    ] {
        let answer = said(&world, format!("{login}{head}\r\n{chunked}").as_bytes()).await;
        let answers = answer.matches("HTTP/1.1 ").count();
        assert_eq!(answers, 1, "{what}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 400"), "{what}: {answer}");
        assert!(!answer.contains("tzdb"), "{what}: {answer}");
    }
    let old = format!("POST /version HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}");
    assert_eq!(said(&world, old.as_bytes()).await.matches("HTTP/1.").count(), 1);
    world.anonymous().get("/livez").await.expect(200);
}

#[tokio::test]
async fn dots_lead_nowhere() {
    let world = World::plan().set("HTTP_HEAD_TIMEOUT_S", 2).start().await;
    for path in [
        "/x/../livez",
        "/%2e%2e/livez",
        "/./livez",
        "/%2e/livez",
        "//livez",
        "/livez/.",
        "/livez%2f",
        "/api/v1/../../livez",
        "/api/v1/%2e%2e/%2e%2e/livez",
        "/assets/../livez",
        "/livez;x",
        "/sandbox/../livez",
        "/LIVEZ",
        "/livez\\",
        "/%6civez/",
        "/..%2flivez",
        "/%252e%252e/livez",
    ] {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = said(&world, bytes.as_bytes()).await;
        let no = ["HTTP/1.1 400", "HTTP/1.1 404"].iter().any(|status| answer.starts_with(status));
        assert!(no && !answer.contains("alive"), "{path}: {answer}");
    }
    // The whole address instead of a path is the same path (RFC 9112, 3.2.2).
    let whole = "GET http://y/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(said(&world, whole.as_bytes()).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn heads_have_bounds() {
    let world = World::plan().set("HTTP_HEAD_TIMEOUT_S", 2).start().await;
    let get = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let many: String = (0..1_000).map(|at| format!("x-{at}: y\r\n")).collect();
    let long = "a".repeat(64 * 1024);
    for (what, bytes) in [
        ("a long path", format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
        ("a long header", format!("{get}x: {long}\r\n\r\n")),
        ("many headers", format!("{get}{many}\r\n")),
        ("a long name", format!("{get}{long}: x\r\n\r\n")),
    ] {
        let answer = said(&world, bytes.as_bytes()).await;
        // Closed while still sending: the answer may be lost on its way.
        let refused = ["HTTP/1.1 431", "HTTP/1.1 414", "HTTP/1.1 400"];
        let is_refused = refused.iter().any(|status| answer.starts_with(status));
        assert!(answer.is_empty() || is_refused, "{what}: {answer}");
    }
    for (what, bytes) in [
        ("a NUL", format!("{get}x: a\0b\r\n\r\n")),
        ("a bad name", format!("{get}x y: z\r\n\r\n")),
        ("no version", "GET /livez\r\n\r\n".to_owned()),
        ("another protocol", "HELO x\r\n\r\n".to_owned()),
        ("half a preface", "PRI * HTTP/2.0\r\n\r\n".to_owned()),
        ("a TLS greeting", "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03\r\n\r\n".to_owned()),
    ] {
        let answer = said(&world, bytes.as_bytes()).await;
        let no =
            answer.is_empty() || answer.starts_with("HTTP/1.1 400") || !answer.contains("alive");
        assert!(no, "{what}: {answer}");
    }
    // A header that goes back to the client does not become two.
    let bytes = format!("{get}x-request-id: a%0d%0aset-cookie: b\r\n\r\n");
    let answer = said(&world, bytes.as_bytes()).await;
    assert!(!answer.to_lowercase().contains("set-cookie"), "{answer}");
    world.anonymous().get("/livez").await.expect(200);
}

#[tokio::test]
async fn whoever_is_slow_is_let_go() {
    let plan = World::plan().set("HTTP_HEAD_TIMEOUT_S", 1).set("HTTP_CONNECTIONS_MAX", 8);
    let world = plan.start().await;
    let starts = ["", "P", "PRI * HTTP/2.0\r\n", "GET", "GET /livez HTTP/1.1\r\nHost: x\r\nx: "];
    let mut slow = Vec::new();
    for start in starts.iter().cycle().take(24) {
        let mut stream = connect(&world).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // More than there may be at once; each has its time, and then others have theirs.
    let api = world.anonymous();
    wait_until("there is room again", async || {
        api.call(reqwest::Method::GET, "/livez").try_send().await.is_ok()
    })
    .await;
    for mut stream in slow {
        let mut rest = Vec::new();
        let read = clock::within(GUARD, stream.read_to_end(&mut rest)).await;
        drop(read.expect("the connection is closed"));
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }
}

#[tokio::test]
async fn bodies_have_bounds_with_and_without_a_length() {
    let plan = World::plan().set("HTTP_HEAD_TIMEOUT_S", 2).set("SERVER_BODY_LIMIT_BYTES", 65_536);
    let world = plan.start().await;
    let login = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let announced = format!("{login}Content-Length: 10737418240\r\n\r\n{{");
    let answer = said(&world, announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut stream = connect(&world).await;
    let head = format!("{login}Transfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    let endless = async {
        // Until the server has had enough.
        while stream.write_all(chunk.as_bytes()).await.is_ok() {}
    };
    clock::within(GUARD, endless).await.expect("an endless body is given up");
    world.anonymous().get("/livez").await.expect(200);
}
