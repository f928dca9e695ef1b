//! The one map from errors to answers. Every error is a problem document (RFC 9457); its
//! `code` is stable, its `detail` is for people and never holds an inner error's text.
//!
//! A handler's [`Problem`] travels in the response's extensions; [`super::edge`], which
//! knows the request id, writes the document.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::passwords::PasswordError;
use super::pictures::UploadError;
use crate::actors::cluster::region::AskError;
use crate::actors::consumers::search_index::SearchError;
use crate::domain::ids::{BookingId, UnitId};
use crate::domain::refusal::{Alternative, FieldError, Refusal};
use crate::search::QueryError;
use crate::storage::blobs::BlobError;
use crate::storage::photos::PhotoError;
use crate::storage::sqlstate::StorageError;

macro_rules! slugs {
    ($($(#[$doc:meta])+ $name:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of problem. A kind's slug, status and title never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Slug { $($(#[$doc])+ $name,)+ }

        impl Slug {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The status it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// What it is, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

slugs! {
    /// The request cannot be read.
    Malformed = "malformed", 400, "the request cannot be read";
    /// A mailed link was used before, is over, or never was.
    InvalidToken = "invalid-token", 400, "the link is not good any more";
    /// A request with an effect came without a key.
    IdempotencyKeyRequired = "idempotency-key-required", 400, "an Idempotency-Key is required";
    /// Nobody is signed in, or the token is not valid.
    Unauthenticated = "unauthenticated", 401, "sign in first";
    /// Address or password is wrong.
    InvalidCredentials = "invalid-credentials", 401, "address or password is wrong";
    /// A refresh token was used twice.
    TokenReuse = "token-reuse", 401, "the session was ended";
    /// Signed in, but not allowed.
    Forbidden = "forbidden", 403, "not allowed";
    /// The address of the account was not proved yet.
    EmailUnverified = "email-unverified", 403, "the address is not confirmed yet";
    /// The account may not be used.
    Suspended = "suspended", 403, "the account is suspended";
    /// No such thing, or none that the asker may know of.
    NotFound = "not-found", 404, "not found";
    /// The path exists, the method does not.
    MethodNotAllowed = "method-not-allowed", 405, "method not allowed";
    /// The body did not arrive in time.
    RequestTimeout = "request-timeout", 408, "the request did not arrive in time";
    /// No unit is free on all the nights.
    NightsTaken = "nights-taken", 409, "the nights are taken";
    /// Not possible in the present state.
    InvalidTransition = "invalid-transition", 409, "not possible in the present state";
    /// The asker has a hold at this home already.
    HoldExists = "hold-exists", 409, "you have a hold at this home already";
    /// The asker has as many open holds as one may have.
    TooManyHolds = "too-many-holds", 409, "you have too many open holds";
    /// The home cannot be booked this way.
    NotBookable = "not-bookable", 409, "the home cannot be booked this way";
    /// The promise of a price does not hold any more.
    QuoteExpired = "quote-expired", 409, "the quote does not hold any more";
    /// The promo code takes nothing off this stay; `errors` says why.
    PromoRefused = "promo-refused", 409, "the promo code cannot be used";
    /// Something else goes back than the asker was told.
    RefundChanged = "refund-changed", 409, "something else goes back now";
    /// Bookings stand in the way.
    HasBookings = "has-bookings", 409, "bookings stand in the way";
    /// Made from a version that is no longer current.
    PreconditionFailed = "precondition-failed", 412, "it has changed meanwhile";
    /// The body is too large.
    PayloadTooLarge = "payload-too-large", 413, "the body is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "the body must be JSON";
    /// Fields are outside their limits.
    Validation = "validation", 422, "some fields are not valid";
    /// The picture cannot be shown.
    UnsupportedImage = "unsupported-image", 422, "the picture cannot be shown";
    /// The key came with another request before.
    IdempotencyKeyReused = "idempotency-key-reused", 422, "the key belongs to another request";
    /// A change must say which version it is made from.
    PreconditionRequired = "precondition-required", 428, "If-Match is required";
    /// Too many requests from one side.
    RateLimited = "rate-limited", 429, "too many requests";
    /// A fault of ours.
    Internal = "internal", 500, "something went wrong on our side";
    /// It may or may not have been done.
    OutcomeUnknown = "outcome-unknown", 503, "the outcome is not known yet";
    /// Too much is waiting; nothing was done.
    Overloaded = "overloaded", 503, "too busy";
    /// The index has not taken in yet what the search has to know of.
    SearchBehind = "search-behind", 503, "the search index is behind";
    /// It took too long.
    Timeout = "timeout", 504, "it took too long";
}

impl Slug {
    /// Whether the same request may succeed when it comes again.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::RequestTimeout
                | Self::RateLimited
                | Self::OutcomeUnknown
                | Self::Overloaded
                | Self::SearchBehind
                | Self::Timeout
        )
    }
}

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    slug: Slug,
    detail: String,
    errors: Vec<FieldError>,
    allowed: Option<Vec<String>>,
    booking_id: Option<Box<BookingId>>,
    alternatives: Option<Box<[Alternative]>>,
    retry_after_s: Option<u64>,
}

/// A problem as it is written (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What it is, in a few words; always the same for a code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, for people.
    detail: &'a str,
    /// The request's id: quote it when you ask us about it.
    instance: &'a str,
    /// A stable word for programs.
    code: &'a str,
    /// Whether the same request may succeed when it comes again.
    retryable: bool,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>, required = false)]
    errors: &'a [FieldError],
    /// What is possible in the present state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    allowed: Option<&'a [String]>,
    /// The booking that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    booking_id: Option<BookingId>,
    /// What may be booked instead of nights that are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    alternatives: Option<Vec<OtherStay>>,
}

/// A stay that may be booked instead.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtherStay {
    /// The unit type.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// The date of arrival.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
}

impl From<Alternative> for OtherStay {
    fn from(other: Alternative) -> Self {
        let (check_in, check_out) = (other.nights.check_in(), other.nights.check_out());
        Self { unit_id: other.unit_id, check_in, check_out }
    }
}

/// What is wrong with one field.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of FieldError, which lies in the domain")]
pub struct FieldProblem {
    /// JSON Pointer into the body; for a query parameter, its name after a slash.
    pointer: String,
    /// A stable word for the kind of fault.
    code: String,
    /// A sentence for people.
    detail: String,
}

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn new(slug: Slug, detail: impl Into<String>) -> Self {
        Self {
            slug,
            detail: detail.into(),
            errors: Vec::new(),
            allowed: None,
            booking_id: None,
            alternatives: None,
            retry_after_s: None,
        }
    }

    /// There is no such thing, or none that the asker may know of: always the same words.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Slug::NotFound, "there is nothing here that you may see")
    }

    /// Nobody is signed in, or the token is not valid.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(Slug::Unauthenticated, "a valid access token is required")
    }

    /// Address or password is wrong: which of them is not said.
    #[must_use]
    pub fn invalid_credentials() -> Self {
        let detail = "there is no account with this address and password";
        Self::new(Slug::InvalidCredentials, detail)
    }

    /// A mailed link is worthless: why is not said.
    #[must_use]
    pub fn invalid_token() -> Self {
        Self::new(Slug::InvalidToken, "it was used before, is too old or was replaced: ask again")
    }

    /// The request cannot be read.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Slug::Malformed, detail)
    }

    /// One field is not valid.
    #[must_use]
    pub fn invalid(pointer: &str, code: &str, detail: &str) -> Self {
        Refusal::invalid_field(pointer, code, detail).into()
    }

    /// A fault of ours. `error` goes to the log and not to the asker.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(Slug::Internal, "the fault was noted; quote the request id to ask about it")
    }

    /// Says when to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The kind.
    #[must_use]
    pub const fn slug(&self) -> Slug {
        self.slug
    }

    /// Whether a stable word says why: that of the first of its errors.
    #[must_use]
    pub fn is_because(&self, word: &str) -> bool {
        self.errors.first().is_some_and(|error| error.code == word)
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.slug.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Writes the document, keeping the other headers of a response.
    #[must_use]
    pub fn document(&self, instance: &str, headers: &HeaderMap) -> Response<Body> {
        let document = ProblemDocument {
            kind: format!("/problems/{}", self.slug.name()),
            title: self.slug.title(),
            status: self.slug.status(),
            detail: &self.detail,
            instance,
            code: self.slug.name(),
            retryable: self.slug.retryable(),
            errors: &self.errors,
            allowed: self.allowed.as_deref(),
            booking_id: self.booking_id.as_deref().copied(),
            alternatives: self
                .alternatives
                .as_ref()
                .map(|others| others.iter().copied().map(OtherStay::from).collect()),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        for (name, value) in headers {
            if !is_about_body(name) {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
        let mut set = |name, value| response.headers_mut().insert(name, value);
        set(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status() == StatusCode::UNAUTHORIZED {
            set(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rentezy\""));
        }
        if let Some(seconds) = self.retry_after_s {
            set(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn is_about_body(name: &HeaderName) -> bool {
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG].contains(name)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Invalid(errors) => Self {
                errors,
                ..Self::new(Slug::Validation, "correct the fields listed in errors")
            },
            Refusal::StaleVersion { current } => {
                let detail = format!("the version is {current} now; read it again first");
                Self::new(Slug::PreconditionFailed, detail)
            }
            Refusal::InvalidTransition { current, allowed } => {
                let detail = format!("it is {current} now");
                Self { allowed: Some(allowed), ..Self::new(Slug::InvalidTransition, detail) }
            }
            Refusal::NotBookable { rule, detail } => {
                let errors = vec![FieldError::new("", &rule, &detail)];
                Self { errors, ..Self::new(Slug::NotBookable, detail) }
            }
            Refusal::NightsTaken { nights, alternatives } => {
                let (from, to) = (nights.check_in(), nights.check_out());
                let detail = format!("no unit is free on every night from {from} to {to}");
                Self {
                    alternatives: Some(alternatives.into()),
                    ..Self::new(Slug::NightsTaken, detail)
                }
            }
            Refusal::QuoteExpired => {
                let detail = "its time is over or the house rules are others now: ask for another";
                Self::new(Slug::QuoteExpired, detail)
            }
            Refusal::PromoRefused { reason, detail } => {
                let errors = vec![FieldError::new("/promo_code", &reason, &detail)];
                Self { errors, ..Self::new(Slug::PromoRefused, detail) }
            }
            Refusal::RefundDiffers { refund } => Self {
                errors: vec![FieldError::new("/expected_refund", "differs", &refund.to_string())],
                ..Self::new(Slug::RefundChanged, "look at what goes back now, and ask again")
            },
            Refusal::HasStays => {
                let detail = "there are stays to come or holds that are open";
                Self::new(Slug::HasBookings, detail)
            }
            Refusal::HoldExists { booking_id } => {
                let detail = "pay for it, let it end or give it up before you hold other nights";
                let mut problem = Self::new(Slug::HoldExists, detail);
                problem.booking_id = Some(Box::new(booking_id));
                problem
            }
            Refusal::TooManyHolds => {
                let detail = "pay for one, let one end or give one up before you hold other nights";
                Self::new(Slug::TooManyHolds, detail)
            }
            Refusal::KeyReused => {
                let detail = "this Idempotency-Key came with another request before";
                Self::new(Slug::IdempotencyKeyReused, detail)
            }
            Refusal::Poisoned => Self::internal(&"command is poisoned"),
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unreachable(_) => {
                tracing::warn!(%error, "database is not reachable");
                Self::new(Slug::Overloaded, "the database cannot be reached at the moment")
                    .retry_after(1)
            }
            StorageError::Unknown(_) => {
                tracing::warn!(%error, "database did not answer");
                AskError::Unknown.into()
            }
            StorageError::Refused(..) | StorageError::Malformed(_) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                Self::internal(&format!("{error}: {}", source.unwrap_or_default()))
            }
        }
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Self {
        StorageError::from(error).into()
    }
}

impl From<bb8::RunError<tokio_postgres::Error>> for Problem {
    fn from(error: bb8::RunError<tokio_postgres::Error>) -> Self {
        StorageError::from(error).into()
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Busy { retry_after } => {
                let seconds = retry_after.as_millis().div_ceil(1000).max(1);
                Self::new(Slug::Overloaded, "too many requests are waiting; nothing was done")
                    .retry_after(u64::try_from(seconds).unwrap_or(u64::MAX))
            }
            AskError::Unknown => {
                let detail = "it may or may not have been done: send the same request again, \
                              with the same Idempotency-Key";
                Self::new(Slug::OutcomeUnknown, detail).retry_after(1)
            }
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::NotReady => {
                Self::new(Slug::Overloaded, "the search index is being filled").retry_after(1)
            }
            SearchError::Busy => {
                Self::new(Slug::Overloaded, "too many searches are waiting").retry_after(1)
            }
            SearchError::Behind => {
                let detail = "it has not come to min_position: ask again, or without it";
                Self::new(Slug::SearchBehind, detail).retry_after(1)
            }
            SearchError::Query(QueryError::Cursor(error)) => Self::malformed(error.to_string()),
            SearchError::Query(QueryError::Index(error)) => Self::internal(&error),
            SearchError::Failed => Self::internal(&error),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => {
                Self::new(Slug::Overloaded, "too many sign-ins are waiting").retry_after(1)
            }
            PasswordError::Failed => Self::internal(&error),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Overloaded => {
                Self::new(Slug::Overloaded, "too many pictures are waiting").retry_after(1)
            }
            UploadError::TooMany => {
                Self::new(Slug::RateLimited, "wait until your other uploads are done")
                    .retry_after(1)
            }
            UploadError::Picture(error) => Self::new(Slug::UnsupportedImage, error.to_string()),
            UploadError::Failed => Self::internal(&error),
        }
    }
}

impl From<PhotoError> for Problem {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Storage(error) => error.into(),
            PhotoError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Failed(_) | BlobError::Timeout => {
                tracing::warn!(%error, "blob store is away");
                Self::new(Slug::Overloaded, "pictures cannot be reached at the moment")
                    .retry_after(1)
            }
            BlobError::Settings(_) | BlobError::Damaged(_) => Self::internal(&error),
        }
    }
}
