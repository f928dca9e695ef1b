//! One value of everything that is kept or sent, with no field left at a default that would
//! hide its loss.

use jiff::Timestamp;
use rentezy::domain::block;
use rentezy::domain::booking::{
    self, Booking, BookingSnapshot, BookingStatus, ExpiringReason, PaymentGlance,
};
use rentezy::domain::calendar::Nights;
use rentezy::domain::event::{BlockFacts, Event, StayFacts};
use rentezy::domain::money::Money;
use rentezy::domain::payment::{self, PaymentStatus, RefundStatus};
use rentezy::domain::policies::{Cancellation, Policies};
use rentezy::domain::price::Price;
use rentezy::domain::property::{
    self, Address, Kind, Listing, ListingFields, Location, Source, Status, StayMode, Unit,
    UnitFields,
};
use rentezy::domain::refusal::{Alternative, FieldError, Refusal};
use rentezy::domain::stay::{Command, Outcome};
use rentezy::domain::stay_rules::{DateRule, StayRules, Weekday};
use rentezy::domain::terms::Terms;
use serde_json::json;
use uuid::Uuid;

/// An id of any type, told from others by a number.
pub(crate) fn id<T: From<Uuid>>(number: u64) -> T {
    T::from(Uuid::from_u64_pair(0x0197_0000_0000_7000, 0x8000_0000_0000_0000 | number))
}

/// An instant with a fraction of a second.
pub(crate) fn instant() -> Timestamp {
    "2026-11-21T10:11:12.345678Z".parse().unwrap()
}

/// Three nights over a change of years.
pub(crate) fn nights() -> Nights {
    Nights::new("2026-12-30".parse().unwrap(), "2027-01-02".parse().unwrap()).unwrap()
}

/// An amount that no float could be trusted with.
pub(crate) fn money() -> Money {
    Money::new(9_007_199_254_740_993, "EUR".parse().unwrap())
}

/// What every booking event says.
pub(crate) fn stay() -> StayFacts {
    StayFacts {
        booking_id: id(1),
        property_id: id(2),
        unit_id: id(3),
        tenant_id: id(4),
        landlord_id: id(5),
        nights: nights(),
    }
}

/// What a listing says.
pub(crate) fn fields() -> ListingFields {
    ListingFields {
        kind: Kind::Room,
        title: "Zimmer \"Süd\" \\ 海".to_owned(),
        description: "Line one.\nLine two.\u{0001}".to_owned(),
        address: Address {
            line: Some("1 Quay Street".to_owned()),
            city: "Dublin".to_owned(),
            region: Some("Leinster".to_owned()),
            country: "IE".to_owned(),
        },
        location: Location { lat: 53.349_812_3, lon: -6.260_301_7 },
        zone: "Europe/Dublin".to_owned(),
        amenities: vec!["wifi".to_owned(), "tea & coffee".to_owned()],
        stay_mode: StayMode::Both,
        currency: "EUR".parse().unwrap(),
        deposit_minor: 50_000,
        cleaning_fee_minor: 2_500,
    }
}

/// A unit type.
pub(crate) fn unit() -> Unit {
    let fields = UnitFields {
        name: "Double".to_owned(),
        count: 3,
        bedrooms: 1,
        beds: 2,
        bathrooms: 1.5,
        guests: 2,
        night_minor: Some(12_050),
        month_minor: Some(120_000),
    };
    Unit { id: id(3), fields }
}

/// What is asked of guests.
pub(crate) fn policies() -> Policies {
    Policies {
        cancellation: Cancellation::NonRefundable,
        check_in_from: jiff::civil::time(16, 30, 0, 0),
        check_in_until: Some(jiff::civil::time(22, 0, 0, 0)),
        check_out_until: jiff::civil::time(10, 0, 0, 0),
        house_rules: "No shoes.\nNo \"parties\".".to_owned(),
        instant_book: true,
        min_nights: 2,
        max_nights: Some(28),
        version: 3,
    }
}

/// Which stays are taken.
fn stay_rules() -> StayRules {
    StayRules {
        min_nights_on: [(Weekday::Friday, 2)].into(),
        arrival_days: vec![Weekday::Friday, Weekday::Saturday],
        departure_days: vec![Weekday::Sunday],
        notice_days: 1,
        cut_off: Some(jiff::civil::time(18, 0, 0, 0)),
        window_days: Some(200),
        buffer_before: 1,
        buffer_after: 2,
        no_orphan_gaps: true,
        dates: vec![DateRule {
            from: nights().check_in(),
            to: nights().check_out(),
            min_nights: Some(7),
            closed_to_arrival: true,
            closed_to_departure: false,
        }],
    }
}

/// A listing.
pub(crate) fn listing() -> Listing {
    Listing {
        id: id(2),
        owner: id(5),
        fields: fields(),
        units: vec![unit()],
        policies: policies(),
        stay_rules: stay_rules(),
        status: Status::PendingReview,
        rejection: Some("too dark".to_owned()),
        source: Some(source()),
        version: 7,
        created_at: instant(),
        updated_at: instant(),
    }
}

fn source() -> Source {
    Source { name: "inside-airbnb".to_owned(), external_id: "1234567890123456789012".to_owned() }
}

fn terms() -> Terms {
    let mut price = Price::of_nights(money(), 3).unwrap();
    price.deposit = 1;
    Terms::new(price, &policies())
}

/// A booking.
pub(crate) fn booking() -> Booking {
    Booking {
        id: id(1),
        property_id: id(2),
        unit_id: id(3),
        tenant_id: id(4),
        nights: nights(),
        guests: 2,
        status: BookingStatus::Expiring,
        expiring: Some(ExpiringReason::Released),
        terms: terms(),
        total: money(),
        expires_at: Some(instant()),
        released_at: Some(instant()),
        timer: Some(id(6)),
        payment_id: Some(id(7)),
        version: 4,
        created_at: instant(),
        updated_at: instant(),
    }
}

/// Every command.
pub(crate) fn commands() -> Vec<Command> {
    let (by, booking_id, payment_id) = (id(4), id(1), id(7));
    let listing = [
        property::Command::Create {
            id: id(2),
            owner: id(5),
            fields: Box::new(fields()),
            units: vec![unit()],
            slot_ids: vec![1, i64::MAX],
            policies: Box::new(policies()),
            source: Some(source()),
        },
        property::Command::Edit {
            by,
            version: 7,
            fields: Box::new(fields()),
            unit: Some(Box::new(UnitFields { night_minor: None, ..unit().fields })),
            slot_ids: vec![9],
        },
        property::Command::AddUnit { by, version: 7, unit: Box::new(unit()), slot_ids: vec![9] },
        property::Command::EditUnit { by, version: 7, unit: Box::new(unit()), slot_ids: vec![9] },
        property::Command::RemoveUnit { by, version: 7, unit_id: id(3) },
        property::Command::SetPolicies { by, version: 7, policies: Box::new(policies()) },
        property::Command::Submit { by, version: 7 },
        property::Command::Approve { version: 7 },
        property::Command::Reject { version: 7, reason: "too dark".to_owned() },
        property::Command::Publish { by, version: 7 },
        property::Command::Unpublish { by, version: 7 },
        property::Command::Archive { by, version: 7 },
        property::Command::SetStayRules { by, version: 7, rules: Box::new(stay_rules()) },
    ];
    let booking = [
        booking::Command::Hold {
            by,
            booking_id,
            unit_id: Some(id(3)),
            nights: nights(),
            guests: 2,
        },
        booking::Command::Release { by, booking_id },
        booking::Command::Checkout {
            by,
            booking_id,
            payment_id,
            amount: money(),
            request: json!({"mode": "payment", "nested": {"n": [1, null, "x"]}}),
        },
        booking::Command::HoldOver { booking_id },
        booking::Command::CloseOverdue { booking_id },
    ];
    let extent = block::Extent { unit_id: Some(id(3)), unit_no: Some(2), units: None };
    let calendar = [
        block::Command::Block { by, extent, nights: nights(), reason: "paint".to_owned() },
        block::Command::Unblock { by, block_id: id(12) },
        block::Command::Move { by, booking_id, unit_no: 2 },
    ];
    let text = || "cs_1".to_owned();
    let payment = [
        payment::Command::SessionOpened { payment_id, session_id: text(), url: text() },
        payment::Command::SessionEnded { payment_id },
        payment::Command::Paid { payment_id, intent_id: text(), amount: money() },
        payment::Command::CloseUnanswered { payment_id },
        payment::Command::RefundObserved {
            refund_id: id(8),
            status: RefundStatus::Failed,
            provider_ref: Some(text()),
        },
    ];
    listing
        .map(Command::Listing)
        .into_iter()
        .chain(booking.map(Command::Booking))
        .chain(payment.map(Command::Payment))
        .chain(calendar.map(Command::Calendar))
        .collect()
}

/// The place of a command in the list of all: a new one does not compile without one.
pub(crate) const fn place_of_command(command: &Command) -> usize {
    match command {
        Command::Listing(property::Command::Create { .. }) => 0,
        Command::Listing(property::Command::Edit { .. }) => 1,
        Command::Listing(property::Command::AddUnit { .. }) => 2,
        Command::Listing(property::Command::EditUnit { .. }) => 3,
        Command::Listing(property::Command::RemoveUnit { .. }) => 4,
        Command::Listing(property::Command::SetPolicies { .. }) => 5,
        Command::Listing(property::Command::Submit { .. }) => 6,
        Command::Listing(property::Command::Approve { .. }) => 7,
        Command::Listing(property::Command::Reject { .. }) => 8,
        Command::Listing(property::Command::Publish { .. }) => 9,
        Command::Listing(property::Command::Unpublish { .. }) => 10,
        Command::Listing(property::Command::Archive { .. }) => 11,
        Command::Listing(property::Command::SetStayRules { .. }) => 12,
        Command::Booking(booking::Command::Hold { .. }) => 13,
        Command::Booking(booking::Command::Release { .. }) => 14,
        Command::Booking(booking::Command::Checkout { .. }) => 15,
        Command::Booking(booking::Command::HoldOver { .. }) => 16,
        Command::Booking(booking::Command::CloseOverdue { .. }) => 17,
        Command::Payment(payment::Command::SessionOpened { .. }) => 18,
        Command::Payment(payment::Command::SessionEnded { .. }) => 19,
        Command::Payment(payment::Command::Paid { .. }) => 20,
        Command::Payment(payment::Command::CloseUnanswered { .. }) => 21,
        Command::Payment(payment::Command::RefundObserved { .. }) => 22,
        Command::Calendar(block::Command::Block { .. }) => 23,
        Command::Calendar(block::Command::Unblock { .. }) => 24,
        Command::Calendar(block::Command::Move { .. }) => 25,
    }
}

/// Every outcome.
pub(crate) fn outcomes() -> Vec<Outcome> {
    let snapshot = BookingSnapshot {
        booking: booking(),
        property_title: "Canal side".to_owned(),
        landlord_id: id(5),
        payment: Some(PaymentGlance {
            id: id(7),
            status: PaymentStatus::Created,
            checkout_url: Some("http://127.0.0.1/pay".to_owned()),
        }),
        unit_no: Some(2),
    };
    let block = block::Block {
        id: id(12),
        property_id: id(2),
        unit_id: id(3),
        nights: nights(),
        reason: "paint".to_owned(),
        created_by: id(5),
        created_at: instant(),
    };
    vec![
        Outcome::Listing(Box::new(listing())),
        Outcome::Booking(Box::new(snapshot)),
        Outcome::Done,
        Outcome::Blocks(vec![block::Blocked { block, unit_no: 1 }]),
    ]
}

/// The place of an outcome in the list of all.
pub(crate) const fn place_of_outcome(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Listing(_) => 0,
        Outcome::Booking(_) => 1,
        Outcome::Done => 2,
        Outcome::Blocks(_) => 3,
    }
}

/// Every refusal.
pub(crate) fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::NotFound,
        Refusal::Invalid(vec![FieldError::new("/a~1b", "invalid", "not \"so\"")]),
        Refusal::StaleVersion { current: 3 },
        Refusal::invalid_transition("expiring", &["release"]),
        Refusal::not_bookable("in-the-past", "check_in is before today"),
        Refusal::NightsTaken {
            nights: nights(),
            alternatives: vec![Alternative { unit_id: id(3), nights: nights() }],
        },
        Refusal::HasStays,
        Refusal::KeyReused,
        Refusal::Poisoned,
    ]
}

/// The place of a refusal in the list of all.
pub(crate) const fn place_of_refusal(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::NotFound => 0,
        Refusal::Invalid(_) => 1,
        Refusal::StaleVersion { .. } => 2,
        Refusal::InvalidTransition { .. } => 3,
        Refusal::NotBookable { .. } => 4,
        Refusal::NightsTaken { .. } => 5,
        Refusal::HasStays => 6,
        Refusal::KeyReused => 7,
        Refusal::Poisoned => 8,
    }
}

fn kept_back() -> BlockFacts {
    BlockFacts { block_id: id(12), property_id: id(2), unit_id: id(3), nights: nights() }
}

/// Every event.
pub(crate) fn events() -> Vec<Event> {
    let (user_id, property_id, booking_id) = (id(4), id(2), id(1));
    let (payment_id, refund_id, amount) = (id(7), id(8), money());
    vec![
        Event::UserRegistered { user_id },
        Event::UserRoleChanged { user_id, roles: vec!["tenant".into(), "landlord".into()] },
        Event::UserRegistrationRepeated { user_id },
        Event::UserVerificationRequested { user_id, token_id: id(10) },
        Event::UserVerified { user_id },
        Event::UserPasswordResetRequested { user_id, token_id: id(10) },
        Event::UserPasswordChanged { user_id },
        Event::UserLockedOut { user_id, until: instant() },
        Event::UserLandlordRequested { user_id },
        Event::UserLandlordDeclined { user_id, reason: "no papers".into() },
        Event::UserSuspended { user_id, reason: "spam".into() },
        Event::UserReinstated { user_id },
        Event::PropertyCreated { property_id, owner_id: id(5) },
        Event::PropertySubmitted { property_id },
        Event::PropertyApproved { property_id, version: 2 },
        Event::PropertyUpdated { property_id, version: 3 },
        Event::PropertyRejected {
            property_id,
            owner_id: id(5),
            reason: "no photos".into(),
            version: 4,
        },
        Event::PropertyPublished { property_id, version: 5 },
        Event::PropertyUnpublished { property_id, version: 6 },
        Event::PropertyArchived { property_id, version: 7 },
        Event::PropertyPriceChanged { property_id, old: amount, new: amount },
        Event::PropertyPhotoAdded { property_id, photo_id: id(11), sha256: "00ff".into() },
        Event::PropertyPhotoRemoved { property_id, photo_id: id(11) },
        Event::BookingHeld { stay: stay(), expires_at: instant() },
        Event::BookingPaymentPending { stay: stay(), payment_id, amount },
        Event::BookingExpiring { stay: stay(), payment_id, reason: ExpiringReason::Time },
        Event::BookingConfirmed { stay: stay(), amount },
        Event::BookingExpired { stay: stay() },
        Event::BookingFailed { stay: stay(), reason: "amount-differs".into() },
        Event::BookingCancelled { stay: stay() },
        Event::BookingReleased { stay: stay() },
        Event::BookingLatePaymentResolved { stay: stay(), reacquired: true },
        Event::PaymentCreated { payment_id, property_id, booking_id, amount },
        Event::PaymentSucceeded { payment_id, property_id, booking_id, amount },
        Event::PaymentCanceled { payment_id, property_id, booking_id },
        Event::RefundCreated { refund_id, payment_id, property_id, booking_id, amount },
        Event::RefundSucceeded { refund_id, payment_id, property_id, booking_id, amount },
        Event::RefundFailed { refund_id, payment_id, property_id, booking_id },
        Event::HookReceived { provider_event: "evt_1".into(), kind: "charge.refunded".into() },
        Event::OperatorActed {
            action: "dead-letter.retried".into(),
            subject: "notifications".into(),
        },
        Event::PropertyRulesChanged { property_id, version: 8 },
        Event::BookingMoved { stay: stay(), unit_no: 2 },
        Event::CalendarBlocked { block: kept_back() },
        Event::CalendarUnblocked { block: kept_back() },
    ]
}

/// The place of an event in the list of all.
pub(crate) const fn place_of_event(event: &Event) -> usize {
    match event {
        Event::UserRegistered { .. } => 0,
        Event::UserRoleChanged { .. } => 1,
        Event::UserRegistrationRepeated { .. } => 2,
        Event::UserVerificationRequested { .. } => 3,
        Event::UserVerified { .. } => 4,
        Event::UserPasswordResetRequested { .. } => 5,
        Event::UserPasswordChanged { .. } => 6,
        Event::UserLockedOut { .. } => 7,
        Event::UserLandlordRequested { .. } => 8,
        Event::UserLandlordDeclined { .. } => 9,
        Event::UserSuspended { .. } => 10,
        Event::UserReinstated { .. } => 11,
        Event::PropertyCreated { .. } => 12,
        Event::PropertySubmitted { .. } => 13,
        Event::PropertyApproved { .. } => 14,
        Event::PropertyUpdated { .. } => 15,
        Event::PropertyRejected { .. } => 16,
        Event::PropertyPublished { .. } => 17,
        Event::PropertyUnpublished { .. } => 18,
        Event::PropertyArchived { .. } => 19,
        Event::PropertyPriceChanged { .. } => 20,
        Event::PropertyPhotoAdded { .. } => 21,
        Event::PropertyPhotoRemoved { .. } => 22,
        Event::BookingHeld { .. } => 23,
        Event::BookingPaymentPending { .. } => 24,
        Event::BookingExpiring { .. } => 25,
        Event::BookingConfirmed { .. } => 26,
        Event::BookingExpired { .. } => 27,
        Event::BookingFailed { .. } => 28,
        Event::BookingCancelled { .. } => 29,
        Event::BookingReleased { .. } => 30,
        Event::BookingLatePaymentResolved { .. } => 31,
        Event::PaymentCreated { .. } => 32,
        Event::PaymentSucceeded { .. } => 33,
        Event::PaymentCanceled { .. } => 34,
        Event::RefundCreated { .. } => 35,
        Event::RefundSucceeded { .. } => 36,
        Event::RefundFailed { .. } => 37,
        Event::HookReceived { .. } => 38,
        Event::OperatorActed { .. } => 39,
        Event::PropertyRulesChanged { .. } => 40,
        Event::BookingMoved { .. } => 41,
        Event::CalendarBlocked { .. } => 42,
        Event::CalendarUnblocked { .. } => 43,
    }
}
