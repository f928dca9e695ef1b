//! The line of a request.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;

use super::harness::{request, send, state, token};
use crate::domain::user::Role;
use crate::http::router;

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_what_the_client_sent() {
    let kept = Kept::default();
    let writer = kept.clone();
    let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(log);
    let state = state(&[("RENTEZY_HTTP_TRUSTED_PROXIES", "0.0.0.0")]).await;
    let added = Router::new().route("/long", get(async || "x".repeat(5_000)));
    let app = router::router(&state, added);
    let bearer = format!("Bearer {}", token(&state, &[Role::Tenant]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-request-id", "abc"),
        ("user-agent", "evil\tagent"),
    ];
    let path = "/api/v1/bookings/bkg_secret?token=secret&email=a@b.org";
    send(&app, request("GET", path, &headers)).await;
    send(&app, request("GET", "/long", &[])).await;
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<_> = lines.iter().filter(|line| line["target"] == "rentezy::access").collect();
    let [first, second] = lines[..] else { panic!("{text}") };
    let fields = &first["fields"];
    assert_eq!((&fields["method"], &fields["status"]), (&"GET".into(), &404.into()), "{text}");
    assert_eq!(fields["route"], "/api/v1/bookings/{id}");
    assert_eq!(fields["peer"], "1.2.3.4");
    assert!(fields["user"].as_str().unwrap().starts_with("usr_"), "{text}");
    assert!(fields["bytes"].as_u64().unwrap() > 100 && fields["ms"].is_number(), "{text}");
    assert_eq!(first["span"]["id"], "abc");
    assert_eq!(
        (&second["fields"]["bytes"], &second["fields"]["route"]),
        (&5_000.into(), &"-".into())
    );
    for secret in ["secret", "a@b.org", bearer.split_at(20).1, "evil"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
