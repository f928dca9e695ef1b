//! What Postgres says when it refuses, and what follows from it: the one place that knows
//! its codes (PostgreSQL documentation, appendix A).

use std::error::Error as _;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::WrongType;

/// Why storage could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The outcome is unknown: the connection went, or the deadline passed.
    #[error("database did not answer")]
    Unknown(#[source] Option<tokio_postgres::Error>),
    /// No connection could be had; nothing was sent.
    #[error("database is not reachable")]
    Unreachable(#[source] Option<tokio_postgres::Error>),
    /// The database refused the statement; nothing of it was done.
    #[error("database refused the statement ({0})")]
    Refused(String, #[source] tokio_postgres::Error),
    /// A row does not have the form that this version writes, or a value does not have the
    /// type that its column takes.
    #[error("value cannot be read or written: {0}")]
    Malformed(String),
}

impl StorageError {
    /// The SQLSTATE code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(code, _) => Some(code),
            _ => None,
        }
    }

    /// Whether a unique key or an exclusion constraint stood in the way.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let conflicts = [SqlState::UNIQUE_VIOLATION, SqlState::EXCLUSION_VIOLATION];
        self.code().is_some_and(|code| conflicts.iter().any(|state| state.code() == code))
    }

    /// Whether the database was away, busy or short of something: the same statement may go
    /// well in a while, so the error says nothing about what was asked.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Unreachable(_) => true,
            Self::Malformed(_) => false,
            // Class 40: rolled back for the sake of another; 53: no room; 55P03 and 57014: a
            // lock or the statement took too long; 25P03: the session slept for too long.
            Self::Refused(code, _) => {
                let whole = ["55P03", "57014", "25P03"].contains(&code.as_str());
                whole || code.starts_with("40") || code.starts_with("53")
            }
        }
    }

    /// A row of an unexpected form.
    #[must_use]
    pub fn malformed(what: impl std::fmt::Display) -> Self {
        Self::Malformed(what.to_string())
    }
}

impl From<tokio_postgres::Error> for StorageError {
    fn from(error: tokio_postgres::Error) -> Self {
        // A value that does not fit its parameter was never sent: no resending mends that.
        if std::error::Error::source(&error).is_some_and(|source| source.is::<WrongType>()) {
            return Self::malformed(error);
        }
        match error.code().map(|state| state.code().to_owned()) {
            // Class 57 P: the server went away or ended us; class 08: the connection did.
            // In both cases a commit under way may have happened.
            Some(code) if code.starts_with("57P") || code.starts_with("08") => {
                Self::Unknown(Some(error))
            }
            // 57014: our own statement_timeout. The statement was rolled back, for certain.
            Some(code) => Self::Refused(code, error),
            None if is_of_the_connection(&error) => Self::Unknown(Some(error)),
            None => Self::Malformed(match error.source() {
                Some(why) => format!("{error}: {why}"),
                None => error.to_string(),
            }),
        }
    }
}

/// Whether an error that the server did not send is about the way to it. The others are
/// about a value that does not fit its column's type, found on this side.
fn is_of_the_connection(error: &tokio_postgres::Error) -> bool {
    error.source().is_none_or(|why| why.is::<std::io::Error>())
}

impl From<bb8::RunError<tokio_postgres::Error>> for StorageError {
    fn from(error: bb8::RunError<tokio_postgres::Error>) -> Self {
        match error {
            bb8::RunError::User(error) => Self::Unreachable(Some(error)),
            bb8::RunError::TimedOut => Self::Unreachable(None),
        }
    }
}
