//! The way of letters out of the house: to a mail server (SMTP, RFC 5321), or into files.
//!
//! A letter has the same Message-ID however often it is sent (RFC 5322, 3.6.4). SMTP has
//! no idempotency key: when the answer to a letter is lost, or the server dies before it
//! has noted it, the letter goes out once more, and the Message-ID is how mail programs
//! tell that it is the same one. A file is written under the letter's id, so there it is
//! one in any case.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Url;
use tokio::io::AsyncWriteExt;

use super::letter_words::{self, Words};
use crate::config::{self, MailMode};
use crate::domain::booking::Booking;
use crate::domain::ids::{LetterId, UnitId};
use crate::domain::letter::Matter;

/// Everything that a letter needs to be worded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id.
    pub id: LetterId,
    /// Its address.
    pub to: String,
    /// The name of who is written to.
    pub name: String,
    /// Their language, as a BCP 47 tag.
    pub locale: String,
    /// Their time zone.
    pub zone: TimeZone,
    /// What it is about.
    pub matter: Matter,
    /// When its event happened; the letter's date.
    pub written_at: Timestamp,
    /// The home it is about.
    pub home: Option<Home>,
    /// The booking it is about, as it is now.
    pub booking: Option<Box<Booking>>,
    /// The name of the other side of a stay; to administrators, of the tenant.
    pub other: Option<String>,
    /// Where its one-use token leads.
    pub link: Option<String>,
    /// How to get no more of its kind; `None` for those that nobody can switch off.
    pub unsubscribe: Option<Unsubscribe>,
    /// What browsers reach this server by.
    pub site: String,
}

/// A home as letters name it.
#[derive(Debug, Clone)]
pub struct Home {
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub city: String,
    /// Its time zone.
    pub zone: TimeZone,
    /// Its unit types and what they are called.
    pub units: Vec<(UnitId, String)>,
}

/// The two ways to get no more letters of a kind.
#[derive(Debug, Clone)]
pub struct Unsubscribe {
    /// A page, for people.
    pub page: String,
    /// Where a mail program posts, for one click (RFC 8058).
    pub post: String,
}

/// Why a letter did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// There is no way to the mail server: certainly not sent.
    #[error("mail server cannot be reached: {0}")]
    Unreachable(String),
    /// The mail server said no (a reply of 4xx or 5xx): certainly not sent.
    #[error("mail server refused: {0}")]
    Refused(String),
    /// The way was lost on the way: it may have been sent.
    #[error("outcome at the mail server is unknown: {0}")]
    Unknown(String),
    /// No attempt will ever go better: the address is none, or the settings are wrong.
    #[error("letter cannot be made: {0}")]
    Hopeless(String),
}

/// The way out.
#[derive(Clone)]
pub struct Mail {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Files(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Off,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Files(folder) => write!(f, "Mail to {}", folder.display()),
            Way::Smtp(_) => f.write_str("Mail by smtp"),
            Way::Off => f.write_str("Mail off"),
        }
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    words: &'a Words,
    name: Option<&'a str>,
    site: &'a str,
    unsubscribe: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    words: &'a Words,
    name: Option<&'a str>,
    site: &'a str,
    unsubscribe: Option<&'a str>,
}

impl Mail {
    /// The way that the settings name. Nothing is connected to yet; a folder for files is
    /// made, for its owner only, as links in letters open accounts.
    ///
    /// # Errors
    /// [`MailError::Hopeless`] when the settings make no sense or the folder cannot be made.
    pub fn new(settings: &config::Mail, data_dir: &Path) -> Result<Self, MailError> {
        let way = match settings.mode {
            MailMode::Off => Way::Off,
            MailMode::Files => {
                let folder = data_dir.join("mail");
                make_folder(&folder).map_err(|error| {
                    MailError::Hopeless(format!("{}: {error}", folder.display()))
                })?;
                tracing::info!(folder = %folder.display(), "mail is written to files");
                Way::Files(folder)
            }
            MailMode::Smtp => {
                let url = settings.smtp_url.as_ref().map(config::Secret::expose);
                Way::Smtp(Box::new(smtp(url.unwrap_or_default(), settings.timeout())?))
            }
        };
        let reply_to = settings.reply_to.as_ref().map(mailbox).transpose()?;
        Ok(Self { from: mailbox(&settings.from)?, reply_to, way })
    }

    /// Whether no letter ever goes out.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        matches!(self.way, Way::Off)
    }

    /// Whether letters can be sent at the moment.
    ///
    /// # Errors
    /// [`MailError::Unreachable`] when they cannot.
    pub async fn reach(&self) -> Result<(), MailError> {
        let Way::Smtp(transport) = &self.way else { return Ok(()) };
        match transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Unreachable("it does not answer".to_owned())),
            Err(error) => Err(MailError::Unreachable(chain(&error))),
        }
    }

    /// Sends a letter, once.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, draft: &Draft) -> Result<(), MailError> {
        let message = self.message(draft)?;
        match &self.way {
            Way::Off => Ok(()),
            Way::Files(folder) => write(folder, draft.id, &message.formatted())
                .await
                .map_err(|error| MailError::Unreachable(error.to_string())),
            Way::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_transient() || error.is_permanent() => {
                    Err(MailError::Refused(chain(&error)))
                }
                Err(error) => Err(MailError::Unknown(chain(&error))),
            },
        }
    }

    /// The letter as it is sent: text and HTML, and the headers of RFC 5322, RFC 3834
    /// (nobody's vacation answers it) and RFC 8058 (one click and there are no more).
    ///
    /// # Errors
    /// [`MailError::Hopeless`].
    pub fn message(&self, draft: &Draft) -> Result<Message, MailError> {
        let hopeless = |error: &dyn fmt::Display| MailError::Hopeless(error.to_string());
        let words = letter_words::words(draft);
        let name = letter_words::one_line(&draft.name);
        let shown = Some(name.as_str()).filter(|name| !name.is_empty());
        let unsubscribe = draft.unsubscribe.as_ref().map(|ways| ways.page.as_str());
        let (words, site) = (&words, draft.site.as_str());
        let html = Html { words, name: shown, site, unsubscribe }.render();
        let text = Text { words, name: shown, site, unsubscribe }.render();
        let (html, text) = (html.map_err(|e| hopeless(&e))?, text.map_err(|e| hopeless(&e))?);
        let to: Address = draft.to.parse().map_err(|_| hopeless(&"address is none"))?;
        let id = format!("<{}@{}>", draft.id, self.from.email.domain());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(shown.map(str::to_owned), to))
            .subject(words.subject.as_str())
            .message_id(Some(id))
            .date(SystemTime::from(draft.written_at))
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if let Some(ways) = &draft.unsubscribe {
            let one_click = "List-Unsubscribe=One-Click";
            message = message
                .raw_header(header("List-Unsubscribe", &format!("<{}>", ways.post)))
                .raw_header(header("List-Unsubscribe-Post", one_click));
        }
        message
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| hopeless(&error))
    }
}

/// The address of a setting.
fn mailbox(setting: &config::Mailbox) -> Result<Mailbox, MailError> {
    let address = setting.address.parse().map_err(|error| {
        MailError::Hopeless(format!("{} is no address: {error}", setting.address))
    })?;
    Ok(Mailbox::new(Some(setting.name.clone()).filter(|name| !name.is_empty()), address))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), letter_words::one_line(value))
}

/// A mail server by its address. `smtps` is TLS from the first byte (RFC 8314, 3.3), `smtp`
/// has to become it by STARTTLS (RFC 3207); only this machine is spoken to in the clear.
fn smtp(url: &str, timeout: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    // Nothing of the address may be told: it holds a password.
    let wrong = |what: &str| MailError::Hopeless(format!("mail.smtp_url {what}"));
    let url: Url = url.parse().map_err(|_| wrong("is no address"))?;
    let host =
        url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("has no host"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    let on_loopback = bare == "localhost" || address.is_ok_and(|address| address.is_loopback());
    let encrypted = || TlsParameters::new(bare.to_owned()).map_err(|error| wrong(&chain(&error)));
    let (tls, port) = match url.scheme() {
        "smtps" => (Tls::Wrapper(encrypted()?), 465),
        "smtp" if on_loopback => (Tls::None, 25),
        "smtp" => (Tls::Required(encrypted()?), 587),
        _ => return Err(wrong("must begin with smtps:// or smtp://")),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(bare)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(timeout));
    if !url.username().is_empty() {
        let plain = |text: &str| decoded(text).ok_or_else(|| wrong("is not percent-encoded"));
        let password = url.password().unwrap_or_default();
        builder = builder.credentials(Credentials::new(plain(url.username())?, plain(password)?));
    }
    Ok(builder.build())
}

/// A percent-encoded part of an address (RFC 3986, 2.1) as it is meant.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file that is there as a whole or not at all.
async fn write(folder: &Path, id: LetterId, bytes: &[u8]) -> std::io::Result<()> {
    let (aside, file) = (folder.join(format!(".{id}.new")), folder.join(format!("{id}.eml")));
    let mut new = tokio::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .await?;
    new.write_all(bytes).await?;
    new.sync_all().await?;
    tokio::fs::rename(&aside, &file).await
}

/// An error with what is behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
