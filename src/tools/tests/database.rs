//! What the tools leave in a real database.

use std::time::Duration;

use jiff::SignedDuration;

use super::import::args;
use super::inside_airbnb::drafts;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::UserId;
use crate::domain::property::{Listing, Status};
use crate::domain::rules::{Review, Rules};
use crate::domain::user::Role;
use crate::storage::accounts::{self, NewUser};
use crate::storage::blobs::Blobs;
use crate::storage::changes::{ChangeSet, Settled};
use crate::storage::pool::Database;
use crate::storage::private_postgres::PrivatePostgres;
use crate::storage::sqlstate::StorageError;
use crate::storage::tests::bulk::written;
use crate::storage::tests::private_postgres::{options, scratch};
use crate::storage::{bookings, migrate, photos, properties, shards};
use crate::tools::demo::people::{DemoPerson, LANDLORDS, LOGINS, TENANTS, demo_people};
use crate::tools::demo::{self, DemoArgs};
use crate::tools::import::{self, ImportError, ListingSink, Outcome};
use crate::tools::lanes::NewProperties;
use crate::tools::listing::ListingDraft;
use crate::tools::sink::{PropertySink, create};
use crate::tools::store::{Store, StoreError};
use crate::tools::target::Target;

const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 400,
    holds_per_user: 0,
    ..Rules::USUAL
};

/// Runs a test on a migrated database of its own. Postgres is started outside of the
/// runtime: it lives as long as the thread that starts it.
fn with_a_database(test: impl AsyncFnOnce(&Database)) {
    let folder = scratch();
    let postgres = PrivatePostgres::start(options(folder.path())).unwrap();
    let database = Database::parse(&postgres.url()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrate::run(&database).await.unwrap();
        test(&database).await;
    });
    drop(runtime);
    postgres.stop().unwrap();
}

async fn store(database: &Database) -> Store {
    Store::open(database, Clock::system(), RULES).await.unwrap()
}

async fn somebody(database: &Database, id: UserId, email: &str, roles: &[Role]) -> UserId {
    let mut client = database.connect("").await.unwrap();
    let now = Clock::system().now();
    let new = NewUser { id, email, name: "Ada", password_hash: "none", roles, now };
    assert!(accounts::register(&mut client, &new, uuid::Uuid::new_v4()).await.unwrap());
    id
}

async fn of_owner(database: &Database, owner: UserId) -> Vec<Listing> {
    let client = database.connect("").await.unwrap();
    properties::of_owner(&client, owner, None, 10_000).await.unwrap()
}

async fn import(database: &Database) -> Result<import::Report, ImportError> {
    import::into_database(&args(), database, Clock::system(), RULES).await
}

#[test]
fn an_import_makes_properties_and_a_second_run_changes_nothing() {
    with_a_database(async |database| {
        let error = import(database).await.unwrap_err().to_string();
        assert!(error.starts_with("no account has the email a@example.com: register"), "{error}");
        let owner = Clock::system().id();
        somebody(database, owner, "A@example.com", &[Role::Tenant]).await;
        let error = import(database).await.unwrap_err().to_string();
        assert!(error.starts_with("a@example.com is no landlord: sign in as"), "{error}");
        assert_eq!(of_owner(database, owner).await, []);

        let mut client = database.connect("").await.unwrap();
        let now = Clock::system().now();
        let cause = uuid::Uuid::new_v4();
        accounts::grant(&mut client, owner, Role::Landlord, cause, now).await.unwrap();
        let report = import(database).await.unwrap();
        assert_eq!((report.created, report.drafts, report.bad), (22, 2, 10));
        let made = of_owner(database, owner).await;
        assert_eq!(made.len(), 22);
        let live = made.iter().filter(|listing| listing.status == Status::Live);
        assert!(live.clone().all(|listing| listing.version == 2));
        assert_eq!(live.count(), 20);
        for listing in &made {
            assert_eq!(listing.source.as_ref().unwrap().name, "inside-airbnb");
            let slots = properties::slots(&client, listing.id).await.unwrap();
            assert_eq!(slots.len(), usize::from(listing.units[0].fields.count));
        }

        let report = import(database).await.unwrap();
        assert_eq!((report.created, report.unchanged, report.bad), (0, 22, 10));
        assert_eq!(of_owner(database, owner).await, made);

        let held = store(database).await;
        let refused = import(database).await;
        assert!(matches!(refused, Err(ImportError::Store(StoreError::InUse))));
        drop(held);
    });
}

#[test]
fn an_import_that_was_cut_short_is_finished_by_the_next() {
    with_a_database(async |database| {
        let owner = Clock::system().id();
        somebody(database, owner, "a@example.com", &[Role::Tenant, Role::Landlord]).await;
        let some: Vec<_> = drafts().into_iter().take(7).collect();
        let mut store = store(database).await;
        let outcomes = PropertySink::new(&mut store, owner).put(some).await.unwrap();
        assert_eq!(outcomes, vec![Outcome::Created; 7]);
        let before = of_owner(database, owner).await;
        drop(store);

        let report = import(database).await.unwrap();
        assert_eq!((report.created, report.unchanged), (15, 7));
        let after = of_owner(database, owner).await;
        assert_eq!(after.len(), 22);
        assert!(before.iter().all(|listing| after.contains(listing)));
    });
}

#[test]
fn sets_that_are_sent_again_are_known_and_only_culprits_fail() {
    with_a_database(async |database| {
        let owner = Clock::system().id();
        somebody(database, owner, "a@example.com", &[Role::Landlord]).await;
        let mut store = store(database).await;
        let drafts: Vec<_> = drafts().into_iter().take(5).collect();
        let stories: Vec<_> =
            (1..).zip(&drafts).map(|(slot, draft)| sets(&store, draft, owner, slot)).collect();
        let written = store.write(stories[..3].to_vec()).await.unwrap();
        assert!(
            written.iter().all(|end| matches!(end, Some(Ok(Settled::Fresh { .. })))),
            "{written:?}"
        );

        // The fourth takes a slot that is taken.
        let mut again = stories;
        again[3] = sets(&store, &drafts[3], owner, 1);
        let written = store.write(again).await.unwrap();
        let known = |end: &Option<_>| matches!(end, Some(Ok(Settled::Already)));
        assert!(written[..3].iter().all(known), "{written:?}");
        assert!(matches!(written[3], Some(Err(_))), "{written:?}");
        assert!(matches!(written[4], Some(Ok(Settled::Fresh { .. }))), "{written:?}");
        assert_eq!(of_owner(database, owner).await.len(), 4);
    });
}

fn sets(store: &Store, draft: &ListingDraft, owner: UserId, slot: i64) -> Vec<ChangeSet> {
    let at = "2026-03-01T09:00:00Z".parse().unwrap();
    let mut story = store.story(draft.property_id());
    let slots = (0..i64::from(draft.unit.count)).map(|unit| slot * 1000 + unit).collect();
    create(&mut story, draft, owner, slots, at).unwrap();
    story.into_sets()
}

fn new(sets: Vec<ChangeSet>) -> NewProperties {
    let mut new = NewProperties::default();
    sets.into_iter().for_each(|set| new.add(set).unwrap());
    new
}

/// What is left of some new listings that were written one way or the other. Everything
/// about them is decided beforehand, so both ways have to leave the same.
fn rows_after(
    write: impl AsyncFnOnce(&mut Store, Vec<ChangeSet>) -> Result<(), StoreError>,
) -> Vec<String> {
    let mut rows = Vec::new();
    with_a_database(async |database| {
        let owner = UserId::from(uuid::Uuid::from_u128(7));
        somebody(database, owner, "a@example.com", &[Role::Landlord]).await;
        let mut store = store(database).await;
        let listings: Vec<_> = demo::listings::listings(3, 60).collect();
        let stories = (1..).zip(&listings).flat_map(|(slot, it)| sets(&store, it, owner, slot));
        let stories: Vec<_> = stories.collect();
        write(&mut store, stories).await.unwrap();
        rows = written(store.client()).await;
    });
    rows
}

#[test]
fn bulk_writes_leave_the_rows_that_batches_leave() {
    let batched = rows_after(async |store, sets| {
        let ends = store.write(sets.into_iter().map(|set| vec![set]).collect()).await?;
        assert!(ends.iter().all(|end| matches!(end, Some(Ok(Settled::Fresh { .. })))));
        Ok(())
    });
    assert!(batched.len() > 300, "listings, slots, events and heads: {}", batched.len());
    let in_bulk = rows_after(async |store, mut sets| {
        // In two goes, so that streams have to be continued.
        let later = sets.split_off(35);
        store.write_new(new(sets)).await?;
        store.write_new(new(later)).await?;
        store.settle().await
    });
    assert_eq!(batched, in_bulk);
}

#[test]
fn bulk_writes_are_fenced() {
    with_a_database(async |database| {
        let owner = Clock::system().id();
        somebody(database, owner, "a@example.com", &[Role::Landlord]).await;
        let mut store = store(database).await;
        let listings: Vec<_> = demo::listings::listings(3, 4).collect();
        let stories = (1..).zip(&listings).flat_map(|(slot, it)| sets(&store, it, owner, slot));
        let stories: Vec<_> = stories.collect();
        let client = database.connect("").await.unwrap();
        shards::take_all(&client).await.unwrap();
        store.write_new(new(stories)).await.unwrap();
        let end = store.settle().await;
        assert!(matches!(end, Err(StoreError::TakenOver)), "{end:?}");
        assert_eq!(of_owner(database, owner).await, []);
    });
}

#[test]
fn a_bulk_write_for_somebody_without_an_account_writes_nothing() {
    with_a_database(async |database| {
        let owner = Clock::system().id();
        let mut store = store(database).await;
        let listings: Vec<_> = demo::listings::listings(3, 4).collect();
        let stories = (1..).zip(&listings).flat_map(|(slot, it)| sets(&store, it, owner, slot));
        let stories: Vec<_> = stories.collect();
        store.write_new(new(stories)).await.unwrap();
        let end = store.settle().await;
        assert!(matches!(end, Err(StoreError::Storage(StorageError::Refused(..)))), "{end:?}");
        assert_eq!(written(store.client()).await, [""; 0]);
    });
}

#[test]
fn bulk_writes_know_the_parents_of_all_rows() {
    with_a_database(async |database| {
        let client = database.connect("").await.unwrap();
        let tables = "('properties', 'units', 'slots', 'events', 'events_rest')";
        let parents = format!(
            "select format('%s of %s', conrelid::regclass, confrelid::regclass) from pg_constraint
             where contype = 'f' and conrelid::regclass::text in {tables} order by 1"
        );
        let parents = client.query(&parents, &[]).await.unwrap();
        let parents: Vec<String> = parents.iter().map(|row| row.get(0)).collect();
        let known = ["properties of users", "slots of properties", "units of properties"];
        assert_eq!(parents, known);
        // No other trigger would run.
        let others = format!(
            "select count(*) from pg_trigger
             where not tgisinternal and tgrelid::regclass::text in {tables}"
        );
        let others: i64 = client.query_one(&others, &[]).await.unwrap().get(0);
        assert_eq!(others, 0);
    });
}

#[test]
fn a_long_demo_is_made_once() {
    with_a_database(async |database| {
        let args = DemoArgs { listings: 3030, seed: 20, photos: Some(2) };
        let folder = scratch();
        let blobs = Config::load(None, std::iter::empty()).unwrap().blobs;
        let blobs = Blobs::open(&blobs, folder.path()).unwrap();
        for (made, unchanged) in [(3030, 0), (0, 3030)] {
            let target = Target::alone(database.clone(), Clock::system(), RULES);
            let report = demo::into(target.with_blobs(blobs.clone()), &args).await.unwrap();
            println!("{report}");
            assert_eq!((report.listings, report.unchanged), (made, unchanged));
            assert_eq!((report.photos, report.refused), (u64::from(made) * 2, 0));
        }
        // A picture that is as wide as its card is the same file: two files a drawing.
        let stored = blobs.list(None, 1000).await.unwrap();
        assert!((40..=48).contains(&stored.len()), "{}", stored.len());
        let client = database.connect("").await.unwrap();
        let crowd = accounts::credentials(&client, "landlord-1@example.com").await.unwrap();
        let owned = of_owner(database, crowd.unwrap().0.id).await;
        assert_eq!(owned.len(), 30);
        for listing in &owned {
            let photos = photos::of_property(&client, listing.id).await.unwrap();
            assert_eq!(photos.len(), 2);
            for key in photos.iter().flat_map(|photo| photo.variants) {
                assert!(stored.contains(&key));
            }
            assert_eq!(photos::version(&client, listing.id).await.unwrap(), 2);
        }
        let told = "select count(*) from events where type = 'property.photo_added'";
        let told: i64 = client.query_one(told, &[]).await.unwrap().get(0);
        assert_eq!(told, 6060);
        let gaps = "select count(*) from streams s where head <> (select count(*) from events e
             where e.stream = s.stream)";
        let gaps: i64 = client.query_one(gaps, &[]).await.unwrap().get(0);
        assert_eq!(gaps, 0);
    });
}

async fn fill_if_empty(database: &Database) -> Option<demo::Report> {
    demo::fill_if_empty(Target::alone(database.clone(), Clock::system(), RULES)).await.unwrap()
}

#[test]
fn an_empty_database_gets_its_demo_once() {
    with_a_database(async |database| {
        let mut told = Vec::new();
        demo::tell(database, &mut told).await.unwrap();
        assert_eq!(told, b"", "nobody is there to log in");

        let report = fill_if_empty(database).await.unwrap();
        println!("{report}");
        assert_eq!((report.listings, report.unchanged, report.refused), (300, 0, 0));
        assert_eq!(report.people, u32::try_from(LANDLORDS + TENANTS).unwrap());
        assert!(report.stays >= 20 && report.today.len() == 13, "{report}");

        let client = database.connect("").await.unwrap();
        let landlord = accounts::credentials(&client, LOGINS[1].email).await.unwrap().unwrap().0;
        let tenant = accounts::credentials(&client, LOGINS[0].email).await.unwrap().unwrap().0;
        assert!(landlord.roles.contains(&Role::Landlord));
        assert_eq!(tenant.roles, [Role::Tenant]);
        assert!(Clock::system().now() - SignedDuration::from_hours(24) > tenant.created_at);
        assert_eq!(of_owner(database, landlord.id).await.len(), 25);
        let ended =
            bookings::of_tenant(&client, tenant.id, &bookings::Filter::default(), None, 100)
                .await
                .unwrap();
        let ended: Vec<_> = ended.iter().map(|found| found.booking.status.name()).collect();
        assert_eq!(ended, ["expired", "cancelled"], "the newest first");

        demo::tell(database, &mut told).await.unwrap();
        let lines = "tenant: tenant@example.com / let-me-book-homes\n\
                     landlord: landlord@example.com / let-me-let-homes\n";
        assert_eq!(String::from_utf8(told).unwrap(), lines);

        assert!(fill_if_empty(database).await.is_none(), "it is there");
    });
}

#[test]
fn a_demo_that_was_cut_short_is_finished_and_strangers_are_left_alone() {
    with_a_database(async |database| {
        let people = demo_people(20);
        let first: &DemoPerson = &people[0];
        let roles = [Role::Tenant, Role::Landlord];
        somebody(database, first.user_id(), &first.email, &roles).await;
        let report = fill_if_empty(database).await.unwrap();
        assert_eq!((report.people, report.listings), (13, 300));
    });
    with_a_database(async |database| {
        somebody(database, Clock::system().id(), LOGINS[1].email, &[Role::Tenant]).await;
        assert!(fill_if_empty(database).await.is_none());
        let mut told = Vec::new();
        demo::tell(database, &mut told).await.unwrap();
        assert_eq!(told, b"", "that account has another password");

        // Asked for by hand, the demo comes beside what is there.
        for (listings, made) in [(50, 50), (80, 30), (80, 0)] {
            let args = DemoArgs { listings, seed: 7, photos: None };
            let report =
                demo::into(Target::alone(database.clone(), Clock::system(), RULES), &args).await;
            let report = report.unwrap();
            assert_eq!((report.listings, report.unchanged), (made, listings - made));
        }
    });
}
