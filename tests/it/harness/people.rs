//! What happens to accounts besides being used: mailed links, admins, what the log says.

use jiff::SignedDuration;
use rentezy::domain::link_token::{LinkKey, Purpose};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Answer, Api};
use super::server::World;
use super::shop::{PASSWORD, User, uuid_of};
use super::wait::wait_until;

impl World {
    /// What events of a type say about the account of an address, in their order.
    pub(crate) async fn events_of(&self, email: &str, kind: &str) -> Vec<Value> {
        let sql = "select e.data from events e join users u on u.id = e.key
             where u.email = $1 and e.type = $2 order by e.seq";
        let rows = self.sql().await.query(sql, &[&email, &kind]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The token of the link that was last to be mailed to an address for a purpose.
    pub(crate) async fn link(&self, email: &str, purpose: Purpose) -> String {
        self.token(purpose, self.link_row(email, purpose).await)
    }

    /// The row of the last such link.
    pub(crate) async fn link_row(&self, email: &str, purpose: Purpose) -> Uuid {
        let kind = match purpose {
            Purpose::VerifyEmail => "user.verification_requested",
            Purpose::ResetPassword => "user.password_reset_requested",
            Purpose::Unsubscribe => panic!("no event asks for this"),
        };
        let events = self.events_of(email, kind).await;
        let last = events.last().expect("a link was asked for");
        last["token_id"].as_str().unwrap().parse().unwrap()
    }

    /// The token that names a row for a purpose.
    pub(crate) fn token(&self, purpose: Purpose, row: Uuid) -> String {
        LinkKey::derive(self.secret().expose()).unwrap().token(purpose, row)
    }

    /// Somebody whom the command has made an admin, signed in.
    pub(crate) async fn admin(&self) -> User {
        let user = self.tenant().await;
        let done = self.command(&["admin", "grant", &user.email]);
        assert!(done.status.success(), "{done:?}");
        self.sign_in(&user.email).await
    }

    /// Moves the clock and waits until the server has noticed: the ids that it gives to
    /// requests are stamped with its time.
    pub(crate) async fn let_pass(&mut self, seconds: i64) {
        self.move_clock(seconds);
        let moved = self.now() - SignedDuration::from_secs(30);
        wait_until("the clock has moved", async || {
            let answer = self.anonymous().get("/livez").await;
            let id = uuid_of(answer.header("x-request-id").unwrap());
            let (stamp, _) = id.get_timestamp().unwrap().to_unix();
            i64::try_from(stamp).unwrap() >= moved.as_second()
        })
        .await;
    }

    /// Registers somebody without signing in.
    pub(crate) async fn register(&self, email: &str) -> Answer {
        let account = json!({"email": email, "password": PASSWORD, "name": "Ada"});
        self.anonymous().post("auth/register", &account).await
    }

    /// Tries to sign in.
    pub(crate) async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        let login = json!({"email": email, "password": password});
        self.anonymous().post("auth/login", &login).await
    }
}

impl Api {
    /// Whether its access token is believed.
    pub(crate) async fn is_known(&self) -> bool {
        self.get("me").await.status == 200
    }
}
