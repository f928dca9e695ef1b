//! The pages' HTML. Everything that came from outside goes through [`escape`].

use std::fmt::Write;

use super::cards::CARDS;
use super::objects::{Intent, Session};

/// Currencies without and with three decimals; all others have two.
const NO_DECIMALS: [&str; 9] = ["bif", "clp", "jpy", "krw", "pyg", "ugx", "vnd", "xaf", "xof"];
const THREE_DECIMALS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// The page where the card is entered; `note` says why the last attempt failed.
pub(super) fn card(session: &Session, note: Option<&str>) -> String {
    let amount = escape(&amount(session.amount, &session.currency));
    let note = note
        .map(|note| format!("<p class=\"note\" id=\"note\" role=\"alert\">{}</p>", escape(note)));
    let described = if note.is_some() { " aria-describedby=\"note\"" } else { "" };
    let mut cards = String::new();
    for card in &CARDS {
        let number = spaced(card.number);
        let _ = write!(cards, "<tr><td><code>{number}</code></td><td>{}</td></tr>", card.label);
    }
    let body = format!(
        "{summary}{note}\
         <form method=\"post\">\
         <label for=\"card_number\">Card number</label>\
         <input id=\"card_number\" name=\"card_number\" inputmode=\"numeric\" \
         autocomplete=\"off\" required maxlength=\"32\" value=\"{usual}\"{described}>\
         <button type=\"submit\">{verb} {amount}</button></form>\
         <p><a id=\"cancel\" href=\"{cancel}\">Cancel and go back</a></p>\
         <h2>Test cards</h2><table>\
         <thead><tr><th>Number</th><th>What it does</th></tr></thead>\
         <tbody>{cards}</tbody></table>",
        summary = summary(session),
        verb = if session.manual { "Reserve" } else { "Pay" },
        note = note.unwrap_or_default(),
        usual = spaced(CARDS[0].number),
        cancel = escape(&session.cancel_url),
    );
    document("Pay", "../sandbox.css", &body)
}

/// The page of the bank's check.
pub(super) fn challenge(session: &Session, intent: &Intent) -> String {
    let last4 = escape(intent.last4.as_deref().unwrap_or_default());
    let body = format!(
        "{summary}<h2>3-D Secure</h2>\
         <p>Here the bank of the card ending in {last4} would ask you to confirm the \
         payment. Choose how that ends.</p>\
         <form method=\"post\" class=\"choice\">\
         <button type=\"submit\" name=\"outcome\" value=\"complete\">Complete</button>\
         <button type=\"submit\" name=\"outcome\" value=\"fail\" class=\"plain\">Fail</button>\
         </form>",
        summary = summary(session),
    );
    document("Confirm with your bank", "../../sandbox.css", &body)
}

/// The page of a session that is over.
pub(super) fn ended(session: &Session, title: &str, text: &str) -> String {
    let body = format!(
        "{summary}<p class=\"note\">{text}</p><p><a href=\"{back}\">Go back</a></p>",
        summary = summary(session),
        text = escape(text),
        back = escape(&session.cancel_url),
    );
    document(title, "../sandbox.css", &body)
}

/// A page that says one thing.
pub(super) fn message(title: &str, text: &str) -> String {
    document(title, "../sandbox.css", &format!("<h1>{}</h1><p>{}</p>", escape(title), escape(text)))
}

fn summary(session: &Session) -> String {
    format!(
        "<h1>{}</h1><p class=\"amount\">{}</p>",
        escape(&session.product_name),
        escape(&amount(session.amount, &session.currency))
    )
}

fn document(title: &str, style: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\">\
         <title>{} - test payments</title><link rel=\"stylesheet\" href=\"{style}\"></head>\
         <body><p class=\"banner\">Test payments - no real money</p>\
         <main>{body}</main></body></html>",
        escape(title)
    )
}

/// `EUR 1,234.50`
pub(super) fn amount(minor: i64, currency: &str) -> String {
    let decimals = if NO_DECIMALS.contains(&currency) {
        0
    } else if THREE_DECIMALS.contains(&currency) {
        3
    } else {
        2
    };
    let unit = 10_u64.pow(decimals);
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let digits = whole.to_string();
    let mut text = currency.to_ascii_uppercase();
    text.push(' ');
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if decimals > 0 {
        let _ = write!(text, ".{part:0width$}", width = usize::try_from(decimals).unwrap_or(2));
    }
    text
}

fn spaced(number: &str) -> String {
    let mut text = String::new();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Text that is safe inside an element and inside a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}
