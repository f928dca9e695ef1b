//! What letters are about. Rows keep it, so fields are only ever added, with a default.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking_details::Party;
use super::calendar::Nights;
use super::cancellation::RefundLines;
use super::event::StayFacts;
use super::ids::{PropertyId, SavedSearchId, UnitId};
use super::money::Money;
use super::preference::Category;

/// How a booking was called off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallOff {
    /// Who did; unknown of a hold or a request that was given up.
    pub by: Option<Party>,
    /// Whether the landlord had been asked and had not answered.
    pub asked: bool,
    /// What goes back.
    pub refund: Option<Money>,
    /// Line by line.
    pub lines: Option<RefundLines>,
}

/// A stay as one side proposes to have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Who proposes it.
    pub by: Party,
    /// The unit type.
    pub unit_id: UnitId,
    /// The nights.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// What is to be paid on top; below zero, what goes back.
    pub difference: Money,
    /// Until when the other side can answer.
    pub expires_at: Timestamp,
}

/// What a letter is about: the name of its template, and its data as rows keep them. `to`:
/// as whom somebody is written to, where more than one side is.
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
    /// The landlord is asked whether the tenant may come.
    BookingRequested {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay.
        stay: StayFacts,
        /// Until when the landlord can answer.
        expires_at: Timestamp,
    },
    /// To the tenant: the landlord says yes.
    BookingApproved {
        /// The stay.
        stay: StayFacts,
        /// Until when it can be paid for.
        expires_at: Timestamp,
        /// Whether the price stands reserved on the card, and is taken now.
        #[serde(default)]
        reserved: bool,
    },
    /// To the tenant: the landlord said yes, but what was reserved could not be taken.
    CaptureFailed {
        /// The stay.
        stay: StayFacts,
        /// Until when it can be paid for.
        expires_at: Timestamp,
    },
    /// To the tenant: the landlord says no.
    BookingDeclined {
        /// The stay.
        stay: StayFacts,
        /// Why.
        reason: String,
    },
    /// To the tenant: the booking stands.
    BookingConfirmed {
        /// The stay.
        stay: StayFacts,
        /// What was paid.
        amount: Money,
    },
    /// To the tenant: the hold ended unpaid, or the request without an answer.
    BookingExpired {
        /// The stay.
        stay: StayFacts,
        /// Whether the landlord had been asked and had not answered.
        #[serde(default)]
        asked: bool,
    },
    /// To the tenant: the payment went wrong.
    BookingFailed {
        /// The stay.
        stay: StayFacts,
        /// A stable word for the reason.
        #[serde(default)]
        reason: String,
    },
    /// To the tenant: the booking was called off.
    BookingCancelled {
        /// The stay.
        stay: StayFacts,
        /// How.
        #[serde(default)]
        off: CallOff,
    },
    /// To the tenant: what became of a payment that came late.
    LatePayment {
        /// The stay.
        stay: StayFacts,
        /// Whether the nights could be taken again; else the money goes back.
        reacquired: bool,
    },
    /// One side proposes to have the stay otherwise.
    ChangeProposed {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay as it is.
        stay: StayFacts,
        /// What it would be.
        proposed: Proposed,
    },
    /// Both sides want a change that is to be paid for.
    ChangeAccepted {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay as it is.
        stay: StayFacts,
        /// What is to be paid.
        difference: Money,
        /// Until when.
        expires_at: Timestamp,
    },
    /// A proposal came to nothing.
    ChangeDeclined {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay.
        stay: StayFacts,
        /// Who had made it.
        by: Party,
        /// A stable word for the reason.
        why: String,
    },
    /// The stay is another one now.
    BookingModified {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay from now on.
        stay: StayFacts,
        /// The nights that it was.
        old_nights: Nights,
        /// What it cost.
        old_total: Money,
        /// What it costs.
        new_total: Money,
    },
    /// To the tenant: an attempt to pay failed, and another may go better.
    PaymentFailed {
        /// The stay.
        stay: StayFacts,
    },
    /// To the tenant: money goes back.
    RefundCreated {
        /// The stay.
        stay: StayFacts,
        /// How much.
        amount: Money,
    },
    /// To the tenant: money went back.
    RefundSucceeded {
        /// The stay.
        stay: StayFacts,
        /// How much.
        amount: Money,
    },
    /// Money could not go back.
    RefundFailed {
        /// To the tenant or an administrator.
        to: Party,
        /// The stay.
        stay: StayFacts,
    },
    /// The guests are there.
    CheckedIn {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay.
        stay: StayFacts,
    },
    /// The stay is over.
    StayCompleted {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay.
        stay: StayFacts,
        /// Whether the guests left before the last day.
        early: bool,
    },
    /// Nobody came.
    NoShow {
        /// To the tenant or the landlord.
        to: Party,
        /// The stay.
        stay: StayFacts,
    },
    /// To the landlord: a stay that was agreed on elsewhere is in the calendar.
    StayRecorded {
        /// The stay.
        stay: StayFacts,
        /// What the landlord says it costs.
        total: Money,
    },
    /// To the tenant: the stay has another unit of its type.
    StayMoved {
        /// The stay.
        stay: StayFacts,
        /// The unit's number within its type.
        unit_no: u16,
    },
    /// To the tenant: the landlord says what part of the deposit is kept for.
    DepositDeducted {
        /// The stay.
        stay: StayFacts,
        /// What is kept on top of what was said before.
        amount: Money,
        /// What for.
        items: Vec<String>,
    },
    /// The tenant objects to what is kept of the deposit.
    DepositContested {
        /// To the landlord or an administrator.
        to: Party,
        /// The stay.
        stay: StayFacts,
        /// Why.
        reason: String,
    },
    /// To the tenant: nothing of the deposit is held any more.
    DepositReleased {
        /// The stay.
        stay: StayFacts,
        /// What went back, or is on its way.
        returned: Money,
        /// What the landlord keeps.
        kept: Money,
    },
    /// To the landlord: a booking of a home of theirs stands.
    HostConfirmed {
        /// The stay.
        stay: StayFacts,
        /// What was paid.
        amount: Money,
    },
    /// To the landlord: a request ended without an answer.
    HostExpired {
        /// The stay.
        stay: StayFacts,
    },
    /// To the landlord: a booking of a home of theirs was called off.
    HostCancelled {
        /// The stay.
        stay: StayFacts,
        /// How.
        #[serde(default)]
        off: CallOff,
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
    /// A home has come to match a saved search.
    SearchMatched {
        /// The search.
        search_id: SavedSearchId,
        /// What it is called.
        name: String,
        /// The home.
        property_id: PropertyId,
    },
    /// Homes have come to match a saved search.
    SearchDigest {
        /// The search.
        search_id: SavedSearchId,
        /// What it is called.
        name: String,
        /// How many homes.
        count: u32,
        /// The one that matched last.
        property_id: PropertyId,
    },
    /// A favourite has become cheaper.
    PriceDropped {
        /// The home.
        property_id: PropertyId,
        /// What it cost.
        old: Money,
        /// What it costs now.
        new: Money,
    },
    /// Nights of a favourite can be had again.
    NightsFreed {
        /// The home.
        property_id: PropertyId,
        /// The nights.
        nights: Nights,
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
            | Self::BookingApproved { .. }
            | Self::CaptureFailed { .. }
            | Self::BookingDeclined { .. }
            | Self::BookingConfirmed { .. }
            | Self::BookingExpired { .. }
            | Self::BookingFailed { .. }
            | Self::BookingCancelled { .. }
            | Self::LatePayment { .. }
            | Self::PaymentFailed { .. }
            | Self::RefundCreated { .. }
            | Self::RefundSucceeded { .. }
            | Self::StayMoved { .. }
            | Self::DepositDeducted { .. }
            | Self::DepositReleased { .. } => Category::Bookings,
            Self::LandlordApproved {}
            | Self::LandlordDeclined { .. }
            | Self::StayRecorded { .. }
            | Self::HostConfirmed { .. }
            | Self::HostExpired { .. }
            | Self::HostCancelled { .. }
            | Self::ListingApproved { .. }
            | Self::ListingRejected { .. } => Category::Hosting,
            Self::SearchMatched { .. }
            | Self::SearchDigest { .. }
            | Self::PriceDropped { .. }
            | Self::NightsFreed { .. } => Category::Alerts,
            Self::BookingRequested { to, .. }
            | Self::ChangeProposed { to, .. }
            | Self::ChangeAccepted { to, .. }
            | Self::ChangeDeclined { to, .. }
            | Self::BookingModified { to, .. }
            | Self::RefundFailed { to, .. }
            | Self::CheckedIn { to, .. }
            | Self::StayCompleted { to, .. }
            | Self::DepositContested { to, .. }
            | Self::NoShow { to, .. } => Category::of(*to),
        }
    }

    /// The stay it is about.
    #[must_use]
    pub const fn stay(&self) -> Option<&StayFacts> {
        match self {
            Self::BookingHeld { stay, .. }
            | Self::BookingRequested { stay, .. }
            | Self::BookingApproved { stay, .. }
            | Self::CaptureFailed { stay, .. }
            | Self::BookingDeclined { stay, .. }
            | Self::BookingConfirmed { stay, .. }
            | Self::BookingExpired { stay, .. }
            | Self::BookingFailed { stay, .. }
            | Self::BookingCancelled { stay, .. }
            | Self::LatePayment { stay, .. }
            | Self::ChangeProposed { stay, .. }
            | Self::ChangeAccepted { stay, .. }
            | Self::ChangeDeclined { stay, .. }
            | Self::BookingModified { stay, .. }
            | Self::PaymentFailed { stay }
            | Self::RefundCreated { stay, .. }
            | Self::RefundSucceeded { stay, .. }
            | Self::RefundFailed { stay, .. }
            | Self::CheckedIn { stay, .. }
            | Self::StayCompleted { stay, .. }
            | Self::NoShow { stay, .. }
            | Self::StayMoved { stay, .. }
            | Self::DepositDeducted { stay, .. }
            | Self::DepositContested { stay, .. }
            | Self::DepositReleased { stay, .. }
            | Self::StayRecorded { stay, .. }
            | Self::HostConfirmed { stay, .. }
            | Self::HostExpired { stay }
            | Self::HostCancelled { stay, .. } => Some(stay),
            Self::VerifyAddress { .. }
            | Self::RegistrationRepeated {}
            | Self::ResetPassword { .. }
            | Self::PasswordChanged {}
            | Self::LockedOut { .. }
            | Self::Suspended { .. }
            | Self::LandlordApproved {}
            | Self::LandlordDeclined { .. }
            | Self::ListingApproved { .. }
            | Self::ListingRejected { .. }
            | Self::SearchMatched { .. }
            | Self::SearchDigest { .. }
            | Self::PriceDropped { .. }
            | Self::NightsFreed { .. } => None,
        }
    }

    /// The home it is about.
    #[must_use]
    pub const fn property(&self) -> Option<PropertyId> {
        match self {
            Self::ListingApproved { property_id }
            | Self::ListingRejected { property_id, .. }
            | Self::SearchMatched { property_id, .. }
            | Self::SearchDigest { property_id, .. }
            | Self::PriceDropped { property_id, .. }
            | Self::NightsFreed { property_id, .. } => Some(*property_id),
            _ => match self.stay() {
                Some(stay) => Some(stay.property_id),
                None => None,
            },
        }
    }

    /// When it says nothing any more that is still true; `None`: its event's age decides.
    #[must_use]
    pub const fn useful_until(&self) -> Option<Timestamp> {
        match self {
            Self::LockedOut { until: end }
            | Self::BookingHeld { expires_at: end, .. }
            | Self::BookingRequested { expires_at: end, .. }
            | Self::BookingApproved { expires_at: end, .. }
            | Self::CaptureFailed { expires_at: end, .. }
            | Self::ChangeAccepted { expires_at: end, .. }
            | Self::ChangeProposed { proposed: Proposed { expires_at: end, .. }, .. } => Some(*end),
            _ => None,
        }
    }
}
