use std::collections::{HashMap, HashSet};

use jiff::civil::date;

use crate::domain::property::{self, Kind};
use crate::domain::user::{self, Role};
use crate::tools::demo::bookings::{End, Goal, PlannedBooking, PlannedState, bookings};
use crate::tools::demo::listings::listings;
use crate::tools::demo::people::{LANDLORDS, LOGINS, TENANTS, demo_people, owner_of};
use crate::tools::listing::{ListingDraft, Wanted};

const SEED: u64 = 7;

fn three_hundred(seed: u64) -> Vec<ListingDraft> {
    listings(seed, 300).collect()
}

#[test]
fn a_seed_gives_the_same_listings_and_a_short_run_the_first_of_a_long_one() {
    let all = three_hundred(SEED);
    assert_eq!(all.len(), 300);
    assert_eq!(all, three_hundred(SEED));
    assert_eq!(all[..20], listings(SEED, 20).collect::<Vec<_>>());
    assert_ne!(all, three_hundred(SEED + 1));
    let ids: HashSet<_> = all.iter().map(ListingDraft::property_id).collect();
    assert_eq!(ids.len(), 300);
}

#[test]
fn the_rules_of_the_house_accept_every_listing() {
    for seed in 0..5 {
        for draft in three_hundred(seed) {
            assert_eq!(property::check(&draft.fields), Ok(()), "{draft:?}");
            assert_eq!(draft.wanted == Wanted::Live, draft.unit.night_minor.is_some());
        }
    }
}

#[test]
fn texts_are_varied_and_filled_in() {
    for seed in 0..5 {
        let all = three_hundred(seed);
        let titles: HashSet<_> =
            all.iter().map(|draft| draft.fields.title.to_lowercase()).collect();
        assert_eq!(titles.len(), 300, "seed {seed}");
        let texts: HashSet<_> = all.iter().map(|draft| &draft.fields.description).collect();
        assert_eq!(texts.len(), 300, "seed {seed}");
        for draft in &all {
            let fields = &draft.fields;
            for text in [&fields.title, &fields.description] {
                assert!(!text.contains(['{', '}']) && !text.contains("  "), "{text}");
            }
            assert!(
                fields.title.chars().next().is_some_and(char::is_uppercase),
                "{}",
                fields.title
            );
            let distinct: HashSet<_> = fields.amenities.iter().collect();
            assert_eq!(distinct.len(), fields.amenities.len(), "{:?}", fields.amenities);
        }
    }
}

#[test]
fn homes_are_of_all_kinds_and_in_many_cities() {
    let all = three_hundred(SEED);
    let cities: HashSet<_> = all.iter().map(|draft| &draft.fields.address.city).collect();
    assert!(cities.len() >= 25, "{cities:?}");
    for kind in [Kind::Bed, Kind::Room, Kind::Flat, Kind::House] {
        let of_kind = all.iter().filter(|draft| draft.fields.kind == kind).count();
        assert!(of_kind >= 10, "{kind:?}: {of_kind}");
    }
    let many = all.iter().filter(|draft| draft.unit.count > 1).count();
    assert!((15..120).contains(&many), "{many} with several units");
    let drafts = all.iter().filter(|draft| draft.wanted == Wanted::Draft).count();
    assert!((5..20).contains(&drafts), "{drafts} drafts");
}

#[test]
fn prices_suit_their_city_and_spread() {
    let all: Vec<_> = listings(SEED, 4000).collect();
    let mut euros: Vec<_> = all
        .iter()
        .filter(|draft| draft.fields.currency.code() == "EUR" && draft.fields.kind == Kind::Flat)
        .filter_map(|draft| draft.unit.night_minor)
        .collect();
    euros.sort_unstable();
    let at = |hundredth: usize| euros[euros.len() * hundredth / 100] / 100;
    println!("flats in euro: p5 {} p50 {} p95 {}", at(5), at(50), at(95));
    assert!(
        (40..90).contains(&at(5)) && (100..170).contains(&at(50)) && (200..420).contains(&at(95))
    );
    for draft in &all {
        let yen = draft.fields.currency.code() == "JPY";
        let step = if yen { 500 } else { 100 };
        assert!(draft.unit.night_minor.is_none_or(|price| price % step == 0), "{draft:?}");
    }
}

#[test]
fn people_are_known_by_name_and_two_can_log_in() {
    let people = demo_people(SEED);
    assert_eq!(people, demo_people(SEED));
    let of = |role| people.iter().filter(|person| person.role == role).count();
    assert_eq!((of(Role::Landlord), of(Role::Tenant)), (LANDLORDS, TENANTS));
    let emails: HashSet<_> = people.iter().map(|person| &person.email).collect();
    assert_eq!(emails.len(), people.len());
    assert!(people.iter().all(|p| p.email.is_ascii() && p.email.ends_with("@example.com")));
    let known: Vec<_> = people.iter().filter(|person| person.password.is_some()).collect();
    assert_eq!(known.len(), 2);
    assert_eq!(people[LANDLORDS].password, Some(LOGINS[0].password), "the first tenant");
    assert!(LOGINS.iter().all(|login| login.password.len() >= user::PASSWORD_MIN));
    let line = LOGINS[0].to_string();
    assert_eq!(line, format!("tenant: tenant@example.com / {}", LOGINS[0].password));
    assert!(LOGINS[1].to_string().starts_with("landlord: landlord@example.com / "));
    for person in &people {
        user::check_registration(&person.email, "long enough", person.name).unwrap();
    }
    let owned = (0..300).filter(|listing| owner_of(*listing) == 0).count();
    assert_eq!(owned, 25);
    assert!((0..300).all(|listing| owner_of(listing) < LANDLORDS));
}

#[test]
fn stays_are_in_all_states_and_no_night_is_sold_twice() {
    let today = date(2026, 3, 1);
    for seed in 0..5 {
        let listings = three_hundred(seed);
        let stays = bookings(seed, &listings, today);
        assert_eq!(stays, bookings(seed, &listings, today));
        let mut goals: HashMap<_, usize> = HashMap::new();
        let mut ends: HashMap<_, usize> = HashMap::new();
        let mut taken: HashMap<_, u16> = HashMap::new();
        let mut told = HashSet::new();
        for stay in &stays {
            let home = &listings[stay.listing];
            assert_eq!(home.wanted, Wanted::Live);
            assert!(stay.tenant < TENANTS && (1..=home.unit.guests).contains(&stay.guests));
            assert!(stay.nights.check_in() > today);
            match stay.state {
                PlannedState::Today(goal) => *goals.entry(goal).or_default() += 1,
                PlannedState::Ended(end, days_ago) => {
                    *ends.entry(end).or_default() += 1;
                    assert!((1..60).contains(&days_ago) && told.insert((stay.listing, days_ago)));
                }
            }
            for night in stay.nights.iter() {
                let count = taken.entry((stay.listing, night)).or_default();
                *count += 1;
                assert!(*count <= home.unit.count, "{stay:?}");
            }
        }
        let wanted = [
            (Goal::Confirmed, 8),
            (Goal::PendingPayment, 2),
            (Goal::Hold, 2),
            (Goal::Cancelled, 1),
        ];
        assert_eq!(goals, HashMap::from(wanted));
        assert!([End::Cancelled, End::Expired].iter().all(|end| ends[end] >= 5), "{ends:?}");
        assert!(stays.len() < 100, "{}", stays.len());
        let at_first = |goal| {
            let stay = |s: &&PlannedBooking| owner_of(s.listing) == 0 && s.state == goal;
            stays.iter().filter(stay).count()
        };
        assert_eq!(at_first(PlannedState::Today(Goal::Confirmed)), 4);
        assert_eq!(stays.iter().filter(|stay| stay.tenant == 0).count(), 6);
    }
}

#[test]
fn a_few_listings_are_enough_for_a_plan() {
    for count in [0, 1, 2, 5] {
        let few: Vec<_> = listings(SEED, count).collect();
        assert!(bookings(SEED, &few, date(2026, 3, 1)).iter().all(|stay| stay.listing < count));
    }
}

#[test]
fn nobody_heats_in_the_tropics() {
    for draft in listings(SEED, 2000) {
        let hot = ["Singapore", "Rio de Janeiro"].contains(&draft.fields.address.city.as_str());
        let heated = ["Heating", "Wood stove", "Sauna"]
            .iter()
            .any(|name| draft.fields.amenities.iter().any(|amenity| amenity == name));
        assert!(!(hot && heated), "{draft:?}");
    }
}
