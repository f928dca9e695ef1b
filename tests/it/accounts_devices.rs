//! Where somebody is signed in, and what they and others see of them.

use reqwest::Method;
use serde_json::json;

use crate::harness::client::Answer;
use crate::harness::server::World;

#[tokio::test]
async fn devices_are_listed_and_ended_by_their_owner_only() {
    let world = World::start().await;
    let (user, stranger) = (world.tenant().await, world.tenant().await);
    let login = json!({"email": user.email, "password": crate::harness::shop::PASSWORD});
    let call = world.anonymous().call(Method::POST, "auth/login").json(&login);
    let other = call.header("user-agent", "Lovelace/1.0").send().await.expect(200);
    let here = world.api(&user);
    let there = world.anonymous();
    let bearer = format!("Bearer {}", other.text_at("/access_token"));
    let me_there = async || -> Answer {
        there.call(Method::GET, "me").header("authorization", &bearer).send().await
    };
    me_there().await.expect(200);

    world.anonymous().get("auth/sessions").await.problem(401, "unauthenticated");
    let list = here.get("auth/sessions").await.body(200);
    let devices = list["data"].as_array().unwrap();
    assert_eq!(devices.len(), 2);
    let (newest, oldest) = (&devices[0], &devices[1]);
    assert_eq!((&newest["current"], &oldest["current"]), (&json!(false), &json!(true)));
    assert_eq!(newest["user_agent"], "Lovelace/1.0");
    assert!(newest["created_at"].is_string() && newest["last_used_at"].is_string());
    let first = here.get("auth/sessions?limit=1").await.body(200);
    let next = first["page"]["next"].as_str().unwrap();
    let second = here.get(&format!("auth/sessions?limit=1&cursor={next}")).await.body(200);
    assert_eq!((&first["data"][0], &second["data"][0]), (newest, oldest));

    // Another's session is as good as none.
    let path = format!("auth/sessions/{}", newest["id"].as_str().unwrap());
    let end = async |api: &crate::harness::client::Api, path: &str| {
        api.call(Method::DELETE, path).send().await
    };
    let theirs = end(&world.api(&stranger), &path).await.problem(404, "not-found");
    let none = "auth/sessions/ses_01970000000070008000000000000001";
    let none = end(&here, none).await.problem(404, "not-found");
    assert_eq!(theirs.body["detail"], none.body["detail"]);
    me_there().await.expect(200);
    end(&here, &path).await.expect(204);
    me_there().await.problem(401, "unauthenticated");
    end(&here, &path).await.problem(404, "not-found");

    let again = world.api(&world.sign_in(&user.email).await);
    let all = again.post("auth/logout-all", &json!({})).await.expect(204);
    assert!(all.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!again.is_known().await && !here.is_known().await);
    assert!(world.api(&stranger).is_known().await);
}

#[tokio::test]
async fn a_profile_is_changed_from_the_version_that_was_read() {
    let world = World::start().await;
    let user = world.tenant().await;
    let api = world.api(&user);
    let read = api.get("me").await.expect(200);
    assert_eq!((&read.body["locale"], &read.body["zone"]), (&json!("en"), &json!("UTC")));
    let tag = read.header("etag").unwrap().to_owned();
    let known = api.call(Method::GET, "me").header("if-none-match", &tag).send().await;
    assert_eq!(known.status, 304);
    let edit = async |tag: Option<&str>, body: &serde_json::Value| {
        let call = api.call(Method::PATCH, "me").json(body);
        let call = match tag {
            Some(tag) => call.header("if-match", tag),
            None => call,
        };
        call.send().await
    };
    edit(None, &json!({"name": "Ada King"})).await.problem(428, "precondition-required");
    for (body, pointer) in [
        (json!({"name": " "}), "/name"),
        (json!({"locale": "english"}), "/locale"),
        (json!({"zone": "Mars/Olympus"}), "/zone"),
        (json!({"email": "eve@example.org"}), "/email"),
        (json!({"roles": ["admin"]}), "/roles"),
        (json!({"version": 7}), "/version"),
    ] {
        let answer = edit(Some(&tag), &body).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], json!(pointer));
    }
    let change = json!({"name": "Ada King", "locale": "pt-BR", "zone": "Europe/Lisbon"});
    let changed = edit(Some(&tag), &change).await.expect(200);
    for field in ["name", "locale", "zone"] {
        assert_eq!(changed.body[field], change[field]);
    }
    edit(Some(&tag), &json!({"name": "Eve"})).await.problem(412, "precondition-failed");
    assert_eq!(api.get("me").await.header("etag"), changed.header("etag"));

    // What others see, when they are signed in: a name, and no address.
    let path = format!("users/{}", user.id);
    world.anonymous().get(&path).await.problem(401, "unauthenticated");
    let card = world.api(&world.tenant().await).get(&path).await.body(200);
    let expected = json!({"id": user.id, "name": "Ada King", "landlord": false,
        "member_since": read.body["created_at"]});
    assert_eq!(card, expected);
    api.get("users/usr_01970000000070008000000000000001").await.problem(404, "not-found");
}
