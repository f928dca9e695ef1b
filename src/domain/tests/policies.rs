//! House rules, and the words of the catalogue.

use std::collections::HashSet;

use jiff::civil::time;

use super::fixture::{World, nights, owner, rule, told};
use crate::domain::amenity::{self, CATALOGUE, key_of, mapped};
use crate::domain::policies::Policies;
use crate::domain::property::Command;
use crate::domain::refusal::Refusal;

fn wrong(policies: &Policies) -> Vec<String> {
    match policies.check() {
        Ok(()) => Vec::new(),
        Err(Refusal::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

fn set(world: &mut World, policies: Policies) -> Result<Vec<&'static str>, Refusal> {
    let version = world.state.listing.as_ref().unwrap().version;
    let policies = Box::new(policies);
    let command = Command::SetPolicies { by: owner(), version, policies };
    world.listing(command).map(|decision| told(&decision))
}

#[test]
fn rules_are_within_their_limits() {
    let good = Policies::default();
    assert_eq!(wrong(&good), [""; 0]);
    let cases = [
        (Policies { min_nights: 0, ..good.clone() }, "/min_nights"),
        (Policies { min_nights: 366, ..good.clone() }, "/min_nights"),
        (Policies { min_nights: 3, max_nights: Some(2), ..good.clone() }, "/max_nights"),
        (Policies { max_nights: Some(731), ..good.clone() }, "/max_nights"),
        (Policies { check_in_until: Some(good.check_in_from), ..good.clone() }, "/check_in_until"),
        (Policies { house_rules: "x".repeat(5001), ..good.clone() }, "/house_rules"),
        (Policies { house_rules: "a\0b".into(), ..good.clone() }, "/house_rules"),
    ];
    for (policies, pointer) in cases {
        assert_eq!(wrong(&policies), [pointer]);
    }
    let late = Policies { check_in_until: Some(time(23, 0, 0, 0)), ..good.clone() };
    assert_eq!(wrong(&Policies { min_nights: 7, max_nights: Some(7), ..late }), [""; 0]);
}

#[test]
fn stays_are_as_long_as_the_rules_say() {
    let mut world = World::live(1);
    let rules = Policies { min_nights: 2, max_nights: Some(4), ..Policies::default() };
    assert_eq!(set(&mut world, rules).unwrap(), ["property.updated"]);
    for (count, good) in [(1, false), (2, true), (4, true), (5, false)] {
        let stay = nights(5, 5 + count);
        let mut world = world.clone();
        let held = world.hold(1, stay);
        assert_eq!(held.is_ok(), good, "{count} nights");
        if let Err(refusal) = held {
            let name = if count < 2 { "min-nights" } else { "max-nights" };
            assert_eq!(rule(refusal), name);
        }
    }
}

#[test]
fn their_version_counts_changes_and_not_requests() {
    let mut world = World::live(1);
    let version = |world: &World| world.state.listing.as_ref().unwrap().policies.version;
    assert_eq!(version(&world), 1);
    set(&mut world, Policies { version: 40, ..Policies::default() }).unwrap();
    assert_eq!(version(&world), 1);
    set(&mut world, Policies { house_rules: "No shoes.".into(), ..Policies::default() }).unwrap();
    assert_eq!(version(&world), 2);
    set(&mut world, Policies { instant_book: false, ..Policies::default() }).unwrap();
    assert_eq!(version(&world), 3);
}

#[test]
fn every_word_of_the_catalogue_means_one_thing() {
    let mut seen = HashSet::new();
    for entry in CATALOGUE {
        assert!(seen.insert(entry.key), "{}", entry.key);
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(entry.key.chars().all(plain) && entry.key.len() <= 60, "{}", entry.key);
        assert_eq!(key_of(entry.key), Some(entry.key));
        assert_eq!(key_of(entry.label), Some(entry.key), "{}", entry.label);
        assert_eq!(key_of(&entry.label.to_uppercase()), Some(entry.key));
    }
}

#[test]
fn free_words_become_keys_and_what_is_unknown_stays() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let found = mapped(&words(&["WiFi", " Hair dryer ", "wireless internet", "Sèche-cheveux"]));
    assert_eq!(found, ["wifi", "hair_dryer", "Sèche-cheveux"]);
    let existing = words(&["Sèche-cheveux"]);
    amenity::check(&words(&["wifi", "Smoke detector", "Sèche-cheveux"]), &existing).unwrap();
    let refused = amenity::check(&words(&["wifi", "Helipad"]), &existing).unwrap_err();
    assert!(matches!(refused, Refusal::Invalid(e) if e[0].pointer == "/amenities/1"));
}
