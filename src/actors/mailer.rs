//! Sends letters. The rows are the queue; nothing is kept here but whether a round is under
//! way, so nothing is lost by a crash: a letter whose lease has ended is taken again.
//!
//! A letter goes out at most once, but for one case: SMTP does not tell whether a letter
//! went out whose answer was lost, be it by the way or by our own death. Such a letter is
//! sent once more, with the same Message-ID.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio_postgres::Client;

use super::cluster::ownership::Ownership;
use super::root::{Mailbox, Root};
use crate::clock::{self, Clock};
use crate::domain::booking::Booking;
use crate::domain::calendar;
use crate::domain::letter::{self, Letter, Matter};
use crate::domain::link_token::{LinkKey, Purpose};
use crate::domain::preference::Channel;
use crate::gateways::mail::{Draft, Home, Mail, MailError, Unsubscribe};
use crate::storage::letters::{self, Recipient, Settlement, Taken};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{accounts, bookings, preferences, properties};

/// Letters that are sent at the same time.
const ROUND: u32 = 4;
/// How often it is looked what is due, whatever one is told.
const POLL: Duration = Duration::from_secs(1);
/// What a letter takes besides its sending.
const READING: Duration = Duration::from_secs(10);
/// The longest pause while the mail server cannot be reached.
const REST_MAX: Duration = Duration::from_secs(60);
/// The longest reason that is kept, in characters.
const WHY_MAX: usize = 500;

/// What the mailer is given.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// One node sends for all, so that a mail server is not asked for more than is set.
    pub ownership: Ownership,
    /// For letters and what they say.
    pub pool: Pool,
    /// The time.
    pub clock: Clock,
    /// The way out.
    pub mail: Mail,
    /// For the links in letters.
    pub links: LinkKey,
    /// What browsers reach this server by, without a trailing slash.
    pub site: String,
    /// How long sending a letter may take.
    pub timeout: Duration,
    /// Letters sent in a second, at most.
    pub per_second: u32,
}

/// The door to the mailer.
#[derive(Debug, Clone)]
pub struct Mailer(Mailbox<Msg>);

impl Mailer {
    /// Starts the mailer.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(root: &Root, around: Surroundings) -> Result<Self, ActorProcessingErr> {
        let around = Arc::new(around);
        Ok(Self(root.adopt("mailer", move || (MailerActor, Arc::clone(&around))).await?))
    }

    /// There are letters to be sent.
    pub fn nudge(&self) {
        self.0.send(Msg::Look);
    }
}

/// What the mailer is told.
enum Msg {
    /// Look for what is due.
    Look,
    /// Look, and again after the pause.
    Poll,
    /// A round has ended.
    Ended(Round),
}

impl ractor::Message for Msg {}

/// How a round went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing more is due.
    Idle,
    /// More may be due.
    Full,
    /// The mail server or the database cannot be reached.
    Away,
}

struct MailerActor;

struct State {
    around: Arc<Surroundings>,
    /// A round is under way, or the pause after one that led nowhere.
    busy: bool,
    /// Rounds in a row that led nowhere.
    failures: u32,
}

impl Actor for MailerActor {
    type Msg = Msg;
    type State = State;
    type Arguments = Arc<Surroundings>;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        around: Arc<Surroundings>,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Poll)?;
        Ok(State { around, busy: false, failures: 0 })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Look => state.look(&myself),
            Msg::Poll => {
                state.look(&myself);
                tokio::spawn(async move {
                    clock::pause(POLL).await;
                    // When the mailer has stopped, so may its poll.
                    myself.cast(Msg::Poll).ok();
                });
            }
            Msg::Ended(Round::Away) => state.rest(&myself),
            Msg::Ended(round) => {
                (state.busy, state.failures) = (false, 0);
                if round == Round::Full {
                    state.look(&myself);
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn look(&mut self, myself: &ActorRef<Msg>) {
        if !self.around.ownership.leads() {
            return;
        }
        if std::mem::replace(&mut self.busy, true) {
            return;
        }
        let (around, myself) = (Arc::clone(&self.around), myself.clone());
        tokio::spawn(async move {
            let round = tokio::spawn(async move { around.round().await }).await;
            let round = round.unwrap_or_else(|error| {
                tracing::error!(%error, "round of letters broke");
                Round::Away
            });
            // When the mailer has been restarted, it begins anew.
            myself.cast(Msg::Ended(round)).ok();
        });
    }

    /// Leaves everybody alone for a while; the mailer stays busy meanwhile.
    fn rest(&mut self, myself: &ActorRef<Msg>) {
        let rest = Duration::from_secs(1 << self.failures.min(6)).min(REST_MAX);
        self.failures = self.failures.saturating_add(1);
        let myself = myself.clone();
        tokio::spawn(async move {
            clock::pause(rest).await;
            myself.cast(Msg::Ended(Round::Full)).ok();
        });
    }
}

impl Surroundings {
    /// Sends some letters that are due.
    async fn round(&self) -> Round {
        let limit = ROUND.min(self.per_second);
        let taken = match self.take(limit).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "letters cannot be taken");
                return Round::Away;
            }
        };
        if taken.is_empty() {
            return Round::Idle;
        }
        // Bounded, so that a round ends before its lease does.
        let reached = clock::within(self.timeout, self.mail.reach()).await;
        let reached = reached.unwrap_or_else(|late| Err(MailError::Unreachable(late.to_string())));
        if let Err(error) = reached {
            tracing::warn!(%error, letters = taken.len(), "letters wait");
            for taken in &taken {
                self.put_back(taken, &error).await;
            }
            return Round::Away;
        }
        let count = u32::try_from(taken.len()).unwrap_or(limit);
        let began = clock::monotonic();
        join_all(taken.iter().map(|taken| self.see_to(taken))).await;
        // So many in a second, whatever the mail server could take.
        let share = Duration::from_secs(1) * count / self.per_second.max(1);
        clock::pause(share.saturating_sub(began.elapsed())).await;
        if count == limit { Round::Full } else { Round::Idle }
    }

    async fn take(&self, limit: u32) -> Result<Vec<Taken>, StorageError> {
        let client = self.pool.get().await?;
        let now = self.clock.now();
        let lease = later(now, self.timeout.saturating_mul(2) + READING);
        letters::take(&client, now, lease, i64::from(limit)).await
    }

    /// Puts a letter back as if it had not been taken.
    async fn put_back(&self, taken: &Taken, error: &MailError) {
        let at = self.clock.now();
        let again = Settlement::Again { at, why: brief(error), counts: false };
        self.settle(taken, &again).await;
    }

    /// Sends a letter, or finds that it is not to be sent, and notes which.
    async fn see_to(&self, taken: &Taken) {
        let settlement = match self.deliver(taken).await {
            Ok(settlement) => settlement,
            Err(error) => self.again(taken, &error),
        };
        self.settle(taken, &settlement).await;
    }

    async fn settle(&self, taken: &Taken, settlement: &Settlement) {
        let id = taken.id;
        match settlement {
            Settlement::Sent => tracing::debug!(%id, "letter sent"),
            Settlement::Again { why, .. } => tracing::warn!(%id, why, "letter will be tried again"),
            Settlement::Failed(why) => tracing::error!(%id, why, "letter given up"),
            Settlement::Suppressed(why) => tracing::debug!(%id, why, "letter not sent"),
        }
        let noted = match self.pool.get().await {
            Ok(client) => letters::settle(&client, taken, settlement, self.clock.now()).await,
            Err(error) => Err(error.into()),
        };
        match noted {
            Ok(true) => {}
            Ok(false) => tracing::warn!(%id, "letter had been taken by another"),
            // Its lease ends, and it is tried again.
            Err(error) => tracing::error!(%id, %error, "letter's outcome cannot be noted"),
        }
    }

    /// When a letter is tried again, or that it is not.
    fn again(&self, taken: &Taken, error: &dyn std::fmt::Display) -> Settlement {
        let why = brief(error);
        match letter::pause(taken.attempt) {
            None => Settlement::Failed(why),
            Some(pause) => {
                // Between half of the pause and all of it, so that what failed together
                // does not come back together.
                let pause = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
                Settlement::Again { at: later(self.clock.now(), pause), why, counts: true }
            }
        }
    }

    async fn deliver(&self, taken: &Taken) -> Result<Settlement, DeliverError> {
        let letter = match &taken.letter {
            Ok(letter) => letter,
            Err(why) => return Ok(Settlement::Failed(why.clone())),
        };
        let draft = match self.draft(taken, letter).await? {
            Ok(draft) => draft,
            Err(why) => return Ok(Settlement::Suppressed(why.to_owned())),
        };
        match clock::within(self.timeout, self.mail.send(&draft)).await {
            Ok(Ok(())) => Ok(Settlement::Sent),
            Ok(Err(MailError::Hopeless(why))) => Ok(Settlement::Failed(why)),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(MailError::Unknown(error.to_string()).into()),
        }
    }

    /// A letter with all that it needs to be worded, as things are now; or why it is not to
    /// be sent.
    async fn draft(
        &self,
        taken: &Taken,
        letter: &Letter,
    ) -> Result<Result<Draft, &'static str>, DeliverError> {
        if self.mail.is_off() {
            return Ok(Err("mail is off"));
        }
        if letter.useful_until.is_some_and(|end| end <= self.clock.now()) {
            return Ok(Err("too late to be of use"));
        }
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let Some(Recipient { email, name, locale, zone }) =
            letters::recipient(&client, letter.user_id).await?
        else {
            return Ok(Err("account is gone"));
        };
        let category = letter.matter.category();
        let wanted = preferences::of(&client, letter.user_id).await?;
        if !wanted.wants(category, Channel::Email) {
            return Ok(Err("not wanted"));
        }
        let (home, booking, other) = about(&client, letter).await?;
        let unsubscribe = (!category.is_locked()).then(|| {
            let token = self.links.token(Purpose::Unsubscribe, letter.id.uuid());
            Unsubscribe {
                page: format!("{}/unsubscribe?token={token}", self.site),
                post: format!("{}/api/v1/unsubscribe/{token}", self.site),
            }
        });
        Ok(Ok(Draft {
            id: letter.id,
            to: email,
            name,
            locale,
            zone: zone_of(&zone),
            matter: letter.matter.clone(),
            written_at: taken.written_at,
            home,
            booking,
            other,
            link: self.link(&letter.matter),
            unsubscribe,
            site: self.site.clone(),
        }))
    }

    /// Where a letter's one-use token leads. Made when the letter is sent and kept nowhere.
    fn link(&self, matter: &Matter) -> Option<String> {
        let (page, purpose, token_id) = match matter {
            Matter::VerifyAddress { token_id } => ("verify", Purpose::VerifyEmail, token_id),
            Matter::ResetPassword { token_id } => ("reset", Purpose::ResetPassword, token_id),
            _ => return None,
        };
        Some(format!("{}/{page}?token={}", self.site, self.links.token(purpose, *token_id)))
    }
}

/// Why a letter did not go out, this time.
#[derive(Debug, thiserror::Error)]
enum DeliverError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// The home that a letter is about, the booking, and the name of the other side.
async fn about(
    client: &Client,
    letter: &Letter,
) -> Result<(Option<Home>, Option<Box<Booking>>, Option<String>), StorageError> {
    let home = match letter.matter.property() {
        Some(id) => properties::find(client, id).await?.map(|listing| Home {
            zone: zone_of(&listing.fields.zone),
            title: listing.fields.title,
            city: listing.fields.address.city,
            units: listing.units.into_iter().map(|unit| (unit.id, unit.fields.name)).collect(),
        }),
        None => None,
    };
    let Some(stay) = letter.matter.stay() else { return Ok((home, None, None)) };
    let found = bookings::find(client, stay.property_id, &[stay.booking_id]).await?;
    let booking = found.into_iter().next().map(Box::new);
    let is_tenant = stay.tenant_id == letter.user_id;
    let other = if is_tenant { stay.landlord_id } else { stay.tenant_id };
    let other = accounts::find(client, other).await?.map(|user| user.name);
    Ok((home, booking, other))
}

fn zone_of(name: &str) -> TimeZone {
    calendar::zone(name).unwrap_or(TimeZone::UTC)
}

fn later(now: Timestamp, stretch: Duration) -> Timestamp {
    let stretch = SignedDuration::try_from(stretch).unwrap_or(SignedDuration::MAX);
    now.saturating_add(stretch).unwrap_or(Timestamp::MAX)
}

/// What went wrong, as short as a row should keep it.
fn brief(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(WHY_MAX).collect()
}
