//! A sandbox, a client, a payer and a hook.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::clock::{self, Clock};
use crate::domain::ids::PaymentId;
use crate::domain::money::Money;
use crate::domain::signature;
use crate::gateways::stripe::{
    HookEvent, RefundRequest, SessionRequest, StripeClient, StripeOptions,
};
use crate::sandbox::{Options, Running, start};

/// Card numbers, as a payer might type them.
pub(super) const GOOD: &str = "4242 4242 4242 4242";
pub(super) const DECLINED: &str = "4000000000000002";
pub(super) const CHALLENGED: &str = "4000-0025-0000-3155";

/// How long a condition may take, far above what it needs.
const GUARD: Duration = Duration::from_secs(30);

/// Waits for a condition and says how long it took.
pub(super) async fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = clock::monotonic();
    while !condition() {
        assert!(begun.elapsed() < GUARD, "waited in vain until {what}");
        clock::pause(Duration::from_millis(5)).await;
    }
    println!("{what}: after {:?}", begun.elapsed());
}

/// A running sandbox.
pub(super) struct Sandbox {
    pub(super) dir: tempfile::TempDir,
    pub(super) running: Running,
    pub(super) client: StripeClient,
    pub(super) http: reqwest::Client,
}

impl Sandbox {
    pub(super) async fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap()).await
    }

    /// Starts on what is in the folder.
    pub(super) async fn over(dir: tempfile::TempDir) -> Self {
        let running = start(options(&dir)).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { client: client(&running, Duration::from_secs(20)), dir, running, http }
    }

    /// Ends it in order and gives its folder back.
    pub(super) async fn end(mut self) -> tempfile::TempDir {
        self.running.stop();
        self.running.ended().await.unwrap();
        self.dir
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.endpoint().base_url())
    }

    pub(super) fn state_file(&self) -> PathBuf {
        self.dir.path().join("state.jsonl")
    }

    /// Enters a card on a session's page.
    pub(super) async fn pay(&self, session: &str, card: &str) -> reqwest::Response {
        let form = [("card_number", card)];
        self.http.post(self.url(&format!("/pay/{session}"))).form(&form).send().await.unwrap()
    }

    /// A call of the API beside the client, with the key.
    pub(super) fn call(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.url(path));
        request.bearer_auth(&self.running.endpoint().api_key)
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.call(reqwest::Method::GET, path).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub(super) async fn faults(&self, orders: Value) {
        let request = self.call(reqwest::Method::POST, "/_faults").json(&orders);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }

    /// All successful charges.
    pub(super) async fn charges(&self) -> Vec<Value> {
        self.get("/_charges").await["data"].as_array().unwrap().clone()
    }

    /// Opens a session for payment `number` and pays it; its id and its payment intent.
    pub(super) async fn paid(&self, number: u128) -> (String, String) {
        self.pay_for(&request(number)).await
    }

    /// As [`Self::paid`], but the money is only reserved.
    pub(super) async fn reserved(&self, number: u128) -> (String, String) {
        self.pay_for(&SessionRequest { reserve: true, ..request(number) }).await
    }

    async fn pay_for(&self, request: &SessionRequest) -> (String, String) {
        let key = format!("session-{}", request.payment_id);
        let session = self.client.create_session(request, &key).await.unwrap();
        assert_eq!(self.pay(&session.id, GOOD).await.status(), StatusCode::SEE_OTHER);
        let session = self.client.session(&session.id).await.unwrap();
        (session.id, session.payment_intent.unwrap())
    }
}

pub(super) fn options(dir: &tempfile::TempDir) -> Options {
    Options::new(dir.path().join("state.jsonl"), Clock::system())
}

pub(super) fn client(running: &Running, timeout: Duration) -> StripeClient {
    let endpoint = running.endpoint();
    let (base_url, api_key) = (endpoint.base_url(), endpoint.api_key.clone());
    StripeClient::new(StripeOptions { base_url, api_key, timeout }).unwrap()
}

pub(super) fn payment(number: u128) -> PaymentId {
    Uuid::from_u128(number).into()
}

pub(super) fn euros(minor: i64) -> Money {
    Money::new(minor, "EUR".parse().unwrap())
}

pub(super) fn request(number: u128) -> SessionRequest {
    SessionRequest {
        amount: euros(123_450),
        payment_id: payment(number),
        property_id: Uuid::from_u128(7).into(),
        product_name: "Two nights <script> & \"view\"".into(),
        success_url: "http://shop.example/bookings/1?paid=1".into(),
        cancel_url: "http://shop.example/bookings/1".into(),
        customer_email: Some("a@b.example".into()),
        reserve: false,
    }
}

pub(super) fn refund(intent: &str, number: u128, minor: i64) -> RefundRequest {
    RefundRequest {
        payment_intent: intent.to_owned(),
        amount: euros(minor),
        refund_id: Uuid::from_u128(number).into(),
        payment_id: payment(number),
        property_id: Uuid::from_u128(7).into(),
    }
}

/// A hook that listens, checks signatures and answers as it is told.
pub(super) struct Sink {
    pub(super) url: String,
    seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

struct Seen {
    events: Vec<HookEvent>,
    answer: StatusCode,
}

impl Sink {
    pub(super) async fn new(secret: &str, answer: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen { events: Vec::new(), answer }));
        let (inside, secret) = (Arc::clone(&seen), secret.to_owned());
        let take = move |headers: HeaderMap, body: Bytes| {
            let header = headers["stripe-signature"].to_str().unwrap().to_owned();
            signature::verify(&header, &body, &secret, Clock::system().now()).unwrap();
            let mut seen = inside.lock().unwrap();
            seen.events.push(HookEvent::parse(&body).unwrap());
            let answer = seen.answer;
            async move { answer }
        };
        let app = Router::new().route("/hook", post(take));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen, server }
    }

    pub(super) fn answer(&self, status: StatusCode) {
        self.seen.lock().unwrap().answer = status;
    }

    pub(super) fn events(&self) -> Vec<HookEvent> {
        self.seen.lock().unwrap().events.clone()
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        self.events().into_iter().map(|event| event.kind).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}
