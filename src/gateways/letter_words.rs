//! What letters say. A letter's words are chosen by its matter and its reader's language;
//! how they are laid out is the business of `templates/`. Those about stays are in
//! `stay_words.rs` for tenants and in `host_words.rs` for landlords, those about saved searches
//! and favourites in `watch_words.rs`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::mail::Draft;
use super::{host_words, stay_words, watch_words};
use crate::domain::letter::Matter;
use crate::domain::preference::Category;

/// The words of a letter. They may hold what people have written: whoever lays them out
/// escapes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The language they are in, as a BCP 47 tag.
    pub lang: &'static str,
    /// The subject.
    pub subject: String,
    /// What it says above all.
    pub heading: String,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// Where to go: what it says and the address.
    pub button: Option<(&'static str, String)>,
    /// Paragraphs in small.
    pub closing: Vec<&'static str>,
}

/// The words of a letter in its reader's language, or the nearest that there is.
#[must_use]
pub fn words(draft: &Draft) -> Words {
    let mut words = author(&draft.locale)(draft);
    words.subject = one_line(&words.subject);
    words
}

/// Who writes for readers of a locale (a BCP 47 tag). Another language is a function beside
/// this one, and a line here.
fn author(_locale: &str) -> fn(&Draft) -> Words {
    english
}

/// A text without line breaks and other control characters, so that it cannot begin a
/// header or a paragraph of its own.
#[must_use]
pub fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}

fn english(draft: &Draft) -> Words {
    let words = match draft.matter.category() {
        Category::Security => of_the_account(draft),
        Category::Bookings => stay_words::english(draft),
        Category::Hosting => host_words::english(draft),
        Category::Alerts => watch_words::english(draft),
        Category::Duty => of_duties(draft),
    };
    Words { lang: "en", ..words }
}

fn of_the_account(draft: &Draft) -> Words {
    let link = draft.link.clone().unwrap_or_default();
    let not_you = "If this was not you, choose a new password at once and sign out everywhere.";
    match &draft.matter {
        Matter::VerifyAddress { .. } => Words {
            closing: vec!["If you did not make an account at RentEzy, ignore this letter."],
            ..said(
                "Confirm your address",
                ["Please confirm that this address is yours. The link works once, for 24 hours."],
            )
        }
        .with_button("Confirm address", link),
        Matter::RegistrationRepeated {} => said(
            "You already have an account",
            [
                "Somebody, probably you, tried to register at RentEzy with this address. It has \
                 an account already, so nothing was changed.",
                "You can sign in as usual. If you do not know your password any more, choose a \
                 new one.",
            ],
        )
        .with_button("Sign in", format!("{}/login", draft.site)),
        Matter::ResetPassword { .. } => Words {
            closing: vec!["If you did not ask for it, ignore this letter: nothing has changed."],
            ..said(
                "Choose a new password",
                ["You asked for a new password. The link works once, for one hour."],
            )
        }
        .with_button("Choose a new password", link),
        Matter::PasswordChanged {} => said(
            "Your password was changed",
            ["The password of your account was changed just now."],
        )
        .and(not_you),
        Matter::LockedOut { until } => said(
            "Too many sign-ins failed",
            ["Somebody tried wrong passwords for your account, so sign-in is locked for a while."],
        )
        .and(not_you)
        .with_fact("Locked until", instant(*until, &draft.zone)),
        Matter::Suspended { reason } => said(
            "Your account was suspended",
            ["Your account cannot be used for the time being. Answer this letter to ask about it."],
        )
        .with_fact("Reason", reason.clone()),
        _ => Words::default(),
    }
}

/// What administrators have to see to.
fn of_duties(draft: &Draft) -> Words {
    match &draft.matter {
        Matter::RefundFailed { stay, .. } => said(
            &format!("A refund has failed: booking {}", stay.booking_id),
            ["The payment provider could not send money back. Somebody has to look at it there."],
        )
        .with_fact("Tenant", draft.other.clone().unwrap_or_default())
        .with_stay(draft, stay),
        Matter::DepositContested { stay, reason, .. } => said(
            &format!("A deposit is contested: booking {}", stay.booking_id),
            ["The tenant objects to what the landlord wants to keep. You have to decide."],
        )
        .with_fact("Tenant", draft.other.clone().unwrap_or_default())
        .with_fact("Why", reason)
        .with_stay(draft, stay),
        _ => Words::default(),
    }
}

/// Words whose subject is their heading.
pub(super) fn said<const N: usize>(heading: &str, lines: [&str; N]) -> Words {
    Words {
        subject: heading.to_owned(),
        heading: one_line(heading),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Words::default()
    }
}

impl Words {
    pub(super) fn and(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// With a fact, if there is anything to say.
    pub(super) fn with_fact(mut self, label: &'static str, value: impl AsRef<str>) -> Self {
        let value = one_line(value.as_ref());
        if !value.is_empty() {
            self.facts.push((label, value));
        }
        self
    }

    pub(super) fn with_button(mut self, label: &'static str, url: String) -> Self {
        self.button = Some((label, url));
        self
    }
}

pub(super) fn title(draft: &Draft) -> String {
    draft.home.as_ref().map_or_else(|| "your home".to_owned(), |home| one_line(&home.title))
}

/// `Fri 5 June 2026`. A stay's dates are the home's own.
pub(super) fn date(date: Date) -> String {
    date.strftime("%a %-d %B %Y").to_string()
}

/// `Fri 5 June 2026, 14:10 (Europe/Dublin)`.
pub(super) fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} ({name})", zone.to_datetime(at).strftime("%a %-d %B %Y, %H:%M"))
}
