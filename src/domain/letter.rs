//! Which events are written about, to whom. A letter is named here and worded when it is
//! sent, so that it goes to the address, and uses the names, of that moment.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Event, Recorded, StayFacts};
use super::ids::{self, LetterId, PropertyId, UserId};
use super::money::Money;
use super::notification::{Owners, is_bulk, may_host};
use super::preference::Category;
use super::user::{RESET_LIFE, VERIFY_LIFE};

/// Past this age nobody is written to about an event: it is a story by then.
pub const AGE_MAX: Duration = Duration::from_hours(24);
/// How often a letter is tried before it has failed.
pub const TRIES: u32 = 8;
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// A letter to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Derived from event and person, so that a replay makes the same one.
    pub id: LetterId,
    /// Who is written to.
    pub user_id: UserId,
    /// What it is about.
    pub matter: Matter,
    /// Past it the letter says nothing that is still true, and is not sent.
    pub useful_until: Option<Timestamp>,
}

/// What a letter is about: the name of its template, and its data as rows keep them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "template", content = "data", rename_all = "snake_case")]
pub enum Matter {
    /// Prove your address.
    VerifyAddress {
        /// The row of the one-use token.
        token_id: Uuid,
    },
    /// Somebody tried to register with your address.
    RegistrationRepeated {},
    /// Choose a new password.
    ResetPassword {
        /// The row of the one-use token.
        token_id: Uuid,
    },
    /// Your password is another one now.
    PasswordChanged {},
    /// Too many sign-ins failed.
    LockedOut {
        /// Until when none is tried.
        until: Timestamp,
    },
    /// Your account may not be used.
    Suspended {
        /// Why.
        reason: String,
    },
    /// You may offer homes.
    LandlordApproved {},
    /// You may not offer homes.
    LandlordDeclined {
        /// Why.
        reason: String,
    },
    /// To the tenant: the nights are held.
    BookingHeld {
        /// The stay.
        stay: StayFacts,
        /// When the hold ends by itself.
        expires_at: Timestamp,
    },
    /// To the tenant: the booking stands.
    BookingConfirmed {
        /// The stay.
        stay: StayFacts,
        /// What was paid.
        amount: Money,
    },
    /// To the tenant: the hold ended unpaid.
    BookingExpired {
        /// The stay.
        stay: StayFacts,
    },
    /// To the tenant: the payment went wrong.
    BookingFailed {
        /// The stay.
        stay: StayFacts,
    },
    /// To the tenant: the booking was called off.
    BookingCancelled {
        /// The stay.
        stay: StayFacts,
    },
    /// To the tenant: what became of a payment that came late.
    LatePayment {
        /// The stay.
        stay: StayFacts,
        /// Whether the nights could be taken again; else the money goes back.
        reacquired: bool,
    },
    /// To the landlord: a booking of a home of theirs stands.
    HostConfirmed {
        /// The stay.
        stay: StayFacts,
        /// What was paid.
        amount: Money,
    },
    /// To the landlord: a booking of a home of theirs was called off.
    HostCancelled {
        /// The stay.
        stay: StayFacts,
    },
    /// To the landlord: a listing is live.
    ListingApproved {
        /// The listing.
        property_id: PropertyId,
    },
    /// To the landlord: a listing is not good enough yet.
    ListingRejected {
        /// The listing.
        property_id: PropertyId,
        /// Why.
        reason: String,
    },
}

impl Matter {
    /// What somebody switches off who wants no more such letters.
    #[must_use]
    pub const fn category(&self) -> Category {
        match self {
            Self::VerifyAddress { .. }
            | Self::RegistrationRepeated {}
            | Self::ResetPassword { .. }
            | Self::PasswordChanged {}
            | Self::LockedOut { .. }
            | Self::Suspended { .. } => Category::Security,
            Self::BookingHeld { .. }
            | Self::BookingConfirmed { .. }
            | Self::BookingExpired { .. }
            | Self::BookingFailed { .. }
            | Self::BookingCancelled { .. }
            | Self::LatePayment { .. } => Category::Bookings,
            Self::LandlordApproved {}
            | Self::LandlordDeclined { .. }
            | Self::HostConfirmed { .. }
            | Self::HostCancelled { .. }
            | Self::ListingApproved { .. }
            | Self::ListingRejected { .. } => Category::Hosting,
        }
    }

    /// The stay it is about.
    #[must_use]
    pub const fn stay(&self) -> Option<&StayFacts> {
        match self {
            Self::BookingHeld { stay, .. }
            | Self::BookingConfirmed { stay, .. }
            | Self::BookingExpired { stay }
            | Self::BookingFailed { stay }
            | Self::BookingCancelled { stay }
            | Self::LatePayment { stay, .. }
            | Self::HostConfirmed { stay, .. }
            | Self::HostCancelled { stay } => Some(stay),
            _ => None,
        }
    }

    /// The home it is about.
    #[must_use]
    pub const fn property(&self) -> Option<PropertyId> {
        match self {
            Self::ListingApproved { property_id } | Self::ListingRejected { property_id, .. } => {
                Some(*property_id)
            }
            _ => match self.stay() {
                Some(stay) => Some(stay.property_id),
                None => None,
            },
        }
    }
}

/// The letters that follow from an event, in the order of the people. `owners` has whose
/// the listings are that [`super::notification::of_owner`] names.
#[must_use]
pub fn follows(event: &Recorded, owners: &Owners) -> Vec<Letter> {
    let life = |life: Duration| {
        SignedDuration::try_from(life)
            .ok()
            .and_then(|life| event.occurred_at.checked_add(life).ok())
    };
    let all = match &event.event {
        Event::UserVerificationRequested { user_id, token_id } => {
            let matter = Matter::VerifyAddress { token_id: *token_id };
            return vec![Letter {
                useful_until: life(VERIFY_LIFE),
                ..letter(event, *user_id, matter)
            }];
        }
        Event::UserPasswordResetRequested { user_id, token_id } => {
            let matter = Matter::ResetPassword { token_id: *token_id };
            return vec![Letter {
                useful_until: life(RESET_LIFE),
                ..letter(event, *user_id, matter)
            }];
        }
        Event::UserRegistrationRepeated { user_id } => {
            vec![(*user_id, Matter::RegistrationRepeated {})]
        }
        Event::UserPasswordChanged { user_id } => vec![(*user_id, Matter::PasswordChanged {})],
        Event::UserLockedOut { user_id, until } => {
            vec![(*user_id, Matter::LockedOut { until: *until })]
        }
        Event::UserSuspended { user_id, reason } => {
            vec![(*user_id, Matter::Suspended { reason: reason.clone() })]
        }
        Event::UserRoleChanged { user_id, roles } if may_host(roles) => {
            vec![(*user_id, Matter::LandlordApproved {})]
        }
        Event::UserLandlordDeclined { user_id, reason } => {
            vec![(*user_id, Matter::LandlordDeclined { reason: reason.clone() })]
        }
        Event::PropertyApproved { property_id, .. } if !is_bulk(event) => {
            let matter = Matter::ListingApproved { property_id: *property_id };
            owners.get(property_id).map(|owner| (*owner, matter)).into_iter().collect()
        }
        Event::PropertyRejected { property_id, owner_id, reason, .. } => {
            let (property_id, reason) = (*property_id, reason.clone());
            vec![(*owner_id, Matter::ListingRejected { property_id, reason })]
        }
        event => about_a_stay(event),
    };
    all.into_iter().map(|(user, matter)| letter(event, user, matter)).collect()
}

#[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
fn about_a_stay(event: &Event) -> Vec<(UserId, Matter)> {
    match event.clone() {
        Event::BookingHeld { stay, expires_at } => {
            vec![(stay.tenant_id, Matter::BookingHeld { stay, expires_at })]
        }
        Event::BookingConfirmed { stay, amount } => vec![
            (stay.tenant_id, Matter::BookingConfirmed { stay: stay.clone(), amount }),
            (stay.landlord_id, Matter::HostConfirmed { stay, amount }),
        ],
        Event::BookingExpired { stay } => vec![(stay.tenant_id, Matter::BookingExpired { stay })],
        Event::BookingFailed { stay, .. } => {
            vec![(stay.tenant_id, Matter::BookingFailed { stay })]
        }
        // A stay that the landlord entered: nobody else has an account here.
        Event::BookingCancelled { stay, .. } if stay.tenant_id == stay.landlord_id => {
            vec![(stay.landlord_id, Matter::HostCancelled { stay })]
        }
        Event::BookingCancelled { stay, .. } => vec![
            (stay.tenant_id, Matter::BookingCancelled { stay: stay.clone() }),
            (stay.landlord_id, Matter::HostCancelled { stay }),
        ],
        Event::BookingLatePaymentResolved { stay, reacquired } => {
            vec![(stay.tenant_id, Matter::LatePayment { stay, reacquired })]
        }
        Event::UserRegistered { .. }
        | Event::UserRoleChanged { .. }
        | Event::UserRegistrationRepeated { .. }
        | Event::UserVerificationRequested { .. }
        | Event::UserVerified { .. }
        | Event::UserPasswordResetRequested { .. }
        | Event::UserPasswordChanged { .. }
        | Event::UserLockedOut { .. }
        | Event::UserLandlordRequested { .. }
        | Event::UserLandlordDeclined { .. }
        | Event::UserSuspended { .. }
        | Event::UserReinstated { .. }
        | Event::PropertyCreated { .. }
        | Event::PropertySubmitted { .. }
        | Event::PropertyApproved { .. }
        | Event::PropertyUpdated { .. }
        | Event::PropertyRejected { .. }
        | Event::PropertyPublished { .. }
        | Event::PropertyUnpublished { .. }
        | Event::PropertyArchived { .. }
        | Event::PropertyRulesChanged { .. }
        | Event::BookingMoved { .. }
        | Event::CalendarBlocked { .. }
        | Event::CalendarUnblocked { .. }
        | Event::PropertyPriceChanged { .. }
        | Event::PropertyPhotoAdded { .. }
        | Event::PropertyPhotoRemoved { .. }
        | Event::BookingPaymentPending { .. }
        | Event::BookingExpiring { .. }
        | Event::BookingReleased { .. }
        | Event::BookingExtended { .. }
        | Event::BookingRequested { .. }
        | Event::BookingApproved { .. }
        | Event::BookingDeclined { .. }
        | Event::BookingRecorded { .. }
        | Event::BookingCheckedIn { .. }
        | Event::BookingCompleted { .. }
        | Event::BookingNoShow { .. }
        | Event::BookingChangeProposed { .. }
        | Event::BookingChangeAccepted { .. }
        | Event::BookingChangeDeclined { .. }
        | Event::BookingModified { .. }
        | Event::PaymentCreated { .. }
        | Event::PaymentSucceeded { .. }
        | Event::PaymentCanceled { .. }
        | Event::PaymentFailed { .. }
        | Event::PaymentClosing { .. }
        | Event::RefundCreated { .. }
        | Event::RefundSucceeded { .. }
        | Event::RefundFailed { .. }
        | Event::DepositHeld { .. }
        | Event::DepositDeducted { .. }
        | Event::DepositContested { .. }
        | Event::DepositReleased { .. }
        | Event::AuditViolated { .. }
        | Event::HookReceived { .. }
        | Event::OperatorActed { .. } => Vec::new(),
    }
}

fn letter(event: &Recorded, user_id: UserId, matter: Matter) -> Letter {
    let position = event.position;
    let derived = |label: &str| ids::derived(user_id.uuid(), label);
    let id = match matter {
        // The event says which roles there are, not which are new: so once in a lifetime.
        Matter::LandlordApproved {} => derived("letter/landlord"),
        _ => {
            let label = format!("letter/{}/{}", position.stream.0, position.seq);
            ids::stamped(event.occurred_at, derived(&label))
        }
    };
    let useful_until = match &matter {
        Matter::BookingHeld { expires_at, .. } => Some(*expires_at),
        Matter::LockedOut { until } => Some(*until),
        _ => None,
    };
    Letter { id: LetterId::from(id), user_id, matter, useful_until }
}

/// The pause before the next try of a letter after so many, without its jitter: 2^n s, at
/// most an hour. `None`: it has failed.
#[must_use]
pub fn pause(tries: u32) -> Option<Duration> {
    (tries < TRIES).then(|| {
        let seconds = 1_u64.checked_shl(tries).unwrap_or(u64::MAX);
        Duration::from_secs(seconds).min(PAUSE_MAX)
    })
}
