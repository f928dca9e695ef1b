//! What outlives a sandbox, and what ends it.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use axum::http::StatusCode;

use super::harness::{Sandbox, Sink, options, refund, request, wait_until};
use crate::clock::Clock;
use crate::gateways::stripe::SessionStatus;
use crate::sandbox::{Endpoint, SandboxError, start};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let sandbox = Sandbox::new().await;
    let endpoint = sandbox.running.endpoint().clone();
    let (paid, intent) = sandbox.paid(1).await;
    let open = sandbox.client.create_session(&request(2), "open").await.unwrap();
    sandbox.client.create_refund(&refund(&intent, 1, 100), "r1").await.unwrap();
    let charges = sandbox.charges().await;

    let sandbox = Sandbox::over(sandbox.end().await).await;
    let now = sandbox.running.endpoint().clone();
    assert_eq!((&now.api_key, &now.hook_secret), (&endpoint.api_key, &endpoint.hook_secret));
    // Another test may have been given the port in between.
    let taken = std::net::TcpListener::bind(("127.0.0.1", endpoint.port)).is_err();
    assert!(now.port == endpoint.port || taken, "it comes back on its last port");
    assert_eq!(sandbox.charges().await, charges);
    let session = sandbox.client.session(&paid).await.unwrap();
    assert_eq!(session.status, SessionStatus::Complete);
    assert_eq!(sandbox.client.create_session(&request(2), "open").await.unwrap(), open);
    let again = sandbox.client.create_refund(&refund(&intent, 1, 100), "r1").await.unwrap();
    assert_eq!(sandbox.client.refunds_of(&intent).await.unwrap(), [again]);

    let sink = Sink::new(&endpoint.hook_secret, StatusCode::OK).await;
    sandbox.client.register_hook(&sink.url).await.unwrap();
    wait_until("what nobody took before has come", || sink.events().len() == 4).await;
}

#[tokio::test]
async fn a_torn_last_line_never_happened() {
    let sandbox = Sandbox::new().await;
    let open = sandbox.client.create_session(&request(1), "k").await.unwrap();
    let file = sandbox.state_file();
    let dir = sandbox.end().await;
    let whole = std::fs::read(&file).unwrap();
    for torn in [&b"[{\"session\":{\"id\":\"cs_x\""[..], b"[", b"\0\0\0\0\n"] {
        let mut log = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        log.write_all(torn).unwrap();
        drop(log);
        let mut running = start(options(&dir)).await.unwrap();
        running.stop();
        running.ended().await.unwrap();
        assert!(std::fs::read(&file).unwrap().starts_with(&whole));
    }
    let sandbox = Sandbox::over(dir).await;
    assert_eq!(sandbox.client.session(&open.id).await.unwrap(), open);
    sandbox.paid(2).await;
    let sandbox = Sandbox::over(sandbox.end().await).await;
    assert_eq!(sandbox.charges().await.len(), 1);
}

#[tokio::test]
async fn damage_before_the_last_line_is_said() {
    let sandbox = Sandbox::new().await;
    sandbox.client.create_session(&request(1), "k").await.unwrap();
    let file = sandbox.state_file();
    let dir = sandbox.end().await;
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] = b'x';
    std::fs::write(&file, bytes).unwrap();
    let error = start(options(&dir)).await.unwrap_err().to_string();
    assert!(error.contains("damaged in line 1"), "{error}");
}

#[tokio::test]
async fn a_second_one_learns_of_the_first() {
    let sandbox = Sandbox::new().await;
    let second = start(options(&sandbox.dir)).await;
    assert!(matches!(second, Err(SandboxError::AlreadyRunning(_))), "{second:?}");
    let file = sandbox.dir.path().join("endpoint.json");
    let found = Endpoint::await_ready(&file, Duration::from_secs(10)).await.unwrap();
    assert_eq!(found, *sandbox.running.endpoint());
    for file in [file.clone(), sandbox.state_file()] {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let dir = sandbox.end().await;
    assert_eq!(Endpoint::read(&file).unwrap(), None, "an orderly end removes it");
    let gone = Endpoint::await_ready(&file, Duration::from_millis(60)).await;
    assert!(matches!(gone, Err(SandboxError::NotReady(_))), "{gone:?}");
    drop(dir);
}

#[tokio::test]
async fn it_ends_when_its_file_is_gone_or_replaced() {
    let mut sandbox = Sandbox::new().await;
    std::fs::remove_file(sandbox.state_file()).unwrap();
    sandbox.running.ended().await.unwrap();

    let mut sandbox = Sandbox::over(sandbox.dir).await;
    assert!(sandbox.charges().await.is_empty());
    let file = sandbox.state_file();
    std::fs::write(file.with_extension("other"), "").unwrap();
    std::fs::rename(file.with_extension("other"), &file).unwrap();
    sandbox.running.ended().await.unwrap();
}

#[tokio::test]
async fn a_long_journal_is_rewritten_and_says_the_same() {
    let sandbox = Sandbox::new().await;
    for number in 0..30 {
        sandbox.paid(number).await;
    }
    let charges = sandbox.charges().await;
    let events = sandbox.get("/v1/events?limit=100").await;
    let file = sandbox.state_file();
    let dir = sandbox.end().await;
    // The port is noted at each start: lines that say nothing new.
    let mut log = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    log.write_all("[{\"port\":1}]\n".repeat(2_000).as_bytes()).unwrap();
    drop(log);
    let before = std::fs::metadata(&file).unwrap().len();
    let sandbox = Sandbox::over(dir).await;
    assert!(std::fs::metadata(&file).unwrap().len() < before);
    assert_eq!(sandbox.charges().await, charges);
    assert_eq!(sandbox.get("/v1/events?limit=100").await, events);
    sandbox.paid(100).await;
    let second = start(options(&sandbox.dir)).await;
    assert!(matches!(second, Err(SandboxError::AlreadyRunning(_))), "{second:?}");
    let sandbox = Sandbox::over(sandbox.end().await).await;
    assert_eq!(sandbox.charges().await.len(), 31);
}

#[tokio::test]
async fn time_ends_sessions_and_forgets_keys() {
    let dir = tempfile::tempdir().unwrap();
    let clock_file = dir.path().join("clock.file");
    let clock = Clock::manual(clock_file.clone()).unwrap();
    let mut options = options(&dir);
    options.clock = clock.clone();
    let running = start(options).await.unwrap();
    let client = super::harness::client(&running, Duration::from_secs(20));
    let session = client.create_session(&request(1), "k").await.unwrap();
    let moved = clock.now();
    std::fs::write(&clock_file, (24 * 3600 + 1).to_string()).unwrap();
    let day = Duration::from_secs(24 * 3600);
    wait_until("the clock has moved", || clock.now().duration_since(moved).unsigned_abs() > day)
        .await;
    let ended = client.session(&session.id).await.unwrap();
    assert_eq!(ended.status, SessionStatus::Expired);
    let anew = client.create_session(&request(1), "k").await.unwrap();
    assert_ne!(anew.id, session.id, "the key is forgotten after a day, as Stripe may");
}
