//! A change of a listing from its request to its answer: who makes it, of which listing, from
//! which version, under which key. One path for all steps and edits.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::properties::tell;
use crate::domain::ids::{PropertyId, RequestId, UserId};
use crate::domain::property::{Command, Listing};
use crate::http::auth::Principal;
use crate::http::command::Done;
use crate::http::idempotency::Key;
use crate::http::precondition;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::properties;

/// A change that is asked for, of the listing whose id is `{id}` in the path. Its version
/// comes in If-Match, which keeps it from being done twice: a key is welcome and not required.
#[derive(Debug)]
pub struct Asked {
    by: Principal,
    id: PropertyId,
    key: Option<Key>,
    headers: HeaderMap,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let by = Principal::from_request_parts(parts, state).await?;
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| Problem::not_found())?;
        let id = path.iter().find(|(name, _)| *name == "id").and_then(|(_, id)| id.parse().ok());
        let id = id.ok_or_else(Problem::not_found)?;
        let key = Option::<Key>::from_request_parts(parts, state).await?;
        Ok(Self { by, id, key, headers: parts.headers.clone() })
    }
}

/// A change of a listing that is there and may be changed by whoever asks.
pub(super) struct Change<'a> {
    state: &'a Shared,
    /// Who makes it.
    pub(super) by: UserId,
    /// The listing as it is.
    pub(super) old: Listing,
    /// The version that it was made from.
    pub(super) version: i32,
    /// The id of the request.
    pub(super) request: RequestId,
}

impl Asked {
    /// A change by the owner.
    ///
    /// # Errors
    /// `not-found` for anybody else, or when If-Match is missing or names no version.
    pub(super) async fn own(self, state: &Shared) -> Result<Change<'_>, Problem> {
        let by = self.by.user;
        self.open(state, |listing| listing.owner == by).await
    }

    /// A decision by an administrator, from the version that was looked at: what was edited
    /// since is not decided.
    ///
    /// # Errors
    /// `not-found`, or when If-Match is missing or names no version.
    pub(super) async fn review(self, state: &Shared) -> Result<Change<'_>, Problem> {
        self.open(state, |_| true).await
    }

    async fn open(
        self,
        state: &Shared,
        may: impl FnOnce(&Listing) -> bool,
    ) -> Result<Change<'_>, Problem> {
        let Self { by, id, key, headers } = self;
        let found = properties::find(&*state.pool.get().await?, id).await?;
        let old = found.filter(may).ok_or_else(Problem::not_found)?;
        let version = precondition::made_from(&headers, old.version)?;
        let of_key = |key: Key| key.request_id(by.user, &[id.uuid()]);
        let request = key.map_or_else(|| state.clock.id(), of_key);
        Ok(Change { state, by: by.user, old, version, request })
    }
}

impl Change<'_> {
    /// Has it made. `fingerprint` is that of what was sent, of which a key may carry no other.
    ///
    /// # Errors
    /// Why it was not made.
    pub(super) async fn make(
        self,
        fingerprint: [u8; 16],
        command: Command,
    ) -> Result<Done, Problem> {
        let Self { state, by, old, request, .. } = self;
        tell(state, by, old.id, request, fingerprint, command).await
    }
}
