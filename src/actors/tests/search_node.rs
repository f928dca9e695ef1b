//! A server without its listener, for tests of the search consumer over a real database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::search_document::{fields, unit};
use crate::actors::cluster::ownership::Ownership;
use crate::actors::cluster::peers::Peers;
use crate::actors::cluster::region::{Limits, Region};
use crate::actors::committer::Committers;
use crate::actors::consumers::search_document::document;
use crate::actors::consumers::search_index::{Search, Surroundings};
use crate::actors::property;
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::domain::booking;
use crate::domain::calendar::{self, Nights};
use crate::domain::criteria::Criteria;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor;
use crate::domain::ids::{BookingId, PropertyId, UserId};
use crate::domain::property::{Command, Listing, Status};
use crate::domain::rules::{Review, Rules};
use crate::domain::stay::{self, Outcome};
use crate::domain::user::Role;
use crate::search::{SearchQuery, StoredCard};
use crate::storage::accounts::{self, NewUser};
use crate::storage::pool::{Database, Pool};
use crate::storage::private_postgres::PrivatePostgres;
use crate::storage::tests::private_postgres::{options, scratch};
use crate::storage::{events, migrate, properties};

/// How long anything may take here; no test depends on how long it does.
pub(super) const GUARD: Duration = Duration::from_secs(60);

/// A server without its listener, as far as search goes.
pub(super) struct Node {
    pub(super) root: Root,
    pub(super) region: Region,
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    pub(super) search: Search,
}

impl Node {
    pub(super) async fn start(database: &Database, dir: &Path) -> Self {
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

    pub(super) async fn stop(self) {
        self.root.stop().await;
    }

    pub(super) async fn somebody(&self, email: &str) -> UserId {
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

    pub(super) async fn tell(&self, by: UserId, at: PropertyId, command: stay::Command) -> Outcome {
        let id = self.clock.id();
        let request = Request { id, fingerprint: [0; 16], actor: Actor::User(by), command };
        match self.region.ask(at.into(), request).await.unwrap() {
            Answer::Done { outcome, .. } => outcome,
            Answer::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub(super) async fn list(&self, owner: UserId, title: &str, price: i64, count: u16) -> Listing {
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

    pub(super) async fn edit(&self, listing: &Listing, title: &str, price: i64) {
        let edit = Command::Edit {
            by: listing.owner,
            version: listing.version,
            fields: Box::new(fields(title)),
            unit: Some(Box::new(unit(7, price, 1).fields)),
            slot_ids: Vec::new(),
        };
        self.tell(listing.owner, listing.id, stay::Command::Listing(edit)).await;
    }

    pub(super) async fn hold(&self, by: UserId, at: PropertyId, nights: Nights) -> BookingId {
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

    pub(super) async fn release(&self, by: UserId, at: PropertyId, booking_id: BookingId) {
        let release = booking::Command::Release { by, booking_id };
        self.tell(by, at, stay::Command::Booking(release)).await;
    }

    /// The titles that a search finds, when it knows of all that has happened.
    pub(super) async fn finds(&self, text: &str, nights: Option<Nights>) -> Vec<String> {
        let client = self.pool.get().await.unwrap();
        let heads = events::heads(&client).await.unwrap();
        drop(client);
        let started = clock::monotonic();
        clock::within(GUARD, self.search.catch_up_with(&heads)).await.unwrap();
        eprintln!("caught up after {:?}", started.elapsed());
        let asked = Criteria { text: text.to_owned(), nights, ..Criteria::default() };
        let found = self.search.search(asked.into()).await.unwrap();
        let mut titles: Vec<_> = found.hits.iter().map(|hit| title(&hit.card)).collect();
        titles.sort();
        titles
    }

    /// The generation that is searched; 0 when there is none.
    pub(super) async fn generation(&self) -> u64 {
        self.search.standing().await.served.map_or(0, |served| served.generation)
    }

    /// What every document of the index shows, page by page.
    pub(super) async fn indexed(&self) -> Vec<String> {
        let (mut cards, mut cursor) = (Vec::new(), None);
        loop {
            let query = SearchQuery { cursor, ..SearchQuery::default() };
            let page = self.search.search(query).await.unwrap();
            cards.extend(page.hits.iter().map(|hit| hit.card.read::<Value>().unwrap().to_string()));
            cursor = page.next;
            if cursor.is_none() {
                cards.sort();
                return cards;
            }
        }
    }

    /// What they must show, from the rows.
    pub(super) async fn in_rows(&self) -> Vec<String> {
        let client = self.pool.get().await.unwrap();
        let live = properties::of_status(&client, Status::Live, None, 1_000).await.unwrap();
        let mut cards: Vec<String> =
            live.iter().filter_map(document).map(|document| document.card.to_string()).collect();
        cards.sort();
        cards
    }

    /// The date in so many days.
    pub(super) fn day(&self, days: i32) -> Date {
        let today = calendar::local_date(self.clock.now(), &jiff::tz::TimeZone::UTC);
        today.saturating_add(days.days())
    }

    pub(super) fn nights(&self, from: i32, to: i32) -> Nights {
        Nights::new(self.day(from), self.day(to)).unwrap()
    }
}

/// A database and folders for indexes.
pub(super) struct Place {
    pub(super) folder: std::path::PathBuf,
    pub(super) database: Database,
}

impl Place {
    pub(super) async fn start(&self) -> Node {
        Node::start(&self.database, &self.index()).await
    }

    pub(super) fn index(&self) -> std::path::PathBuf {
        self.folder.join("search")
    }
}

/// Runs a test in a place of its own. Postgres is started outside of the runtime: it lives
/// as long as the thread that starts it, and waits for it.
pub(super) fn within_a_place(test: impl AsyncFnOnce(&Place)) {
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

/// The title on a card.
pub(super) fn title(card: &StoredCard) -> String {
    card.read::<Value>().unwrap()["title"].as_str().unwrap().to_owned()
}
