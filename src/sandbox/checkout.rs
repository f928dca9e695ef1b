//! What happens to checkout sessions and their payment intents. Each function is one
//! transaction: it looks, decides, and puts rows and events.

use super::cards::{self, Behaviour, Card};
use super::form::{ApiError, Form};
use super::intents;
use super::ledger::{Change, Tx};
use super::objects::{Intent, IntentStatus, PaymentFailure, Session, SessionStatus, new_id};

/// How long a session lives unless it says otherwise, and at most, in seconds.
const LIFE_SECONDS: i64 = 24 * 3600;

/// How long it lives at least, in seconds.
const LIFE_MIN_SECONDS: i64 = 30 * 60;

/// The largest amount that Stripe takes, in minor units.
const AMOUNT_MAX: i64 = 99_999_999;

/// What an attempt to pay led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Paid or reserved, now or before: the payer goes to this URL.
    Paid(String),
    /// Not paid; the session is still open.
    Declined,
    /// The payer has to pass their bank's check.
    Challenged,
    /// The session has expired.
    Expired,
    /// There is no such session.
    Missing,
    /// There is no check to pass.
    NotChallenged,
}

/// Makes an open session.
pub(super) fn create(tx: &mut Tx<'_>, mut form: Form, base: &str) -> Result<Session, ApiError> {
    let mode = form.required("mode")?;
    if mode != "payment" {
        let message = format!("Invalid mode: {mode}; this sandbox serves payment.");
        return Err(ApiError::parameter("mode", "parameter_invalid", message));
    }
    let price = "line_items[0][price_data]";
    let currency = currency(&mut form, &format!("{price}[currency]"))?;
    let amount = amount(&mut form, price)?;
    let product_name = form.required(&format!("{price}[product_data][name]"))?;
    let id = new_id("cs_test");
    let session = Session {
        url: format!("{}/pay/{id}", base.trim_end_matches('/')),
        id,
        status: SessionStatus::Open,
        created: tx.now,
        expires_at: expiry(&mut form, tx.now)?,
        amount,
        currency,
        product_name,
        success_url: form.url("success_url")?,
        cancel_url: form.url("cancel_url")?,
        client_reference_id: form.take("client_reference_id"),
        customer_email: form.take("customer_email"),
        setup_future_usage: form.take("payment_intent_data[setup_future_usage]"),
        manual: is_manual(&mut form)?,
        reserved: false,
        metadata: form.map("metadata")?,
        intent_metadata: form.map("payment_intent_data[metadata]")?,
        payment_intent: None,
    };
    form.finish()?;
    tx.put(Change::Session(session.clone()));
    Ok(session)
}

/// Ends an open session on request.
pub(super) fn expire(tx: &mut Tx<'_>, id: &str) -> Result<Session, ApiError> {
    let session = tx.ledger.sessions.get(id).cloned();
    let session = session.ok_or_else(|| ApiError::missing("checkout.session", id))?;
    if session.status != SessionStatus::Open {
        let message = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
        return Err(ApiError::state("checkout_session_not_open", message.to_owned()));
    }
    Ok(end(tx, session))
}

/// Ends the sessions whose time is over, and lets go what was reserved for too long.
pub(super) fn expire_overdue(tx: &mut Tx<'_>) {
    while let Some(session) = tx.ledger.overdue(tx.now).cloned() {
        end(tx, session);
    }
    intents::expire_overdue(tx);
}

/// Tries to pay an open session with a card.
pub(super) fn pay(tx: &mut Tx<'_>, id: &str, card: Card) -> Attempt {
    let session = match open_session(tx, id) {
        Ok(session) => session,
        Err(otherwise) => return otherwise,
    };
    let (session, mut intent) = intent_of(tx, session);
    intent.last4 = Some(card.last4().to_owned());
    match card.behaviour {
        Behaviour::Succeeds => succeed(tx, session, intent),
        Behaviour::Challenges => {
            intent.status = IntentStatus::RequiresAction;
            intent.failure = None;
            tx.put(Change::Intent(intent));
            Attempt::Challenged
        }
        Behaviour::Declines { code, decline_code, message } => {
            let failure = PaymentFailure {
                code: code.to_owned(),
                decline_code: decline_code.map(str::to_owned),
                message: message.to_owned(),
            };
            fail(tx, intent, failure)
        }
    }
}

/// Takes the outcome of the bank's check.
pub(super) fn answer_challenge(tx: &mut Tx<'_>, id: &str, passed: bool) -> Attempt {
    let session = match open_session(tx, id) {
        Ok(session) => session,
        Err(otherwise) => return otherwise,
    };
    let (session, intent) = intent_of(tx, session);
    if intent.status != IntentStatus::RequiresAction {
        return Attempt::NotChallenged;
    }
    if passed { succeed(tx, session, intent) } else { fail(tx, intent, cards::challenge_failure()) }
}

fn open_session(tx: &Tx<'_>, id: &str) -> Result<Session, Attempt> {
    let session = tx.ledger.sessions.get(id).ok_or(Attempt::Missing)?;
    match session.status {
        SessionStatus::Open => Ok(session.clone()),
        SessionStatus::Expired => Err(Attempt::Expired),
        SessionStatus::Complete => Err(Attempt::Paid(return_url(session))),
    }
}

/// The session's payment intent, made and attached if this is the first attempt.
fn intent_of(tx: &mut Tx<'_>, mut session: Session) -> (Session, Intent) {
    let known = session.payment_intent.as_ref().and_then(|id| tx.ledger.intents.get(id));
    if let Some(intent) = known {
        return (session, intent.clone());
    }
    let intent = Intent {
        id: new_id("pi"),
        status: IntentStatus::RequiresPaymentMethod,
        created: tx.now,
        amount: session.amount,
        received: 0,
        currency: session.currency.clone(),
        latest_charge: None,
        failure: None,
        setup_future_usage: session.setup_future_usage.clone(),
        manual: session.manual,
        session: Some(session.id.clone()),
        capture_before: None,
        last4: None,
        metadata: session.intent_metadata.clone(),
    };
    session.payment_intent = Some(intent.id.clone());
    tx.put(Change::Session(session.clone()));
    (session, intent)
}

fn succeed(tx: &mut Tx<'_>, mut session: Session, mut intent: Intent) -> Attempt {
    session.status = SessionStatus::Complete;
    session.reserved = intent.manual;
    let kind = if intent.manual {
        intents::reserve(&mut intent, tx.now);
        "payment_intent.amount_capturable_updated"
    } else {
        intents::charge(tx, &mut intent);
        "payment_intent.succeeded"
    };
    let (intent_view, session_view) = (intent.view(), session.view());
    let url = return_url(&session);
    tx.put(Change::Intent(intent));
    tx.put(Change::Session(session));
    tx.emit(kind, intent_view);
    tx.emit("checkout.session.completed", session_view);
    Attempt::Paid(url)
}

fn fail(tx: &mut Tx<'_>, mut intent: Intent, failure: PaymentFailure) -> Attempt {
    intent.status = IntentStatus::RequiresPaymentMethod;
    intent.failure = Some(failure);
    let view = intent.view();
    tx.put(Change::Intent(intent));
    tx.emit("payment_intent.payment_failed", view);
    Attempt::Declined
}

fn end(tx: &mut Tx<'_>, mut session: Session) -> Session {
    let intent = session.payment_intent.as_ref().and_then(|id| tx.ledger.intents.get(id));
    if let Some(mut intent) = intent.cloned() {
        intent.status = IntentStatus::Canceled;
        tx.put(Change::Intent(intent));
    }
    session.status = SessionStatus::Expired;
    let view = session.view();
    tx.put(Change::Session(session.clone()));
    tx.emit("checkout.session.expired", view);
    session
}

fn return_url(session: &Session) -> String {
    session.success_url.replace("{CHECKOUT_SESSION_ID}", &session.id)
}

/// Whether a session's money is to be captured by another call.
fn is_manual(form: &mut Form) -> Result<bool, ApiError> {
    let name = "payment_intent_data[capture_method]";
    match form.take(name).as_deref() {
        None | Some("automatic" | "automatic_async") => Ok(false),
        Some("manual") => Ok(true),
        Some(other) => {
            let message = format!("Invalid capture method: {other}.");
            Err(ApiError::parameter(name, "parameter_invalid", message))
        }
    }
}

fn currency(form: &mut Form, name: &str) -> Result<String, ApiError> {
    let code = form.required(name)?.to_ascii_lowercase();
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(code);
    }
    let message = format!("Invalid currency: {code}.");
    Err(ApiError::parameter(name, "parameter_invalid", message))
}

fn amount(form: &mut Form, price: &str) -> Result<i64, ApiError> {
    let name = format!("{price}[unit_amount]");
    let unit = form.integer(&name)?.ok_or_else(|| {
        let message = format!("Missing required param: {name}.");
        ApiError::parameter(&name, "parameter_missing", message)
    })?;
    let count = form.integer("line_items[0][quantity]")?.unwrap_or(1);
    let total = unit.checked_mul(count).filter(|_| count > 0).unwrap_or_default();
    if (1..=AMOUNT_MAX).contains(&total) {
        return Ok(total);
    }
    let message = format!("The total must be 1 to {AMOUNT_MAX} minor units.");
    Err(ApiError::parameter(&name, "parameter_invalid_integer", message))
}

fn expiry(form: &mut Form, now: i64) -> Result<i64, ApiError> {
    let at = form.integer("expires_at")?.unwrap_or(now + LIFE_SECONDS);
    if (now + LIFE_MIN_SECONDS..=now + LIFE_SECONDS).contains(&at) {
        return Ok(at);
    }
    let message = "expires_at must be 30 minutes to 24 hours from now.".to_owned();
    Err(ApiError::parameter("expires_at", "parameter_invalid_integer", message))
}
