//! The sections of `cluster.toml` and their keys. A field, its row in the table of keys and
//! its lines in `cluster.toml` all come from one entry here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::load::{ConfigError, Values};
use super::network::Networks;
use super::origin::{Origin, Origins};
use super::retention::Retention;
use super::value::{
    Bucket, EmailVerification, Key, Kind, LandlordApproval, ListingReview, LogFormat, LogLevel,
    MailMode, Mailbox, PaymentsMode, Secret,
};
use crate::domain::topic::Topic;

/// Declares a section: its struct, its table of keys and how it is read.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $type:ident $section:literal {
            $($(#[doc = $doc:literal])+ $field:ident: $of:ty = $default:literal, $kind:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $type {
            $($(#[doc = $doc])+ pub $field: $of,)+
        }

        impl $type {
            pub(super) const ABOUT: &[&str] = &[$($about),+];
            pub(super) const KEYS: &[Key] = &[$(Key {
                name: concat!($section, ".", stringify!($field)),
                default: $default,
                doc: &[$($doc),+],
                kind: $kind,
            }),+];

            pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
                Ok(Self {
                    $($field: values.get(concat!($section, ".", stringify!($field)))?,)+
                })
            }
        }
    };
}

section! {
    /// The public listener and where this server keeps its files.
    Server "server" {
        /// Address and port of the public listener; port 0 takes a free one.
        listen: SocketAddr = "127.0.0.1:8080", Kind::Address;
        /// Folder of everything the server keeps. Empty: /var/lib/rentezy for root, else
        /// data/ beside this file.
        data_dir: PathBuf = "", Kind::Path;
        /// What browsers and payment pages reach this server by. Empty: http:// and the
        /// listener's address.
        base_url: Option<Origin> = "", Kind::Origin;
        /// Seals signing keys. Empty: made at the first start and kept in the data folder,
        /// readable by its owner only.
        secret: Option<Secret> = "", Kind::Secret(32);
        /// How long a request may take, in seconds, before it is answered 504.
        request_timeout_s: u64 = "30", Kind::Number(1, 3_600);
        /// The largest request body, in bytes; past it the answer is 413.
        body_limit_bytes: usize = "1048576", Kind::Number(1_024, 67_108_864);
        /// How long a stopping server waits for requests in flight, in seconds.
        drain_s: u64 = "20", Kind::Number(0, 600);
    }
}

section! {
    /// The operators' listener: events, consumers, dead letters, replays, metrics. It belongs
    /// on an address that only operators reach.
    Operator "operator" {
        /// Address and port; port 0 takes a free one. Empty: there is none.
        listen: Option<SocketAddr> = "127.0.0.1:8081", Kind::Address;
        /// What operators show to be let in. Empty: made at the first start and kept in the
        /// data folder as operator.token, readable by its owner only.
        token: Option<Secret> = "", Kind::Secret(32);
    }
}

section! {
    /// What stands between a browser and this server.
    Http "http" {
        /// Proxies before this server: addresses or networks such as 10.0.0.0/8, with commas
        /// between them. Only these are believed about whom they ask for (X-Forwarded-For).
        trusted_proxies: Networks = "", Kind::Networks;
        /// Origins besides our own whose pages may call the API, with commas between them.
        cors_origins: Origins = "", Kind::Origins;
        /// Connections at the same time; further ones wait in the system's queue.
        connections_max: usize = "8192", Kind::Number(1, 1_000_000);
        /// How long the head of a request may take, and an idle connection may last, in
        /// seconds.
        head_timeout_s: u64 = "10", Kind::Number(1, 600);
    }
}

section! {
    /// Postgres, where the truth is kept.
    Database "database" {
        /// postgres://user:password@host/database of a Postgres 15 or newer. Empty: the
        /// server runs a private one in the data folder.
        url: Option<Secret> = "", Kind::Secret(0);
        /// Connections for reads and for writes that are not batched.
        pool_size: u32 = "16", Kind::Number(1, 500);
        /// Connections that write batches of changes.
        writers: usize = "2", Kind::Number(1, 16);
        /// Folder that holds initdb and postgres, for the private one. Empty: it is searched.
        binaries: Option<PathBuf> = "", Kind::Path;
        /// User the private one runs as when the server runs as root.
        user: String = "postgres", Kind::Name;
    }
}

section! {
    /// Other servers on the same database. They find each other there; certificates of one
    /// authority (`rentezy certs` makes one) say who belongs to them.
    Cluster "cluster" {
        /// Address and port for the other servers; port 0 takes a free one. Empty: this server
        /// is alone, and refuses to start beside another one.
        listen: Option<SocketAddr> = "", Kind::Address;
        /// What this server is called, unlike any other. Empty: the name of its host.
        name: String = "", Kind::Text;
        /// host:port that the others reach `listen` by. Empty: `listen` itself.
        advertise: String = "", Kind::Text;
        /// This server's certificate and what it was signed by, PEM. It has to be valid for
        /// the name rentezy-cluster, as server and as client.
        certificate: Option<PathBuf> = "", Kind::Path;
        /// The certificate's private key, PEM.
        key: Option<PathBuf> = "", Kind::Path;
        /// Certificates of the authority that signs those of all servers, PEM.
        authority: Option<PathBuf> = "", Kind::Path;
        /// How long a server that leaves goes on taking requests after its readiness says no,
        /// in seconds: until whoever spreads requests has noticed.
        leave_s: u64 = "3", Kind::Number(0, 600);
    }
}

section! {
    /// The clock, which tests may move.
    Clock "clock" {
        /// File with a number of seconds to add to the system's clock, which may only grow.
        /// Empty: the system's clock. Refused off loopback and with real payments.
        file: Option<PathBuf> = "", Kind::Path;
    }
}

section! {
    /// Accounts, sign-in and passwords.
    Accounts "accounts" {
        /// Whether an address has to be proved by a mailed link before its account can be used.
        email_verification: EmailVerification = "required", Kind::Choice(&["required", "optional"]);
        /// Who lets a member become a landlord; auto: approved at once.
        landlord_approval: LandlordApproval = "auto", Kind::Choice(&["auto", "admin"]);
        /// Life of an access token, in minutes.
        access_token_minutes: u64 = "15", Kind::Number(1, 1_440);
        /// Days without use after which a sign-in ends.
        refresh_days: u64 = "30", Kind::Number(1, 365);
        /// Days after which access tokens are signed with a new key.
        signing_key_days: u64 = "30", Kind::Number(1, 3_650);
        /// Passwords hashed at the same time; each takes a core and 19 MiB.
        hash_permits: usize = "2", Kind::Number(1, 64);
        /// Sign-ins that may wait for a hash; past it the answer is 503.
        hash_queue: usize = "16", Kind::Number(0, 10_000);
    }
}

section! {
    /// Sign-in by another provider: OpenID Connect, authorization code with PKCE.
    Oidc "oidc" {
        /// What it is called in our addresses: /api/v1/auth/oauth/NAME/start.
        name: String = "oidc", Kind::Name;
        /// The provider, as its tokens name it; https unless it is on loopback. Empty: none.
        issuer: String = "", Kind::Text;
        /// Our name there.
        client_id: String = "", Kind::Text;
        /// Our secret there. Empty: none, as for a public client.
        client_secret: Option<Secret> = "", Kind::Secret(0);
        /// What is asked for, between spaces; openid and email are needed.
        scopes: String = "openid email profile", Kind::Text;
        /// How long a call to the provider may take, in seconds.
        timeout_s: u64 = "10", Kind::Number(1, 60);
    }
}

section! {
    /// Listings.
    Listings "listings" {
        /// Who lets a submitted listing go live; auto: at once; admin: an administrator, who
        /// also looks again when title, description or address of a live one change.
        review: ListingReview = "auto", Kind::Choice(&["auto", "admin"]);
    }
}

section! {
    /// Pictures of homes: how many are worked on at the same time.
    Photos "photos" {
        /// Pictures decoded and scaled at the same time; each takes a core, and the largest
        /// one up to 400 MB meanwhile.
        permits: usize = "2", Kind::Number(1, 64);
        /// Further uploads that may wait, each with up to 10 MiB; past it the answer is 503.
        queue: usize = "16", Kind::Number(0, 10_000);
        /// Uploads of one landlord at the same time; past it the answer is 429.
        per_user: usize = "4", Kind::Number(1, 1_000);
    }
}

section! {
    /// Where the bytes of pictures are kept.
    Blobs "blobs" {
        /// Folder of pictures, where there is no S3 store. Servers of a cluster have to share
        /// it. Empty: in the data folder.
        folder: Option<PathBuf> = "", Kind::Path;
        /// s3://bucket or s3://bucket/prefix of an S3 store. Empty: a folder.
        url: Option<Bucket> = "", Kind::Bucket;
        /// Where the S3 store is reached, if it is not Amazon's; http:// only on loopback.
        endpoint: Option<Origin> = "", Kind::Origin;
        /// The region of the bucket.
        region: String = "us-east-1", Kind::Name;
        /// The access key. Empty: what the machine that this runs on is given by Amazon.
        access_key: Option<Secret> = "", Kind::Secret(0);
        /// The secret of the access key.
        secret_key: Option<Secret> = "", Kind::Secret(0);
        /// Calls to the store at the same time; further ones wait.
        concurrency: usize = "16", Kind::Number(1, 1_000);
        /// How long a call may take, with waiting and repeats, in seconds.
        timeout_s: u64 = "10", Kind::Number(1, 300);
    }
}

section! {
    /// Bookings.
    Bookings "bookings" {
        /// How long a hold keeps its nights, in seconds.
        hold_seconds: u64 = "600", Kind::Number(1, 1_200);
        /// How long a hold that ended may wait for an unclear payment, in seconds.
        expiring_seconds: u64 = "60", Kind::Number(1, 3_600);
        /// How far ahead nights can be booked, in days.
        window_days: u32 = "730", Kind::Number(1, 730);
        /// Open holds that one user may have, one a home. 0: no limit, anywhere.
        holds_per_user: u32 = "3", Kind::Number(0, 100);
        /// How much longer a tenant who asks for it gets to pay, once, in seconds.
        extension_seconds: u64 = "300", Kind::Number(0, 1_200);
        /// How long a hold that is extended lasts at most, in seconds.
        hold_max_seconds: u64 = "1200", Kind::Number(1, 3_600);
        /// How long a landlord has to answer who asks to come, in hours.
        approval_hours: u64 = "24", Kind::Number(1, 168);
        /// How long a tenant has to pay for what the landlord has approved, in hours.
        approved_hours: u64 = "12", Kind::Number(1, 24);
        /// How long a proposal to change a booking waits for its answer, in hours.
        proposal_hours: u64 = "24", Kind::Number(1, 168);
    }
}

section! {
    /// Payments.
    Payments "payments" {
        /// Where payments go: sandbox (test payments, no money moves), stripe or off.
        /// Empty: sandbox on a loopback listener, else off.
        mode: PaymentsMode = "", Kind::Choice(&["sandbox", "stripe", "off", ""]);
        /// A sandbox that already runs, on loopback. Empty: the server starts its own.
        sandbox_url: Option<Origin> = "", Kind::Origin;
        /// Folder of the sandbox that the server starts. Servers that share it, on one
        /// machine, share the sandbox. Empty: in the data folder.
        sandbox_folder: Option<PathBuf> = "", Kind::Path;
        /// Where Stripe's API is; https unless it is on loopback.
        stripe_url: Origin = "https://api.stripe.com", Kind::Origin;
        /// Stripe's secret key, sk_...
        stripe_key: Option<Secret> = "", Kind::Secret(8);
        /// Signing secret of Stripe's webhooks, whsec_...
        stripe_webhook_secret: Option<Secret> = "", Kind::Secret(8);
        /// How long a call to the provider may take, in seconds.
        timeout_s: u64 = "10", Kind::Number(1, 80);
        /// Calls to the provider at the same time.
        concurrency: usize = "16", Kind::Number(1, 256);
        /// What the platform keeps of each stay without taxes and deposit, in hundredths of
        /// a per cent: 300 is 3 %. It is frozen in each booking.
        platform_fee: u32 = "0", Kind::Number(0, 10_000);
    }
}

section! {
    /// Letters: links to prove an address, news of bookings.
    Mail "mail" {
        /// Where letters go: files (mail/ in the data folder, a file each), smtp or off.
        mode: MailMode = "files", Kind::Choice(&["files", "smtp", "off"]);
        /// Whom letters come from.
        from: Mailbox = "RentEzy <no-reply@localhost>", Kind::Mailbox;
        /// Where answers go. Empty: to whom letters come from.
        reply_to: Option<Mailbox> = "", Kind::Mailbox;
        /// The mail server: smtps://user:password@host:465, or smtp:// with port 587, which
        /// has to offer STARTTLS unless it is on loopback. Reserved characters in user and
        /// password are percent-encoded.
        smtp_url: Option<Secret> = "", Kind::Secret(0);
        /// How long sending a letter may take, in seconds.
        timeout_s: u64 = "20", Kind::Number(1, 120);
        /// Letters sent in a second, at most.
        per_second: u32 = "10", Kind::Number(1, 1_000);
    }
}

section! {
    /// The event log.
    Events "events" {
        /// Days after which a month of events may be dropped, once every consumer and every
        /// replay is past it; 0: never. What depends on the log for longer, such as the
        /// audit trail, ends with it. Events about money (topics booking, payment, refund and
        /// deposit) stay for ever: they say what the ledger's postings were made for.
        retention_days: u32 = "0", Kind::Number(0, 36_500);
        /// The same by topic, which is what an event's type begins with: user, property,
        /// calendar, promo_code, booking, payment, refund, deposit, hook, operator or audit.
        /// It goes before retention_days; 0: never. Money needs 3650 days at least, since
        /// books have to be kept for up to ten years.
        retention: Retention = "", Kind::Retention;
    }
}

section! {
    /// The search index.
    Search "search" {
        /// How long a change may wait to be findable, in milliseconds.
        commit_ms: u64 = "100", Kind::Number(10, 60_000);
        /// Memory of the index writer, in MiB.
        writer_memory_mb: usize = "64", Kind::Number(15, 4_096);
        /// How long a search may take, in milliseconds; then it answers with what it has
        /// found, and says so.
        budget_ms: u64 = "250", Kind::Number(1, 60_000);
        /// File of words that mean the same: a line for each group, with commas between the
        /// names and remarks after a '#'. It is read again whenever it changes. Empty: a
        /// built-in list.
        synonyms: Option<PathBuf> = "", Kind::Path;
    }
}

section! {
    /// What there may be of a thing at the same time. Past a limit the answer is 429 or 503.
    Limits "limits" {
        /// Commands waiting for one entity, such as holds of one home; past it they are
        /// refused at once.
        entity_queue: usize = "512", Kind::Number(1, 65_536);
        /// Commands waiting for all entities of this node.
        node_queue: usize = "16384", Kind::Number(1, 1_048_576);
        /// Change sets in one write to the database. More would make a write cheaper, but
        /// leave the actors idle while it lasts.
        batch_sets: usize = "128", Kind::Number(1, 5_000);
        /// Rows in a page of a list.
        page_max: u32 = "100", Kind::Number(1, 100);
        /// Seconds without a command after which an entity leaves memory.
        idle_s: u64 = "600", Kind::Number(1, 86_400);
        /// Entities in memory; past it the longest idle one leaves.
        entities_max: usize = "20000", Kind::Number(16, 10_000_000);
        /// What one address (of IPv6: one /64) may use up in a second, in units: reading
        /// costs 1, writing 2, booking 5, signing in 10. 0: no limit.
        address_rate: u32 = "50", Kind::Number(0, 1_000_000);
        /// What an address may have saved up, in units.
        address_burst: u32 = "500", Kind::Number(10, 10_000_000);
        /// What one user may use up in a second, in units, from anywhere. 0: no limit.
        user_rate: u32 = "50", Kind::Number(0, 1_000_000);
        /// What a user may have saved up, in units.
        user_burst: u32 = "500", Kind::Number(10, 10_000_000);
        /// Failed sign-ins from one address within 15 minutes; past it nobody signs in from
        /// there. 0: no limit.
        sign_in_failures: u32 = "100", Kind::Number(0, 1_000_000);
    }
}

section! {
    /// The log, which goes to standard error.
    Log "log" {
        /// The least important message that is logged.
        level: LogLevel = "info", Kind::Choice(&["error", "warn", "info", "debug", "trace"]);
        /// text for people, json for machines.
        format: LogFormat = "text", Kind::Choice(&["text", "json"]);
    }
}

/// Every section with its introduction and its keys, in the order of `cluster.toml`.
pub(super) const SECTIONS: &[(&str, &[&str], &[Key])] = &[
    ("server", Server::ABOUT, Server::KEYS),
    ("operator", Operator::ABOUT, Operator::KEYS),
    ("http", Http::ABOUT, Http::KEYS),
    ("database", Database::ABOUT, Database::KEYS),
    ("cluster", Cluster::ABOUT, Cluster::KEYS),
    ("clock", Clock::ABOUT, Clock::KEYS),
    ("accounts", Accounts::ABOUT, Accounts::KEYS),
    ("oidc", Oidc::ABOUT, Oidc::KEYS),
    ("listings", Listings::ABOUT, Listings::KEYS),
    ("photos", Photos::ABOUT, Photos::KEYS),
    ("blobs", Blobs::ABOUT, Blobs::KEYS),
    ("bookings", Bookings::ABOUT, Bookings::KEYS),
    ("payments", Payments::ABOUT, Payments::KEYS),
    ("mail", Mail::ABOUT, Mail::KEYS),
    ("events", Events::ABOUT, Events::KEYS),
    ("search", Search::ABOUT, Search::KEYS),
    ("limits", Limits::ABOUT, Limits::KEYS),
    ("log", Log::ABOUT, Log::KEYS),
];

impl Cluster {
    /// What this server is called: the name that is set, or the host's.
    #[must_use]
    pub fn node_name(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        if host.is_empty() { "rentezy".to_owned() } else { host }
    }

    /// How long a server that leaves goes on taking requests.
    #[must_use]
    pub fn leave(&self) -> Duration {
        Duration::from_secs(self.leave_s)
    }
}

impl Events {
    /// Days after which events of a topic may be dropped; none when they stay for ever.
    #[must_use]
    pub fn kept_days(&self, topic: Topic) -> Option<u32> {
        let usual = if topic.is_money() { 0 } else { self.retention_days };
        Some(self.retention.days(topic).unwrap_or(usual)).filter(|days| *days > 0)
    }
}

impl Server {
    /// How long a request may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_s)
    }

    /// How long a stopping server waits for requests in flight.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_s)
    }

    /// What this server is reached by, without a trailing slash: `base_url`, else the
    /// address that `listen` was bound to (a wildcard address is named as loopback).
    #[must_use]
    pub fn public_url(&self, mut bound: SocketAddr) -> String {
        if let Some(origin) = &self.base_url {
            return origin.as_str().to_owned();
        }
        if bound.ip().is_unspecified() {
            bound.set_ip(match bound.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{bound}")
    }
}

impl Http {
    /// How long the head of a request may take, and an idle connection may last.
    #[must_use]
    pub fn head_timeout(&self) -> Duration {
        Duration::from_secs(self.head_timeout_s)
    }
}

impl Accounts {
    /// Life of an access token.
    #[must_use]
    pub fn access_token(&self) -> Duration {
        Duration::from_mins(self.access_token_minutes)
    }

    /// Life of a refresh token.
    #[must_use]
    pub fn refresh(&self) -> Duration {
        Duration::from_hours(self.refresh_days * 24)
    }

    /// How long a key signs access tokens.
    #[must_use]
    pub fn signing_key(&self) -> Duration {
        Duration::from_hours(self.signing_key_days * 24)
    }
}

impl Oidc {
    /// Whether there is a provider.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// How long a call to it may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Blobs {
    /// How long a call to the store may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Bookings {
    /// How long a hold keeps its nights.
    #[must_use]
    pub fn hold(&self) -> Duration {
        Duration::from_secs(self.hold_seconds)
    }

    /// How long a hold that ended may wait for an unclear payment.
    #[must_use]
    pub fn expiring(&self) -> Duration {
        Duration::from_secs(self.expiring_seconds)
    }

    /// How much longer a tenant gets to pay, once.
    #[must_use]
    pub fn extension(&self) -> Duration {
        Duration::from_secs(self.extension_seconds)
    }

    /// How long a hold that is extended lasts at most.
    #[must_use]
    pub fn hold_max(&self) -> Duration {
        Duration::from_secs(self.hold_max_seconds)
    }

    /// How long a landlord has to answer who asks to come.
    #[must_use]
    pub fn approval(&self) -> Duration {
        Duration::from_hours(self.approval_hours)
    }

    /// How long a tenant has to pay for what the landlord has approved.
    #[must_use]
    pub fn approved(&self) -> Duration {
        Duration::from_hours(self.approved_hours)
    }

    /// How long a proposal to change a booking waits for its answer.
    #[must_use]
    pub fn proposal(&self) -> Duration {
        Duration::from_hours(self.proposal_hours)
    }
}

impl Payments {
    /// How long a call to the provider may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Mail {
    /// How long sending a letter may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Search {
    /// How long a change may wait to be findable.
    #[must_use]
    pub fn commit(&self) -> Duration {
        Duration::from_millis(self.commit_ms)
    }

    /// How long a search may take.
    #[must_use]
    pub fn budget(&self) -> Duration {
        Duration::from_millis(self.budget_ms)
    }

    /// Memory of the index writer, in bytes.
    #[must_use]
    pub fn writer_memory_bytes(&self) -> usize {
        self.writer_memory_mb * 1_048_576
    }
}

impl Limits {
    /// Time without a command after which an entity leaves memory.
    #[must_use]
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_s)
    }
}
