//! One value of everything that is kept or sent, with no field left at a default that would
//! hide its loss.

use jiff::Timestamp;
use rentezy::domain::block;
use rentezy::domain::booking::{
    self, Booking, BookingSnapshot, BookingStatus, ExpiringReason, PaymentGlance,
};
use rentezy::domain::booking_details::{
    Details, ManualGuest, Party, Proposal, ProposalStatus, Reserve,
};
use rentezy::domain::calendar::Nights;
use rentezy::domain::deposit::{self, Deduction, Deposit};
use rentezy::domain::event::StayFacts;
use rentezy::domain::ledger::Parts;
use rentezy::domain::money::Money;
use rentezy::domain::payment::{self, Decline, PaymentStatus, Refund, RefundStatus};
use rentezy::domain::policies::{Cancellation, Policies};
use rentezy::domain::price::Price;
use rentezy::domain::promo;
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

pub(crate) use crate::samples_events::{events, place_of_event};

use crate::samples_pricing;

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
        pricing: samples_pricing::pricing(),
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

pub(crate) fn terms() -> Terms {
    let mut price = Price::of_nights(money(), 3).unwrap();
    price.deposit = 1;
    Terms { promo: Some(id(40)), platform_fee: 300, ..Terms::new(price, &policies()) }
}

fn guest() -> ManualGuest {
    ManualGuest { name: "Ms \"Ada\" 海".to_owned(), note: Some("rang".to_owned()) }
}

fn details() -> Details {
    Details {
        by_request: true,
        extended: true,
        message: Some("we are two".to_owned()),
        reserve: Some(Reserve::Made),
        approved_at: Some(instant()),
        confirmed_at: Some(instant()),
        guest: Some(guest()),
        arrived_at: Some(instant()),
        left_on: Some(nights().check_in()),
        ended_by: Some(Party::Admin),
        reason: Some("flooded".to_owned()),
        promo_slot: Some(7),
        change: Some(Box::new(Proposal {
            id: id(12),
            by: Party::Landlord,
            unit_id: id(3),
            nights: nights(),
            guests: 3,
            price: terms().price,
            difference: Money { amount: -7, ..money() },
            status: ProposalStatus::Accepted,
            payment_id: Some(id(13)),
            timer: Some(id(14)),
            expires_at: instant(),
            created_at: instant(),
        })),
    }
}

/// A refund.
fn refund() -> Refund {
    Refund {
        id: id(8),
        property_id: id(2),
        payment_id: id(7),
        booking_id: id(1),
        amount: money(),
        reason: "goodwill".to_owned(),
        note: Some("sorry".to_owned()),
        parts: Some(Parts { stay: 5, tax: -1, deposit: i64::MAX }),
        status: RefundStatus::Pending,
        provider_ref: Some("re_1".to_owned()),
        version: 2,
        created_at: instant(),
        updated_at: instant(),
    }
}

fn deductions() -> Vec<Deduction> {
    vec![Deduction { label: "lamp \"Süd\"".to_owned(), amount: 4_500 }]
}

/// A deposit.
fn deposit() -> Deposit {
    Deposit {
        id: id(1),
        property_id: id(2),
        tenant_id: id(4),
        landlord_id: id(5),
        currency: money().currency,
        amount: money().amount,
        deductions: deductions(),
        returned: 1,
        kept: 2,
        status: deposit::Status::Contested,
        release_at: Some(instant()),
        timer: Some(id(6)),
        objection: Some("it was broken".to_owned()),
        decision: Some("it was not".to_owned()),
        version: 3,
        created_at: instant(),
        updated_at: instant(),
    }
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
        gate: Some(2),
        details: details(),
        version: 4,
        created_at: instant(),
        updated_at: instant(),
    }
}

/// Every command.
#[expect(clippy::too_many_lines, reason = "a line or two for each kind")]
pub(crate) fn commands() -> Vec<Command> {
    let (by, booking_id, payment_id, change_id) = (id(4), id(1), id(7), id(12));
    let listing = [
        property::Command::Create {
            id: id(2),
            owner: id(5),
            fields: Box::new(fields()),
            units: vec![unit()],
            slot_ids: vec![1, i64::MAX],
            policies: Box::new(policies()),
            pricing: Box::new(samples_pricing::pricing()),
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
            slot: Some(3),
            offer: None,
        },
        booking::Command::Release { by, booking_id },
        booking::Command::Checkout {
            by,
            booking_id,
            payment_id,
            amount: money(),
            request: json!({"mode": "payment", "nested": {"n": [1, null, "x"]}}),
            reserve: true,
        },
        booking::Command::HoldOver { booking_id },
        booking::Command::CloseOverdue { booking_id },
        booking::Command::Manual {
            by,
            booking_id,
            unit_id: Some(id(3)),
            nights: nights(),
            guests: 2,
            guest: guest(),
            total: Some(money()),
        },
        booking::Command::Extend { by, booking_id },
        booking::Command::Request { by, booking_id, message: Some("we are two".to_owned()) },
        booking::Command::Approve { by, booking_id },
        booking::Command::Decline { by, booking_id, reason: "no".to_owned() },
        booking::Command::Cancel {
            by,
            booking_id,
            percent: Some(50),
            reason: Some("flooded".to_owned()),
            expected: Some(money()),
        },
        booking::Command::CheckIn { by, booking_id, proved: true },
        booking::Command::CheckOut { by, booking_id },
        booking::Command::NoShow { by, booking_id },
        booking::Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id: Some(id(3)),
            check_in: Some(nights().check_in()),
            check_out: Some(nights().check_out()),
            guests: Some(3),
            promo: Some(Box::new(samples_pricing::promo(promo::Off::Percent(1_000)))),
        },
        booking::Command::Answer { by, booking_id, change_id, answer: booking::Answer::Withdraw },
        booking::Command::PayChange {
            by,
            booking_id,
            change_id,
            payment_id,
            amount: money(),
            request: json!({"mode": "payment"}),
        },
        booking::Command::StayOver { booking_id },
        booking::Command::ProposalOver { booking_id, change_id },
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
        payment::Command::Authorized { payment_id, intent_id: text(), amount: money() },
        payment::Command::Paid { payment_id, intent_id: text(), amount: money() },
        payment::Command::CloseUnanswered { payment_id },
        payment::Command::RefundObserved {
            refund_id: id(8),
            status: RefundStatus::Failed,
            provider_ref: Some(text()),
        },
        payment::Command::AttemptFailed { payment_id, decline: Decline::Hard },
        payment::Command::Refund {
            by,
            admin: true,
            payment_id,
            amount: money(),
            reason: "sorry".to_owned(),
        },
    ];
    let reason = || "it was broken".to_owned();
    let deposit = [
        deposit::Command::Deduct { by, booking_id, items: deductions() },
        deposit::Command::Release { by, booking_id },
        deposit::Command::Contest { by, booking_id, reason: reason() },
        deposit::Command::Resolve { booking_id, kept: 4_500, reason: reason() },
        deposit::Command::ReleaseDue { booking_id },
    ];
    listing
        .map(Command::Listing)
        .into_iter()
        .chain(booking.map(Command::Booking))
        .chain(payment.map(Command::Payment))
        .chain(samples_pricing::edits().into_iter().take(1).map(Command::Listing))
        .chain(calendar.map(Command::Calendar))
        .chain(deposit.map(Command::Deposit))
        .collect()
}

/// The place of a command in the list of all: a new one does not compile without one.
pub(crate) fn place_of_command(command: &Command) -> usize {
    place!(
        command;
        Command::Listing(property::Command::Create { .. }),
        Command::Listing(property::Command::Edit { .. }),
        Command::Listing(property::Command::AddUnit { .. }),
        Command::Listing(property::Command::EditUnit { .. }),
        Command::Listing(property::Command::RemoveUnit { .. }),
        Command::Listing(property::Command::SetPolicies { .. }),
        Command::Listing(property::Command::Submit { .. }),
        Command::Listing(property::Command::Approve { .. }),
        Command::Listing(property::Command::Reject { .. }),
        Command::Listing(property::Command::Publish { .. }),
        Command::Listing(property::Command::Unpublish { .. }),
        Command::Listing(property::Command::Archive { .. }),
        Command::Listing(property::Command::SetStayRules { .. }),
        Command::Booking(booking::Command::Hold { .. }),
        Command::Booking(booking::Command::Release { .. }),
        Command::Booking(booking::Command::Checkout { .. }),
        Command::Booking(booking::Command::HoldOver { .. }),
        Command::Booking(booking::Command::CloseOverdue { .. }),
        Command::Booking(booking::Command::Manual { .. }),
        Command::Booking(booking::Command::Extend { .. }),
        Command::Booking(booking::Command::Request { .. }),
        Command::Booking(booking::Command::Approve { .. }),
        Command::Booking(booking::Command::Decline { .. }),
        Command::Booking(booking::Command::Cancel { .. }),
        Command::Booking(booking::Command::CheckIn { .. }),
        Command::Booking(booking::Command::CheckOut { .. }),
        Command::Booking(booking::Command::NoShow { .. }),
        Command::Booking(booking::Command::Propose { .. }),
        Command::Booking(booking::Command::Answer { .. }),
        Command::Booking(booking::Command::PayChange { .. }),
        Command::Booking(booking::Command::StayOver { .. }),
        Command::Booking(booking::Command::ProposalOver { .. }),
        Command::Payment(payment::Command::SessionOpened { .. }),
        Command::Payment(payment::Command::SessionEnded { .. }),
        Command::Payment(payment::Command::Authorized { .. }),
        Command::Payment(payment::Command::Paid { .. }),
        Command::Payment(payment::Command::CloseUnanswered { .. }),
        Command::Payment(payment::Command::RefundObserved { .. }),
        Command::Payment(payment::Command::AttemptFailed { .. }),
        Command::Payment(payment::Command::Refund { .. }),
        Command::Listing(property::Command::Price { .. }),
        Command::Calendar(block::Command::Block { .. }),
        Command::Calendar(block::Command::Unblock { .. }),
        Command::Calendar(block::Command::Move { .. }),
        Command::Deposit(deposit::Command::Deduct { .. }),
        Command::Deposit(deposit::Command::Release { .. }),
        Command::Deposit(deposit::Command::Contest { .. }),
        Command::Deposit(deposit::Command::Resolve { .. }),
        Command::Deposit(deposit::Command::ReleaseDue { .. }),
    )
}

/// Every outcome.
pub(crate) fn outcomes() -> Vec<Outcome> {
    let snapshot = BookingSnapshot {
        booking: booking(),
        property_title: "Canal side".to_owned(),
        landlord_id: id(5),
        zone: "Europe/Dublin".to_owned(),
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
        Outcome::Refund(Box::new(refund())),
        Outcome::Deposit(Box::new(deposit())),
        Outcome::Done,
        Outcome::Blocks(vec![block::Blocked { block, unit_no: 1 }]),
    ]
}

/// The place of an outcome in the list of all.
pub(crate) fn place_of_outcome(outcome: &Outcome) -> usize {
    place!(
        outcome;
        Outcome::Listing(_),
        Outcome::Booking(_),
        Outcome::Refund(_),
        Outcome::Deposit(_),
        Outcome::Done,
        Outcome::Blocks(_),
    )
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
        Refusal::RefundDiffers { refund: money() },
        Refusal::HasStays,
        Refusal::HoldExists { booking_id: id(1) },
        Refusal::TooManyHolds,
        Refusal::KeyReused,
        Refusal::Poisoned,
        Refusal::QuoteExpired,
        Refusal::PromoRefused { reason: "used-up".to_owned(), detail: "it was used".to_owned() },
    ]
}

/// The place of a refusal in the list of all.
pub(crate) fn place_of_refusal(refusal: &Refusal) -> usize {
    place!(
        refusal;
        Refusal::NotFound,
        Refusal::Invalid(_),
        Refusal::StaleVersion { .. },
        Refusal::InvalidTransition { .. },
        Refusal::NotBookable { .. },
        Refusal::NightsTaken { .. },
        Refusal::RefundDiffers { .. },
        Refusal::HasStays,
        Refusal::HoldExists { .. },
        Refusal::TooManyHolds,
        Refusal::KeyReused,
        Refusal::Poisoned,
        Refusal::QuoteExpired,
        Refusal::PromoRefused { .. },
    )
}
