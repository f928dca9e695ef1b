//! What letters say, all of them.

use std::collections::HashSet;

use jiff::civil::{date, time};
use uuid::Uuid;

use super::mail::{at, draft, id, sent, stay};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::booking_details::{Details, ManualGuest, Party};
use crate::domain::calendar::Nights;
use crate::domain::cancellation::{RefundLine, RefundLines};
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::domain::matter::{CallOff, Proposed};
use crate::domain::money::Money;
use crate::domain::policies::Cancellation;
use crate::domain::preference::Category;
use crate::domain::price::{Line, LineKind, Price};
use crate::domain::terms::Terms;
use crate::gateways::letter_words::{self, Words};
use crate::gateways::mail::{Draft, Home};

/// What somebody writes who wants to do more than to be read.
const HOSTILE: &str = "<img src=x onerror=alert(1)> & \"co\"\r\nBcc: thief@example.org";

fn euro(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

fn line(kind: LineKind, label: &str, quantity: u32, amount: i64) -> Line {
    Line { kind, label: label.into(), quantity, amount }
}

fn booking() -> Booking {
    let lines = vec![
        line(LineKind::Nights, "Summer", 3, 30_000),
        line(LineKind::Guests, "", 2, 2_000),
        line(LineKind::Discount, HOSTILE, 1, -3_000),
        line(LineKind::Promo, "JUNE", 1, -1_000),
        line(LineKind::Cleaning, "", 1, 4_000),
        line(LineKind::Tax, "City tax", 1, 600),
    ];
    let price = Price { currency: "EUR".parse().unwrap(), lines, deposit: 20_000 };
    let total = price.due();
    let StayFacts { booking_id, property_id, unit_id, tenant_id, nights, .. } = stay();
    Booking {
        id: booking_id,
        property_id,
        unit_id,
        tenant_id,
        nights,
        guests: 2,
        status: BookingStatus::Confirmed,
        expiring: None,
        terms: Terms {
            price,
            cancellation: Cancellation::Flexible,
            policies_version: 1,
            check_in_from: time(15, 0, 0, 0),
            check_out_until: time(11, 0, 0, 0),
            promo: None,
            platform_fee: 0,
        },
        total,
        expires_at: Some(at("2026-06-01T12:00:00Z")),
        released_at: None,
        timer: None,
        payment_id: None,
        gate: None,
        details: Details {
            message: Some(HOSTILE.into()),
            reason: Some(HOSTILE.into()),
            ..Details::default()
        },
        version: 1,
        created_at: at("2026-06-01T11:00:00Z"),
        updated_at: at("2026-06-01T11:00:00Z"),
    }
}

fn of_a_booking(matter: Matter) -> Draft {
    let mut draft = draft(matter);
    draft.booking = Some(Box::new(booking()));
    draft
}

fn off(by: Option<Party>, asked: bool) -> CallOff {
    let refund = by.map(|_| euro(35_600));
    let currency = "EUR".parse().unwrap();
    let back = |kind, amount| RefundLine { kind, label: String::new(), amount };
    let lines = vec![back(LineKind::Nights, 15_000), back(LineKind::Tax, 600)];
    let lines = by.map(|_| RefundLines { currency, lines, deposit: 20_000 });
    CallOff { by, asked, refund, lines }
}

fn proposed(by: Party, difference: i64) -> Proposed {
    Proposed {
        by,
        unit_id: id(3),
        nights: Nights::new(date(2026, 6, 7), date(2026, 6, 11)).unwrap(),
        guests: 3,
        difference: euro(difference),
        expires_at: at("2026-06-02T11:00:00Z"),
    }
}

/// Letters to whoever has an account.
fn of_accounts() -> Vec<Matter> {
    let (token_id, reason) = (Uuid::nil(), HOSTILE.to_owned());
    vec![
        Matter::VerifyAddress { token_id },
        Matter::RegistrationRepeated {},
        Matter::ResetPassword { token_id },
        Matter::PasswordChanged {},
        Matter::LockedOut { until: at("2026-06-01T12:00:00Z") },
        Matter::Suspended { reason: reason.clone() },
        Matter::LandlordApproved {},
        Matter::LandlordDeclined { reason: reason.clone() },
        Matter::ListingApproved { property_id: id(2) },
        Matter::ListingRejected { property_id: id(2), reason },
        Matter::SearchMatched { search_id: id(9), name: HOSTILE.into(), property_id: id(2) },
        Matter::SearchDigest {
            search_id: id(9),
            name: HOSTILE.into(),
            count: 3,
            property_id: id(2),
        },
        Matter::PriceDropped { property_id: id(2), old: euro(12_000), new: euro(9_000) },
        Matter::NightsFreed { property_id: id(2), nights: stay().nights },
    ]
}

/// Letters to one side of a stay.
fn of_stays() -> Vec<Matter> {
    let (stay, amount, expires_at) = (stay(), euro(52_600), at("2026-06-01T12:00:00Z"));
    let s = || stay.clone();
    let mut all = vec![
        Matter::BookingHeld { stay: s(), expires_at },
        Matter::BookingApproved { stay: s(), expires_at, reserved: false },
        Matter::BookingApproved { stay: s(), expires_at, reserved: true },
        Matter::CaptureFailed { stay: s(), expires_at },
        Matter::BookingDeclined { stay: s(), reason: HOSTILE.into() },
        Matter::BookingConfirmed { stay: s(), amount },
        Matter::BookingExpired { stay: s(), asked: false },
        Matter::BookingExpired { stay: s(), asked: true },
        Matter::BookingFailed { stay: s(), reason: "amount-differs".into() },
        Matter::BookingFailed { stay: s(), reason: "declined".into() },
        Matter::LatePayment { stay: s(), reacquired: true },
        Matter::LatePayment { stay: s(), reacquired: false },
        Matter::PaymentFailed { stay: s() },
        Matter::RefundCreated { stay: s(), amount },
        Matter::RefundSucceeded { stay: s(), amount },
        Matter::RefundFailed { to: Party::Tenant, stay: s() },
        Matter::RefundFailed { to: Party::Admin, stay: s() },
        Matter::HostConfirmed { stay: s(), amount },
        Matter::HostExpired { stay: s() },
        Matter::StayRecorded { stay: s(), total: amount },
        Matter::StayMoved { stay: s(), unit_no: 2 },
        Matter::DepositDeducted { stay: s(), amount, items: vec![HOSTILE.into(), "Lamp".into()] },
        Matter::DepositContested { to: Party::Landlord, stay: s(), reason: HOSTILE.into() },
        Matter::DepositContested { to: Party::Admin, stay: s(), reason: HOSTILE.into() },
        Matter::DepositReleased { stay: s(), returned: amount, kept: euro(0) },
    ];
    for by in [Some(Party::Tenant), Some(Party::Landlord), Some(Party::Admin), None] {
        all.push(Matter::BookingCancelled { stay: s(), off: off(by, false) });
        all.push(Matter::HostCancelled { stay: s(), off: off(by, false) });
    }
    all.push(Matter::BookingCancelled { stay: s(), off: off(None, true) });
    all.push(Matter::HostCancelled { stay: s(), off: off(None, true) });
    for to in [Party::Tenant, Party::Landlord] {
        let difference = euro(5_000);
        all.push(Matter::BookingRequested { to, stay: s(), expires_at });
        for by in [Party::Tenant, Party::Landlord] {
            all.push(Matter::ChangeProposed { to, stay: s(), proposed: proposed(by, 5_000) });
        }
        all.push(Matter::ChangeAccepted { to, stay: s(), difference, expires_at });
        let why = "declined".to_owned();
        all.push(Matter::ChangeDeclined { to, stay: s(), by: Party::Tenant, why });
        let (old_nights, old_total, new_total) = (stay.nights, euro(1), euro(2));
        all.push(Matter::BookingModified { to, stay: s(), old_nights, old_total, new_total });
        all.push(Matter::CheckedIn { to, stay: s() });
        all.push(Matter::StayCompleted { to, stay: s(), early: false });
        all.push(Matter::NoShow { to, stay: s() });
    }
    all
}

#[test]
fn every_letter_has_words_and_no_two_have_one_subject() {
    let mut subjects = HashSet::new();
    for matter in of_accounts().into_iter().chain(of_stays()) {
        let words = letter_words::words(&of_a_booking(matter.clone()));
        assert!(!words.lines.is_empty() && words.lang == "en", "{matter:?}");
        // Whoever calls off may be a guest of whom it is not known.
        let known =
            !matches!(&matter, Matter::HostCancelled { off, .. } if off.by.is_none() && !off.asked);
        if known {
            assert!(subjects.insert(words.subject), "two letters of one subject: {matter:?}");
        }
        if matter.stay().is_some() && matter.category() != Category::Duty {
            let (label, url) = words.button.unwrap();
            assert!(url.ends_with("/bookings/bkg_00000000000000000000000000000001"), "{label}");
        }
    }
    // The reader's own zone counts where no home is spoken of.
    let until = at("2026-06-01T12:00:00Z");
    let words = letter_words::words(&draft(Matter::LockedOut { until }));
    assert!(words.facts.contains(&("Locked until", "Mon 1 June 2026, 21:00 (Asia/Tokyo)".into())));
}

#[test]
fn what_people_write_is_text_in_every_letter() {
    for matter in of_accounts().into_iter().chain(of_stays()) {
        let mut draft = of_a_booking(matter);
        draft.name = HOSTILE.into();
        draft.other = Some(HOSTILE.into());
        draft.home = draft.home.map(|home| Home {
            title: HOSTILE.into(),
            city: HOSTILE.into(),
            units: vec![(id(3), HOSTILE.into()), (id(30), "Other".into())],
            ..home
        });
        let (head, parts) = sent(&draft);
        let names = head.lines().filter(|line| !line.starts_with([' ', '\t']));
        assert!(names.clone().all(|line| !line.to_lowercase().starts_with("bcc")), "{head}");
        assert_eq!(parts.len(), 2);
        assert!(!parts[1].contains("<img") && parts[1].contains("&#60;img"), "{}", parts[1]);
        let text = &parts[0];
        assert!(text.lines().all(|line| !line.starts_with("Bcc:")), "{text}");
    }
}

fn facts(words: &Words, label: &str) -> Vec<String> {
    let of = words.facts.iter().filter(|(found, _)| *found == label);
    of.map(|(_, value)| value.clone()).collect()
}

#[test]
fn a_confirmed_stay_is_told_with_its_hours_and_what_it_costs() {
    let amount = booking().total;
    for matter in [
        Matter::BookingConfirmed { stay: stay(), amount },
        Matter::HostConfirmed { stay: stay(), amount },
    ] {
        let words = letter_words::words(&of_a_booking(matter));
        for (label, value) in [
            ("Check-in", "Fri 5 June 2026, from 15:00"),
            ("Check-out", "Mon 8 June 2026, until 11:00"),
            ("Nights", "3 x Summer: EUR 300.00"),
            ("Extra guests", "2 x: EUR 20.00"),
            ("Promo code", "JUNE: EUR -10.00"),
            ("Cleaning", "EUR 40.00"),
            ("Tax", "City tax: EUR 6.00"),
            ("Price in all", "EUR 326.00"),
            ("Deposit", "EUR 200.00"),
            ("Paid", "EUR 526.00"),
            ("Guests", "2"),
        ] {
            assert_eq!(facts(&words, label), [value], "{label}");
        }
    }
}

#[test]
fn a_stay_that_was_called_off_is_told_with_what_goes_back_and_why() {
    let matter = Matter::BookingCancelled { stay: stay(), off: off(Some(Party::Tenant), false) };
    let words = letter_words::words(&of_a_booking(matter));
    assert_eq!(facts(&words, "Refund of nights"), ["EUR 150.00"]);
    assert_eq!(facts(&words, "Refund of tax"), ["EUR 6.00"]);
    assert_eq!(facts(&words, "Refund of the deposit"), ["EUR 200.00"]);
    assert_eq!(facts(&words, "Refund in all"), ["EUR 356.00"]);
    assert!(facts(&words, "Reason")[0].starts_with("<img"));

    // Part of it had gone back before: the lines would say too much.
    let less = CallOff { refund: Some(euro(100)), ..off(Some(Party::Tenant), false) };
    let matter = Matter::BookingCancelled { stay: stay(), off: less };
    let words = letter_words::words(&of_a_booking(matter));
    assert_eq!(facts(&words, "Refund of nights"), Vec::<String>::new());
    assert_eq!(facts(&words, "Refund in all"), ["EUR 1.00"]);
}

#[test]
fn a_change_says_what_it_would_cost_or_bring_back() {
    let facts_of = |difference| {
        let proposed = proposed(Party::Landlord, difference);
        let matter = Matter::ChangeProposed { to: Party::Tenant, stay: stay(), proposed };
        let words = letter_words::words(&of_a_booking(matter));
        (facts(&words, "To pay on top"), facts(&words, "Goes back"))
    };
    let none = Vec::<String>::new;
    assert_eq!(facts_of(5_000), (vec!["EUR 50.00".to_owned()], none()));
    assert_eq!(facts_of(-5_000), (none(), vec!["EUR 50.00".to_owned()]));
    assert_eq!(facts_of(0), (none(), none()));
}

#[test]
fn a_deposit_is_spoken_of_where_there_is_one() {
    for to in [Party::Tenant, Party::Landlord] {
        let matter = Matter::StayCompleted { to, stay: stay(), early: false };
        let mut draft = of_a_booking(matter);
        let words = letter_words::words(&draft);
        assert_eq!(facts(&words, "Deposit"), ["EUR 200.00"]);
        assert!(words.lines.iter().any(|line| line.contains("deposit")));
        draft.booking.as_mut().unwrap().terms.price.deposit = 0;
        let words = letter_words::words(&draft);
        assert!(words.lines.iter().all(|line| !line.contains("deposit")), "{words:?}");
    }
}

#[test]
fn a_guest_without_an_account_is_called_as_the_landlord_wrote() {
    let stay = StayFacts { tenant_id: id(5), ..stay() };
    let mut draft = of_a_booking(Matter::StayRecorded { stay, total: euro(0) });
    let guest = ManualGuest { name: "Mary".into(), note: None };
    draft.booking.as_mut().unwrap().details.guest = Some(guest);
    let words = letter_words::words(&draft);
    assert_eq!(facts(&words, "Guest"), ["Mary"]);
    assert_eq!(facts(&words, "What you get"), Vec::<String>::new(), "it was not said");
}

#[test]
fn money_has_the_decimals_of_its_currency() {
    for (amount, currency, said) in
        [(30_000, "EUR", "EUR 300.00"), (30_000, "JPY", "JPY 30000"), (5, "KWD", "KWD 0.005")]
    {
        let amount = Money::new(amount, currency.parse().unwrap());
        for matter in [
            Matter::BookingConfirmed { stay: stay(), amount },
            Matter::HostConfirmed { stay: stay(), amount },
        ] {
            let words = letter_words::words(&draft(matter));
            assert!(words.facts.contains(&("Paid", said.to_owned())), "{words:?}");
        }
    }
}
