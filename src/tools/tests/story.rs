use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::booking::BookingStatus;
use crate::domain::ids::UserId;
use crate::domain::rules::{Review, Rules};
use crate::tools::demo::bookings::{End, PlannedState, bookings};
use crate::tools::demo::listings::listings;
use crate::tools::demo::stays;
use crate::tools::listing::{ListingDraft, Wanted};
use crate::tools::sink::create;
use crate::tools::story::Story;

const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 400,
    holds_per_user: 0,
    ..Rules::USUAL
};

fn person(number: u128) -> UserId {
    UserId::from(uuid::Uuid::from_u128(number))
}

fn created(draft: &ListingDraft, at: Timestamp) -> Story<'static> {
    let mut story = Story::new(draft.property_id(), 1, &RULES);
    let slots = (1..=i64::from(draft.unit.count)).collect();
    create(&mut story, draft, person(1), slots, at).unwrap();
    story
}

#[test]
fn a_listing_is_made_and_submitted_in_one_set() {
    let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    for draft in listings(7, 60) {
        let sets = created(&draft, now).into_sets();
        assert_eq!(sets.len(), 1);
        let live = draft.wanted == Wanted::Live;
        assert_eq!(sets[0].commands.len(), if live { 2 } else { 1 });
        let write = sets[0].net.listing.as_ref().unwrap();
        assert_eq!((write.from_version, write.row.version), (None, if live { 2 } else { 1 }));
        assert_eq!(sets[0].net.slots.len(), usize::from(draft.unit.count));
        assert_eq!(write.row.source.as_ref().unwrap().external_id, draft.external_id);
    }
}

#[test]
fn every_seed_has_a_plan_that_the_rules_accept() {
    (0..3).for_each(the_rules_accept_every_ended_stay_and_bring_it_to_its_end);
}

fn the_rules_accept_every_ended_stay_and_bring_it_to_its_end(seed: u64) {
    // Late in the evening in UTC: it is another day in half of the zones.
    let now: Timestamp = "2026-03-01T22:30:00Z".parse().unwrap();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let drafts: Vec<_> = listings(seed, 300).collect();
    let long_ago = now - SignedDuration::from_hours(24 * 60);
    let mut stories: Vec<_> = drafts.iter().map(|draft| created(draft, long_ago)).collect();
    let mut plan = bookings(seed, &drafts, today);
    plan.sort_by_key(|planned| match planned.state {
        PlannedState::Ended(_, days_ago) => -days_ago,
        PlannedState::Today(_) => 0,
    });
    let mut wanted: HashMap<(usize, BookingStatus), usize> = HashMap::new();
    for (number, planned) in plan.iter().enumerate() {
        let tenant = person(100 + u128::try_from(planned.tenant).unwrap());
        let story = &mut stories[planned.listing];
        let told = stays::tell(story, planned, number, tenant, now).unwrap();
        let status = match planned.state {
            PlannedState::Ended(End::Cancelled, _) => BookingStatus::Cancelled,
            PlannedState::Ended(End::Expired, _) => BookingStatus::Expired,
            PlannedState::Today(_) => continue,
        };
        assert!(told);
        *wanted.entry((planned.listing, status)).or_default() += 1;
    }
    let mut found: HashMap<(usize, BookingStatus), usize> = HashMap::new();
    for (listing, story) in stories.into_iter().enumerate() {
        for booking in story.property().bookings.values() {
            assert!(booking.payment_id.is_none() && booking.released_at.is_some());
            *found.entry((listing, booking.status)).or_default() += 1;
        }
        let sets = story.into_sets();
        assert!(sets.windows(2).all(|pair| pair[0].at < pair[1].at), "told in order");
    }
    assert_eq!(found, wanted);
}
