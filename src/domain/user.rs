//! People: what they may do, what their account must look like, and when a refresh token
//! still opens their session.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar;
use super::ids::UserId;
use super::refusal::{FieldError, Refusal};

/// The shortest password, in characters.
pub const PASSWORD_MIN: usize = 10;
/// The longest password, in characters: hashing is not free.
pub const PASSWORD_MAX: usize = 128;

/// How long after its use a refresh token still answers with the same successor: for an
/// answer that was lost, and for two tabs that asked at once.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);

/// How long a link that proves an address is good.
pub const VERIFY_LIFE: Duration = Duration::from_hours(24);
/// How long a link for a new password is good.
pub const RESET_LIFE: Duration = Duration::from_hours(1);
/// Mails of one purpose that one account gets within [`MAIL_WINDOW`], however often they are
/// asked for: whoever knows an address must not be able to fill its mailbox.
pub const MAILS_MAX: i64 = 5;
/// The time that [`MAILS_MAX`] counts in.
pub const MAIL_WINDOW: Duration = Duration::from_hours(1);

/// Failed sign-ins of one address within [`LOCK_OUT`] that are still answered as such: the
/// next attempt locks it.
pub const FAILURES_MAX: i32 = 10;
/// The time in which failures count together, and how long a lock lasts.
pub const LOCK_OUT: Duration = Duration::from_mins(15);

/// What somebody may do. Everybody may book; a landlord may also offer homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Books homes.
    Tenant,
    /// Offers homes.
    Landlord,
    /// Looks after the others: reviews listings.
    Admin,
}

impl Role {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Landlord => "landlord",
            Self::Admin => "admin",
        }
    }

    /// The role of a name; `None` for names that this version does not know.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Tenant, Self::Landlord, Self::Admin].into_iter().find(|role| role.name() == name)
    }
}

/// Checks what somebody wants to register with.
///
/// # Errors
/// [`Refusal::Invalid`] with every field that is wrong.
pub fn check_registration(email: &str, password: &str, name: &str) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    if !is_email(email) {
        errors.push(FieldError::new("/email", "invalid", "an address such as ada@example.com"));
    }
    errors.extend(password_error("/password", password));
    errors.extend(name_error(name));
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Checks a new password, which stands at `pointer` of the request.
///
/// # Errors
/// [`Refusal::Invalid`] when it is too short or too long.
pub fn check_password(pointer: &str, password: &str) -> Result<(), Refusal> {
    password_error(pointer, password).map_or(Ok(()), |error| Err(Refusal::Invalid(vec![error])))
}

fn password_error(pointer: &str, password: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let wrong = !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) || password.contains('\0');
    wrong.then(|| FieldError::new(pointer, "invalid", "10 to 128 characters"))
}

fn name_error(name: &str) -> Option<FieldError> {
    let length = name.trim().chars().count();
    let wrong = !(1..=100).contains(&length) || name.chars().any(char::is_control);
    wrong.then(|| FieldError::new("/name", "invalid", "1 to 100 characters"))
}

/// What somebody wants to change about themselves; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What others see.
    pub name: Option<String>,
    /// The language they want to read, a tag of BCP 47.
    pub locale: Option<String>,
    /// The IANA zone that they want to see times in.
    pub zone: Option<String>,
}

impl ProfileChange {
    /// Checks it.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut errors: Vec<_> = self.name.as_deref().and_then(name_error).into_iter().collect();
        if self.locale.as_deref().is_some_and(|locale| !is_locale(locale)) {
            errors.push(FieldError::new("/locale", "invalid", "a tag such as en or pt-BR"));
        }
        if self.zone.as_deref().is_some_and(|zone| calendar::zone(zone).is_err()) {
            let detail = "an IANA name, such as Europe/Dublin";
            errors.push(FieldError::new("/zone", "invalid", detail));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }
}

/// Whether a text has the form of a language tag: two or three letters, then parts of two to
/// eight letters and digits, 35 characters at most (RFC 5646, 2.1 and 4.4.1).
#[must_use]
pub fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Checks the reason that an admin gives for a decision.
///
/// # Errors
/// [`Refusal::Invalid`] when there is none, or it is too long.
pub fn check_reason(reason: &str) -> Result<(), Refusal> {
    let length = reason.trim().chars().count();
    if (1..=500).contains(&length) && !reason.contains('\0') {
        return Ok(());
    }
    Err(Refusal::invalid_field("/reason", "invalid", "1 to 500 characters"))
}

/// Checks the roles that an admin `by` gives to `target`. Everybody is a tenant, and no
/// admin stops being one by their own hand: the last one could not be undone.
///
/// # Errors
/// [`Refusal::Invalid`] when they are none that an account can have.
pub fn check_roles(by: UserId, target: UserId, roles: &[Role]) -> Result<(), Refusal> {
    let detail = if !roles.contains(&Role::Tenant) {
        "must contain tenant"
    } else if roles
        .iter()
        .enumerate()
        .any(|(place, role)| roles.iter().skip(place + 1).any(|r| r == role))
    {
        "must name each role once"
    } else if by == target && !roles.contains(&Role::Admin) {
        "admins cannot take their own role away"
    } else {
        return Ok(());
    };
    Err(Refusal::invalid_field("/roles", "invalid", detail))
}

/// Whether a text can be a mail address that we write to: one `@`, a host with a dot or
/// `localhost`, printable ASCII, at most 254 characters (RFC 5321, 4.5.3.1).
#[must_use]
pub fn is_email(text: &str) -> bool {
    let printable =
        text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte));
    let Some((local, host)) = text.split_once('@') else { return false };
    let host_parts = host.split('.').all(|part| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    printable
        && text.len() <= 254
        && (1..=64).contains(&local.len())
        && host_parts
        && (host.contains('.') || host == "localhost")
}

/// What is known of a refresh token that somebody shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshFacts {
    /// When it was traded for its successor.
    pub used_at: Option<Timestamp>,
    /// Whether its successor was traded in turn.
    pub successor_used: bool,
    /// When its session ends for want of use.
    pub expires_at: Timestamp,
    /// Whether its session was ended.
    pub revoked: bool,
}

/// What to do with a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshVerdict {
    /// Trade it for a successor.
    Rotate,
    /// Answer with the same successor as before.
    Repeat,
    /// Refuse it: its session is over.
    Over,
    /// Refuse it and end its session: a token that was traded turns up again, so it has
    /// two holders, and one of them is a thief.
    Stolen,
}

impl RefreshFacts {
    /// Judges the token.
    #[must_use]
    pub fn judge(&self, now: Timestamp) -> RefreshVerdict {
        let Some(used_at) = self.used_at else {
            let over = self.revoked || self.expires_at <= now;
            return if over { RefreshVerdict::Over } else { RefreshVerdict::Rotate };
        };
        let in_grace = used_at.saturating_add(REFRESH_GRACE).is_ok_and(|end| now <= end);
        if !in_grace || self.successor_used {
            RefreshVerdict::Stolen
        } else if self.revoked || self.expires_at <= now {
            RefreshVerdict::Over
        } else {
            RefreshVerdict::Repeat
        }
    }
}
