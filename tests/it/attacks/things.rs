//! The owner's things, one of each kind: what the routes are about, and nobody else may see.

use std::collections::BTreeMap;

use image::ImageFormat;
use rentezy::domain::link_token::Purpose;
use serde_json::json;
use uuid::Uuid;

use crate::harness::client::text_at;
use crate::harness::pictures::plain;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property, uuid_of};
use crate::harness::wait::wait_for;
use crate::photos::upload;

/// A small picture as a file; the number tells it from others.
pub(super) fn picture(number: u8) -> Vec<u8> {
    plain(32, 32, [number, 0, 0], ImageFormat::Jpeg)
}

/// One thing of each kind.
pub(super) struct Things {
    /// An id for each kind of thing, by the part of the path that stands before it.
    ids: BTreeMap<&'static str, String>,
    /// An id of each kind that there is not.
    nothing: BTreeMap<&'static str, String>,
    /// The photo of the draft.
    pub(super) photo: String,
    /// The token of a link that proves an address.
    pub(super) verify: String,
    /// The token of a link that chooses a new password.
    pub(super) reset: String,
    /// The token of a link in a letter to the owner.
    pub(super) unsubscribe: String,
}

impl Things {
    /// Makes them; the owner stays at somebody's home.
    #[expect(clippy::too_many_lines, reason = "a line or two for each kind")]
    pub(super) async fn make(world: &World, owner: &User, (host, home): (&User, &Home)) -> Self {
        let api = world.api(owner);
        let draft = api.post("properties", &new_property(1, 10_000)).await.body(201);
        let (property, unit) = (text_at(&draft, "/id"), text_at(&draft, "/unit/id"));
        let rule = json!({"name": "Early", "kind": "early_bird", "days": 90, "off_bp": 500});
        let rules = format!("properties/{property}/price-rules");
        let ruled = api.call(reqwest::Method::POST, &rules).header("if-match", "*").json(&rule);
        let rule = ruled.send().await.expect(201).text_at("/rules/0/id");
        let code = json!({"code": "FIRST", "off_bp": 500});
        let code = api.post("promo-codes", &code).await.expect(201).text_at("/id");
        let search = json!({"name": "Quay", "criteria": {"q": "quay"}});
        let search = api.post("saved-searches", &search).await.expect(201).text_at("/id");
        let keep = api.call(reqwest::Method::PUT, &format!("favourites/{property}"));
        keep.json(&json!({})).send().await.expect(200);
        let photo = upload(&api, &property, &picture(1)).await.expect(201).text_at("/id");
        let booking = world.book(owner, &home.stay(world.day(20), 2)).await;
        let payment = text_at(&booking, "/payment/id");
        let body = json!({"amount": {"amount": 1, "currency": "EUR"}, "reason": "sorry"});
        let refund =
            world.api(host).post(&format!("payments/{payment}/refunds"), &body).await.body(201);
        let path = format!("bookings/{}/changes", text_at(&booking, "/id"));
        let change = json!({"check_out": world.day(23)});
        let changed = api.post(&path, &change).await.body(201);
        let nights = json!({"check_in": world.day(40), "check_out": world.day(42)});
        let path = format!("properties/{property}/blocks");
        let block = api.post(&path, &nights).await.expect(201).text_at("/data/0/id");
        let another = world.sign_in(&owner.email).await;
        let sessions = world.api(&another).get("auth/sessions").await.body(200);
        let session = text_at(&sessions, "/data/0/id");
        assert_eq!(sessions["data"][0]["current"], json!(true), "{sessions}");
        let notification = wait_for("the owner was told of something", async || {
            let list = api.get("notifications").await.body(200);
            list["data"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
        let sql = world.sql().await;
        let letter = wait_for("the owner is written to", async || {
            let query = "select id from letters where user_id = $1 and template = 'booking_held'
                limit 1";
            let row = sql.query_opt(query, &[&uuid_of(&owner.id)]).await.unwrap()?;
            Some(row.get::<_, Uuid>(0))
        })
        .await;
        let deposit =
            "insert into deposits select id, property_id, tenant_id, $2, currency, 5, '[]',
            0, 0, 'held', null, null, null, null, 1, now(), now() from bookings where id = $1";
        let held = uuid_of(&text_at(&booking, "/id"));
        sql.execute(deposit, &[&held, &uuid_of(&owner.id)]).await.unwrap();
        let unsubscribe = world.token(Purpose::Unsubscribe, letter);
        // Whom admins do things to, and who has a link of each kind.
        let person = world.tenant().await;
        let address = json!({"email": person.email});
        world.anonymous().post("auth/password/forgot", &address).await.expect(202);
        let ids = BTreeMap::from([
            ("favourites", property.clone()),
            ("properties", property),
            ("saved-searches", search),
            ("units", unit),
            ("price-rules", rule),
            ("promo-codes", code),
            ("photos", photo.clone()),
            ("{variant}", "card".to_owned()),
            ("bookings", text_at(&booking, "/id")),
            ("changes", text_at(&changed, "/change/id")),
            ("payments", payment),
            ("refunds", text_at(&refund, "/id")),
            ("blocks", block),
            ("deposits", text_at(&booking, "/id")),
            ("sessions", session),
            ("notifications", notification),
            ("users", person.id.clone()),
            ("oauth", "oidc".to_owned()),
            ("unsubscribe", unsubscribe.clone()),
        ]);
        let made_up = |(kind, id): (&&'static str, &String)| {
            let (prefix, _) = id.split_once('_')?;
            Some((*kind, format!("{prefix}_{}", Uuid::now_v7().simple())))
        };
        let mut nothing: BTreeMap<_, _> = ids.iter().filter_map(made_up).collect();
        nothing.insert("{variant}", "card".to_owned());
        nothing.insert("oauth", "nobody".to_owned());
        nothing.insert("unsubscribe", world.token(Purpose::Unsubscribe, Uuid::now_v7()));
        Self {
            ids,
            nothing,
            photo,
            verify: world.link(&person.email, Purpose::VerifyEmail).await,
            reset: world.link(&person.email, Purpose::ResetPassword).await,
            unsubscribe,
        }
    }

    /// The id of the thing of a kind.
    pub(super) fn id(&self, kind: &str) -> Option<String> {
        self.ids.get(kind).cloned()
    }

    /// An id of a kind that nothing has.
    pub(super) fn nothing(&self, kind: &str) -> Option<String> {
        self.nothing.get(kind).cloned()
    }

    /// The ids that nobody but the owner may learn.
    pub(super) fn secret(&self) -> impl Iterator<Item = &str> {
        let kinds = [
            "properties",
            "units",
            "photos",
            "bookings",
            "blocks",
            "sessions",
            "notifications",
            "saved-searches",
        ];
        kinds.into_iter().map(|kind| self.ids[kind].as_str())
    }
}
