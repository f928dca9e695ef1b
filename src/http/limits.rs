//! What everybody may ask of this server in a stretch of time: each route costs units, and
//! every address and every user has a bucket of them that fills up again (`[limits]`).
//!
//! Answers say how a bucket stands (draft-ietf-httpapi-ratelimit-headers-10): `q` units fill
//! in `w` seconds, `r` are left, and in `t` seconds all are back.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::access::Trail;
use super::auth::Principal;
use super::peer::Peer;
use super::problem::{Problem, Slug};
use super::state::Shared;
use crate::clock;
use crate::config::Limits;
use crate::domain::ids::UserId;

/// How the buckets of an answer are called and filled.
static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How they stand.
static STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// The stretch of time that failed sign-ins are counted in.
const FAILURES_TIME: Duration = Duration::from_mins(15);

/// How many buckets there may be before full ones, which are as good as none, are thrown
/// away for the first time.
const SWEEP_FIRST: usize = 4_096;

/// How many charges lie between two looks at the number of buckets.
const SWEEP_EVERY: usize = 256;

/// What a route costs, a column of the route table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Nothing: what watches over the server must always be answered.
    Free,
    /// Reading.
    Read,
    /// A change.
    Write,
    /// A file.
    Upload,
    /// Holding nights, or paying.
    Booking,
    /// What hashes a password or is answered by mail. Failures are counted besides.
    SignIn,
}

impl Cost {
    /// In units.
    #[must_use]
    pub const fn units(self) -> u32 {
        match self {
            Self::Free => 0,
            Self::Read => 1,
            Self::Write => 2,
            Self::Upload | Self::Booking => 5,
            Self::SignIn => 10,
        }
    }
}

/// All buckets of this server.
pub struct Buckets {
    addresses: Option<Bucket<IpAddr>>,
    users: Option<Bucket<UserId>>,
    failures: Option<Bucket<IpAddr>>,
    /// Addresses whose failures are used up, and until when. A bucket cannot be looked at
    /// without taking from it.
    locked: Mutex<HashMap<IpAddr, Instant>>,
}

/// The buckets of one kind, one for each key that was seen lately.
struct Bucket<K: Hash + Eq + Clone> {
    name: &'static str,
    per_second: u32,
    burst: NonZeroU32,
    limiter: Limiter<K>,
    charges: AtomicUsize,
    sweep_at: AtomicUsize,
}

type Limiter<K> =
    RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// How a bucket stands after a charge.
#[derive(Debug, Clone, Copy)]
struct Standing {
    name: &'static str,
    burst: u32,
    per_second: u32,
    left: u32,
}

/// There is not enough in a bucket.
#[derive(Debug, Clone, Copy)]
struct Empty {
    standing: Standing,
    retry_after_s: u64,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Buckets {
    /// All full.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let failures = || {
            let most = NonZeroU32::new(limits.sign_in_failures)?;
            let quota = Quota::with_period(FAILURES_TIME / most.get())?.allow_burst(most);
            Some(Bucket::new("failures", 1, quota))
        };
        Self {
            addresses: Bucket::of("address", limits.address_rate, limits.address_burst),
            users: Bucket::of("user", limits.user_rate, limits.user_burst),
            failures: failures(),
            locked: Mutex::default(),
        }
    }

    /// How many buckets are in memory, of all kinds.
    #[must_use]
    pub fn len(&self) -> usize {
        let addresses = [&self.addresses, &self.failures].into_iter().flatten();
        addresses.map(|bucket| bucket.limiter.len()).sum::<usize>()
            + self.users.as_ref().map_or(0, |bucket| bucket.limiter.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes a failed sign-in from an address; after too many, nobody may try from there
    /// until one of them is forgotten.
    fn failed(&self, address: IpAddr) {
        let Some(failures) = &self.failures else { return };
        let used_up = failures.charge(&address, 1).is_ok_and(|standing| standing.left == 0);
        if used_up {
            let burst = failures.burst.get();
            let until = clock::monotonic() + FAILURES_TIME / burst;
            let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
            locked.retain(|_, until| *until > clock::monotonic());
            locked.insert(address, until);
        }
    }

    /// The seconds until an address may try to sign in again; none if it may now.
    fn locked_s(&self, address: IpAddr) -> Option<u64> {
        let locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        let left = locked.get(&address)?.checked_duration_since(clock::monotonic())?;
        Some(left.as_secs().saturating_add(1))
    }
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    /// One that holds `burst` units and gets `rate` back in a second; none without a rate.
    fn of(name: &'static str, rate: u32, burst: u32) -> Option<Self> {
        let (rate, burst) = (NonZeroU32::new(rate)?, NonZeroU32::new(burst)?);
        Some(Self::new(name, rate.get(), Quota::per_second(rate).allow_burst(burst)))
    }

    fn new(name: &'static str, per_second: u32, quota: Quota) -> Self {
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Self {
            name,
            per_second,
            burst: quota.burst_size(),
            limiter,
            charges: AtomicUsize::new(0),
            sweep_at: AtomicUsize::new(SWEEP_FIRST),
        }
    }

    /// Takes `units` out of the bucket of a key, or nothing if it holds less.
    fn charge(&self, key: &K, units: u32) -> Result<Standing, Empty> {
        self.sweep();
        // What costs more than a bucket holds empties it.
        let units = NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN).min(self.burst);
        match self.limiter.check_key_n(key, units) {
            Ok(Ok(snapshot)) => Ok(self.standing(snapshot.remaining_burst_capacity())),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let retry_after_s = wait.as_secs().saturating_add(1);
                Err(Empty { standing: self.standing(0), retry_after_s })
            }
            Err(_) => Err(Empty { standing: self.standing(0), retry_after_s: 1 }),
        }
    }

    const fn standing(&self, left: u32) -> Standing {
        let burst = self.burst.get();
        Standing { name: self.name, burst, per_second: self.per_second, left }
    }

    /// Throws away buckets that have filled up, whenever there are twice as many as the
    /// last time left: so memory follows what is used, and the work is a constant a charge.
    fn sweep(&self) {
        if !self.charges.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY)
            || self.limiter.len() < self.sweep_at.load(Ordering::Relaxed)
        {
            return;
        }
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        let next = self.limiter.len().saturating_mul(2).max(SWEEP_FIRST);
        self.sweep_at.store(next, Ordering::Relaxed);
    }
}

impl Standing {
    fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.name, self.burst, self.burst.div_ceil(self.per_second))
    }

    fn text(&self) -> String {
        let reset_s = (self.burst - self.left).div_ceil(self.per_second);
        format!("\"{}\";r={};t={reset_s}", self.name, self.left)
    }

    fn tell(&self, response: &mut Response) {
        for (name, text) in [(&POLICY, self.policy()), (&STANDING, self.text())] {
            // Lists (RFC 9651), so that a line for each bucket is a member for each.
            if let Ok(value) = HeaderValue::try_from(text) {
                response.headers_mut().append(name.clone(), value);
            }
        }
    }
}

impl Empty {
    fn answer(self) -> Response {
        metrics::counter!("http_rate_limited_total", "bucket" => self.standing.name).increment(1);
        let mut response = refused(self.retry_after_s);
        self.standing.tell(&mut response);
        response
    }
}

fn refused(retry_after_s: u64) -> Response {
    Problem::new(Slug::RateLimited, "wait before you ask again")
        .retry_after(retry_after_s)
        .into_response()
}

/// Charges the address that a request comes from, before anything else is done for it.
pub async fn by_address(cost: Cost, state: Shared, request: Request, next: Next) -> Response {
    if cost == Cost::Free {
        return next.run(request).await;
    }
    let address = Peer::among(request.extensions()).group();
    let standing = match &state.buckets.addresses {
        Some(bucket) => match bucket.charge(&address, cost.units()) {
            Ok(standing) => Some(standing),
            Err(empty) => return empty.answer(),
        },
        None => None,
    };
    if cost == Cost::SignIn
        && let Some(seconds) = state.buckets.locked_s(address)
    {
        metrics::counter!("http_rate_limited_total", "bucket" => "failures").increment(1);
        return refused(seconds);
    }
    let mut response = next.run(request).await;
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(|problem| problem.slug() == Slug::InvalidCredentials) {
        state.buckets.failed(address);
    }
    if let Some(standing) = standing {
        standing.tell(&mut response);
    }
    response
}

/// Charges whoever is signed in, wherever they ask from; and notes for the log who it is.
pub async fn by_user(cost: Cost, state: Shared, request: Request, next: Next) -> Response {
    let Some(user) = request.extensions().get::<Principal>().map(|principal| principal.user) else {
        return next.run(request).await;
    };
    Trail::among(request.extensions()).user(user);
    let bucket = state.buckets.users.as_ref().filter(|_| cost != Cost::Free);
    let standing = match bucket.map(|bucket| bucket.charge(&user, cost.units())).transpose() {
        Ok(standing) => standing,
        Err(empty) => return empty.answer(),
    };
    let mut response = next.run(request).await;
    if let Some(standing) = standing {
        standing.tell(&mut response);
    }
    response
}
