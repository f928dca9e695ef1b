//! Who is told what of an event, and how: in the app, by a letter, or both. This is the one
//! place that decides it; [`super::notification`] and [`super::letter`] make rows of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::event::{
    Actor, Authorization, CaptureFailure, Event, Recorded, SearchDigest, SearchMatch, StayFacts,
};
use super::ids::{BookingId, PropertyId, UserId};
use super::matter::Matter;
use super::preference::Category;
use super::telling_stays;
use super::user::Role;

/// People that events do not name, looked up before anybody is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct People {
    /// Whose listings are.
    pub owners: HashMap<PropertyId, UserId>,
    /// What bookings are about.
    pub stays: HashMap<BookingId, StayFacts>,
    /// Administrators.
    pub admins: Vec<UserId>,
}

/// What has to be looked up for an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unnamed {
    /// Whose this listing is.
    pub owner: Option<PropertyId>,
    /// What this booking is about.
    pub stay: Option<BookingId>,
    /// Who the administrators are.
    pub admins: bool,
}

/// What has to be looked up before [`of`] can say who is told.
#[must_use]
pub fn unnamed(event: &Event) -> Unnamed {
    match event {
        Event::PropertyApproved { property_id, .. } => {
            Unnamed { owner: Some(*property_id), ..Unnamed::default() }
        }
        Event::PaymentFailed { booking_id, .. }
        | Event::PaymentAuthorized(Authorization { booking_id, .. })
        | Event::PaymentCaptureFailed(CaptureFailure { booking_id, .. })
        | Event::RefundCreated { booking_id, .. }
        | Event::RefundSucceeded { booking_id, .. } => {
            Unnamed { stay: Some(*booking_id), ..Unnamed::default() }
        }
        Event::DepositContested { .. } => Unnamed { admins: true, ..Unnamed::default() },
        Event::RefundFailed { booking_id, .. } => {
            Unnamed { stay: Some(*booking_id), admins: true, ..Unnamed::default() }
        }
        _ => Unnamed::default(),
    }
}

/// Something that somebody is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Who.
    pub user_id: UserId,
    /// What somebody switches off who does not want to be told.
    pub category: Category,
    /// What it is about, for the text and the link in the app; `None`: it is not told there.
    pub in_app: Option<Value>,
    /// The letter about it; `None`: there is none.
    pub letter: Option<Matter>,
}

impl Told {
    /// Told in the app only.
    pub(super) const fn in_app(user_id: UserId, category: Category, data: Value) -> Self {
        Self { user_id, category, in_app: Some(data), letter: None }
    }

    /// Told by a letter only.
    pub(super) const fn by_letter(user_id: UserId, matter: Matter) -> Self {
        let category = matter.category();
        Self { user_id, category, in_app: None, letter: Some(matter) }
    }

    /// Told in the app and by a letter.
    pub(super) const fn both_ways(user_id: UserId, data: Value, matter: Matter) -> Self {
        let category = matter.category();
        Self { user_id, category, in_app: Some(data), letter: Some(matter) }
    }
}

/// What an event is about, as far as somebody is told of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Topic {
    Account,
    Listing,
    /// Saved searches and favourites.
    Watch,
    /// How a booking comes to stand, or not.
    Booking,
    /// A change that one side proposes.
    Change,
    /// What becomes of a booking that stands.
    Stay,
    Deposit,
    Money,
    /// Nobody is told.
    Nothing,
}

/// Every event is here, so that none is forgotten.
#[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
const fn topic(event: &Event) -> Topic {
    match event {
        Event::UserRoleChanged { .. }
        | Event::UserRegistrationRepeated { .. }
        | Event::UserVerificationRequested { .. }
        | Event::UserPasswordResetRequested { .. }
        | Event::UserPasswordChanged { .. }
        | Event::UserLockedOut { .. }
        | Event::UserLandlordDeclined { .. }
        | Event::UserSuspended { .. } => Topic::Account,
        Event::PropertyApproved { .. } | Event::PropertyRejected { .. } => Topic::Listing,
        Event::SearchMatched(_)
        | Event::SearchDigested(_)
        | Event::FavouritePriceDropped(_)
        | Event::FavouriteNightsFreed(_) => Topic::Watch,
        Event::BookingHeld { .. }
        | Event::BookingRequested { .. }
        | Event::BookingApproved { .. }
        | Event::BookingDeclined { .. }
        | Event::BookingConfirmed { .. }
        | Event::BookingRecorded { .. }
        | Event::BookingExpired { .. }
        | Event::BookingFailed { .. }
        | Event::BookingLatePaymentResolved { .. } => Topic::Booking,
        Event::BookingChangeProposed { .. }
        | Event::BookingChangeAccepted { .. }
        | Event::BookingChangeDeclined { .. }
        | Event::BookingModified { .. } => Topic::Change,
        Event::BookingCancelled { .. }
        | Event::BookingCheckedIn { .. }
        | Event::BookingCompleted { .. }
        | Event::BookingNoShow { .. }
        | Event::BookingMoved { .. } => Topic::Stay,
        Event::DepositDeducted { .. }
        | Event::DepositContested { .. }
        | Event::DepositReleased { .. } => Topic::Deposit,
        Event::PaymentFailed { .. }
        | Event::PaymentAuthorized { .. }
        | Event::PaymentCaptureFailed { .. }
        | Event::RefundCreated { .. }
        | Event::RefundSucceeded { .. }
        | Event::RefundFailed { .. } => Topic::Money,
        Event::UserRegistered { .. }
        | Event::UserVerified { .. }
        | Event::UserLandlordRequested { .. }
        | Event::UserReinstated { .. }
        | Event::PropertyCreated { .. }
        | Event::PropertySubmitted { .. }
        | Event::PropertyUpdated { .. }
        | Event::PropertyPublished { .. }
        | Event::PropertyUnpublished { .. }
        | Event::PropertyArchived { .. }
        | Event::PropertyRulesChanged { .. }
        | Event::PropertyPriceChanged { .. }
        | Event::PropertyPhotoAdded { .. }
        | Event::PropertyPhotoRemoved { .. }
        | Event::PromoCodeCreated { .. }
        | Event::PromoCodeEnded { .. }
        | Event::SearchSaved(_)
        | Event::SearchChanged(_)
        | Event::SearchDeleted(_)
        | Event::BookingPaymentPending { .. }
        | Event::BookingExpiring { .. }
        | Event::BookingReleased { .. }
        | Event::BookingExtended { .. }
        | Event::CalendarBlocked { .. }
        | Event::CalendarUnblocked { .. }
        | Event::DepositHeld { .. }
        | Event::PaymentCreated { .. }
        | Event::PaymentCapturing { .. }
        | Event::PaymentSucceeded { .. }
        | Event::PaymentCanceled { .. }
        | Event::PaymentClosing { .. }
        | Event::HookReceived { .. }
        | Event::OperatorActed { .. }
        | Event::AuditViolated { .. } => Topic::Nothing,
    }
}

/// Who is told what of an event, in the order of the people, each once at most. `people` has
/// what [`unnamed`] asks for.
#[must_use]
pub fn of(event: &Recorded, people: &People) -> Vec<Told> {
    match topic(&event.event) {
        Topic::Account => of_an_account(&event.event).into_iter().collect(),
        Topic::Listing => of_a_listing(event, people).into_iter().collect(),
        Topic::Watch => of_a_watch(&event.event).into_iter().collect(),
        Topic::Booking => telling_stays::of_a_booking(&event.event),
        Topic::Change => telling_stays::of_a_change(&event.event),
        Topic::Stay => telling_stays::of_a_stay(&event.event),
        Topic::Deposit => telling_stays::of_a_deposit(&event.event, people),
        Topic::Money => telling_stays::of_money(&event.event, people),
        Topic::Nothing => Vec::new(),
    }
}

fn of_an_account(event: &Event) -> Option<Told> {
    Some(match event {
        Event::UserVerificationRequested { user_id, token_id } => {
            Told::by_letter(*user_id, Matter::VerifyAddress { token_id: *token_id })
        }
        Event::UserPasswordResetRequested { user_id, token_id } => {
            Told::by_letter(*user_id, Matter::ResetPassword { token_id: *token_id })
        }
        Event::UserRegistrationRepeated { user_id } => {
            Told::by_letter(*user_id, Matter::RegistrationRepeated {})
        }
        Event::UserPasswordChanged { user_id } => {
            Told::by_letter(*user_id, Matter::PasswordChanged {})
        }
        Event::UserLockedOut { user_id, until } => {
            Told::by_letter(*user_id, Matter::LockedOut { until: *until })
        }
        Event::UserSuspended { user_id, reason } => {
            Told::by_letter(*user_id, Matter::Suspended { reason: reason.clone() })
        }
        Event::UserRoleChanged { user_id, roles } if may_host(roles) => {
            Told::both_ways(*user_id, json!({ "roles": roles }), Matter::LandlordApproved {})
        }
        Event::UserLandlordDeclined { user_id, reason } => {
            let matter = Matter::LandlordDeclined { reason: reason.clone() };
            Told::both_ways(*user_id, json!({ "reason": reason }), matter)
        }
        _ => return None,
    })
}

fn of_a_listing(event: &Recorded, people: &People) -> Option<Told> {
    match &event.event {
        Event::PropertyApproved { property_id, .. } if !is_bulk(event) => {
            let data = json!({ "property_id": property_id });
            let matter = Matter::ListingApproved { property_id: *property_id };
            people.owners.get(property_id).map(|owner| Told::both_ways(*owner, data, matter))
        }
        Event::PropertyRejected { property_id, owner_id, reason, .. } => {
            let data = json!({ "property_id": property_id, "reason": reason });
            let (property_id, reason) = (*property_id, reason.clone());
            let matter = Matter::ListingRejected { property_id, reason };
            Some(Told::both_ways(*owner_id, data, matter))
        }
        _ => None,
    }
}

fn of_a_watch(event: &Event) -> Option<Told> {
    let (user, data, matter) = match event {
        Event::SearchMatched(matched) if matched.told => {
            let SearchMatch { search_id, user_id, property_id, name, .. } = matched.clone();
            let data = json!({ "search_id": search_id, "name": name, "property_id": property_id });
            (user_id, data, Matter::SearchMatched { search_id, name, property_id })
        }
        Event::SearchDigested(digest) => {
            let SearchDigest { search_id, user_id, name, count, property_id } = digest.clone();
            let data = json!({ "search_id": search_id, "name": name, "count": count,
                "property_id": property_id });
            (user_id, data, Matter::SearchDigest { search_id, name, count, property_id })
        }
        Event::FavouritePriceDropped(drop) => {
            let (property_id, old, new) = (drop.property_id, drop.old, drop.new);
            let data = json!({ "property_id": property_id, "old": old, "new": new });
            (drop.user_id, data, Matter::PriceDropped { property_id, old, new })
        }
        Event::FavouriteNightsFreed(freed) => {
            let (property_id, nights) = (freed.property_id, freed.nights);
            let data = json!({ "property_id": property_id, "check_in": nights.check_in(),
                "check_out": nights.check_out() });
            (freed.user_id, data, Matter::NightsFreed { property_id, nights })
        }
        _ => return None,
    };
    Some(Told::both_ways(user, data, matter))
}

/// Whether an import or the like made it happen: nobody is told of each of a thousand
/// listings that they had put in at once.
fn is_bulk(event: &Recorded) -> bool {
    event.actor == Actor::System.to_string()
}

/// Whether somebody with these roles may offer homes.
fn may_host(roles: &[String]) -> bool {
    roles.iter().any(|role| role == Role::Landlord.name())
}
