//! What letters say. A letter's words are chosen by its matter and its reader's language;
//! how they are laid out is the business of `templates/`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::mail::{Draft, Home};
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::domain::money::Money;

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
    let words = match &draft.matter {
        Matter::VerifyAddress { .. }
        | Matter::RegistrationRepeated {}
        | Matter::ResetPassword { .. }
        | Matter::PasswordChanged {}
        | Matter::LockedOut { .. }
        | Matter::Suspended { .. } => of_the_account(draft),
        Matter::LandlordApproved {}
        | Matter::LandlordDeclined { .. }
        | Matter::HostConfirmed { .. }
        | Matter::HostCancelled { .. }
        | Matter::ListingApproved { .. }
        | Matter::ListingRejected { .. } => of_hosting(draft),
        Matter::BookingHeld { .. }
        | Matter::BookingConfirmed { .. }
        | Matter::BookingExpired { .. }
        | Matter::BookingFailed { .. }
        | Matter::BookingCancelled { .. }
        | Matter::LatePayment { .. } => of_a_stay(draft),
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

fn of_hosting(draft: &Draft) -> Words {
    let title = title(draft);
    let home = |words: Words| match draft.matter.property() {
        Some(id) => {
            words.with_button("Your homes", format!("{}/landlord/properties/{id}", draft.site))
        }
        None => words,
    };
    match &draft.matter {
        Matter::LandlordApproved {} => said(
            "You can offer homes now",
            ["Your account may offer homes at RentEzy from now on."],
        )
        .with_button("Offer a home", format!("{}/landlord", draft.site)),
        Matter::LandlordDeclined { reason } => said(
            "You cannot offer homes yet",
            ["We have looked at your application to offer homes and could not approve it."],
        )
        .with_fact("Reason", reason.clone()),
        Matter::HostConfirmed { stay, amount } => said(
            &format!("New booking of {title}"),
            ["A stay in your home was paid for and is confirmed."],
        )
        .with_fact("Guest", draft.other.clone().unwrap_or_default())
        .with_stay(draft, stay)
        .with_fact("Paid", money(*amount)),
        Matter::HostCancelled { stay } => said(
            &format!("Called off: {title}"),
            ["A guest has called off a stay in your home. The nights are free again."],
        )
        .with_fact("Guest", draft.other.clone().unwrap_or_default())
        .with_stay(draft, stay),
        Matter::ListingApproved { .. } => home(said(
            &format!("{title} is live"),
            ["Your listing was approved. Everybody can find and book it now."],
        )),
        Matter::ListingRejected { reason, .. } => home(
            said(
                &format!("{title} needs another look"),
                ["Your listing cannot go live as it is. Change it and hand it in again."],
            )
            .with_fact("Reason", reason.clone()),
        ),
        _ => Words::default(),
    }
}

fn of_a_stay(draft: &Draft) -> Words {
    let title = title(draft);
    let (words, stay) = match &draft.matter {
        Matter::BookingHeld { stay, expires_at } => {
            let words = said(
                &format!("{title} is held for you"),
                ["Nobody else can take these nights until the hold ends. Pay before that to book \
                  them."],
            );
            let zone = draft.home.as_ref().map_or(&draft.zone, |home| &home.zone);
            (words.with_fact("Held until", instant(*expires_at, zone)), stay)
        }
        Matter::BookingConfirmed { stay, amount } => {
            let words = said(
                &format!("Your stay at {title} is confirmed"),
                ["Your payment has arrived and your booking stands."],
            );
            let host = draft.other.clone().unwrap_or_default();
            (words.with_fact("Paid", money(*amount)).with_fact("Your host", host), stay)
        }
        Matter::BookingExpired { stay } => (
            said(
                &format!("Your hold of {title} has ended"),
                ["No payment came in time, so the nights are free again. Nothing was charged."],
            ),
            stay,
        ),
        Matter::BookingFailed { stay } => (
            said(
                &format!("Your booking of {title} did not work out"),
                ["The payment could not be taken as agreed. What was paid goes back to you in \
                  full."],
            ),
            stay,
        ),
        Matter::BookingCancelled { stay } => (
            said(
                &format!("Your booking of {title} was called off"),
                ["The nights are free again. Whatever is due to you of what was paid goes back."],
            ),
            stay,
        ),
        Matter::LatePayment { stay, reacquired: true } => (
            said(
                &format!("Your payment for {title} came late, and in time"),
                ["It arrived after your hold had ended, but the nights were still free: they are \
                  yours."],
            ),
            stay,
        ),
        Matter::LatePayment { stay, reacquired: false } => (
            said(
                &format!("Your payment for {title} came too late"),
                [
                    "It arrived after your booking had ended. What was paid goes back to you in full.",
                ],
            ),
            stay,
        ),
        _ => return Words::default(),
    };
    let page = format!("{}/bookings/{}", draft.site, stay.booking_id);
    words.with_stay(draft, stay).with_button("See your booking", page)
}

/// Words whose subject is their heading.
fn said<const N: usize>(heading: &str, lines: [&str; N]) -> Words {
    Words {
        subject: heading.to_owned(),
        heading: one_line(heading),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Words::default()
    }
}

impl Words {
    fn and(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// With a fact, if there is anything to say.
    fn with_fact(mut self, label: &'static str, value: impl AsRef<str>) -> Self {
        let value = one_line(value.as_ref());
        if !value.is_empty() {
            self.facts.push((label, value));
        }
        self
    }

    fn with_button(mut self, label: &'static str, url: String) -> Self {
        self.button = Some((label, url));
        self
    }

    fn with_stay(self, draft: &Draft, stay: &StayFacts) -> Self {
        let count = stay.nights.count();
        let nights = if count == 1 { "1 night".to_owned() } else { format!("{count} nights") };
        let home = draft.home.as_ref().map(|Home { title, city, .. }| format!("{title}, {city}"));
        self.with_fact("Home", home.unwrap_or_default())
            .with_fact("Check-in", date(stay.nights.check_in()))
            .with_fact("Check-out", date(stay.nights.check_out()))
            .with_fact("Stay", nights)
            .with_fact("Booking", stay.booking_id.to_string())
    }
}

fn title(draft: &Draft) -> String {
    draft.home.as_ref().map_or_else(|| "your home".to_owned(), |home| one_line(&home.title))
}

/// `Fri 5 June 2026`. A stay's dates are the home's own.
fn date(date: Date) -> String {
    date.strftime("%a %-d %B %Y").to_string()
}

/// `Fri 5 June 2026, 14:10 (Europe/Dublin)`.
fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} ({name})", zone.to_datetime(at).strftime("%a %-d %B %Y, %H:%M"))
}

/// `EUR 300.00`, with as many decimals as the currency has.
fn money(amount: Money) -> String {
    amount.to_string()
}
