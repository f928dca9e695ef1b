use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fixture::{Fixture, TODAY, listing, options, stay, unit, words};
use crate::clock;
use crate::domain::entity::Stream;
use crate::search::{Cursor, SearchQuery, VERSION, open};

/// How long merges may take on a loaded machine.
const GUARD: Duration = Duration::from_secs(60);

fn at(seq: u64) -> Cursor {
    [(Stream(3), seq)].into_iter().collect()
}

/// The directories of generations that there are.
fn directories(fixture: &Fixture) -> Vec<String> {
    let entries = fs::read_dir(fixture.dir.path().join("search")).unwrap();
    let dirs = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut names: Vec<String> =
        dirs.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_successor_is_built_beside_and_takes_the_place_when_it_is_finished() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    fixture.writer.commit(&at(5)).unwrap();
    let (search, mut next) = fixture.writer.successor().unwrap();
    assert_eq!((search.generation(), next.generation()), (2, 2));
    next.upsert(&listing(3)).unwrap();
    next.commit(&at(9)).unwrap();
    next.reload().unwrap();
    assert_eq!(
        fixture.found(&SearchQuery::default()),
        [2, 1],
        "the two know nothing of each other"
    );
    next.set_taken(super::fixture::id(3), &[(unit(3), vec![stay(0, 9)])]);
    assert!(fixture.search.availability().is_free(0, stay(0, 1)), "nor do their nights");
    assert!(!search.availability().is_free(0, stay(0, 1)));

    next.finish(&at(9)).unwrap();
    assert_eq!(directories(&fixture), ["1", "2"]);
    let Fixture { search: old, writer, dir } = fixture;
    writer.retire();
    let fixture = Fixture { search, writer: next, dir };
    assert_eq!(directories(&fixture), ["1", "2"], "somebody may still search it");
    assert_eq!(old.search(&words("home")).unwrap().total, 2);
    drop(old);
    assert_eq!(directories(&fixture), ["2"]);
    let fixture = fixture.reopened();
    assert_eq!(fixture.writer.cursor(), &at(9));
    assert_eq!(fixture.found(&SearchQuery::default()), [3]);
}

#[test]
fn a_successor_that_is_not_finished_does_not_count() {
    let mut fixture = Fixture::with(&[listing(1)]);
    fixture.writer.commit(&at(5)).unwrap();
    let (search, mut next) = fixture.writer.successor().unwrap();
    next.upsert(&listing(3)).unwrap();
    next.commit(&at(9)).unwrap();
    // As after a crash, where nobody takes anything away.
    std::mem::forget((search, next));
    let Fixture { search, writer, dir } = fixture;
    drop((search, writer));
    // The lock went with the process in such a case; here it is the folder that goes on.
    let moved = tempfile::TempDir::new().unwrap();
    copy(&dir.path().join("search"), &moved.path().join("search"));
    let fixture = Fixture::open_in(moved, "test").unwrap();
    assert_eq!(fixture.writer.generation(), 1);
    assert_eq!(fixture.writer.cursor(), &at(5));
    assert_eq!(directories(&fixture), ["1"], "what was half-built is gone");
    assert_eq!(fixture.found(&SearchQuery::default()), [1]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_successor_that_is_given_up_leaves_nothing() {
    let mut fixture = Fixture::with(&[listing(1)]);
    fixture.writer.commit(&at(5)).unwrap();
    drop(fixture.writer.successor().unwrap());
    assert_eq!(directories(&fixture), ["1"]);
    let (_, next) = fixture.writer.successor().unwrap();
    assert_eq!(next.generation(), 2);
}

#[test]
fn a_successor_comes_also_where_the_folder_was_deleted() {
    let mut fixture = Fixture::with(&[listing(1)]);
    fixture.writer.commit(&at(5)).unwrap();
    assert!(fixture.writer.is_intact());
    fs::remove_dir_all(fixture.dir.path().join("search")).unwrap();
    assert!(!fixture.writer.is_intact());
    let (search, mut next) = fixture.writer.successor().unwrap();
    next.upsert(&listing(1)).unwrap();
    next.finish(&at(6)).unwrap();
    assert!(next.is_intact());
    assert!(open(options(&fixture.dir, "test"), TODAY).is_err(), "the folder is held again");
    assert_eq!(fixture.found(&SearchQuery::default()), [1], "searches go on meanwhile");
    fixture.writer.retire();
    let fixture = Fixture { search, writer: next, dir: fixture.dir };
    assert_eq!(fixture.reopened().found(&SearchQuery::default()), [1]);
}

#[test]
fn documents_of_a_version_before_are_searched_until_there_is_a_successor() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    fixture.writer.commit(&at(5)).unwrap();
    let Fixture { search, writer, dir } = fixture;
    drop((search, writer));
    let meta: PathBuf = dir.path().join("search/1/meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let (version, before) =
        (format!(r#"\"version\":{VERSION}"#), format!(r#"\"version\":{}"#, VERSION - 1));
    assert!(text.contains(&version));
    fs::write(&meta, text.replace(&version, &before)).unwrap();
    let mut fixture = Fixture::open_in(dir, "test").unwrap();
    assert!(!fixture.writer.is_current());
    assert_eq!(fixture.writer.cursor(), &at(5));
    fixture.add(&[listing(3)]);
    let fixture = fixture.reopened();
    assert!(!fixture.writer.is_current(), "also when more was written into it");
    assert_eq!(fixture.found(&SearchQuery::default()), [3, 2, 1]);
    let (_, mut next) = fixture.writer.successor().unwrap();
    assert!(next.is_current());
    next.finish(&at(6)).unwrap();
    // It holds the folder too.
    drop(next);
    assert!(fixture.reopened().writer.is_current());
}

#[test]
fn many_small_commits_leave_few_segments_and_few_deleted_documents() {
    let homes: Vec<_> = (1..60).map(listing).collect();
    let mut fixture = Fixture::with(&homes);
    for round in 0..150 {
        fixture.add(&[listing(round % 59 + 1)]);
    }
    // Merges run beside.
    let began = clock::monotonic();
    while fixture.search.segments() > 20 || fixture.search.deleted() > 59 {
        let (segments, deleted) = (fixture.search.segments(), fixture.search.deleted());
        assert!(began.elapsed() < GUARD, "{segments} segments, {deleted} deleted documents");
        std::thread::yield_now();
        fixture.publish();
    }
    assert_eq!(fixture.search.listings(), 59);
    assert!(fixture.search.bytes() > 0);
}
