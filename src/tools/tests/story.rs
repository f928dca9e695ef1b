use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::booking::BookingStatus;
use crate::domain::ids::UserId;
use crate::domain::rules::{Review, Rules};
use crate::tools::demo::bookings::{PlannedState, bookings};
use crate::tools::demo::listings::listings;
use crate::tools::demo::stays::{self, Tenant};
use crate::tools::listing::{ListingDraft, Wanted};
use crate::tools::sink::create;
use crate::tools::story::Story;

const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 400,
};

fn person(number: u128) -> UserId {
    UserId::from(uuid::Uuid::from_u128(number))
}

fn created(draft: &ListingDraft, at: Timestamp) -> Story<'static> {
    let mut story = Story::new(draft.property_id(), 1, &RULES);
    let slots = (1..=i64::from(draft.fields.unit.count)).collect();
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
        assert_eq!(sets[0].net.slots.len(), usize::from(draft.fields.unit.count));
        assert_eq!(write.row.source.as_ref().unwrap().external_id, draft.external_id);
    }
}

#[test]
fn every_seed_has_a_plan_that_the_rules_accept() {
    (0..3).for_each(the_rules_accept_every_planned_stay_and_bring_it_to_its_state);
}

fn the_rules_accept_every_planned_stay_and_bring_it_to_its_state(seed: u64) {
    // Late in the evening in UTC: it is another day in half of the zones.
    let now: Timestamp = "2026-03-01T22:30:00Z".parse().unwrap();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let drafts: Vec<_> = listings(seed, 300).collect();
    let long_ago = now - SignedDuration::from_hours(24 * 60);
    let mut stories: Vec<_> = drafts.iter().map(|draft| created(draft, long_ago)).collect();
    let mut wanted: BTreeMap<usize, Vec<PlannedState>> = BTreeMap::new();
    for (number, planned) in bookings(seed, &drafts, today).iter().enumerate() {
        let id = person(100 + u128::try_from(planned.tenant).unwrap());
        let tenant = Tenant { id, email: "tenant@example.com" };
        let story = &mut stories[planned.listing];
        stays::tell(story, planned, number, tenant, now, "http://127.0.0.1:8080").unwrap();
        wanted.entry(planned.listing).or_default().push(planned.state);
    }
    for (listing, states) in wanted {
        let mut expected: HashMap<BookingStatus, usize> = HashMap::new();
        for state in states {
            let status = match state {
                PlannedState::Hold => BookingStatus::Hold,
                PlannedState::PendingPayment => BookingStatus::PendingPayment,
                PlannedState::Confirmed => BookingStatus::Confirmed,
                PlannedState::Cancelled => BookingStatus::Cancelled,
                PlannedState::Expired => BookingStatus::Expired,
            };
            *expected.entry(status).or_default() += 1;
        }
        let mut found: HashMap<BookingStatus, usize> = HashMap::new();
        for booking in stories[listing].property().bookings.values() {
            *found.entry(booking.status).or_default() += 1;
        }
        assert_eq!(found, expected);
    }
}
