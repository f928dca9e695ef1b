//! The life of a listing: what leads where, under both kinds of review.

use super::fixture::{World, create, fields, nights, owner, stranger, tenant, told, unit};
use crate::domain::property::{Command, Listing, ListingFields, Status, StayMode, UnitFields};
use crate::domain::refusal::Refusal;
use crate::domain::rules::Review;

fn reviewed() -> World {
    let mut world = World::empty();
    world.rules.review = Review::Admin;
    world.listing(create(fields(), unit(1))).unwrap();
    world
}

fn listing(world: &World) -> &Listing {
    world.state.listing.as_deref().unwrap()
}

fn status(world: &World) -> Status {
    listing(world).status
}

/// A step from the current version.
fn step(world: &mut World, make: fn(i32) -> Command) -> Result<Vec<&'static str>, Refusal> {
    let version = listing(world).version;
    world.listing(make(version)).map(|decision| told(&decision))
}

fn submit(version: i32) -> Command {
    Command::Submit { by: owner(), version }
}

fn publish(version: i32) -> Command {
    Command::Publish { by: owner(), version }
}

fn unpublish(version: i32) -> Command {
    Command::Unpublish { by: owner(), version }
}

fn archive(version: i32) -> Command {
    Command::Archive { by: owner(), version }
}

fn approve(version: i32) -> Command {
    Command::Approve { version }
}

fn reject(version: i32) -> Command {
    Command::Reject { version, reason: " too dark ".into() }
}

fn retitle(version: i32) -> Command {
    let fields = ListingFields { title: "Another title".into(), ..fields() };
    Command::Edit { by: owner(), version, fields: Box::new(fields), unit: None, slot_ids: vec![] }
}

/// An edit of something that is not looked at again.
fn reprice(version: i32) -> Command {
    let unit = UnitFields { night_minor: Some(11_000), ..unit(1) };
    let fields = ListingFields { title: "Another title".into(), ..fields() };
    let fields = ListingFields { title: super::fixture::fields().title, ..fields };
    let unit = Some(Box::new(unit));
    Command::Edit { by: owner(), version, fields: Box::new(fields), unit, slot_ids: vec![] }
}

#[test]
fn an_administrator_lets_it_go_live_or_gives_it_back() {
    let mut world = reviewed();
    assert_eq!(step(&mut world, submit).unwrap(), ["property.submitted"]);
    assert_eq!(status(&world), Status::PendingReview);
    assert_eq!(step(&mut world, reject).unwrap(), ["property.rejected"]);
    assert_eq!(status(&world), Status::Rejected);
    assert_eq!(listing(&world).rejection.as_deref(), Some("too dark"));
    let again = step(&mut world, submit);
    assert!(matches!(again, Err(Refusal::InvalidTransition { .. })), "edit it first: {again:?}");
    assert_eq!(step(&mut world, retitle).unwrap(), ["property.updated"]);
    assert_eq!(status(&world), Status::Draft);
    assert!(listing(&world).rejection.is_some(), "the reason is at hand while it is edited");
    step(&mut world, submit).unwrap();
    assert_eq!(listing(&world).rejection, None);
    assert_eq!(step(&mut world, approve).unwrap(), ["property.approved"]);
    assert_eq!(status(&world), Status::Live);
    for reviewed in [approve, reject] {
        let late = step(&mut world, reviewed);
        assert!(matches!(late, Err(Refusal::InvalidTransition { .. })), "{late:?}");
    }
}

#[test]
fn what_was_edited_since_is_not_approved() {
    let mut world = reviewed();
    step(&mut world, submit).unwrap();
    let seen = listing(&world).version;
    step(&mut world, retitle).unwrap();
    assert_eq!(status(&world), Status::PendingReview);
    let stale = Err(Refusal::StaleVersion { current: seen + 1 });
    assert_eq!(world.listing(Command::Approve { version: seen }), stale);
    let unsaid = Command::Reject { version: seen + 1, reason: "  ".into() };
    assert!(matches!(world.listing(unsaid), Err(Refusal::Invalid(_))));
}

#[test]
fn what_strangers_read_is_looked_at_again_and_nothing_else() {
    let mut world = reviewed();
    step(&mut world, submit).unwrap();
    step(&mut world, approve).unwrap();
    let priced = step(&mut world, reprice).unwrap();
    assert_eq!(priced, ["property.updated", "property.price_changed"]);
    assert_eq!(status(&world), Status::Live);
    let events = step(&mut world, retitle).unwrap();
    assert_eq!(events, ["property.updated", "property.submitted"]);
    assert_eq!(status(&world), Status::PendingReview, "out of sight until it is approved");
    step(&mut world, approve).unwrap();
    // A rest is no way around the review.
    step(&mut world, unpublish).unwrap();
    step(&mut world, |version| {
        let mut text = fields();
        text.description = "Something else.".into();
        let fields = Box::new(text);
        Command::Edit { by: owner(), version, fields, unit: None, slot_ids: vec![] }
    })
    .unwrap();
    assert_eq!(status(&world), Status::Draft);
    let publish = step(&mut world, publish);
    assert!(matches!(publish, Err(Refusal::InvalidTransition { .. })), "{publish:?}");
}

#[test]
fn without_review_an_edit_leaves_it_where_it_is() {
    let mut world = World::live(1);
    step(&mut world, retitle).unwrap();
    assert_eq!(status(&world), Status::Live);
    step(&mut world, unpublish).unwrap();
    step(&mut world, reprice).unwrap();
    assert_eq!(status(&world), Status::Paused);
}

#[test]
fn a_paused_listing_keeps_its_bookings_and_takes_no_more() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    assert_eq!(step(&mut world, unpublish).unwrap(), ["property.unpublished"]);
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    let refused = world.hold(2, nights(10, 12));
    assert!(
        matches!(&refused, Err(Refusal::NotBookable { rule, .. }) if rule == "not-live"),
        "{refused:?}"
    );
    assert!(step(&mut world, unpublish).is_err());
    assert_eq!(step(&mut world, publish).unwrap(), ["property.published"]);
    world.hold(2, nights(10, 12)).unwrap();
}

#[test]
fn it_is_not_given_up_while_somebody_is_to_come() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    assert_eq!(step(&mut world, archive), Err(Refusal::HasStays), "an open hold");
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    assert_eq!(step(&mut world, archive), Err(Refusal::HasStays), "a stay to come");
    world.days_later(6);
    assert_eq!(step(&mut world, archive), Err(Refusal::HasStays), "a guest is there");
    world.days_later(1);
    assert_eq!(step(&mut world, archive).unwrap(), ["property.archived"], "the last has left");
    for more in [publish, submit, archive, retitle, unpublish] {
        let refused = step(&mut world, more);
        assert_eq!(refused, Err(Refusal::invalid_transition("archived", &[])));
    }
    let refused = world.hold(2, nights(20, 22));
    assert!(matches!(refused, Err(Refusal::NotBookable { .. })), "{refused:?}");
}

#[test]
fn money_that_comes_for_a_listing_that_was_given_up_goes_back() {
    let mut world = World::live(1);
    world.hold(1, nights(15, 18)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    for _ in 0..4 {
        world.fire(1);
    }
    assert!(!world.holds_nights(1));
    step(&mut world, archive).unwrap();
    world.paid(1).unwrap();
    assert!(world.refund().is_some() && !world.holds_nights(1));
}

#[test]
fn who_may_do_what_when() {
    use Status::{Archived, Draft, Live, Paused, PendingReview, Rejected};
    type Step = fn(i32) -> Command;
    let steps: [(Step, &[Status]); 6] = [
        (submit, &[Draft]),
        (publish, &[Paused]),
        (unpublish, &[Live]),
        (archive, &[Draft, Live, Paused, Rejected]),
        (approve, &[PendingReview]),
        (reject, &[PendingReview]),
    ];
    for status in [Draft, PendingReview, Live, Paused, Rejected, Archived] {
        for (step_of, from) in &steps {
            let mut world = reviewed();
            let mut there = listing(&world).clone();
            there.status = status;
            world.state.listing = Some(Box::new(there));
            let command = step_of(1);
            let done = world.listing(command.clone());
            assert_eq!(done.is_ok(), from.contains(&status), "{command:?} in {status:?}");
        }
    }
    for by in [stranger(), tenant()] {
        for command in [
            Command::Publish { by, version: 1 },
            Command::Unpublish { by, version: 1 },
            Command::Archive { by, version: 1 },
        ] {
            assert_eq!(reviewed().listing(command), Err(Refusal::NotFound));
        }
    }
}

#[test]
fn a_home_that_is_let_by_the_month_needs_a_price_of_a_month_and_has_no_nights() {
    let mut world = World::empty();
    let monthly = ListingFields { stay_mode: StayMode::Monthly, ..fields() };
    world.listing(create(monthly.clone(), unit(1))).unwrap();
    assert!(matches!(step(&mut world, submit), Err(Refusal::Invalid(_))));
    let priced = UnitFields { night_minor: None, month_minor: Some(90_000), ..unit(1) };
    world
        .listing(Command::Edit {
            by: owner(),
            version: 1,
            fields: Box::new(monthly),
            unit: Some(Box::new(priced)),
            slot_ids: vec![],
        })
        .unwrap();
    step(&mut world, submit).unwrap();
    let refused = world.hold(1, nights(5, 8));
    assert!(
        matches!(&refused, Err(Refusal::NotBookable { rule, .. }) if rule == "monthly-only"),
        "{refused:?}"
    );
}
