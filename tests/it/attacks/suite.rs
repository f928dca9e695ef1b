//! How every route is called: who asks, about what, and with which body.

use rentezy::http::auth::Who;
use rentezy::http::router;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::samples::{Known, resolved, sample};
use super::things::{self, Things};
use crate::harness::client::{Answer, Call};
use crate::harness::server::{Plan, World};
use crate::harness::shop::{PASSWORD, User, new_property};

/// What must not stand in any answer: words of our own inside.
const INSIDE: &[&str] = &[
    "panicked",
    "RUST_BACKTRACE",
    "src/",
    ".rs:",
    "SQLSTATE",
    "postgres",
    "tokio",
    "ractor",
    "syntax error at",
    "violates",
    "/tmp/",
    "/root/",
    "password_hash",
    "$argon2",
    "search_path",
];

/// A route, as the document describes it.
#[derive(Debug, Clone)]
pub(super) struct Op {
    /// The method.
    pub(super) method: Method,
    /// The path, with its parameters in braces.
    pub(super) path: String,
    /// Who may use it.
    pub(super) who: Who,
    /// The schema of its JSON body, if it takes one.
    pub(super) body: Option<Value>,
    /// Whether its body is a file.
    pub(super) file: bool,
    /// The names of what its query may hold.
    pub(super) query: Vec<String>,
    /// What its query must hold.
    required: Vec<(String, Value)>,
}

/// A server with something of everybody's, and the routes to attack.
pub(super) struct Suite {
    /// The server.
    pub(super) world: World,
    /// Every route.
    pub(super) ops: Vec<Op>,
    /// A landlord whose things the others are after.
    pub(super) owner: User,
    /// The landlord at whose home the owner stays.
    pub(super) host: User,
    /// A landlord who has nothing to do with them.
    pub(super) stranger: User,
    /// Somebody who is no landlord.
    pub(super) tenant: User,
    /// Somebody who looks after the others.
    pub(super) admin: User,
    /// Somebody whose sessions may end.
    leaver: User,
    /// The document.
    pub(super) document: Value,
    /// What the routes are about.
    pub(super) things: Things,
    known: Known,
}

impl Suite {
    /// How a server is that is to be attacked: also one with a provider to sign in by, that
    /// does not answer.
    pub(super) fn plan() -> Plan {
        World::plan().set("OIDC_ISSUER", "http://127.0.0.1:1").set("OIDC_CLIENT_ID", "rentezy")
    }

    /// Starts a server and makes one thing of each kind.
    pub(super) async fn start() -> Self {
        Self::over(Self::plan().start().await).await
    }

    /// Makes one thing of each kind in a world.
    pub(super) async fn over(world: World) -> Self {
        let (host, owner, stranger) =
            (world.landlord().await, world.landlord().await, world.landlord().await);
        let (tenant, leaver, admin) =
            (world.tenant().await, world.tenant().await, world.admin().await);
        let home = world.home(&host, 3, 10_000).await;
        let things = Things::make(&world, &owner, (&host, &home)).await;
        let known = [
            ("property_id", json!(home.id)),
            ("unit_id", json!(home.unit_id)),
            ("check_in", json!(world.day(30))),
            ("check_out", json!(world.day(32))),
            ("from", json!(world.day(30))),
            ("to", json!(world.day(32))),
            ("owner", json!("me")),
            ("zone", json!("Europe/Dublin")),
            ("locale", json!("en")),
            ("bbox", json!("-7,53,-6,54")),
            ("cursor", Value::Null),
            ("lat", json!(53.3)),
            ("lon", json!(-6.2)),
        ];
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let document = world.anonymous().get("/openapi.json").await.body(200);
        let ops = ops(&document);
        Self { world, ops, owner, stranger, tenant, admin, host, leaver, document, things, known }
    }

    /// Who uses a route as it is meant: an admin theirs, somebody who will be gone what ends
    /// sessions, and all others the owner.
    pub(super) fn user(&self, op: &Op) -> &User {
        match (op.who, op.path.as_str()) {
            (Who::Admin, _) => &self.admin,
            // Steps that the landlord of a stay takes.
            (Who::Landlord, path) if path.starts_with("/api/v1/bookings/") => &self.host,
            (_, "/api/v1/bookings/{id}/changes/{change_id}/checkout") => &self.owner,
            (_, path) if path.starts_with("/api/v1/bookings/{id}/changes/") => &self.host,
            (_, "/api/v1/payments/{id}/refunds") => &self.host,
            (_, "/api/v1/auth/logout-all" | "/api/v1/auth/password/change") => &self.leaver,
            (_, "/api/v1/bookings/{id}/move") => &self.host,
            _ => &self.owner,
        }
    }

    /// The routes that take a JSON body. Of a machine's, nothing is read before its signature,
    /// which has tests of its own.
    pub(super) fn with_body(&self) -> impl Iterator<Item = &Op> {
        self.ops.iter().filter(|op| op.body.is_some() && op.who != Who::Machine)
    }

    /// Whether the suite has a thing of each kind that a route is about.
    pub(super) fn knows(&self, op: &Op) -> bool {
        parameters(&op.path).all(|kind| self.things.id(kind).is_some())
    }

    /// The path of a route, about the owner's things; what is not known is made up.
    pub(super) fn path(&self, op: &Op) -> String {
        path_to(op, |kind| self.things.id(kind))
    }

    /// The path of a route, about things that there are not.
    pub(super) fn path_to_nothing(&self, op: &Op) -> String {
        path_to(op, |kind| self.things.nothing(kind))
    }

    /// A body that a route takes.
    pub(super) fn body(&self, op: &Op) -> Option<Value> {
        let schema = op.body.as_ref()?;
        Some(match (op.method.as_str(), op.path.as_str()) {
            // Its rules are between its fields.
            ("POST", "/api/v1/properties") => new_property(1, 10_000),
            // Any part of them, so that the document names none.
            ("PATCH", "/api/v1/properties/{id}") => json!({"title": "Canal side flat"}),
            ("PATCH", "/api/v1/properties/{id}/units/{unit_id}") => json!({"name": "Flat"}),
            (_, "/api/v1/properties/{id}/photos/order") => json!({"photos": [self.things.photo]}),
            // Rules between their fields, too.
            ("PUT", "/api/v1/properties/{id}/pricing") => {
                let night = json!({"amount": 100, "currency": "EUR"});
                json!({"weekend": {"nights": ["friday"], "change_bp": 500}, "weekly_off_bp": 100,
                    "taxes": [{"name": "VAT", "percent_bp": 900, "of": "stay"}],
                    "extra_guests": {"included": 1, "per_night": night}, "cleaning_fee": night})
            }
            ("POST", "/api/v1/properties/{id}/price-rules") => {
                json!({"name": "Soon", "kind": "last_minute", "days": 3, "off_bp": 500})
            }
            ("POST", "/api/v1/saved-searches") => {
                json!({"name": "Canal", "criteria": {"q": "canal", "kinds": ["flat"]}})
            }
            ("PATCH", "/api/v1/saved-searches/{id}") => {
                json!({"name": "By the canal", "alert": "instant", "seen": true})
            }
            ("POST", "/api/v1/promo-codes") => json!({"code": "SUN-10", "off_bp": 1_000}),
            ("PUT", "/api/v1/properties/{id}/night-prices") => {
                json!({"from": self.world.day(3), "to": self.world.day(5),
                    "price": {"amount": 9_000, "currency": "EUR"}})
            }
            ("POST", "/api/v1/properties/{id}/quote") => {
                json!({"unit_id": self.things.id("units"), "check_in": self.world.day(3),
                    "check_out": self.world.day(4), "guests": 1})
            }
            ("POST", "/api/v1/bookings") => {
                let mut body = sample(&self.document, schema, &self.known);
                let fields = body.as_object_mut().unwrap();
                fields.retain(|name, _| !["quote", "promo_code"].contains(&name.as_str()));
                without_nulls(body)
            }
            (_, "/api/v1/auth/email/verify") => json!({"token": self.things.verify}),
            (_, "/api/v1/auth/password/reset") => {
                json!({"token": self.things.reset, "password": PASSWORD})
            }
            (_, "/api/v1/auth/password/change") => json!({"current": PASSWORD, "new": PASSWORD}),
            (_, "/api/v1/admin/users/{id}/role") => json!({"roles": ["tenant"]}),
            (_, "/api/v1/payments/{id}/refunds") => {
                json!({"amount": {"amount": 1, "currency": "EUR"}, "reason": "sorry"})
            }
            // What only administrators may say is left out.
            (_, "/api/v1/bookings/{id}/cancel") => json!({"reason": "ill"}),
            (_, "/api/v1/bookings/{id}/check-in") => json!({}),
            (_, "/api/v1/notification-preferences") => {
                json!({"preferences": [{"category": "bookings", "in_app": true, "email": false}]})
            }
            // Of the home, not of a unit type of somebody else's.
            ("POST", "/api/v1/properties/{id}/blocks") => {
                let [from, to] = ["check_in", "check_out"].map(|name| &self.known[name]);
                json!({"check_in": from, "check_out": to, "reason": "paint"})
            }
            _ => without_nulls(sample(&self.document, schema, &self.known)),
        })
    }

    /// A request to a route as somebody, with everything that it asks for but a body.
    pub(super) fn call(&self, op: &Op, path: &str, user: Option<&User>) -> Call {
        let api = match user {
            Some(user) => self.world.api(user),
            None => self.world.anonymous(),
        };
        let call = api.call(op.method.clone(), path).key(&Uuid::new_v4().to_string());
        call.header("if-match", "*")
    }

    /// Calls a route as it is meant to be called, by whom it is meant for.
    pub(super) async fn good(&self, op: &Op) -> Answer {
        let call = self.call(op, &self.address(op), Some(self.user(op)));
        let call = match self.body(op) {
            Some(body) => call.json(&body),
            None if op.file => call.bytes(things::picture(2)),
            None => call,
        };
        self.attack(op, "as it is meant", call).await
    }

    /// Makes good what an attack may have done to things that the next one needs.
    pub(super) async fn mend(&self, op: &Op) {
        if op.path.ends_with("/suspend") {
            let path = self.path(op).replace("/suspend", "/reinstate");
            self.call(op, &path, Some(&self.admin)).json(&json!({})).send().await;
        }
    }

    /// The path of a route, with the query that it must have.
    pub(super) fn address(&self, op: &Op) -> String {
        self.with_query(op, self.path(op))
    }

    /// As [`Self::address`], about things that there are not.
    pub(super) fn address_of_nothing(&self, op: &Op) -> String {
        self.with_query(op, self.path_to_nothing(op))
    }

    fn with_query(&self, op: &Op, path: String) -> String {
        let value = |(name, schema): &(String, Value)| {
            let known = self.known.get(name).cloned();
            match known.unwrap_or_else(|| sample(&self.document, schema, &self.known)) {
                Value::String(text) => format!("{name}={text}"),
                other => format!("{name}={other}"),
            }
        };
        let query: Vec<String> = op.required.iter().map(value).collect();
        let sign = if query.is_empty() { "" } else { "?" };
        format!("{path}{sign}{}", query.join("&"))
    }

    /// Sends an attack and looks at what holds for every answer. The client has looked
    /// already: nothing but 503 and 504 is past 499, and errors are problem documents.
    pub(super) async fn attack(&self, op: &Op, what: &str, call: Call) -> Answer {
        let name = format!("{} {} {what}", op.method, op.path);
        let sent = call.try_send().await;
        let answer = sent.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
        assert_ne!(answer.status, 504, "{name}: it took too long");
        if op.path != "/openapi.json" {
            for word in INSIDE {
                assert!(!answer.text.contains(word), "{name}: {word} in {}", answer.text);
            }
        }
        assert!(
            !answer.text.contains("access_token") || answer.header("content-encoding").is_none(),
            "{name}: a token is compressed"
        );
        answer
    }

    /// The server is as well as before.
    pub(super) async fn is_well(&self) {
        self.world.anonymous().get("/readyz").await.expect(200);
        let log = self.world.logged();
        for word in ["panicked", "actor failed", "entity failed"] {
            assert!(!log.contains(word), "{word} in the log");
        }
    }
}

/// What the parameters of a path name: for each the part of the path before it, and of two
/// in a row the name of the second.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = path.split('/').collect();
    let pairs = parts.windows(2).filter(|pair| pair[1].starts_with('{'));
    pairs
        .map(|pair| if pair[0].starts_with('{') { pair[1] } else { pair[0] })
        .collect::<Vec<_>>()
        .into_iter()
}

/// The path of a route, with what is said for each kind of parameter.
pub(super) fn path_to(op: &Op, id: impl Fn(&str) -> Option<String>) -> String {
    let mut path = op.path.clone();
    for kind in parameters(&op.path) {
        let id = id(kind).unwrap_or_else(|| "xyz_01970000000070008000000000000001".to_owned());
        let (before, rest) = path.split_once('{').unwrap();
        let (_, after) = rest.split_once('}').unwrap();
        path = format!("{before}{id}{after}");
    }
    path
}

/// How late a route is called when all are, so that what it ends is not missed by others.
fn lateness(op: &Op) -> usize {
    match (&op.method, op.path.as_str()) {
        (_, "/api/v1/auth/logout-all" | "/api/v1/properties/{id}/archive") => 4,
        (&Method::DELETE, "/api/v1/properties/{id}") => 3,
        (&Method::DELETE, _) => 2,
        // A booking that is called off has no money left to give back.
        (_, "/api/v1/bookings/{id}/cancel") => 1,
        // What is said of the files so far is then no longer all.
        _ if op.file => 1,
        _ => 0,
    }
}

/// The routes of the document, with who may use them from the table.
fn ops(document: &Value) -> Vec<Op> {
    let op = |route: router::Route| {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let content = &resolved(document, &operation["requestBody"])["content"];
        let body = &content["application/json"]["schema"];
        let file = &content["application/octet-stream"];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query: Vec<&Value> =
            parameters.filter(|parameter| parameter["in"] == "query").collect();
        let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
        let required = query.iter().filter(|parameter| parameter["required"] == true);
        let required = required.map(|parameter| (name(parameter), parameter["schema"].clone()));
        Op {
            method: route.method,
            path: route.path.to_owned(),
            who: route.who,
            body: (!body.is_null()).then(|| body.clone()),
            file: !file.is_null(),
            required: required.collect(),
            query: query.into_iter().map(name).collect(),
        }
    };
    let mut ops: Vec<Op> = router::table().into_iter().map(op).collect();
    ops.sort_by_key(lateness);
    ops
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        other => other,
    }
}

/// A route that the suite cannot call is a route that is not attacked.
#[tokio::test]
async fn every_route_can_be_called() {
    let suite = Suite::start().await;
    let mut unknown = Vec::new();
    for op in &suite.ops {
        let answer = suite.good(op).await;
        let formal = matches!(answer.status, 400 | 403 | 404 | 405 | 412 | 413 | 415 | 422 | 428);
        // A webhook has to be signed, which is its own test's affair.
        if !suite.knows(op) || (formal && op.who != Who::Machine) {
            unknown.push(format!("{} {}: {} {}", op.method, op.path, answer.status, answer.text));
        }
    }
    assert!(unknown.is_empty(), "teach Suite what these want: {unknown:#?}");
    suite.is_well().await;
}
