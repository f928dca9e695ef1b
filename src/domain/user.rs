//! People: what they may do, what their account must look like, and when a refresh token
//! still opens their session.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::{FieldError, Refusal};

/// The shortest password, in characters.
pub const PASSWORD_MIN: usize = 10;
/// The longest password, in characters: hashing is not free.
pub const PASSWORD_MAX: usize = 128;

/// How long after its use a refresh token still answers with the same successor: for an
/// answer that was lost, and for two tabs that asked at once.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);

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
    let length = password.chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) || password.contains('\0') {
        errors.push(FieldError::new("/password", "invalid", "10 to 128 characters"));
    }
    let name_length = name.trim().chars().count();
    if !(1..=100).contains(&name_length) || name.chars().any(char::is_control) {
        errors.push(FieldError::new("/name", "invalid", "1 to 100 characters"));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
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
