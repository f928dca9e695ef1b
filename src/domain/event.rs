//! Every event type. An event says what has become true; it is written in the transaction
//! that makes it so, never changes, and must decode for ever: fields are only ever added,
//! with a default.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking::ExpiringReason;
use super::booking_details::Party;
use super::calendar::Nights;
use super::cancellation::RefundLines;
pub use super::event_money::{Authorization, CaptureFailure, PaymentSum};
use super::event_record::is_false;
pub use super::event_record::{Actor, BlockFacts, Position, Recorded, StayFacts};
pub use super::event_search::{NightsFreed, PriceDrop, SearchDigest, SearchFacts, SearchMatch};
use super::ids::{BookingId, PaymentId, PhotoId, PromoId, PropertyId, ProposalId};
use super::ids::{RefundId, UnitId, UserId};
use super::money::Money;
use super::payment::Decline;

/// The version that events are written in today.
pub const VERSION: i16 = 1;

/// Something that has become true. Ids without a word are of what the event's thing is or
/// belongs to, and a `stay` says what, where, who and when.
#[expect(missing_docs, reason = "ids that say by their names what they are")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Somebody registered.
    #[serde(rename = "user.registered")]
    UserRegistered {
        /// Who.
        user_id: UserId,
    },
    /// Somebody has other roles now.
    #[serde(rename = "user.role_changed")]
    UserRoleChanged {
        /// Who.
        user_id: UserId,
        /// All roles from now on.
        roles: Vec<String>,
    },
    /// Somebody tried to register with the address of an account: its owner is told.
    #[serde(rename = "user.registration_repeated")]
    UserRegistrationRepeated {
        /// Whose address it is.
        user_id: UserId,
    },
    /// The address has to be proved; mail goes out with a link.
    #[serde(rename = "user.verification_requested")]
    UserVerificationRequested {
        /// Who.
        user_id: UserId,
        /// The row of the one-use token. The link is made from it and the server's secret,
        /// so that the log alone opens nothing.
        token_id: Uuid,
    },
    /// The address is proved.
    #[serde(rename = "user.verified")]
    UserVerified {
        /// Who.
        user_id: UserId,
    },
    /// Somebody has forgotten their password; mail goes out with a link.
    #[serde(rename = "user.password_reset_requested")]
    UserPasswordResetRequested {
        /// Who.
        user_id: UserId,
        /// The row of the one-use token, as in `user.verification_requested`.
        token_id: Uuid,
    },
    /// The password is another one now.
    #[serde(rename = "user.password_changed")]
    UserPasswordChanged {
        /// Who.
        user_id: UserId,
    },
    /// Too many sign-ins failed; no more are tried for a while.
    #[serde(rename = "user.locked_out")]
    UserLockedOut {
        /// Whose account.
        user_id: UserId,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody asks to offer homes.
    #[serde(rename = "user.landlord_requested")]
    UserLandlordRequested {
        /// Who.
        user_id: UserId,
    },
    /// Somebody may not offer homes.
    #[serde(rename = "user.landlord_declined")]
    UserLandlordDeclined {
        /// Who.
        user_id: UserId,
        /// Why, for them to read.
        reason: String,
    },
    /// An account may not be used for the time being.
    #[serde(rename = "user.suspended")]
    UserSuspended {
        /// Whose.
        user_id: UserId,
        /// Why.
        reason: String,
    },
    /// A suspended account may be used again.
    #[serde(rename = "user.reinstated")]
    UserReinstated {
        /// Whose.
        user_id: UserId,
    },
    /// A draft was made.
    #[serde(rename = "property.created")]
    PropertyCreated {
        property_id: PropertyId,
        /// Whose.
        owner_id: UserId,
    },
    /// A draft was handed in.
    #[serde(rename = "property.submitted")]
    PropertySubmitted { property_id: PropertyId },
    /// A listing went live.
    #[serde(rename = "property.approved")]
    PropertyApproved {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// A listing says something else.
    #[serde(rename = "property.updated")]
    PropertyUpdated {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// A listing that was handed in is not good enough yet.
    #[serde(rename = "property.rejected")]
    PropertyRejected {
        property_id: PropertyId,
        /// Whose.
        owner_id: UserId,
        /// Why, for the owner to read.
        reason: String,
        /// Its version now.
        version: i32,
    },
    /// A paused listing can be found and booked again.
    #[serde(rename = "property.published")]
    PropertyPublished {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// A listing rests: nobody but its owner sees it.
    #[serde(rename = "property.unpublished")]
    PropertyUnpublished {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// A listing is given up for good.
    #[serde(rename = "property.archived")]
    PropertyArchived {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// The landlord takes other stays than before.
    #[serde(rename = "property.rules_changed")]
    PropertyRulesChanged {
        property_id: PropertyId,
        /// Its version now.
        version: i32,
    },
    /// A night costs something else.
    #[serde(rename = "property.price_changed")]
    PropertyPriceChanged {
        property_id: PropertyId,
        /// What a night cost.
        old: Money,
        /// What it costs from now on.
        new: Money,
    },
    /// A listing has a photo more.
    #[serde(rename = "property.photo_added")]
    PropertyPhotoAdded {
        property_id: PropertyId,
        /// The photo.
        photo_id: PhotoId,
        /// SHA-256 of what was uploaded, in hex.
        sha256: String,
    },
    /// A listing has a photo less.
    #[serde(rename = "property.photo_removed")]
    PropertyPhotoRemoved {
        property_id: PropertyId,
        /// The photo.
        photo_id: PhotoId,
    },
    /// A landlord made a promo code.
    #[serde(rename = "promo_code.created")]
    PromoCodeCreated {
        promo_id: PromoId,
        /// Whose.
        owner_id: UserId,
        /// The word that guests type.
        code: String,
    },
    /// A promo code is good no longer.
    #[serde(rename = "promo_code.ended")]
    PromoCodeEnded {
        promo_id: PromoId,
        /// Whose.
        owner_id: UserId,
        /// The word, which may be given to another code from now on.
        code: String,
    },
    /// Somebody keeps a search.
    #[serde(rename = "search.saved")]
    SearchSaved(SearchFacts),
    /// A saved search looks for something else, is called otherwise or told otherwise.
    #[serde(rename = "search.changed")]
    SearchChanged(SearchFacts),
    /// A search is kept no longer.
    #[serde(rename = "search.deleted")]
    SearchDeleted(SearchFacts),
    /// A home has come to match a saved search: once in its life.
    #[serde(rename = "search.matched")]
    SearchMatched(SearchMatch),
    /// What came to match a saved search is told together.
    #[serde(rename = "search.digested")]
    SearchDigested(SearchDigest),
    /// A home that somebody keeps an eye on has become cheaper.
    #[serde(rename = "favourite.price_dropped")]
    FavouritePriceDropped(PriceDrop),
    /// Nights that somebody keeps an eye on a home for can be had again.
    #[serde(rename = "favourite.nights_freed")]
    FavouriteNightsFreed(NightsFreed),
    /// Nights are held for a tenant.
    #[serde(rename = "booking.held")]
    BookingHeld {
        #[serde(flatten)]
        stay: StayFacts,
        /// When the hold ends by itself.
        expires_at: Timestamp,
    },
    /// The tenant is paying.
    #[serde(rename = "booking.payment_pending")]
    BookingPaymentPending {
        #[serde(flatten)]
        stay: StayFacts,
        payment_id: PaymentId,
        /// What is to be paid.
        amount: Money,
    },
    /// The hold is ending; the provider has to say first whether it was paid.
    #[serde(rename = "booking.expiring")]
    BookingExpiring {
        #[serde(flatten)]
        stay: StayFacts,
        /// The payment to be closed.
        payment_id: PaymentId,
        /// Why it ends.
        reason: ExpiringReason,
    },
    /// The booking is paid for and stands.
    #[serde(rename = "booking.confirmed")]
    BookingConfirmed {
        #[serde(flatten)]
        stay: StayFacts,
        /// What was paid.
        amount: Money,
    },
    /// The hold ended for want of a payment.
    #[serde(rename = "booking.expired")]
    BookingExpired {
        #[serde(flatten)]
        stay: StayFacts,
        /// Whether the landlord had been asked and had not answered.
        #[serde(default, skip_serializing_if = "is_false")]
        asked: bool,
    },
    /// The payment went wrong for good.
    #[serde(rename = "booking.failed")]
    BookingFailed {
        #[serde(flatten)]
        stay: StayFacts,
        /// A stable word for the reason.
        reason: String,
    },
    /// Somebody called the booking off.
    #[serde(rename = "booking.cancelled")]
    BookingCancelled {
        #[serde(flatten)]
        stay: StayFacts,
        /// Who did; unknown of a hold that was given up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Party>,
        /// Whether the landlord had been asked and had not answered.
        #[serde(default, skip_serializing_if = "is_false")]
        asked: bool,
        /// What goes back, when it had been paid for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Money>,
        /// The same, line by line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<RefundLines>,
    },
    /// The nights are back in the calendar and the money is settled, or on its way back.
    #[serde(rename = "booking.released")]
    BookingReleased {
        #[serde(flatten)]
        stay: StayFacts,
    },
    /// A payment arrived after its booking had ended.
    #[serde(rename = "booking.late_payment_resolved")]
    BookingLatePaymentResolved {
        #[serde(flatten)]
        stay: StayFacts,
        /// Whether the nights could be taken again; else the money goes back.
        reacquired: bool,
    },
    /// The tenant has some minutes more to pay.
    #[serde(rename = "booking.extended")]
    BookingExtended {
        #[serde(flatten)]
        stay: StayFacts,
        /// When the hold ends by itself now.
        expires_at: Timestamp,
    },
    /// The landlord is asked whether the tenant may come.
    #[serde(rename = "booking.requested")]
    BookingRequested {
        #[serde(flatten)]
        stay: StayFacts,
        /// Until when the landlord can answer.
        expires_at: Timestamp,
    },
    /// The landlord says yes; it stands once it is paid for.
    #[serde(rename = "booking.approved")]
    BookingApproved {
        #[serde(flatten)]
        stay: StayFacts,
        /// Until when it can be paid for.
        expires_at: Timestamp,
        /// Whether the price stands reserved on the tenant's card, and is taken now.
        #[serde(default, skip_serializing_if = "is_false")]
        reserved: bool,
    },
    /// The landlord says no.
    #[serde(rename = "booking.declined")]
    BookingDeclined {
        #[serde(flatten)]
        stay: StayFacts,
        /// Why, for the tenant to read.
        reason: String,
    },
    /// The landlord entered a stay that was agreed on elsewhere. It stands at once, and
    /// nothing is paid for it here.
    #[serde(rename = "booking.recorded")]
    BookingRecorded {
        /// What, where, who and when; the tenant is the landlord.
        #[serde(flatten)]
        stay: StayFacts,
        /// What the landlord says it costs.
        total: Money,
    },
    /// The guests are there.
    #[serde(rename = "booking.checked_in")]
    BookingCheckedIn {
        #[serde(flatten)]
        stay: StayFacts,
    },
    /// The stay is over.
    #[serde(rename = "booking.completed")]
    BookingCompleted {
        #[serde(flatten)]
        stay: StayFacts,
        /// Whether the guests left before the last day, so that nights are free again.
        early: bool,
    },
    /// Nobody came.
    #[serde(rename = "booking.no_show")]
    BookingNoShow {
        #[serde(flatten)]
        stay: StayFacts,
    },
    /// One side proposes to have the stay otherwise.
    #[serde(rename = "booking.change_proposed")]
    BookingChangeProposed {
        /// What, where, who and when, as it is.
        #[serde(flatten)]
        stay: StayFacts,
        /// The proposal.
        change_id: ProposalId,
        /// Who made it.
        by: Party,
        /// The unit type that it would be.
        new_unit_id: UnitId,
        /// The nights that it would be.
        new_nights: Nights,
        /// How many people would come.
        new_guests: u16,
        /// What would be paid on top; below zero, what would go back.
        difference: Money,
        /// Until when the other side can answer.
        expires_at: Timestamp,
    },
    /// Both sides want the change; the tenant has to pay the difference first.
    #[serde(rename = "booking.change_accepted")]
    BookingChangeAccepted {
        /// What, where, who and when, as it is.
        #[serde(flatten)]
        stay: StayFacts,
        /// The proposal.
        change_id: ProposalId,
        /// What is to be paid.
        difference: Money,
        /// Until when.
        expires_at: Timestamp,
    },
    /// A proposal came to nothing; the stay is as it was.
    #[serde(rename = "booking.change_declined")]
    BookingChangeDeclined {
        #[serde(flatten)]
        stay: StayFacts,
        /// The proposal.
        change_id: ProposalId,
        /// Who had made it.
        by: Party,
        /// Why: `declined`, `withdrawn`, `expired` or `failed`.
        why: String,
    },
    /// The stay is another one now.
    #[serde(rename = "booking.modified")]
    BookingModified {
        /// What, where, who and when, from now on.
        #[serde(flatten)]
        stay: StayFacts,
        /// The unit type that it was.
        old_unit_id: UnitId,
        /// The nights that it was.
        old_nights: Nights,
        /// What it cost.
        old_total: Money,
        /// What it costs.
        new_total: Money,
    },
    /// A stay has another unit of its type.
    #[serde(rename = "booking.moved")]
    BookingMoved {
        #[serde(flatten)]
        stay: StayFacts,
        /// The unit's number within its type.
        unit_no: u16,
    },
    /// The landlord keeps nights of a unit back.
    #[serde(rename = "calendar.blocked")]
    CalendarBlocked {
        /// Which, where and when.
        #[serde(flatten)]
        block: BlockFacts,
    },
    /// Nights that were kept back are offered again.
    #[serde(rename = "calendar.unblocked")]
    CalendarUnblocked {
        /// Which, where and when.
        #[serde(flatten)]
        block: BlockFacts,
    },
    /// A payment was made out; the provider has to open a session for it.
    #[serde(rename = "payment.created")]
    PaymentCreated(PaymentSum),
    /// The money stands reserved on the payer's card; nothing was taken.
    #[serde(rename = "payment.authorized")]
    PaymentAuthorized(Authorization),
    /// The landlord has said yes; the provider has to take what is reserved.
    #[serde(rename = "payment.capturing")]
    PaymentCapturing { payment_id: PaymentId, property_id: PropertyId, booking_id: BookingId },
    /// What was reserved could not be taken; the tenant has to pay otherwise.
    #[serde(rename = "payment.capture_failed")]
    PaymentCaptureFailed(CaptureFailure),
    /// The money has come.
    #[serde(rename = "payment.succeeded")]
    PaymentSucceeded(PaymentSum),
    /// Nothing will come any more: the session was closed unpaid, or what was reserved let go.
    #[serde(rename = "payment.canceled")]
    PaymentCanceled { payment_id: PaymentId, property_id: PropertyId, booking_id: BookingId },
    /// An attempt to pay failed. The tenant may try again, unless the booking ends of it.
    #[serde(rename = "payment.failed")]
    PaymentFailed {
        payment_id: PaymentId,
        property_id: PropertyId,
        booking_id: BookingId,
        /// What kind of refusal it was.
        decline_class: Decline,
        /// Attempts that have failed so far.
        attempts: i32,
    },
    /// A payment is not wanted any more; the provider has to close its session, or to let go
    /// what is reserved.
    #[serde(rename = "payment.closing")]
    PaymentClosing { payment_id: PaymentId, property_id: PropertyId, booking_id: BookingId },
    /// Money shall go back; the provider has to be told.
    #[serde(rename = "refund.created")]
    RefundCreated {
        refund_id: RefundId,
        payment_id: PaymentId,
        property_id: PropertyId,
        booking_id: BookingId,
        /// What goes back.
        amount: Money,
    },
    /// The money went back.
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded {
        refund_id: RefundId,
        payment_id: PaymentId,
        property_id: PropertyId,
        booking_id: BookingId,
        /// What went back.
        amount: Money,
    },
    /// The provider could not give the money back; somebody has to look.
    #[serde(rename = "refund.failed")]
    RefundFailed {
        refund_id: RefundId,
        payment_id: PaymentId,
        property_id: PropertyId,
        booking_id: BookingId,
    },
    /// A deposit is kept, beside what the stay costs.
    #[serde(rename = "deposit.held")]
    DepositHeld {
        #[serde(flatten)]
        stay: StayFacts,
        /// All of it.
        amount: Money,
    },
    /// The landlord says what part of a deposit is kept for.
    #[serde(rename = "deposit.deducted")]
    DepositDeducted {
        #[serde(flatten)]
        stay: StayFacts,
        /// What is kept on top of what was said before.
        amount: Money,
        /// What for.
        items: Vec<String>,
    },
    /// The tenant objects to what is kept of a deposit.
    #[serde(rename = "deposit.contested")]
    DepositContested {
        #[serde(flatten)]
        stay: StayFacts,
        /// Why.
        reason: String,
    },
    /// Nothing of a deposit is held any more.
    #[serde(rename = "deposit.released")]
    DepositReleased {
        #[serde(flatten)]
        stay: StayFacts,
        /// What went back, or is on its way.
        returned: Money,
        /// What the landlord keeps.
        kept: Money,
    },
    /// The payment provider told us something; it lies in the inbox.
    #[serde(rename = "hook.received")]
    HookReceived {
        /// The provider's id of what it told.
        provider_event: String,
        /// The provider's name for its kind.
        kind: String,
    },
    /// An operator did something to the system: for the audit trail.
    #[serde(rename = "operator.acted")]
    OperatorActed {
        /// A stable word for what was done, such as `dead-letter.retried`.
        action: String,
        /// What it was done to.
        subject: String,
    },
    /// The auditor found something that must never be; somebody has to look.
    #[serde(rename = "audit.violated")]
    AuditViolated {
        /// The number of what does not hold.
        invariant: String,
        /// What is wrong.
        what: String,
        /// Where, for the first few.
        keys: Vec<String>,
    },
}
