//! `cluster.toml` and the table of keys say the same.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::{Kind, keys, template};
use super::load;

fn shipped() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster.toml")).unwrap()
}

/// The lines that set a key, as `section.key` and text.
fn settings(file: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        }
        let Some(line) = line.strip_prefix('#').filter(|line| !line.starts_with(' ')) else {
            continue;
        };
        let (key, value) = line.split_once(" = ").unwrap();
        found.push((format!("{section}.{key}"), value.trim_matches('"').to_owned()));
    }
    found
}

#[test]
fn every_key_of_the_code_stands_in_the_file_and_the_other_way_round() {
    let in_file: BTreeSet<_> = settings(&shipped()).into_iter().collect();
    let in_code: BTreeSet<_> =
        keys().map(|key| (key.name.to_owned(), key.default.to_owned())).collect();
    assert_eq!(in_file, in_code);
    assert_eq!(settings(&shipped()).len(), in_code.len(), "a key stands twice");
}

#[test]
fn the_file_says_of_each_key_what_the_code_says() {
    assert_eq!(
        shipped(),
        template(),
        "cluster.toml differs from the code; `rentezy check-config --template` writes it"
    );
}

#[test]
fn the_file_as_shipped_sets_nothing() {
    let shipped = load(&shipped(), &[]).unwrap();
    let mut empty = load("", &[]).unwrap();
    empty.server.data_dir.clone_from(&shipped.server.data_dir);
    assert_eq!(format!("{shipped:?}"), format!("{empty:?}"));
}

#[test]
fn every_line_of_the_file_can_be_uncommented() {
    let uncommented: String = shipped()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    load(&uncommented, &[]).unwrap();
}

#[test]
fn every_key_has_a_variable_of_its_own_and_says_what_it_means() {
    let variables: BTreeSet<_> = keys().map(super::super::Key::variable).collect();
    assert_eq!(variables.len(), keys().count());
    assert!(variables.contains("RENTEZY_PAYMENTS_STRIPE_WEBHOOK_SECRET"));
    for key in keys() {
        assert!(!key.doc.concat().trim().is_empty(), "{} has no meaning", key.name);
        assert!(!key.allowed().is_empty());
    }
}

/// One below, one above and both bounds of every number.
#[test]
fn every_number_is_held_to_its_bounds() {
    for key in keys() {
        let Kind::Number(min, max) = key.kind else { continue };
        let (section, name) = key.name.split_once('.').unwrap();
        let set = |value: String| load(&format!("[{section}]\n{name} = {value}"), &[]);
        for value in [min.to_string(), max.to_string()] {
            assert!(set(value.clone()).is_ok(), "{} = {value} is allowed", key.name);
        }
        for value in [(i128::from(min) - 1).to_string(), (max + 1).to_string()] {
            let line = set(value.clone()).unwrap_err().to_string();
            assert_eq!(line, format!("{} = {value}: must be between {min} and {max}", key.name));
        }
    }
}
