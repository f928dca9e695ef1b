//! Admins: made by a command beside the living server, they decide who offers homes and who
//! may come in. What is taken away is gone within seconds, whatever tokens still say.

use reqwest::Method;
use serde_json::json;

use crate::harness::client::Answer;
use crate::harness::server::World;
use crate::harness::shop::PASSWORD;
use crate::harness::wait::wait_until;

#[tokio::test]
async fn an_admin_is_made_and_unmade_by_a_command() {
    let world = World::start().await;
    let user = world.tenant().await;
    let api = world.api(&user);
    api.get("admin/users").await.problem(403, "forbidden");
    world.anonymous().get("admin/users").await.problem(401, "unauthenticated");
    let unknown = world.command(&["admin", "grant", "nobody@example.org"]);
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nobody@example.org"));
    let done = world.command(&["admin", "grant", &user.email]);
    assert_eq!(String::from_utf8_lossy(&done.stdout), format!("{} is an admin\n", user.email));
    let api = world.api(&world.sign_in(&user.email).await);
    api.get("admin/users").await.expect(200);
    assert_eq!(api.get("me").await.body(200)["roles"], json!(["tenant", "admin"]));
    assert!(world.command(&["admin", "revoke", &user.email]).status.success());
    wait_until("the old token is worth nothing", async || {
        api.get("admin/users").await.status == 401
    })
    .await;
    let api = world.api(&world.sign_in(&user.email).await);
    api.get("admin/users").await.problem(403, "forbidden");
    assert_eq!(world.events_of(&user.email, "user.role_changed").await.len(), 2);
}

#[tokio::test]
async fn the_command_finds_a_private_database_that_is_being_served() {
    let world = World::plan().private_postgres().start().await;
    let admin = world.admin().await;
    world.api(&admin).get("admin/users").await.expect(200);
}

#[tokio::test]
async fn landlords_wait_for_an_admin() {
    let world = World::plan().set("ACCOUNTS_LANDLORD_APPROVAL", "admin").start().await;
    let (admin, user) = (world.admin().await, world.tenant().await);
    let (admin, api) = (world.api(&admin), world.api(&user));
    let decide = async |what: &str, body| {
        let path = format!("admin/users/{}/landlord-application/{what}", user.id);
        admin.post(&path, &body).await
    };
    decide("approve", json!({})).await.problem(409, "invalid-transition");
    for _ in 0..2 {
        let asked = api.post("me/landlord-application", &json!({})).await.body(202);
        assert_eq!(asked, json!({"status": "pending"}));
    }
    assert_eq!(world.events_of(&user.email, "user.landlord_requested").await.len(), 1);
    let home = crate::harness::shop::new_property(1, 100);
    api.post("properties", &home).await.problem(403, "forbidden");
    api.get("admin/landlord-applications").await.problem(403, "forbidden");
    let list = admin.get("admin/landlord-applications").await.body(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["id"], json!(user.id));

    decide("decline", json!({"reason": " "})).await.problem(422, "validation");
    decide("decline", json!({"reason": "no papers"})).await.expect(200);
    let me = api.get("me").await.body(200);
    assert_eq!(me["landlord_application"], json!({"status": "declined", "reason": "no papers"}));
    decide("approve", json!({})).await.problem(409, "invalid-transition");
    api.post("me/landlord-application", &json!({})).await.expect(202);
    let approved = decide("approve", json!({})).await.body(200);
    assert_eq!(approved["roles"], json!(["tenant", "landlord"]));
    let landlord = world.api(&world.sign_in(&user.email).await);
    landlord.post("properties", &home).await.expect(201);
    assert!(landlord.get("me").await.body(200).get("landlord_application").is_none());
    let list = admin.get("admin/landlord-applications").await.body(200);
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_suspended_account_is_closed_at_once_and_says_so_to_its_owner_only() {
    let world = World::start().await;
    let (boss, user) = (world.admin().await, world.tenant().await);
    let (admin, api) = (world.api(&boss), world.api(&user));
    let path = |what: &str| format!("admin/users/{}/{what}", user.id);
    let reason = json!({"reason": "fraud"});
    let own = format!("admin/users/{}/suspend", boss.id);
    admin.post(&own, &reason).await.problem(403, "forbidden");
    api.post(&path("suspend"), &reason).await.problem(403, "forbidden");
    let nobody = "admin/users/usr_01970000000070008000000000000001/suspend";
    admin.post(nobody, &reason).await.problem(404, "not-found");
    admin.post(&path("reinstate"), &json!({})).await.problem(409, "invalid-transition");
    admin.post(&path("suspend"), &json!({"reason": ""})).await.problem(422, "validation");

    let done = admin.post(&path("suspend"), &reason).await.body(200);
    assert_eq!(
        (&done["status"], &done["suspension_reason"]),
        (&json!("suspended"), &json!("fraud"))
    );
    api.get("me").await.problem(401, "unauthenticated");
    admin.post(&path("suspend"), &reason).await.problem(409, "invalid-transition");
    world.try_sign_in(&user.email, "wrong password").await.problem(401, "invalid-credentials");
    let refused = world.try_sign_in(&user.email, PASSWORD).await.problem(403, "suspended");
    assert!(refused.header("set-cookie").is_none() && !refused.text.contains("fraud"));
    admin.get(&format!("users/{}", user.id)).await.problem(404, "not-found");
    world.anonymous().post("auth/password/forgot", &json!({"email": user.email})).await.expect(202);
    assert!(world.events_of(&user.email, "user.password_reset_requested").await.is_empty());

    admin.post(&path("reinstate"), &json!({})).await.expect(200);
    api.get("me").await.problem(401, "unauthenticated");
    let api = world.api(&world.sign_in(&user.email).await);
    api.get("me").await.expect(200);
    for kind in ["user.suspended", "user.reinstated"] {
        assert_eq!(world.events_of(&user.email, kind).await.len(), 1);
    }
}

#[tokio::test]
async fn roles_that_are_taken_away_are_gone_while_tokens_live() {
    let world = World::start().await;
    let (boss, landlord) = (world.admin().await, world.landlord().await);
    let (admin, api) = (world.api(&boss), world.api(&landlord));
    let set = async |id: &str, roles| {
        admin.post(&format!("admin/users/{id}/role"), &json!({"roles": roles})).await
    };
    for roles in [json!([]), json!(["landlord"]), json!(["tenant", "tenant"]), json!(["king"])] {
        set(&landlord.id, roles).await.problem(422, "validation");
    }
    set(&boss.id, json!(["tenant"])).await.problem(422, "validation");
    api.get("properties?owner=me").await.expect(200);
    set(&landlord.id, json!(["tenant"])).await.expect(200);
    api.get("properties?owner=me").await.problem(401, "unauthenticated");
    let now = world.api(&world.sign_in(&landlord.email).await);
    now.get("properties?owner=me").await.problem(403, "forbidden");
    // More rights take nothing from anybody.
    set(&landlord.id, json!(["tenant", "landlord"])).await.expect(200);
    now.get("me").await.expect(200);
    // By another server: here it is the database that says so.
    let now = world.api(&world.sign_in(&landlord.email).await);
    now.get("properties?owner=me").await.expect(200);
    let lowered = "update users set roles = '{tenant}', access_version = access_version + 1,
         access_changed_at = now() where email = $1";
    world.sql().await.execute(lowered, &[&landlord.email]).await.unwrap();
    wait_until("the right is gone", async || now.get("properties?owner=me").await.status == 401)
        .await;
}

#[tokio::test]
async fn admins_find_people() {
    let world = World::plan().set("ACCOUNTS_EMAIL_VERIFICATION", "optional").start().await;
    let (boss, user, landlord) =
        (world.admin().await, world.tenant().await, world.landlord().await);
    let admin = world.api(&boss);
    let found = async |query: &str| -> Vec<String> {
        let list = admin.get(&format!("admin/users{query}")).await.body(200);
        let id = |user: &serde_json::Value| user["id"].as_str().unwrap().to_owned();
        list["data"].as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(found("").await, [&landlord.id, &user.id, &boss.id].map(String::clone));
    assert_eq!(found("?role=landlord").await, std::slice::from_ref(&landlord.id));
    assert_eq!(found("?role=admin").await, std::slice::from_ref(&boss.id));
    let part = user.email.split_at(10).0.to_uppercase();
    assert_eq!(found(&format!("?q={part}")).await, std::slice::from_ref(&user.id));
    for nothing in ["?q=%25", "?q=_", "?q='", "?status=suspended", "?status=active"] {
        assert_eq!(found(nothing).await, Vec::<String>::new(), "{nothing}");
    }
    assert_eq!(found("?status=unverified").await.len(), 3);
    let first = admin.get("admin/users?limit=2").await.body(200);
    let next = first["page"]["next"].as_str().unwrap();
    assert_eq!(found(&format!("?limit=2&cursor={next}")).await, std::slice::from_ref(&boss.id));
    for wrong in ["?role=king", "?status=dead", "?limit=0", "?x=1"] {
        admin.get(&format!("admin/users{wrong}")).await.problem(422, "validation");
    }
    let one = admin.get(&format!("admin/users/{}", user.id)).await.body(200);
    assert_eq!(one["email"], json!(user.email));
    assert!(!one.to_string().contains("argon2"));
    let none = "admin/users/usr_01970000000070008000000000000001";
    admin.get(none).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_decision_that_is_sent_again_late_undoes_nothing() {
    let world = World::plan().set("ACCOUNTS_LANDLORD_APPROVAL", "admin").start().await;
    let (admin, user) = (world.admin().await, world.tenant().await);
    let (admin, api) = (world.api(&admin), world.api(&user));
    let decide = async |key: &str, what: &str, body| {
        let path = format!("admin/users/{}/{what}", user.id);
        admin.call(Method::POST, &path).json(&body).key(key).send().await
    };
    let replayed = |answer: &Answer| answer.header("idempotency-replayed") == Some("true");
    let apply = async || api.post("me/landlord-application", &json!({})).await.expect(202);
    apply().await;
    let no = json!({"reason": "no papers"});
    let first = decide("no", "landlord-application/decline", no.clone()).await.expect(200);
    assert!(!replayed(&first));
    apply().await;
    let again = decide("no", "landlord-application/decline", no).await.expect(200);
    assert!(replayed(&again));
    assert_eq!(again.body["landlord_application"]["status"], "pending", "as it is now");
    assert_eq!(world.events_of(&user.email, "user.landlord_declined").await.len(), 1);
    let other = json!({"reason": "another"});
    let reused = decide("no", "landlord-application/decline", other).await;
    reused.problem(422, "idempotency-key-reused");

    decide("yes", "landlord-application/approve", json!({})).await.expect(200);
    assert!(replayed(&decide("yes", "landlord-application/approve", json!({})).await));
    let why = json!({"reason": "complaints"});
    decide("stop", "suspend", why.clone()).await.expect(200);
    decide("go", "reinstate", json!({})).await.expect(200);
    let again = decide("stop", "suspend", why).await.expect(200);
    assert!(replayed(&again));
    assert_ne!(again.body["status"], "suspended", "nobody suspends twice by one request");
    let roles = json!({"roles": ["tenant"]});
    decide("roles", "role", roles.clone()).await.expect(200);
    decide("back", "role", json!({"roles": ["tenant", "landlord"]})).await.expect(200);
    let again = decide("roles", "role", roles).await.expect(200);
    assert_eq!(again.body["roles"], json!(["tenant", "landlord"]));
    assert_eq!(world.events_of(&user.email, "user.suspended").await.len(), 1);
}
