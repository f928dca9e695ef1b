//! Encoded forms: what travels to an entity and back, what timers and command records keep,
//! and what lies in the event log. All of it must come back as it went, and the golden
//! samples of events must decode for ever.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use rentezy::domain::entity::Stream;
use rentezy::domain::envelope::{Answer, Request};
use rentezy::domain::event::{Actor, Event, Position};
use rentezy::domain::property::{self, ListingFields, Location};
use rentezy::domain::stay::Command;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::samples::{self, id};
use crate::samples_pricing;

/// Sends a value through its bytes, and through the tree that jsonb keeps.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    let tree = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value, "{text}");
}

/// Whether a list has one of each kind, in order.
fn is_complete<T>(all: &[T], place: impl Fn(&T) -> usize) -> bool {
    all.iter().map(place).eq(0..all.len())
}

fn request(number: u64, actor: Actor, command: Command) -> Request {
    Request { id: id(number), fingerprint: [7; 16], actor, command }
}

#[test]
fn every_command_comes_through() {
    let commands = samples::commands();
    assert!(is_complete(&commands, samples::place_of_command));
    for command in commands {
        there_and_back(&command);
        for actor in [Actor::User(id(4)), Actor::System, Actor::Provider] {
            there_and_back(&request(9, actor, command.clone()));
        }
    }
}

#[test]
fn every_change_of_prices_and_every_offer_comes_through() {
    samples_pricing::edits().into_iter().map(Command::Listing).for_each(|c| there_and_back(&c));
    samples_pricing::holds().into_iter().map(Command::Booking).for_each(|c| there_and_back(&c));
}

#[test]
fn every_answer_comes_through() {
    let (outcomes, refusals) = (samples::outcomes(), samples::refusals());
    assert!(is_complete(&outcomes, samples::place_of_outcome));
    assert!(is_complete(&refusals, samples::place_of_refusal));
    for outcome in outcomes {
        there_and_back(&outcome);
        for replayed in [false, true] {
            let position = replayed.then_some(Position { stream: Stream(3), seq: 1 << 40 });
            there_and_back(&Answer::Done { outcome: outcome.clone(), replayed, position });
        }
    }
    for refusal in refusals {
        there_and_back(&Answer::Refused(refusal));
    }
}

#[test]
fn points_come_through_to_the_last_digit_that_the_edge_takes() {
    let mut random = fastrand::Rng::with_seed(20_261_121);
    for _ in 0..4_000 {
        let degrees = |n: i64| (n as f64) / 1e7;
        let location = Location {
            lat: degrees(random.i64(-900_000_000..=900_000_000)),
            lon: degrees(random.i64(-1_800_000_000..=1_800_000_000)),
        };
        let fields = Box::new(ListingFields { location, ..samples::fields() });
        let (by, version, slot_ids) = (id(1), 1, vec![]);
        let command = property::Command::Edit { by, version, fields, unit: None, slot_ids };
        there_and_back(&command);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events")
}

/// With `GOLDEN=write` in the environment a missing sample is written, for a person to look
/// at; one that is there is never changed.
#[test]
fn every_event_has_a_golden_sample_that_is_what_we_write_today() {
    let events = samples::events();
    assert!(is_complete(&events, samples::place_of_event));
    let mut expected = BTreeSet::new();
    for event in events {
        there_and_back(&event);
        let name = format!("{}.json", event.name());
        let file = folder().join(&name);
        if !file.exists() && std::env::var_os("GOLDEN").is_some_and(|wish| wish == "write") {
            let text = serde_json::to_string_pretty(&event).unwrap();
            std::fs::write(&file, format!("{text}\n")).unwrap();
        }
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|_| panic!("tests/golden/events has no {name}: GOLDEN=write"));
        let sample: Value = serde_json::from_str(&text).unwrap();
        let decoded: Event = serde_json::from_value(sample.clone()).unwrap();
        assert_eq!(decoded, event, "{name} says something else now");
        assert_eq!(serde_json::to_value(&decoded).unwrap(), sample, "{name} is written otherwise");
        expected.insert(name);
    }
    let found: BTreeSet<String> = names().filter(|name| name.matches('.').count() == 2).collect();
    assert_eq!(found, expected, "samples of events that there are not");
}

/// Forms that were written once lie beside: `booking.held.before-guests.json`.
#[test]
fn every_golden_sample_decodes_as_the_event_that_it_is_named_after() {
    for name in names() {
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        let event: Event =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(name.starts_with(&format!("{}.", event.name())), "{name} is {}", event.name());
    }
}

fn names() -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap())
}
