//! Every route about bookings, their calendar, their prices and their money, one after the
//! other: asked by somebody whom it is not for, in a state that does not allow it, and as it
//! is meant. A new route that nobody walks is named.

use std::collections::BTreeSet;

use rentezy::http::router;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property};

/// What the paths of the routes that are walked have in them.
const ABOUT: [&str; 12] = [
    "/bookings",
    "/blocks",
    "/deposits",
    "/payments",
    "/refunds",
    "/quote",
    "/pricing",
    "/night-prices",
    "/price-rules",
    "/calendar",
    "/availability",
    "/stay-rules",
];

/// What must come of a request: its status, and the code of the problem if it is one.
type Expected = (u16, &'static str);

const NOT_SIGNED_IN: Expected = (401, "unauthenticated");
const FORBIDDEN: Expected = (403, "forbidden");
const NOT_FOUND: Expected = (404, "not-found");
const NOT_NOW: Expected = (409, "invalid-transition");
const TAKEN: Expected = (409, "nights-taken");
const STALE: Expected = (412, "precondition-failed");
const DONE: Expected = (200, "");
const MADE: Expected = (201, "");

struct Walk {
    world: World,
    landlord: User,
    rival: User,
    tenant: User,
    other: User,
    admin: User,
    /// Two units, with a deposit.
    home: Home,
    /// One unit, whose landlord wants to be asked.
    asked: Home,
    /// Not to be seen by others.
    draft: String,
    walked: BTreeSet<String>,
}

/// A path of a route: its parameters are these, in their order.
fn at(route: &str, ids: &[&str]) -> String {
    let mut path = route.split_once(' ').unwrap().1.to_owned();
    for id in ids {
        let (before, rest) = path.split_once('{').unwrap();
        let after = rest.split_once('}').unwrap().1;
        path = format!("{before}{id}{after}");
    }
    path
}

impl Walk {
    async fn start() -> Self {
        let world = World::plan().manual_clock().start().await;
        let (landlord, rival) = (world.landlord().await, world.landlord().await);
        let (tenant, other) = (world.tenant().await, world.tenant().await);
        let admin = world.admin().await;
        let home = world.home(&landlord, 2, 10_000).await;
        let asked = world.home(&landlord, 1, 10_000).await;
        let api = world.api(&landlord);
        let draft = api.post("properties", &new_property(1, 10_000)).await.expect(201);
        let policies = json!({"cancellation": "flexible", "instant_book": false,
            "check_in_from": "15:00", "check_out_until": "11:00", "house_rules": "",
            "min_nights": 1});
        let deposit = json!({"deposit": {"amount": 5_000, "currency": "EUR"}});
        for (home, what, body) in [(&asked, "policies", policies), (&home, "pricing", deposit)] {
            let call = api.call(Method::PUT, &format!("properties/{}/{what}", home.id));
            call.header("if-match", "*").json(&body).send().await.expect(200);
        }
        Self {
            draft: draft.text_at("/id"),
            world,
            landlord,
            rival,
            tenant,
            other,
            admin,
            home,
            asked,
            walked: BTreeSet::new(),
        }
    }

    fn stay(&self, home: &Home, ahead: i32, nights: i32) -> Value {
        home.stay(self.world.day(ahead), nights)
    }

    /// Asks a route for something, and expects what is said to come of it.
    async fn ask(
        &self,
        user: Option<&User>,
        (route, path): (&str, &str),
        body: &Value,
        (status, code): Expected,
    ) -> Answer {
        let method: Method = route.split_once(' ').unwrap().0.parse().unwrap();
        let api = user.map_or_else(|| self.world.anonymous(), |user| self.world.api(user));
        // What has a version is changed as it was read last; a version of long ago is stale.
        let etag = if (status, code) == STALE { "\"1\"" } else { "*" };
        let call = api.call(method.clone(), path).header("if-match", etag);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer = call.send().await;
        let found = (answer.status, answer.body["code"].as_str().unwrap_or(""));
        assert_eq!(found, (status, code), "{route} as {path}: {}", answer.text);
        answer
    }

    /// Walks a route: asked by the wrong person, in the wrong state, and as it is meant. The
    /// answer to the last.
    async fn walk(
        &mut self,
        route: &str,
        body: Value,
        wrong_role: (Option<User>, &[&str], Expected),
        wrong_state: Option<(&[&str], Value, Expected)>,
        good: (&User, &[&str], Expected),
    ) -> Answer {
        let (user, ids, expected) = wrong_role;
        self.ask(user.as_ref(), (route, &at(route, ids)), &body, expected).await;
        if let Some((ids, body, expected)) = wrong_state {
            self.ask(Some(good.0), (route, &at(route, ids)), &body, expected).await;
        }
        let (user, ids, expected) = good;
        let answer = self.ask(Some(user), (route, &at(route, ids)), &body, expected).await;
        self.walked.insert(route.split('?').next().unwrap().to_owned());
        answer
    }

    /// Time passes, and with it the life of access tokens.
    async fn days_pass(&mut self, days: i64) {
        self.world.let_pass(days * 86_400).await;
        let Self { world, landlord, rival, tenant, other, admin, .. } = self;
        for user in [landlord, rival, tenant, other, admin] {
            *user = world.sign_in(&user.email).await;
        }
    }

    async fn book(&self, ahead: i32, nights: i32) -> String {
        let stay = self.stay(&self.home, ahead, nights);
        text_at(&self.world.book(&self.tenant, &stay).await, "/id")
    }

    async fn hold(&self, home: &Home, ahead: i32) -> String {
        text_at(&self.world.hold(&self.tenant, &self.stay(home, ahead, 2)).await, "/id")
    }
}

#[tokio::test]
async fn every_route_is_walked_by_the_right_and_the_wrong() {
    let mut walk = Walk::start().await;
    prices(&mut walk).await;
    calendar(&mut walk).await;
    asking_first(&mut walk).await;
    holding(&mut walk).await;
    let confirmed = walk.book(30, 3).await;
    changing(&mut walk, &confirmed).await;
    money(&mut walk, &confirmed).await;
    calling_off(&mut walk, &confirmed).await;
    staying(&mut walk).await;
    let about = |path: &str| ABOUT.iter().any(|part| path.contains(part));
    let table = router::table();
    let routes = table.iter().filter(|route| about(route.path));
    let routes: BTreeSet<String> =
        routes.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(routes, walk.walked, "routes that are there, and those that were walked");
    invariants::check(&walk.world, &[]).await;
}

async fn prices(walk: &mut Walk) {
    let (landlord, tenant, rival) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.rival.clone());
    let (home, draft) = (walk.asked.id.clone(), walk.draft.clone());
    let (home, draft) = (&[&*home][..], &[&*draft][..]);
    let night = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let (from, to) = (walk.world.day(50), walk.world.day(52));
    let stay = json!({"check_in": from, "check_out": to, "guests": 1});
    let past = json!({"check_in": walk.world.day(-2), "check_out": to, "guests": 1});
    let route = "POST /api/v1/properties/{id}/quote";
    let wrong = Some((home, past, (409, "not-bookable")));
    walk.walk(route, stay, (None, draft, NOT_FOUND), wrong, (&tenant, home, DONE)).await;
    let route = "GET /api/v1/properties/{id}/pricing";
    walk.walk(route, Value::Null, (None, draft, NOT_FOUND), None, (&tenant, home, DONE)).await;
    let soon = json!({"name": "Soon", "kind": "last_minute", "days": 3, "off_bp": 100});
    let mut rule = String::new();
    for (route, body, expected) in [
        ("PUT /api/v1/properties/{id}/pricing", json!({"weekly_off_bp": 100}), DONE),
        (
            "PUT /api/v1/properties/{id}/night-prices",
            json!({"from": from, "to": to, "price": night(9_000)}),
            DONE,
        ),
        ("POST /api/v1/properties/{id}/price-rules", soon, MADE),
    ] {
        let (role, state) = (Some(tenant.clone()), Some((home, body.clone(), STALE)));
        let good = (&landlord, home, expected);
        let set = walk.walk(route, body, (role, home, FORBIDDEN), state, good).await;
        if expected == MADE {
            rule = set.text_at("/rules/0/id");
        }
    }
    let route = "GET /api/v1/properties/{id}/price-rules";
    let role = (Some(rival.clone()), home, NOT_FOUND);
    walk.walk(route, Value::Null, role, None, (&landlord, home, DONE)).await;
    let route = "DELETE /api/v1/properties/{id}/price-rules/{rule_id}";
    let ids = &[home[0], &*rule][..];
    let role = (Some(rival), ids, NOT_FOUND);
    let state = Some((ids, Value::Null, STALE));
    walk.walk(route, Value::Null, role, state, (&landlord, ids, DONE)).await;
}

async fn calendar(walk: &mut Walk) {
    let (landlord, tenant, rival) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.rival.clone());
    let (home, draft) = (walk.asked.id.clone(), walk.draft.clone());
    let (home, draft) = (&[&*home][..], &[&*draft][..]);
    let (from, to) = (walk.world.day(60), walk.world.day(62));
    for route in [
        format!("GET /api/v1/properties/{{id}}/calendar?from={from}&to={to}"),
        format!("GET /api/v1/properties/{{id}}/availability?check_in={from}&check_out={to}"),
        "GET /api/v1/properties/{id}/stay-rules".to_owned(),
    ] {
        let good = (&tenant, home, DONE);
        walk.walk(&route, Value::Null, (None, draft, NOT_FOUND), None, good).await;
    }
    let route = "PUT /api/v1/properties/{id}/stay-rules";
    let rules = json!({"notice_days": 0});
    let role = (Some(tenant.clone()), home, FORBIDDEN);
    let state = Some((home, rules.clone(), STALE));
    walk.walk(route, rules, role, state, (&landlord, home, DONE)).await;

    let held = walk.hold(&walk.asked.clone(), 70).await;
    let taken = json!({"check_in": walk.world.day(70), "check_out": walk.world.day(71)});
    let route = "POST /api/v1/properties/{id}/blocks";
    let body = json!({"check_in": from, "check_out": to, "reason": "paint"});
    let role = (Some(rival.clone()), home, NOT_FOUND);
    let state = Some((home, taken, TAKEN));
    let made = walk.walk(route, body, role, state, (&landlord, home, MADE)).await;
    let route = "GET /api/v1/properties/{id}/blocks";
    let role = (Some(rival.clone()), home, NOT_FOUND);
    walk.walk(route, Value::Null, role, None, (&landlord, home, DONE)).await;
    let block = made.text_at("/data/0/id");
    let route = "DELETE /api/v1/blocks/{id}";
    let role = (Some(rival), &[&*block][..], NOT_FOUND);
    let gone = (204, "");
    walk.walk(route, Value::Null, role, None, (&landlord, &[&block], gone)).await;
    let path = at(route, &[&block]);
    walk.ask(Some(&landlord), (route, &path), &Value::Null, NOT_FOUND).await;
    let route = format!("GET /api/v1/me/calendar?from={from}&to={to}");
    let role = (Some(tenant.clone()), &[][..], FORBIDDEN);
    walk.walk(&route, Value::Null, role, None, (&landlord, &[], DONE)).await;
    walk.world.release(&tenant, &json!({"id": held})).await;
}

async fn asking_first(walk: &mut Walk) {
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let instant = walk.hold(&walk.home.clone(), 10).await;
    let one = walk.hold(&walk.asked.clone(), 10).await;
    let two = walk.hold(&walk.asked.clone(), 20).await;
    let (instant, one, two) = (&[&*instant][..], &[&*one][..], &[&*two][..]);
    let none = json!({});
    let route = "POST /api/v1/bookings/{id}/request";
    let role = (Some(other), one, NOT_FOUND);
    let state = Some((instant, none.clone(), NOT_NOW));
    walk.walk(route, none.clone(), role, state, (&tenant, one, DONE)).await;
    walk.ask(Some(&tenant), (route, &at(route, two)), &none, DONE).await;
    let route = "POST /api/v1/bookings/{id}/approve";
    let role = (Some(tenant.clone()), one, FORBIDDEN);
    let state = Some((instant, none.clone(), NOT_NOW));
    walk.walk(route, none, role, state, (&landlord, one, DONE)).await;
    let route = "POST /api/v1/bookings/{id}/decline";
    let no = json!({"reason": "We are away."});
    let role = (Some(tenant.clone()), two, FORBIDDEN);
    let state = Some((one, no.clone(), NOT_NOW));
    walk.walk(route, no, role, state, (&landlord, two, DONE)).await;
    for id in [instant[0], one[0]] {
        walk.world.release(&tenant, &json!({"id": id})).await;
    }
}

async fn holding(walk: &mut Walk) {
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let route = "POST /api/v1/bookings";
    let stay = walk.stay(&walk.asked, 30, 2);
    let role = (Some(landlord.clone()), &[][..], (409, "not-bookable"));
    let made = walk.walk(route, stay.clone(), role, None, (&tenant, &[], MADE)).await;
    walk.ask(Some(&other), (route, &at(route, &[])), &stay, TAKEN).await;
    walk.ask(None, (route, &at(route, &[])), &stay, NOT_SIGNED_IN).await;
    walk.world.release(&tenant, &made.body).await;

    let route = "POST /api/v1/bookings/manual";
    let mut entry = walk.stay(&walk.asked, 30, 2);
    entry["guest_name"] = json!("Grace");
    let role = (Some(tenant.clone()), &[][..], FORBIDDEN);
    walk.walk(route, entry.clone(), role, None, (&landlord, &[], MADE)).await;
    walk.ask(Some(&landlord), (route, &at(route, &[])), &entry, TAKEN).await;

    let held = walk.hold(&walk.home.clone(), 20).await;
    let ids = &[&*held][..];
    let none = json!({});
    let role = || (Some(other.clone()), ids, NOT_FOUND);
    let route = "POST /api/v1/bookings/{id}/extend";
    walk.walk(route, none.clone(), role(), None, (&tenant, ids, DONE)).await;
    walk.ask(Some(&tenant), (route, &at(route, ids)), &none, NOT_NOW).await;
    let route = "GET /api/v1/bookings/{id}";
    walk.walk(route, Value::Null, role(), None, (&tenant, ids, DONE)).await;
    let route = "GET /api/v1/bookings";
    let role_of_list = (None, &[][..], NOT_SIGNED_IN);
    walk.walk(route, Value::Null, role_of_list, None, (&tenant, &[], DONE)).await;
    let route = "GET /api/v1/bookings/{id}/timeline";
    walk.walk(route, Value::Null, role(), None, (&tenant, ids, DONE)).await;
    let route = "DELETE /api/v1/bookings/{id}/hold";
    walk.walk(route, Value::Null, role(), None, (&tenant, ids, DONE)).await;
    walk.ask(Some(&tenant), (route, &at(route, ids)), &Value::Null, NOT_NOW).await;
    let route = "POST /api/v1/bookings/{id}/checkout";
    let next = walk.hold(&walk.home.clone(), 20).await;
    let good = (&tenant, &[&*next][..], DONE);
    let state = Some((ids, none.clone(), NOT_NOW));
    let page = walk.walk(route, none, role(), state, good).await.text_at("/checkout_url");
    walk.world.pay(&page).await;
    walk.world.wait_for_status(&tenant, &json!({"id": next}), "confirmed").await;
}

async fn changing(walk: &mut Walk, stay: &str) {
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let held = walk.hold(&walk.home.clone(), 10).await;
    let (ids, none) = (&[stay][..], json!({}));
    let route = "POST /api/v1/bookings/{id}/changes";
    let fewer = json!({"guests": 2});
    let longer = json!({"check_out": walk.world.day(34)});
    let role = (Some(other.clone()), ids, NOT_FOUND);
    let state = Some((&[&*held][..], fewer.clone(), NOT_NOW));
    let change = walk.walk(route, fewer.clone(), role, state, (&tenant, ids, MADE)).await;
    let first = change.text_at("/change/id");
    walk.ask(Some(&tenant), (route, &at(route, ids)), &fewer, NOT_NOW).await;
    let step = |step: &str| format!("POST /api/v1/bookings/{{id}}/changes/{{change_id}}/{step}");
    // Whoever proposed it cannot answer it, and whoever did not cannot take it back.
    let (decline, withdraw, accept) = (step("decline"), step("withdraw"), step("accept"));
    let of = &[stay, &*first][..];
    let role = (Some(tenant.clone()), of, NOT_NOW);
    walk.walk(&decline, none.clone(), role, None, (&landlord, of, DONE)).await;
    walk.ask(Some(&landlord), (&decline, &at(&decline, of)), &none, NOT_NOW).await;
    let next = walk.ask(Some(&tenant), (route, &at(route, ids)), &fewer, MADE).await;
    let second = next.text_at("/change/id");
    let of = &[stay, &*second][..];
    let role = (Some(landlord.clone()), of, NOT_NOW);
    walk.walk(&withdraw, none.clone(), role, None, (&tenant, of, DONE)).await;
    walk.ask(Some(&tenant), (&withdraw, &at(&withdraw, of)), &none, NOT_NOW).await;
    let next = walk.ask(Some(&tenant), (route, &at(route, ids)), &longer, MADE).await;
    let third = next.text_at("/change/id");
    let of = &[stay, &*third][..];
    let pay = step("checkout");
    walk.ask(Some(&tenant), (&pay, &at(&pay, of)), &none, NOT_NOW).await;
    let role = (Some(tenant.clone()), of, NOT_NOW);
    walk.walk(&accept, none.clone(), role, None, (&landlord, of, DONE)).await;
    walk.ask(Some(&landlord), (&accept, &at(&accept, of)), &none, NOT_NOW).await;
    let role = (Some(other), of, NOT_FOUND);
    let page = walk.walk(&pay, none, role, None, (&tenant, of, DONE)).await;
    walk.world.pay(&page.text_at("/checkout_url")).await;
    crate::harness::wait::wait_until("the stay is longer", async || {
        walk.world.booking(&tenant, &json!({"id": stay})).await["nights"] == json!(4)
    })
    .await;
    walk.world.release(&tenant, &json!({"id": held})).await;
}

async fn money(walk: &mut Walk, stay: &str) {
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let booking = walk.world.booking(&tenant, &json!({"id": stay})).await;
    let payment = text_at(&booking, "/payment/id");
    let open = walk.world.hold(&tenant, &walk.stay(&walk.home, 10, 1)).await;
    walk.world.checkout(&tenant, &open).await;
    let unpaid = text_at(&walk.world.booking(&tenant, &open).await, "/payment/id");
    let ids = &[&*payment][..];
    let nobody = || (None, &[][..], NOT_SIGNED_IN);
    let route = "GET /api/v1/payments/{id}";
    let role = (Some(other.clone()), ids, NOT_FOUND);
    walk.walk(route, Value::Null, role, None, (&tenant, ids, DONE)).await;
    let route = "POST /api/v1/payments/{id}/refunds";
    let sorry = json!({"amount": {"amount": 100, "currency": "EUR"}, "reason": "Sorry."});
    let role = (Some(tenant.clone()), ids, NOT_FOUND);
    let state = Some((&[&*unpaid][..], sorry.clone(), NOT_NOW));
    let refund = walk.walk(route, sorry, role, state, (&landlord, ids, MADE)).await;
    let refund = refund.text_at("/id");
    let route = "GET /api/v1/refunds/{id}";
    let role = (Some(other), &[&*refund][..], NOT_FOUND);
    walk.walk(route, Value::Null, role, None, (&tenant, &[&refund], DONE)).await;
    for route in ["GET /api/v1/payments", "GET /api/v1/refunds", "GET /api/v1/deposits"] {
        walk.walk(route, Value::Null, nobody(), None, (&tenant, &[], DONE)).await;
    }
    let (route, admin) = ("GET /api/v1/admin/deposits", walk.admin.clone());
    let role = (Some(landlord), &[][..], FORBIDDEN);
    walk.walk(route, Value::Null, role, None, (&admin, &[], DONE)).await;
    walk.world.release(&tenant, &open).await;
}

async fn calling_off(walk: &mut Walk, stay: &str) {
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let held = walk.hold(&walk.home.clone(), 40).await;
    let (ids, held) = (&[stay][..], &[&*held][..]);
    let role = || (Some(other.clone()), ids, NOT_FOUND);
    let route = "POST /api/v1/bookings/{id}/move";
    let unit = json!({"unit_no": 2});
    let by_tenant = (Some(tenant.clone()), ids, FORBIDDEN);
    let state = Some((held, unit.clone(), NOT_NOW));
    walk.walk(route, unit, by_tenant, state, (&landlord, ids, DONE)).await;
    let route = "GET /api/v1/bookings/{id}/cancellation-preview";
    walk.walk(route, Value::Null, role(), None, (&tenant, ids, DONE)).await;
    let route = "POST /api/v1/bookings/{id}/cancel";
    let body = json!({"reason": "plans"});
    let state = Some((held, body.clone(), NOT_NOW));
    walk.walk(route, body.clone(), role(), state, (&tenant, ids, DONE)).await;
    walk.ask(Some(&tenant), (route, &at(route, ids)), &body, NOT_NOW).await;
    walk.world.release(&tenant, &json!({"id": held[0]})).await;
}

async fn staying(walk: &mut Walk) {
    let mut stays = Vec::new();
    for (ahead, nights) in [(1, 2), (1, 2), (3, 5)] {
        stays.push(walk.book(ahead, nights).await);
    }
    let [one, two, third] = [&stays[0], &stays[1], &stays[2]].map(|stay| [stay.as_str()]);
    let (none, lamp) = (
        json!({}),
        json!({"items": [{"label": "lamp",
        "amount": {"amount": 1_000, "currency": "EUR"}}]}),
    );
    walk.days_pass(2).await;
    let (landlord, tenant, other) =
        (walk.landlord.clone(), walk.tenant.clone(), walk.other.clone());
    let role = || (Some(other.clone()), &one[..], NOT_FOUND);
    let route = "POST /api/v1/bookings/{id}/check-in";
    let state = Some((&third[..], none.clone(), NOT_NOW));
    walk.walk(route, none.clone(), role(), state, (&landlord, &one, DONE)).await;
    walk.ask(Some(&landlord), (route, &at(route, &two)), &none, DONE).await;
    let route = "POST /api/v1/deposits/{id}/deductions";
    walk.ask(Some(&landlord), (route, &at(route, &one)), &lamp, NOT_NOW).await;
    let route = "POST /api/v1/bookings/{id}/check-out";
    let state = Some((&third[..], none.clone(), NOT_NOW));
    walk.walk(route, none.clone(), role(), state, (&tenant, &one, DONE)).await;
    walk.ask(Some(&tenant), (route, &at(route, &two)), &none, DONE).await;
    let route = "POST /api/v1/bookings/{id}/no-show";
    walk.ask(Some(&landlord), (route, &at(route, &third)), &none, NOT_NOW).await;

    let by_tenant = (Some(tenant.clone()), &one[..], FORBIDDEN);
    let route = "POST /api/v1/deposits/{id}/deductions";
    let state = Some((&third[..], lamp.clone(), NOT_NOW));
    walk.walk(route, lamp, by_tenant, state, (&landlord, &one, DONE)).await;
    let route = "POST /api/v1/deposits/{id}/contest";
    let why = json!({"reason": "It was broken."});
    let by_landlord = (Some(landlord.clone()), &one[..], NOT_FOUND);
    let state = Some((&two[..], why.clone(), NOT_NOW));
    walk.walk(route, why, by_landlord, state, (&tenant, &one, DONE)).await;
    let (route, admin) = ("POST /api/v1/deposits/{id}/resolve", walk.admin.clone());
    let half = json!({"kept": {"amount": 500, "currency": "EUR"}, "reason": "An old lamp."});
    let by_landlord = (Some(landlord.clone()), &one[..], FORBIDDEN);
    let state = Some((&two[..], half.clone(), NOT_NOW));
    walk.walk(route, half, by_landlord, state, (&admin, &one, DONE)).await;
    let route = "POST /api/v1/deposits/{id}/release";
    let by_rival = (Some(walk.rival.clone()), &two[..], NOT_FOUND);
    let state = Some((&one[..], none.clone(), NOT_NOW));
    walk.walk(route, none.clone(), by_rival, state, (&landlord, &two, DONE)).await;

    walk.days_pass(3).await;
    let (landlord, tenant) = (walk.landlord.clone(), walk.tenant.clone());
    let route = "POST /api/v1/bookings/{id}/no-show";
    let by_tenant = (Some(tenant), &third[..], FORBIDDEN);
    let state = Some((&one[..], none.clone(), NOT_NOW));
    walk.walk(route, none, by_tenant, state, (&landlord, &third, DONE)).await;
}
