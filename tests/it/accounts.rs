//! Accounts: registering says nothing about others, refresh tokens change with every use,
//! and a stolen one ends the session.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api};
use crate::harness::server::World;
use crate::harness::shop::PASSWORD;
use crate::harness::wait::wait_until;

/// The refresh cookie, as a browser sends it back.
const COOKIE: &str = "__Host-rentezy-refresh";

fn account(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace"})
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("the answer sets the cookie");
    let parts: Vec<&str> = set.split("; ").collect();
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(parts.contains(&attribute), "{attribute} in {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert!(parts[0].starts_with(COOKIE), "{set}");
    parts[0].to_owned()
}

async fn refresh(api: &Api, cookie: &str) -> Answer {
    let call = api.call(Method::POST, "auth/refresh").no_key();
    call.header("cookie", cookie).send().await
}

#[tokio::test]
async fn registering_does_not_tell_who_is_there() {
    let world = World::start().await;
    let api = world.anonymous();
    let first = api.post("auth/register", &account("ada@example.org")).await.expect(202);
    assert_eq!(first.body, json!({"status": "accepted"}));
    // Another password and another case of letters: the same answer, and no change.
    let mut again = account("ADA@example.org");
    again["password"] = json!("another password");
    assert_eq!(api.post("auth/register", &again).await.expect(202).text, first.text);
    let login = |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let api = api.clone();
        async move { api.post("auth/login", &body).await }
    };
    login("Ada@Example.org", PASSWORD).await.expect(200);
    let wrong = login("ada@example.org", "another password").await;
    let unknown = login("nobody@example.org", PASSWORD).await;
    let (wrong, unknown) =
        (wrong.problem(401, "invalid-credentials"), unknown.problem(401, "invalid-credentials"));
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    let count = "select count(*) from users";
    assert_eq!(world.sql().await.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);

    for (field, value, pointer) in [
        ("email", json!("no address"), "/email"),
        ("email", json!("a@b\n.org"), "/email"),
        ("password", json!("123456789"), "/password"),
        ("password", json!("x".repeat(129)), "/password"),
        ("name", json!(" "), "/name"),
        ("role", json!("landlord"), "/role"),
        ("roles", json!(["admin"]), "/roles"),
    ] {
        let mut body = account("eve@example.org");
        body[field] = value;
        let answer = api.post("auth/register", &body).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], json!(pointer), "{}", answer.text);
        assert!(!answer.text.contains("xxxxxxxxxx"), "a password is not said back");
    }
    for length in [10, 128] {
        let mut body = account(&format!("p{length}@example.org"));
        body["password"] = json!("ü".repeat(length));
        api.post("auth/register", &body).await.expect(202);
    }
}

#[tokio::test]
async fn an_account_from_its_first_token_to_its_last() {
    let mut world = World::start().await;
    let api = world.anonymous();
    api.get("me").await.problem(401, "unauthenticated");
    let user = world.tenant().await;
    let me = world.api(&user).get("me").await.body(200);
    assert_eq!((&me["id"], &me["email"]), (&json!(user.id), &json!(user.email)));
    assert_eq!(me["roles"], json!(["tenant"]));
    assert!(me.get("password_hash").is_none());

    // Tokens that are not ours.
    let (body, signature) = user.token.rsplit_once('.').unwrap();
    let (head, claims) = body.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for token in [
        "x".to_owned(),
        format!("{body}.{}", signature.chars().rev().collect::<String>()),
        format!("{none}.{claims}."),
        format!("{head}.{}.{signature}", claims.replace('a', "b")),
        format!("{}x", user.token),
    ] {
        let call = api.call(Method::GET, "me").header("authorization", &format!("Bearer {token}"));
        call.send().await.problem(401, "unauthenticated");
    }

    // Landlord at once, by a token that says so.
    let landlord = world.landlord().await;
    assert_eq!(
        world.api(&landlord).get("me").await.body(200)["roles"],
        json!(["tenant", "landlord"])
    );
    let wish = json!({"owner": "me"});
    let draft = crate::harness::shop::new_property(1, 100);
    world.api(&user).post("properties", &draft).await.problem(403, "forbidden");
    world.api(&user).get("properties?owner=me").await.problem(403, "forbidden");
    let unknown = world.api(&user).post("me/landlord-application", &wish).await;
    unknown.problem(422, "validation");

    // Keys outlive the process.
    world.kill();
    world.start_again();
    world.api(&user).get("me").await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let mut world =
        World::plan().manual_clock().set("ACCOUNTS_ACCESS_TOKEN_MINUTES", 15).start().await;
    let user = world.tenant().await;
    let login = json!({"email": user.email, "password": PASSWORD});
    let api = world.anonymous();
    let first = api.post("auth/login", &login).await.expect(200);
    let first_cookie = cookie(&first);
    let second = refresh(&api, &first_cookie).await.expect(200);
    let second_cookie = cookie(&second);
    assert_ne!(first_cookie, second_cookie);

    // Another site's page does not get it; nor does whoever has none.
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let call = api.call(Method::POST, "auth/refresh").no_key().header(name, value);
        call.header("cookie", &second_cookie).send().await.problem(403, "forbidden");
    }
    let call = api.call(Method::POST, "auth/refresh").no_key().send().await;
    call.problem(401, "unauthenticated");
    refresh(&api, &format!("{COOKIE}=nonsense")).await.problem(401, "unauthenticated");

    // An access token ends, the session goes on.
    let bearer = |answer: &Answer| format!("Bearer {}", answer.text_at("/access_token"));
    let me = async |token: &str, api: &Api| {
        api.call(Method::GET, "me").header("authorization", token).send().await
    };
    me(&bearer(&second), &api).await.expect(200);
    world.move_clock(17 * 60);
    wait_until("the access token has ended", async || {
        me(&bearer(&second), &api).await.status == 401
    })
    .await;
    let third = refresh(&api, &second_cookie).await.expect(200);
    me(&bearer(&third), &api).await.expect(200);

    // The first one again, long after: somebody has stolen it. The session ends for both.
    let stolen = refresh(&api, &first_cookie).await.problem(401, "token-reuse");
    assert!(stolen.header("set-cookie").unwrap().contains("Max-Age=0"));
    refresh(&api, &cookie(&third)).await.expect(401);
    me(&bearer(&third), &api).await.problem(401, "unauthenticated");

    // Signing out ends a session, and only that one.
    let (one, two) = (
        api.post("auth/login", &login).await.expect(200),
        api.post("auth/login", &login).await.expect(200),
    );
    let out = api.call(Method::POST, "auth/logout").no_key().header("cookie", &cookie(&one));
    assert!(out.send().await.expect(204).header("set-cookie").unwrap().contains("Max-Age=0"));
    me(&bearer(&one), &api).await.problem(401, "unauthenticated");
    refresh(&api, &cookie(&one)).await.problem(401, "unauthenticated");
    refresh(&api, &cookie(&two)).await.expect(200);
}

#[tokio::test]
async fn the_same_refresh_twice_in_a_row_is_a_browser_and_no_thief() {
    let world = World::start().await;
    let user = world.tenant().await;
    let login = json!({"email": user.email, "password": PASSWORD});
    let api = world.anonymous();
    let first = cookie(&api.post("auth/login", &login).await.expect(200));
    let (one, two) = tokio::join!(refresh(&api, &first), refresh(&api, &first));
    let (one, two) = (cookie(&one.expect(200)), cookie(&two.expect(200)));
    assert_eq!(one, two, "both tabs go on with the same token");
    refresh(&api, &one).await.expect(200);
}
