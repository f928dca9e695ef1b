//! What people do at RentEzy, from an account to a paid stay.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use rentezy::domain::ids::{SessionId, UserId};
use rentezy::http::keys::{Claims, Keys};
use rentezy::storage::pool::Database;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Answer, text_at};
use super::server::World;
use super::wait::wait_for;

/// The password of everybody who registers here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody with an access token.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// The account's id.
    pub(crate) id: String,
    /// The address it signs in with.
    pub(crate) email: String,
    /// The access token.
    pub(crate) token: String,
}

/// A live listing.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// Its id.
    pub(crate) id: String,
    /// Its unit type.
    pub(crate) unit_id: String,
}

impl Home {
    /// What is sent to hold nights of it.
    pub(crate) fn stay(&self, check_in: Date, nights: i32) -> Value {
        let check_out = check_in.saturating_add(nights.days());
        json!({"property_id": self.id, "check_in": check_in, "check_out": check_out, "guests": 1})
    }

    /// Its id as the database has it.
    pub(crate) fn uuid(&self) -> Uuid {
        uuid_of(&self.id)
    }
}

/// The UUID of an id.
pub(crate) fn uuid_of(id: &str) -> Uuid {
    Uuid::try_parse(id.split_once('_').unwrap().1).unwrap()
}

/// What a landlord sends for a home of so many units at a price in cents.
pub(crate) fn new_property(count: u16, price: i64) -> Value {
    json!({
        "kind": "flat",
        "title": "Canal side flat",
        "description": "Two minutes from the water.",
        "address": {"line": "1 Quay Street", "city": "Dublin", "country": "IE"},
        "location": {"lat": 53.349_812, "lon": -6.260_301},
        "zone": "Europe/Dublin",
        "amenities": ["wifi", "kitchen"],
        "unit": {"name": "Flat", "count": count, "bedrooms": 1, "beds": 2, "bathrooms": 1.5, "guests": 4},
        "price_per_night": {"amount": price, "currency": "EUR"},
    })
}

impl World {
    /// Registers somebody and signs them in.
    pub(crate) async fn tenant(&self) -> User {
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let api = self.anonymous();
        let account = json!({"email": email, "password": PASSWORD, "name": "Ada"});
        api.post("auth/register", &account).await.expect(202);
        self.sign_in(&email).await
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(&self, email: &str) -> User {
        let login = json!({"email": email, "password": PASSWORD});
        let session = self.anonymous().post("auth/login", &login).await.body(200);
        User {
            id: text_at(&session, "/user/id"),
            email: email.to_owned(),
            token: text_at(&session, "/access_token"),
        }
    }

    /// Somebody who may offer homes.
    pub(crate) async fn landlord(&self) -> User {
        let user = self.tenant().await;
        let answer = self.api(&user).post("me/landlord-application", &json!({})).await.expect(201);
        User { token: answer.text_at("/session/access_token"), ..user }
    }

    /// So many tenants at once: written into the database, with tokens signed by the
    /// server's own key, as a thousand passwords would take minutes to hash.
    pub(crate) async fn crowd(&self, count: usize) -> Vec<User> {
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        let now = self.now();
        let sql = self.sql().await;
        sql.execute(
            "insert into users (id, email, name, password_hash, roles, created_at, updated_at)
             select id, id || '@example.org', 'Crowd', '-', '{tenant}', $2, $2
             from unnest($1::uuid[]) id",
            &[&ids, &now],
        )
        .await
        .unwrap();
        sql.execute(
            "insert into sessions (id, user_id, created_at, expires_at)
             select id, id, $2, $3 from unnest($1::uuid[]) id",
            &[&ids, &now, &(now + SignedDuration::from_hours(240))],
        )
        .await
        .unwrap();
        let user = |id: Uuid| User {
            id: UserId::from(id).to_string(),
            email: format!("{id}@example.org"),
            token: String::new(),
        };
        let mut crowd: Vec<User> = ids.into_iter().map(user).collect();
        self.sign_again(&mut crowd, &["tenant"]).await;
        crowd
    }

    /// Gives people of a crowd new tokens for a day, with these roles in them.
    pub(crate) async fn sign_again(&self, crowd: &mut [User], roles: &[&str]) {
        let pool = Database::parse(&self.database_url()).unwrap().pool(1).await.unwrap();
        let keys = Keys::open(&pool, &self.secret(), &self.clock()).await.unwrap();
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        for user in crowd {
            let id = uuid_of(&user.id);
            let (of, session) = (UserId::from(id), SessionId::from(id));
            let claims = Claims::new(of, session, roles.clone(), self.now(), 86_400);
            user.token = keys.sign(&claims).unwrap();
        }
    }

    /// A live home with so many units, at a price a night in cents.
    pub(crate) async fn home(&self, landlord: &User, count: u16, price: i64) -> Home {
        self.home_of(landlord, &new_property(count, price)).await
    }

    /// A live home as its landlord describes it.
    pub(crate) async fn home_of(&self, landlord: &User, property: &Value) -> Home {
        let api = self.api(landlord);
        let draft = api.post("properties", property).await.expect(201);
        let id = draft.text_at("/id");
        let etag = draft.header("etag").expect("a property has an ETag").to_owned();
        let path = format!("properties/{id}/submit");
        let live = api.call(reqwest::Method::POST, &path).header("if-match", &etag).send().await;
        assert_eq!(live.body["status"], "live", "{}", live.text);
        Home { id, unit_id: draft.text_at("/unit/id") }
    }

    /// A date so many days after today, in the zone of the homes here.
    pub(crate) fn day(&self, ahead: i32) -> Date {
        let zone = jiff::tz::TimeZone::get("Europe/Dublin").unwrap();
        zone.to_datetime(self.now()).date().saturating_add(ahead.days())
    }

    /// Asks for a hold.
    pub(crate) async fn try_hold(&self, tenant: &User, stay: &Value) -> Answer {
        self.api(tenant).post("bookings", stay).await
    }

    /// Holds nights; the booking.
    pub(crate) async fn hold(&self, tenant: &User, stay: &Value) -> Value {
        self.try_hold(tenant, stay).await.body(201)
    }

    /// Gives a hold up; the booking.
    pub(crate) async fn release(&self, tenant: &User, booking: &Value) -> Value {
        let path = format!("bookings/{}/hold", text_at(booking, "/id"));
        self.api(tenant).call(reqwest::Method::DELETE, &path).send().await.body(200)
    }

    /// Goes to the checkout, as often as it takes until the page is open; the page.
    pub(crate) async fn checkout(&self, tenant: &User, booking: &Value) -> String {
        let path = format!("bookings/{}/checkout", text_at(booking, "/id"));
        let (api, key) = (self.api(tenant), Uuid::new_v4().to_string());
        wait_for("the payment page is open", async || {
            let answer = api.settle(&path, &key, &json!({})).await;
            match answer.status {
                200 => Some(answer.text_at("/checkout_url")),
                _ => answer.expect(202).header("retry-after").map(|_| None)?,
            }
        })
        .await
    }

    /// Holds nights, pays for them and sees them confirmed; the booking.
    pub(crate) async fn book(&self, tenant: &User, stay: &Value) -> Value {
        let booking = self.hold(tenant, stay).await;
        let page = self.checkout(tenant, &booking).await;
        self.pay(&page).await;
        self.wait_for_status(tenant, &booking, "confirmed").await
    }

    /// The booking as it is now.
    pub(crate) async fn booking(&self, viewer: &User, booking: &Value) -> Value {
        let path = format!("bookings/{}", text_at(booking, "/id"));
        self.api(viewer).get(&path).await.body(200)
    }

    /// Waits until a booking stands somewhere; the booking then.
    pub(crate) async fn wait_for_status(
        &self,
        viewer: &User,
        booking: &Value,
        status: &str,
    ) -> Value {
        wait_for(&format!("the booking is {status}"), async || {
            let booking = self.booking(viewer, booking).await;
            (booking["status"] == status).then_some(booking)
        })
        .await
    }

    /// How many units are free on a night, as everybody can see.
    pub(crate) async fn free_on(&self, home: &Home, night: Date) -> i64 {
        let to = night.saturating_add(1.day());
        let path = format!("properties/{}/calendar?from={night}&to={to}", home.id);
        self.anonymous().get(&path).await.body(200)["nights"][0]["free"].as_i64().unwrap()
    }
}
