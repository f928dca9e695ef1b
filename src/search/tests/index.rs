use std::fs;
use std::path::{Path, PathBuf};

use super::fixture::{Fixture, TODAY, euros, listing, number, options, stay, unit, words};
use crate::domain::criteria::Criteria;
use crate::domain::entity::Stream;
use crate::search::slots::Slots;
use crate::search::{
    Cursor, IndexError, InvalidListing, ListingDoc, SearchQuery, StoredCard, UnitDoc, Upserted,
    VERSION, open,
};

fn at(seq: u64) -> Cursor {
    [(Stream(3), seq), (Stream(257), 1)].into_iter().collect()
}

#[test]
fn a_new_index_is_empty_and_so_is_its_cursor() {
    let fixture = Fixture::new();
    assert_eq!(fixture.search.listings(), 0);
    assert!(fixture.writer.cursor().is_empty());
    assert_eq!(fixture.found(&SearchQuery::default()), Vec::<u64>::new());
    let fixture = fixture.reopened();
    assert!(fixture.writer.cursor().is_empty());
}

#[test]
fn what_was_committed_is_there_after_reopening_with_its_cursor() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    fixture.writer.commit(&at(42)).unwrap();
    fixture.writer.upsert(&listing(3)).unwrap();
    let fixture = fixture.reopened();
    assert_eq!(fixture.writer.cursor(), &at(42));
    assert_eq!(fixture.writer.cursor().get(Stream(3)), 42);
    assert_eq!(fixture.writer.cursor().get(Stream(4)), 0);
    assert_eq!(fixture.found(&SearchQuery::default()), [2, 1], "3 was not committed");
}

#[test]
fn nothing_is_visible_before_commit_and_reload() {
    let mut fixture = Fixture::new();
    fixture.writer.upsert(&listing(1)).unwrap();
    assert_eq!(fixture.search.listings(), 0);
    fixture.writer.commit(&at(1)).unwrap();
    assert_eq!(fixture.search.listings(), 0);
    fixture.writer.reload().unwrap();
    assert_eq!(fixture.search.listings(), 1);
}

#[test]
fn an_upsert_replaces_the_whole_document() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    let changed = ListingDoc {
        title: "Lighthouse".to_owned(),
        price: euros(1),
        card: serde_json::json!("new"),
        ..listing(1)
    };
    fixture.add(&[changed]);
    assert_eq!(fixture.search.listings(), 2);
    assert_eq!(fixture.found(&words("lighthouse")), [1]);
    assert_eq!(fixture.found(&words("home")), [2]);
    let page = fixture.search(&words("lighthouse"));
    assert_eq!(page.hits[0].card, StoredCard::of(&serde_json::json!("new")));
    assert_eq!(fixture.found(&Criteria { price_max: Some(1), ..Criteria::default() }.into()), [1]);
}

#[test]
fn the_last_of_two_upserts_in_one_commit_wins() {
    let first = ListingDoc { title: "First".to_owned(), ..listing(1) };
    let second = ListingDoc { title: "Second".to_owned(), ..listing(1) };
    let fixture = Fixture::with(&[first, second]);
    assert_eq!(fixture.search.listings(), 1);
    assert_eq!(fixture.found(&words("second")), [1]);
}

#[test]
fn a_removed_listing_is_not_found_and_removing_twice_is_no_error() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    for _ in 0..2 {
        fixture.writer.remove(super::fixture::id(1)).unwrap();
        fixture.publish();
    }
    assert_eq!(fixture.found(&SearchQuery::default()), [2]);
    assert!(!fixture.writer.contains(super::fixture::id(1)));
}

#[test]
fn a_listing_keeps_its_slot_until_its_removal_is_committed() {
    let mut fixture = Fixture::new();
    let mut put = |n| fixture.writer.upsert(&listing(n)).unwrap();
    assert_eq!(put(1), Upserted { slots: vec![0], new: true });
    assert_eq!(put(2), Upserted { slots: vec![1], new: true });
    assert_eq!(put(1), Upserted { slots: vec![0], new: false });
    fixture.writer.set_taken(super::fixture::id(1), &[(unit(1), vec![stay(0, 9)])]);
    fixture.writer.remove(super::fixture::id(1)).unwrap();
    assert_eq!(fixture.writer.upsert(&listing(3)).unwrap().slots, [2], "slot 0 is not free yet");
    assert_eq!(
        fixture.writer.upsert(&listing(1)).unwrap(),
        Upserted { slots: vec![0], new: false },
        "back before the commit"
    );
    assert!(!fixture.search.availability().is_free(0, stay(0, 1)));
    fixture.writer.remove(super::fixture::id(1)).unwrap();
    fixture.publish();
    assert_eq!(
        fixture.writer.upsert(&listing(4)).unwrap(),
        Upserted { slots: vec![0], new: true },
        "given to the next"
    );
    assert!(fixture.search.availability().is_free(0, stay(0, 1)), "without the old nights");
}

#[test]
fn slots_are_read_back_at_open() {
    let mut fixture = Fixture::with(&[listing(1), listing(2), listing(3)]);
    fixture.writer.remove(super::fixture::id(2)).unwrap();
    fixture.publish();
    let mut fixture = fixture.reopened();
    let mut listings: Vec<u64> = fixture.writer.listings().map(number).collect();
    listings.sort_unstable();
    assert_eq!(listings, [1, 3]);
    let mut slot = |n| fixture.writer.upsert(&listing(n)).unwrap().slots[0];
    assert_eq!([slot(1), slot(3), slot(4), slot(5)], [0, 2, 1, 3]);
}

#[test]
fn slots_that_contradict_each_other_are_refused() {
    let id = super::fixture::id;
    let home = |number, slot| (id(number), vec![(unit(number), slot)]);
    assert!(Slots::restore([home(1, 0), home(2, 0)]).is_none());
    assert!(Slots::restore([home(1, 0), home(1, 1)]).is_none());
    assert!(Slots::restore([(id(1), vec![(unit(1), 0), (unit(2), 0)])]).is_none());
    assert!(Slots::restore([home(1, 4), home(2, 1)]).is_some());
}

/// A home with the unit types that are named, each for one guest more than the one before.
fn hotel(units: &[u64]) -> ListingDoc {
    let types = units.iter().zip(1..);
    let types = types.map(|(number, guests)| UnitDoc { id: unit(*number), guests });
    ListingDoc { units: types.collect(), ..listing(1) }
}

#[test]
fn each_unit_type_keeps_its_own_slot() {
    let mut fixture = Fixture::new();
    let mut put = |units: &[u64]| fixture.writer.upsert(&hotel(units)).unwrap();
    assert_eq!(put(&[7, 8, 9]), Upserted { slots: vec![0, 1, 2], new: true });
    assert_eq!(put(&[9, 7]), Upserted { slots: vec![2, 0], new: false });
    assert_eq!(put(&[9, 6, 7]), Upserted { slots: vec![2, 3, 0], new: true }, "8 is not free yet");
    assert_eq!(put(&[]), Upserted { slots: vec![], new: false });
    assert_eq!(put(&[9, 6]), Upserted { slots: vec![2, 3], new: false });
    assert!(fixture.writer.contains(super::fixture::id(1)));
    fixture.publish();
    let mut fixture = fixture.reopened();
    assert_eq!(fixture.writer.upsert(&hotel(&[6, 9])).unwrap().slots, [3, 2], "read back at open");
}

#[test]
fn a_home_is_free_when_a_unit_type_with_enough_guests_is() {
    let mut fixture = Fixture::with(&[hotel(&[7, 8])]);
    let id = super::fixture::id(1);
    let found = |fixture: &Fixture, guests| {
        let asked =
            Criteria { nights: Some(stay(4, 1)), guests: Some(guests), ..Criteria::default() };
        !fixture.found(&asked.into()).is_empty()
    };
    assert!(found(&fixture, 1) && found(&fixture, 2) && !found(&fixture, 5));
    fixture.writer.set_taken(id, &[(unit(8), vec![stay(3, 2)])]);
    assert!(found(&fixture, 1), "the smaller one is free");
    assert!(!found(&fixture, 2), "the one for two is taken");
    fixture.writer.set_taken(id, &[(unit(7), vec![stay(4, 1)])]);
    assert!(found(&fixture, 1) && found(&fixture, 2), "what is not named is free");
    fixture.add(&[hotel(&[])]);
    assert!(!found(&fixture, 1), "nothing of it is let by the night");
    assert_eq!(fixture.found(&SearchQuery::default()), [1]);
}

#[test]
fn stays_that_a_home_does_not_take_are_not_found() {
    let fixture = Fixture::with(&[ListingDoc { min_nights: 3, max_nights: 5, ..listing(1) }]);
    for nights in 1..9 {
        let query = Criteria { nights: Some(stay(4, nights)), ..Criteria::default() }.into();
        assert_eq!(!fixture.found(&query).is_empty(), (3..=5).contains(&nights), "{nights}");
    }
}

#[test]
fn nights_of_a_listing_that_is_not_there_are_left_out() {
    let fixture = Fixture::with(&[listing(1)]);
    let taken = [(unit(1), vec![stay(3, 2)])];
    assert!(fixture.writer.set_taken(super::fixture::id(1), &taken));
    assert!(!fixture.writer.set_taken(super::fixture::id(2), &taken));
    let query = Criteria { nights: Some(stay(4, 1)), ..Criteria::default() }.into();
    assert_eq!(fixture.found(&query), Vec::<u64>::new(), "at once, without a commit");
}

#[test]
fn a_rollback_drops_what_was_not_committed() {
    let mut fixture = Fixture::with(&[listing(1)]);
    fixture.writer.commit(&at(1)).unwrap();
    fixture.writer.upsert(&listing(2)).unwrap();
    fixture.writer.remove(super::fixture::id(1)).unwrap();
    fixture.writer.rollback().unwrap();
    assert_eq!(fixture.writer.cursor(), &at(1));
    fixture.publish();
    assert_eq!(fixture.found(&SearchQuery::default()), [1]);
    assert!(fixture.writer.contains(super::fixture::id(1)));
    assert_eq!(fixture.writer.upsert(&listing(1)).unwrap().slots, [0]);
}

/// Replacing is a deletion and an addition; nobody may ever see only one of the two.
#[test]
fn searches_go_on_while_listings_are_replaced() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    let (search, done) = (fixture.search.clone(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut searches = 0_u64;
                    while !done.load(Ordering::Relaxed) || searches == 0 {
                        let page = search.search(&words("home")).unwrap();
                        assert_eq!((page.total, page.hits.len()), (2, 2));
                        searches += 1;
                    }
                    searches
                })
            })
            .collect();
        for round in 0..15 {
            fixture.add(&[ListingDoc { guests: round, ..listing(1) }]);
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
}

#[test]
fn clearing_empties_index_and_cursor() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    fixture.writer.commit(&at(9)).unwrap();
    fixture.writer.upsert(&listing(3)).unwrap();
    fixture.writer.clear().unwrap();
    fixture.writer.reload().unwrap();
    assert_eq!(fixture.search.listings(), 0);
    assert!(fixture.writer.cursor().is_empty());
    fixture.add(&[listing(4)]);
    let fixture = fixture.reopened();
    assert_eq!(fixture.found(&SearchQuery::default()), [4]);
}

#[test]
fn a_point_off_the_globe_is_refused_and_takes_no_slot() {
    let mut fixture = Fixture::new();
    for (lat, lon) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (90.1, 0.0), (0.0, -180.1)] {
        let refused = fixture.writer.upsert(&ListingDoc { lat, lon, ..listing(1) });
        assert!(matches!(refused, Err(IndexError::Listing(InvalidListing::Point))));
    }
    assert!(!fixture.writer.contains(super::fixture::id(1)));
    assert_eq!(fixture.writer.upsert(&listing(2)).unwrap().slots, [0]);
}

#[test]
fn a_second_writer_is_refused_and_harms_nothing() {
    let fixture = Fixture::with(&[listing(1)]);
    for source in ["test", "another"] {
        let second = open(options(&fixture.dir, source), TODAY);
        assert!(matches!(second, Err(IndexError::Locked(_))));
    }
    assert_eq!(fixture.reopened().found(&SearchQuery::default()), [1]);
}

#[test]
fn an_index_of_another_source_is_thrown_away() {
    let mut fixture = Fixture::with(&[listing(1)]);
    fixture.writer.commit(&at(5)).unwrap();
    let Fixture { search, writer, dir } = fixture;
    drop((search, writer));
    let fixture = Fixture::open_in(dir, "another database").unwrap();
    assert!(fixture.writer.cursor().is_empty());
    assert_eq!(fixture.search.listings(), 0);
}

/// Damages the directory of a committed index in some way; opening it must give an empty
/// one that works, not an error and not the old listings.
fn is_rebuilt(damage: impl Fn(&Path)) {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    fixture.writer.commit(&at(5)).unwrap();
    let Fixture { search, writer, dir } = fixture;
    drop((search, writer));
    damage(&dir.path().join("search/1"));
    let mut fixture = Fixture::open_in(dir, "test").unwrap();
    assert!(fixture.writer.cursor().is_empty());
    assert_eq!(fixture.search.listings(), 0);
    fixture.add(&[listing(3)]);
    assert_eq!(fixture.reopened().found(&SearchQuery::default()), [3]);
}

/// The files of the index's segments.
fn segment_files(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let of_segments = files.filter(|path| {
        path.file_stem().is_some_and(|stem| stem.len() == 32) && path.extension().is_some()
    });
    of_segments.collect()
}

#[test]
fn an_index_of_another_version_is_rebuilt() {
    is_rebuilt(|dir| {
        let meta = fs::read_to_string(dir.join("meta.json")).unwrap();
        let version = format!(r#"\"version\":{VERSION}"#);
        let other = meta.replace(&version, r#"\"version\":0"#);
        assert_ne!(meta, other);
        fs::write(dir.join("meta.json"), other).unwrap();
    });
}

#[test]
fn an_index_with_damaged_metadata_is_rebuilt() {
    for name in ["meta.json", ".managed.json"] {
        is_rebuilt(|dir| fs::write(dir.join(name), "{ garbage").unwrap());
        is_rebuilt(|dir| fs::write(dir.join(name), "").unwrap());
    }
    is_rebuilt(|dir| fs::remove_file(dir.join("meta.json")).unwrap());
    is_rebuilt(|dir| {
        fs::remove_dir_all(dir).unwrap();
        fs::create_dir(dir).unwrap();
    });
}

#[test]
fn an_index_with_a_damaged_segment_is_rebuilt() {
    let kinds = |fixture: &Fixture| segment_files(&fixture.dir.path().join("search/1")).len();
    let files = kinds(&Fixture::with(&[listing(1), listing(2)]));
    assert!(files >= 5, "a segment has {files} files");
    let nth = |dir: &Path, n: usize| {
        let mut files = segment_files(dir);
        files.sort_by_key(|path| path.extension().map(ToOwned::to_owned));
        files[n].clone()
    };
    for n in 0..files {
        is_rebuilt(|dir| fs::remove_file(nth(dir, n)).unwrap());
        is_rebuilt(|dir| fs::write(nth(dir, n), "").unwrap());
        is_rebuilt(|dir| {
            let mut bytes = fs::read(nth(dir, n)).unwrap();
            bytes.truncate(bytes.len() / 2);
            fs::write(nth(dir, n), bytes).unwrap();
        });
        is_rebuilt(|dir| {
            let mut bytes = fs::read(nth(dir, n)).unwrap();
            bytes[0] ^= 0x40;
            fs::write(nth(dir, n), bytes).unwrap();
        });
    }
}
