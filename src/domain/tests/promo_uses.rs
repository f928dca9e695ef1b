//! What becomes of the uses of a promo code.

use uuid::Uuid;

use super::fixture::{
    World, booking_id, ended, euro, hold, june, nights, owner, tenant, unanswered,
};
use crate::domain::booking::{self, BookingStatus};
use crate::domain::change::{Change, Decision};
use crate::domain::gate::{self, Gate, GateKind};
use crate::domain::ids::{PromoId, ProposalId};
use crate::domain::price::LineKind;
use crate::domain::promo::{self, Off, PromoTerms};
use crate::domain::quote::{At, Offer};
use crate::domain::refusal::Refusal;
use crate::domain::stay::Command;

/// A tenth off, for so many bookings.
fn tenth(max_uses: Option<i32>) -> PromoTerms {
    PromoTerms {
        id: PromoId::from(Uuid::from_u128(9)),
        owner: owner(),
        code: "SUN-10".into(),
        off: Off::Percent(1_000),
        valid_from: None,
        valid_until: Some(june(3)),
        properties: vec![],
        min_nights: 2,
        max_uses,
        ended_at: None,
    }
}

fn wish(number: u128, promo: PromoTerms, place: Option<i32>) -> booking::Command {
    let mut command = hold(number, nights(5, 8));
    if let booking::Command::Hold { offer, .. } = &mut command {
        *offer = Some(Box::new(Offer { at: At::Promo(promo), slot: place }));
    }
    command
}

/// A world with a hold that has the second use of three.
fn held() -> World {
    let mut world = World::live(1);
    world.book(wish(1, tenth(Some(3)), Some(2))).unwrap();
    world
}

/// The places that a decision gives back.
fn freed(decision: &Decision) -> Vec<i32> {
    let freed = |change: &Change| match change {
        Change::FreeGate { scope, slot, holder } => {
            assert_eq!((*scope, *holder), (Uuid::from_u128(9), booking_id(1)));
            Some(*slot)
        }
        _ => None,
    };
    decision.changes.iter().filter_map(freed).collect()
}

#[test]
fn a_hold_takes_the_use_that_it_is_given_and_costs_less() {
    let mut world = World::live(1);
    let request = Uuid::from_u128(77);
    let command = Command::Booking(wish(1, tenth(Some(3)), Some(2)));
    let decision = world.run_as(request, &command).unwrap();
    let gate = Gate {
        kind: GateKind::Promo,
        scope: gate::uses_of(tenth(None).id),
        slot: 2,
        holder: booking_id(1),
        command: request,
    };
    assert!(decision.changes.contains(&Change::TakeGate(gate)), "{decision:?}");
    let booking = world.booking(1);
    assert_eq!((booking.details.promo_slot, booking.terms.promo), (Some(2), Some(tenth(None).id)));
    assert_eq!(
        (booking.total, booking.terms.price.sum_of(LineKind::Promo)),
        (euro(27_000), -3_000)
    );
}

#[test]
fn without_a_use_that_is_left_there_is_no_hold() {
    let mut world = World::live(1);
    for place in [None, Some(0), Some(-1), Some(4)] {
        let refused = world.book(wish(1, tenth(Some(3)), place));
        assert_eq!(refused, Err(promo::used_up()), "{place:?}");
    }
    // Where uses are not counted, none is taken.
    let decision = world.book(wish(1, tenth(None), None)).unwrap();
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::TakeGate(_))));
    assert_eq!(world.booking(1).details.promo_slot, None);
    assert_eq!(freed(&world.release(1).unwrap()), [0; 0]);
}

#[test]
fn a_code_that_is_not_good_any_more_holds_nothing() {
    let mut world = World::live(1);
    world.days_later(3);
    let refused = world.book(wish(1, tenth(None), None)).unwrap_err();
    assert!(matches!(refused, Refusal::PromoRefused { reason, .. } if reason == "expired"));
}

#[test]
fn a_hold_that_ends_unpaid_gives_its_use_back() {
    let mut world = held();
    assert_eq!(freed(&world.release(1).unwrap()), [2]);
    let mut world = held();
    assert_eq!(freed(&world.fire(1)), [2]);
    let mut world = held();
    world.checkout(1).unwrap();
    assert_eq!(freed(&world.fire(1)), [0; 0], "the provider has to say first");
    assert_eq!(freed(&world.pay(ended(1)).unwrap()), [2]);
}

#[test]
fn a_stay_that_was_paid_for_keeps_its_use() {
    let mut world = held();
    world.checkout(1).unwrap();
    assert_eq!(freed(&world.paid(1).unwrap()), [0; 0]);
    let called_off = booking::Command::Cancel {
        by: tenant(),
        booking_id: booking_id(1),
        percent: None,
        reason: None,
        expected: None,
    };
    assert_eq!(freed(&world.book(called_off).unwrap()), [0; 0]);
}

#[test]
fn money_that_comes_when_the_use_was_given_back_goes_back_as_well() {
    let mut world = held();
    world.checkout(1).unwrap();
    world.fire(1);
    for _ in 0..booking::CLOSE_ATTEMPTS_MIN {
        world.pay(unanswered(1)).unwrap();
    }
    assert_eq!(freed(&world.fire(1)), [2]);
    world.paid(1).unwrap();
    assert_eq!(world.status(1), BookingStatus::Expired);
    let refund = world.refund().unwrap();
    assert_eq!((refund.reason.as_str(), refund.amount), ("promo-used", euro(27_000)));
}

#[test]
fn a_changed_stay_keeps_its_code_as_long_as_it_fits() {
    let propose = |to, promo| booking::Command::Propose {
        by: tenant(),
        booking_id: booking_id(1),
        change_id: ProposalId::from(Uuid::from_u128(4001)),
        unit_id: None,
        check_in: None,
        check_out: Some(june(to)),
        guests: None,
        promo: Some(Box::new(promo)),
    };
    let due = |to, promo| {
        let mut world = held();
        world.checkout(1).unwrap();
        world.paid(1).unwrap();
        // By then nobody else may use it.
        world.days_later(3);
        world.book(propose(to, promo)).unwrap();
        world.booking(1).details.change.as_ref().unwrap().price.due()
    };
    assert_eq!(due(9, tenth(Some(3))), euro(36_000));
    assert_eq!(due(6, tenth(Some(3))), euro(10_000), "one night is too short for it");
    let another = PromoTerms { id: PromoId::from(Uuid::from_u128(10)), ..tenth(None) };
    assert_eq!(due(9, another), euro(40_000));
}
