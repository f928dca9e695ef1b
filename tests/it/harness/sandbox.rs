//! The payment sandbox: paying on its page as a browser does, and asking it what it knows.

use rentezy::sandbox::Endpoint;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::Value;

use super::client::http;
use super::server::World;

/// The test card that pays.
pub(crate) const GOOD_CARD: &str = "4242 4242 4242 4242";

/// The test card that is declined.
pub(crate) const BAD_CARD: &str = "4000 0000 0000 0002";

/// What came of filling in the page.
#[derive(Debug)]
pub(crate) struct Paid {
    /// The status of the answer to the form.
    pub(crate) status: StatusCode,
    /// Where the browser is sent to, if it was paid.
    pub(crate) back_to: Option<String>,
    /// What the page says.
    pub(crate) page: String,
}

/// Opens a payment page, fills in its form and sends it.
pub(crate) async fn fill_in(url: &str, card: &str) -> Paid {
    let http = http();
    let page = http.get(url).send().await.unwrap();
    let (status, text) = (page.status(), page.text().await.unwrap());
    if status != StatusCode::OK {
        return Paid { status, back_to: None, page: text };
    }
    assert!(text.to_lowercase().contains("test payment"), "the page says what it is: {text}");
    let form = text.split("<form").nth(1).expect("the page has a form");
    assert!(form.starts_with(" method=\"post\">"), "it is sent to where it came from: {form}");
    assert!(form.contains("name=\"card_number\""), "{form}");
    let answer = http.post(url).form(&[("card_number", card)]).send().await.unwrap();
    let status = answer.status();
    let back_to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
    Paid { status, back_to, page: answer.text().await.unwrap() }
}

impl World {
    /// Pays on a page and is sent back to RentEzy.
    pub(crate) async fn pay(&self, page: &str) -> String {
        let paid = fill_in(page, GOOD_CARD).await;
        assert_eq!(paid.status, StatusCode::SEE_OTHER, "{}", paid.page);
        let back = paid.back_to.unwrap();
        assert!(back.contains("paid=1"), "{back}");
        back
    }
}

/// The same page on the sandbox's own port, which answers while the server is dead.
pub(crate) fn own_page(endpoint: &Endpoint, page: &str) -> String {
    let (_, path) = page.split_once("/sandbox/").expect("a page of the sandbox");
    format!("{}/{path}", endpoint.base_url())
}

/// All charges it has made, with what it has sent back of each.
pub(crate) async fn charges(endpoint: &Endpoint) -> Vec<Value> {
    list(endpoint, "_charges").await
}

/// All refunds it has made.
pub(crate) async fn refunds(endpoint: &Endpoint) -> Vec<Value> {
    list(endpoint, "_refunds").await
}

/// All payment intents it has.
pub(crate) async fn intents(endpoint: &Endpoint) -> Vec<Value> {
    list(endpoint, "_intents").await
}

/// The bank lets go what a payment intent has reserved.
pub(crate) async fn let_go(endpoint: &Endpoint, intent: &str) {
    let url = format!("{}/v1/payment_intents/{intent}/cancel", endpoint.base_url());
    let answer = http().post(url).bearer_auth(&endpoint.api_key).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
}

async fn list(endpoint: &Endpoint, path: &str) -> Vec<Value> {
    match asked(endpoint, path).await["data"].take() {
        Value::Array(rows) => rows,
        other => panic!("{path} is no list: {other}"),
    }
}

/// How often it has failed in which way, by its own count.
pub(crate) async fn faults_met(endpoint: &Endpoint) -> Value {
    asked(endpoint, "_faults").await["met"].take()
}

async fn asked(endpoint: &Endpoint, path: &str) -> Value {
    let url = format!("{}/{path}", endpoint.base_url());
    let answer = http().get(url).bearer_auth(&endpoint.api_key).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Tells it how to fail.
pub(crate) async fn order_faults(endpoint: &Endpoint, faults: &Value) {
    let url = format!("{}/_faults", endpoint.base_url());
    let request = http().post(url).bearer_auth(&endpoint.api_key).json(faults);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
}
