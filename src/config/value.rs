//! Keys, and the types their values are read into.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::domain::user;

/// One setting: what it is called, what it is when nothing is set, what it means.
#[derive(Debug)]
pub struct Key {
    /// The full name, `section.key`.
    pub name: &'static str,
    /// The value when nothing is set, as text.
    pub default: &'static str,
    /// What it means, with its unit, a line each.
    pub doc: &'static [&'static str],
    /// What its value looks like.
    pub kind: Kind,
}

/// What the value of a key looks like.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// An IP address and a port.
    Address,
    /// A name of this machine, such as a user's.
    Name,
    /// A path; empty means that the program chooses.
    Path,
    /// Any text; empty means none.
    Text,
    /// A scheme and a host without a path; empty means that the program chooses.
    Origin,
    /// A mail address, with a name or without; empty means none.
    Mailbox,
    /// A bucket of an S3 store; empty means none.
    Bucket,
    /// IP addresses and networks with commas between them; empty means none.
    Networks,
    /// Origins with commas between them; empty means none.
    Origins,
    /// Topics of events with days, with commas between them; empty means none.
    Retention,
    /// Text that is never printed, of at least so many characters; empty means none.
    Secret(usize),
    /// A whole number between two bounds, both included.
    Number(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Key {
    /// The variable that overrides the file: `RENTEZY_SERVER_LISTEN`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("RENTEZY_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Section and key.
    pub(super) fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }

    /// What may be set, in words that follow "must be".
    #[must_use]
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Address => "an IP address and a port, such as 127.0.0.1:8080".to_owned(),
            Kind::Name => "a name of letters, digits, '-', '_' and '.'".to_owned(),
            Kind::Path if self.default.is_empty() => "a path, or empty".to_owned(),
            Kind::Path => "a path".to_owned(),
            Kind::Origin => {
                let or_empty = if self.default.is_empty() { ", or empty" } else { "" };
                format!("http(s)://host or http(s)://host:port without a path{or_empty}")
            }
            Kind::Mailbox => {
                let or_empty = if self.default.is_empty() { ", or empty" } else { "" };
                format!("a mail address such as RentEzy <post@example.com>{or_empty}")
            }
            Kind::Text => "text, or empty".to_owned(),
            Kind::Bucket => "s3://bucket or s3://bucket/prefix, or empty".to_owned(),
            Kind::Networks => {
                "addresses and networks such as 10.0.0.0/8, with commas between, or empty"
                    .to_owned()
            }
            Kind::Origins => {
                "http(s)://host or http(s)://host:port, with commas between, or empty".to_owned()
            }
            Kind::Retention => {
                "topics with days such as property=90, with commas between, or empty".to_owned()
            }
            Kind::Secret(0) => "text, or empty".to_owned(),
            Kind::Secret(length) => format!("at least {length} characters, or empty"),
            Kind::Number(min, max) => format!("between {min} and {max}"),
            Kind::Choice(words) => choices(words),
        }
    }

    /// Whether the bounds of the kind let a text through; its type then reads it.
    pub(super) fn admits(&self, text: &str) -> bool {
        match self.kind {
            Kind::Number(min, max) => {
                text.parse().is_ok_and(|number: u64| (min..=max).contains(&number))
            }
            Kind::Secret(length) => text.is_empty() || text.chars().count() >= length,
            Kind::Choice(words) => words.contains(&text),
            Kind::Name => {
                let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                !text.is_empty() && text.chars().all(part)
            }
            Kind::Path | Kind::Origin | Kind::Mailbox => {
                !text.is_empty() || self.default.is_empty()
            }
            Kind::Address
            | Kind::Bucket
            | Kind::Networks
            | Kind::Origins
            | Kind::Retention
            | Kind::Text => true,
        }
    }

    /// Whether its value must not be shown.
    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }
}

/// `a, b or empty`.
fn choices(words: &[&str]) -> String {
    let shown: Vec<&str> =
        words.iter().map(|word| if word.is_empty() { "empty" } else { word }).collect();
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

/// A type that a setting's text is read into.
pub(super) trait Setting: Sized {
    /// The value of a text, none when the text does not have this type's form.
    fn read(text: &str) -> Option<Self>;
}

/// An empty text is no value.
impl<T: Setting> Setting for Option<T> {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::read(text).map(Some) }
    }
}

impl Setting for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Setting for PathBuf {
    fn read(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

macro_rules! parsed {
    ($($type:ty),+) => {
        $(impl Setting for $type {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}

parsed!(u32, u64, usize, SocketAddr);

/// A mail address and, before it, the name that mail programs show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name; may be empty.
    pub name: String,
    /// The address.
    pub address: String,
}

impl Setting for Mailbox {
    fn read(text: &str) -> Option<Self> {
        let (name, address) = match text.strip_suffix('>') {
            Some(text) => text.split_once('<')?,
            None => ("", text),
        };
        let (name, address) = (name.trim(), address.trim());
        let plain = !name.chars().any(|c| c.is_control() || "<>\"@,;".contains(c));
        (plain && user::is_email(address))
            .then(|| Self { name: name.to_owned(), address: address.to_owned() })
    }
}

/// A bucket of an S3 store, and where in it everything lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// What every key begins with, without slashes at its ends; may be empty.
    pub prefix: String,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, prefix } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{name}{slash}{prefix}")
    }
}

/// A text that names no bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be s3://bucket or s3://bucket/prefix")]
pub struct NoBucket;

impl FromStr for Bucket {
    type Err = NoBucket;

    fn from_str(text: &str) -> Result<Self, NoBucket> {
        Self::read(text).ok_or(NoBucket)
    }
}

impl Setting for Bucket {
    fn read(text: &str) -> Option<Self> {
        let (name, prefix) = match text.strip_prefix("s3://")?.split_once('/') {
            Some((name, prefix)) => (name, prefix.trim_end_matches('/')),
            None => (text.strip_prefix("s3://")?, ""),
        };
        let plain = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            part.chars().all(known) && !part.trim_matches('.').is_empty()
        };
        let is_right = plain(name) && (prefix.is_empty() || prefix.split('/').all(plain));
        is_right.then(|| Self { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

/// Text that its `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; it must not reach a log or an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Setting for Secret {
    fn read(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }
}

macro_rules! choice {
    ($(#[$about:meta])+ $name:ident { $($(#[$doc:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])+ $variant,)+ }

        impl $name {
            /// The word in `cluster.toml`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl Setting for $name {
            fn read(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

choice! {
    /// Who lets a member become a landlord.
    LandlordApproval {
        /// An application is approved at once.
        Auto = "auto",
        /// An admin decides.
        Admin = "admin",
    }
}

choice! {
    /// Whether an address has to be proved before its account can be used.
    EmailVerification {
        /// It has to.
        Required = "required",
        /// A link is mailed, and the account works without it.
        Optional = "optional",
    }
}

choice! {
    /// Who lets a submitted listing go live.
    ListingReview {
        /// A listing goes live at once.
        Auto = "auto",
        /// An administrator looks at it first.
        Admin = "admin",
    }
}

choice! {
    /// Where payments go.
    PaymentsMode {
        /// Our stand-in for Stripe: no real money moves.
        Sandbox = "sandbox",
        /// Stripe, or whatever serves its API at `payments.stripe_url`.
        Stripe = "stripe",
        /// Nowhere: a checkout is refused.
        Off = "off",
    }
}

choice! {
    /// Where letters go.
    MailMode {
        /// Into a folder, a file each.
        Files = "files",
        /// To a mail server.
        Smtp = "smtp",
        /// Nowhere.
        Off = "off",
    }
}

choice! {
    /// The least important message that is logged.
    LogLevel {
        /// Something is broken and an operator must act.
        Error = "error",
        /// Something is wrong and the server goes on.
        Warn = "warn",
        /// What the server does.
        Info = "info",
        /// How it does it.
        Debug = "debug",
        /// Every step.
        Trace = "trace",
    }
}

choice! {
    /// The form of a log line.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}
