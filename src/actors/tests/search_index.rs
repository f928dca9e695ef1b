//! The search consumer over a real database: what is committed is found, a full home is
//! not, and an index goes on where it stopped, or is filled anew.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;

use super::search_document::{fields, unit};
use crate::actors::cluster::ownership::Ownership;
use crate::actors::cluster::peers::Peers;
use crate::actors::cluster::region::{Limits, Region};
use crate::actors::committer::Committers;
use crate::actors::consumers::search_document::document;
use crate::actors::consumers::search_feed::Feed;
use crate::actors::consumers::search_index::{Search, Surroundings};
use crate::actors::property;
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::domain::booking;
use crate::domain::calendar::{self, Nights};
use crate::domain::criteria::Criteria;
use crate::domain::entity::Stream;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor;
use crate::domain::ids::{BookingId, PropertyId, UserId};
use crate::domain::property::{Command, Listing, Status};
use crate::domain::rules::{Review, Rules};
use crate::domain::stay::{self, Outcome};
use crate::domain::user::Role;
use crate::search::{self, Cursor, IndexOptions, SearchQuery};
use crate::storage::accounts::{self, NewUser};
use crate::storage::pool::{Database, Pool};
use crate::storage::private_postgres::PrivatePostgres;
use crate::storage::tests::private_postgres::{options, scratch};
use crate::storage::{events, facts, migrate, properties};

/// How long anything may take here; no test depends on how long it does.
const GUARD: Duration = Duration::from_secs(60);

/// A server without its listener, as far as search goes.
struct Node {
    root: Root,
    region: Region,
    pool: Pool,
    clock: Clock,
    search: Search,
}

impl Node {
    async fn start(database: &Database, dir: &Path) -> Self {
        let (clock, root) = (Clock::system(), Root::start().await.unwrap());
        let pool = database.pool(4).await.unwrap();
        let ownership = Ownership::of_all(database).await;
        let tail = Tail::start(&root, &pool, &Peers::new(ownership.me())).await.unwrap();
        let committers = Committers::start(&root, database, 1, 100, &tail).await.unwrap();
        let minute = Duration::from_secs(60);
        let around = property::Surroundings {
            pool: pool.clone(),
            committers,
            clock: clock.clone(),
            rules: Rules {
                review: Review::Auto,
                hold: minute * 10,
                expiring: minute,
                window_days: 730,
                holds_per_user: 0,
                ..Rules::USUAL
            },
        };
        let limits = Limits { entity_queue: 64, node_queue: 64, idle: minute, entities_max: 64 };
        let region = Region::new(ownership, None, Arc::new(around), root.cell(), limits);
        let around = Surroundings {
            pool: pool.clone(),
            clock: clock.clone(),
            dir: dir.to_owned(),
            commit: Duration::from_millis(20),
            writer_memory_bytes: 15_000_000,
            synonyms: None,
        };
        let search = Search::start(&root, &tail, around).await.unwrap();
        Self { root, region, pool, clock, search }
    }

    async fn stop(self) {
        self.root.stop().await;
    }

    async fn somebody(&self, email: &str) -> UserId {
        let id = self.clock.id();
        let new = NewUser {
            id,
            email,
            name: "Somebody",
            password_hash: "",
            roles: &[Role::Tenant, Role::Landlord],
            now: self.clock.now(),
        };
        let causation = self.clock.id();
        let mut client = self.pool.get().await.unwrap();
        assert!(accounts::register(&mut client, &new, causation).await.unwrap());
        id
    }

    async fn tell(&self, by: UserId, at: PropertyId, command: stay::Command) -> Outcome {
        let id = self.clock.id();
        let request = Request { id, fingerprint: [0; 16], actor: Actor::User(by), command };
        match self.region.ask(at.into(), request).await.unwrap() {
            Answer::Done { outcome, .. } => outcome,
            Answer::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    async fn list(&self, owner: UserId, title: &str, price: i64, count: u16) -> Listing {
        let client = self.pool.get().await.unwrap();
        let slot_ids = properties::next_slot_ids(&client, count.into()).await.unwrap();
        drop(client);
        let id: PropertyId = self.clock.id();
        let create = Command::Create {
            id,
            owner,
            fields: Box::new(fields(title)),
            units: vec![unit(7, price, count)],
            slot_ids,
            policies: Box::default(),
            pricing: Box::default(),
            source: None,
        };
        self.tell(owner, id, stay::Command::Listing(create)).await;
        let submit = Command::Submit { by: owner, version: 1 };
        match self.tell(owner, id, stay::Command::Listing(submit)).await {
            Outcome::Listing(listing) => *listing,
            other => panic!("{other:?}"),
        }
    }

    async fn edit(&self, listing: &Listing, title: &str, price: i64) {
        let edit = Command::Edit {
            by: listing.owner,
            version: listing.version,
            fields: Box::new(fields(title)),
            unit: Some(Box::new(unit(7, price, 1).fields)),
            slot_ids: Vec::new(),
        };
        self.tell(listing.owner, listing.id, stay::Command::Listing(edit)).await;
    }

    async fn hold(&self, by: UserId, at: PropertyId, nights: Nights) -> BookingId {
        let booking_id = self.clock.id();
        let hold = booking::Command::Hold {
            by,
            booking_id,
            unit_id: None,
            nights,
            guests: 1,
            slot: None,
            offer: None,
        };
        self.tell(by, at, stay::Command::Booking(hold)).await;
        booking_id
    }

    async fn release(&self, by: UserId, at: PropertyId, booking_id: BookingId) {
        let release = booking::Command::Release { by, booking_id };
        self.tell(by, at, stay::Command::Booking(release)).await;
    }

    /// The titles that a search finds, when it knows of all that has happened.
    async fn finds(&self, text: &str, nights: Option<Nights>) -> Vec<String> {
        let client = self.pool.get().await.unwrap();
        let heads = events::heads(&client).await.unwrap();
        drop(client);
        let started = clock::monotonic();
        clock::within(GUARD, self.search.catch_up_with(&heads)).await.unwrap();
        eprintln!("caught up after {:?}", started.elapsed());
        let asked = Criteria { text: text.to_owned(), nights, ..Criteria::default() };
        let found = self.search.search(asked.into()).await.unwrap();
        let mut titles: Vec<_> =
            found.hits.iter().map(|hit| hit.card["title"].as_str().unwrap().to_owned()).collect();
        titles.sort();
        titles
    }

    /// What every document of the index shows, page by page.
    async fn indexed(&self) -> Vec<String> {
        let (mut cards, mut cursor) = (Vec::new(), None);
        loop {
            let query = SearchQuery { cursor, ..SearchQuery::default() };
            let page = self.search.search(query).await.unwrap();
            cards.extend(page.hits.iter().map(|hit| hit.card.to_string()));
            cursor = page.next;
            if cursor.is_none() {
                cards.sort();
                return cards;
            }
        }
    }

    /// What they must show, from the rows.
    async fn in_rows(&self) -> Vec<String> {
        let client = self.pool.get().await.unwrap();
        let live = properties::of_status(&client, Status::Live, None, 1_000).await.unwrap();
        let mut cards: Vec<String> =
            live.iter().filter_map(document).map(|document| document.card.to_string()).collect();
        cards.sort();
        cards
    }

    /// The date in so many days.
    fn day(&self, days: i32) -> Date {
        let today = calendar::local_date(self.clock.now(), &jiff::tz::TimeZone::UTC);
        today.saturating_add(days.days())
    }

    fn nights(&self, from: i32, to: i32) -> Nights {
        Nights::new(self.day(from), self.day(to)).unwrap()
    }
}

/// A database and folders for indexes.
struct Place {
    folder: std::path::PathBuf,
    database: Database,
}

impl Place {
    async fn start(&self) -> Node {
        Node::start(&self.database, &self.index()).await
    }

    fn index(&self) -> std::path::PathBuf {
        self.folder.join("search")
    }
}

/// Runs a test in a place of its own. Postgres is started outside of the runtime: it lives
/// as long as the thread that starts it, and waits for it.
fn within_a_place(test: impl AsyncFnOnce(&Place)) {
    let folder = scratch();
    let postgres = PrivatePostgres::start(options(folder.path())).unwrap();
    let database = Database::parse(&postgres.url()).unwrap();
    let place = Place { folder: folder.path().to_owned(), database };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        migrate::run(&place.database).await.unwrap();
        test(&place).await;
    });
    drop(runtime);
    postgres.stop().unwrap();
}

#[test]
fn what_is_committed_is_found_until_its_nights_are_taken() {
    within_a_place(async |place| {
        let node = place.start().await;
        assert_eq!(node.finds("", None).await, [""; 0]);
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;

        let loft = node.list(owner, "Loft by the canal", 12_000, 1).await;
        let hostel = node.list(owner, "Hostel by the canal", 4_000, 2).await;
        assert_eq!(node.finds("canal", None).await, ["Hostel by the canal", "Loft by the canal"]);

        let (wanted, after) = (node.nights(30, 33), node.nights(33, 35));
        let first = node.hold(tenant, loft.id, wanted).await;
        let second = node.hold(tenant, hostel.id, wanted).await;
        unreadable(&node).await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Hostel by the canal"]);
        assert_eq!(node.finds("loft", Some(after)).await, ["Loft by the canal"]);
        assert_eq!(node.finds("loft", None).await, ["Loft by the canal"]);
        let other = node.somebody("other@example.com").await;
        node.hold(other, hostel.id, wanted).await;
        assert_eq!(node.finds("", Some(wanted)).await, [""; 0]);

        node.release(tenant, loft.id, first).await;
        node.release(tenant, hostel.id, second).await;
        assert_eq!(
            node.finds("", Some(wanted)).await,
            ["Hostel by the canal", "Loft by the canal"]
        );

        node.edit(&loft, "Attic over the roofs", 13_000).await;
        assert_eq!(node.finds("loft", None).await, [""; 0]);
        assert_eq!(node.finds("roofs", Some(wanted)).await, ["Attic over the roofs"]);
        node.stop().await;
    });
}

#[test]
fn an_index_goes_on_where_it_stopped_or_is_filled_anew() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;
        let loft = node.list(owner, "Loft by the canal", 12_000, 1).await;
        let attic = node.list(owner, "Attic", 9_000, 1).await;
        let wanted = node.nights(30, 33);
        node.hold(tenant, loft.id, wanted).await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Attic"]);
        node.stop().await;

        // Much happens while nobody follows the log here.
        let elsewhere = Node::start(&place.database, &place.folder.join("other")).await;
        assert_eq!(elsewhere.finds("", Some(wanted)).await, ["Attic"], "filled from rows alone");
        elsewhere.edit(&attic, "Garret", 9_500).await;
        elsewhere.list(owner, "Houseboat", 20_000, 1).await;
        elsewhere.hold(tenant, attic.id, node_nights(&elsewhere)).await;
        elsewhere.stop().await;

        let node = place.start().await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Garret", "Houseboat"]);
        assert_eq!(
            node.finds("", Some(node_nights(&node))).await,
            ["Houseboat", "Loft by the canal"]
        );
        node.stop().await;

        lead(place).await;
        let node = place.start().await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Garret", "Houseboat"], "filled anew");
        node.stop().await;
    });
}

#[test]
fn an_index_that_is_deleted_under_the_server_comes_back_as_the_database_says() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;
        let loft = node.list(owner, "Loft", 12_000, 1).await;
        for number in 0..30 {
            node.list(owner, &format!("Room {number}"), 5_000 + number, 1).await;
        }
        let wanted = node.nights(30, 33);
        node.hold(tenant, loft.id, wanted).await;
        let before = node.finds("", None).await;
        for deleted in [place.index(), place.index().join("index"), place.index().join("index")] {
            std::fs::remove_dir_all(&deleted).unwrap();
            let made = place.index().join("index/meta.json");
            let back = async {
                while !made.exists() {
                    assert_eq!(node.finds("", None).await.len(), before.len(), "never empty");
                    clock::pause(Duration::from_millis(20)).await;
                }
            };
            clock::within(GUARD, back).await.unwrap();
            // Written after the loss, so it is found in the new index only.
            node.edit(&find(&node, loft.id).await, "Attic", 12_000).await;
            let started = clock::monotonic();
            while node.indexed().await != node.in_rows().await {
                assert!(started.elapsed() < GUARD, "the index differs from the database");
                clock::pause(Duration::from_millis(20)).await;
            }
            assert_eq!(node.finds("attic", None).await, ["Attic"]);
            assert_eq!(node.finds("attic", Some(wanted)).await, [""; 0], "nights are back too");
        }
        node.stop().await;
    });
}

/// Writes an event that nobody can read, and one after it.
async fn unreadable(node: &Node) {
    let insert = "with head as (update streams set head = head + 2 where stream = 271
             returning head)
         insert into events select 271, head - 2 + n, 'no.such', 1, gen_random_uuid(), now(),
             'system', gen_random_uuid(), '{}' from head, generate_series(1, 2) n";
    node.pool.get().await.unwrap().execute(insert, &[]).await.unwrap();
}

async fn find(node: &Node, id: PropertyId) -> Listing {
    let client = node.pool.get().await.unwrap();
    properties::find_many(&client, &[id]).await.unwrap().remove(0)
}

#[test]
fn what_could_not_be_written_is_written_later() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let loft = node.list(owner, "Loft", 12_000, 1).await;
        let folder = place.folder.join("fed");
        let (pool, today) = (node.pool.clone(), node.day(-1));
        let opened = Feed::open(pool, folder.clone(), 15_000_000, None, today).await;
        let (index, mut feed) = opened.unwrap();
        let titles = |nights| {
            let query = Criteria { nights, ..Criteria::default() }.into();
            let hits = index.search(&query).unwrap().hits;
            hits.into_iter().map(|hit| hit.card["title"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(titles(None), ["Loft"]);

        node.edit(&loft, "Attic", 12_000).await;
        let tenant = node.somebody("tenant@example.com").await;
        node.hold(tenant, loft.id, node_nights(&node)).await;
        let heads = events::heads(&node.pool.get().await.unwrap()).await.unwrap();
        feed.heard(&heads);
        while feed.take_in().await.unwrap() {}
        assert_eq!(titles(Some(node_nights(&node))), [""; 0], "nights are seen at once");
        assert!(feed.seen().is_none(), "a document waits for its commit");

        // As a full or a lost disk would have it.
        std::fs::rename(folder.join("index"), folder.join("away")).unwrap();
        assert!(feed.commit().await.is_err());
        assert!(feed.commit().await.is_err());
        assert!(feed.seen().is_none());
        std::fs::rename(folder.join("away"), folder.join("index")).unwrap();
        while feed.take_in().await.unwrap() {}
        feed.commit().await.unwrap();
        assert_eq!(titles(None), ["Attic"]);
        assert_eq!(titles(Some(node_nights(&node))), [""; 0]);
        assert!(feed.seen().is_some() && !feed.is_behind());
        node.stop().await;
    });
}

fn node_nights(node: &Node) -> Nights {
    node.nights(50, 52)
}

/// Lets the index name events that the log does not have, as after a database was put back
/// to an earlier state.
async fn lead(place: &Place) {
    let client = place.database.connect("").await.unwrap();
    let source = facts::identity(&client).await.unwrap();
    let ahead: Cursor = events::heads(&client)
        .await
        .unwrap()
        .iter()
        .map(|head| (head.stream, u64::try_from(head.seq).unwrap() + 1))
        .chain([(Stream(1), 1_000)])
        .collect();
    let open = || {
        let options = IndexOptions::new(place.index(), source.clone());
        search::open(options, Date::constant(2026, 1, 1))
    };
    let wait = async {
        loop {
            // The stopped server's writer may still be on its way out.
            match open() {
                Ok(opened) => return opened,
                Err(_) => clock::pause(Duration::from_millis(20)).await,
            }
        }
    };
    let (_, mut writer) = clock::within(GUARD, wait).await.unwrap();
    let all: Vec<_> = writer.listings().collect();
    assert_eq!(all.len(), 3);
    for id in all {
        writer.remove(id).unwrap();
    }
    writer.commit(&ahead).unwrap();
}
