//! Mailed links: an address is proved, a forgotten password replaced; each once, in time,
//! for its purpose only, and nobody learns who has an account.

use rentezy::domain::link_token::Purpose;
use serde_json::json;
use uuid::Uuid;

use crate::harness::server::World;
use crate::harness::shop::PASSWORD;

const NEW: &str = "another battery";

#[tokio::test]
async fn an_address_is_proved_before_its_account_is_used() {
    let plan = World::plan().manual_clock().set("ACCOUNTS_EMAIL_VERIFICATION", "required");
    let mut world = plan.start().await;
    let (api, email) = (world.anonymous(), "ada@example.org");
    let accepted = world.register(email).await.expect(202);
    // Only whoever knows the password hears what is missing, and gets no session.
    world.try_sign_in(email, NEW).await.problem(401, "invalid-credentials");
    let refused = world.try_sign_in(email, PASSWORD).await.problem(403, "email-unverified");
    assert!(refused.header("set-cookie").is_none());

    let verify = async |token: &str, api: &_| {
        let api: &crate::harness::client::Api = api;
        api.post("auth/email/verify", &json!({"token": token})).await
    };
    let first = world.link(email, Purpose::VerifyEmail).await;
    let row = world.link_row(email, Purpose::VerifyEmail).await;
    // Made for another purpose, or for nothing.
    let other = world.token(Purpose::ResetPassword, row);
    verify(&other, &api).await.problem(400, "invalid-token");
    let reset = json!({"token": other, "password": NEW});
    api.post("auth/password/reset", &reset).await.problem(400, "invalid-token");
    let unknown = world.token(Purpose::VerifyEmail, Uuid::now_v7());
    verify(&unknown, &api).await.problem(400, "invalid-token");
    verify("", &api).await.problem(400, "invalid-token");

    // A later link makes the earlier one useless, and ends after a day.
    let address = json!({"email": email});
    let again = api.post("auth/email/resend", &address).await.expect(202);
    assert_eq!(again.text, accepted.text);
    verify(&first, &api).await.problem(400, "invalid-token");
    let second = world.link(email, Purpose::VerifyEmail).await;
    world.let_pass(24 * 3600 + 60).await;
    verify(&second, &api).await.problem(400, "invalid-token");
    // Registering again asks for another one.
    world.register(email).await.expect(202);
    let third = world.link(email, Purpose::VerifyEmail).await;
    assert_ne!(second, third);
    verify(&third, &api).await.expect(204);
    verify(&third, &api).await.problem(400, "invalid-token");
    let user = world.sign_in(email).await;
    assert_eq!(world.api(&user).get("me").await.body(200)["email_verified"], json!(true));
    assert_eq!(world.events_of(email, "user.verified").await.len(), 1);

    // From now on there is nothing to send, which nobody can tell.
    let before = world.events_of(email, "user.verification_requested").await.len();
    for email in [email, "nobody@example.org"] {
        let answer = api.post("auth/email/resend", &json!({"email": email})).await.expect(202);
        assert_eq!(answer.text, accepted.text);
    }
    assert_eq!(world.events_of(email, "user.verification_requested").await.len(), before);
    api.post("auth/email/resend", &json!({"email": "nobody"})).await.problem(422, "validation");
}

#[tokio::test]
async fn nobody_can_fill_another_ones_mailbox() {
    let world = World::start().await;
    let (api, email) = (world.anonymous(), "ada@example.org");
    let first = world.register(email).await.expect(202);
    for _ in 0..7 {
        for path in ["auth/email/resend", "auth/password/forgot"] {
            let answer = api.post(path, &json!({"email": email})).await.expect(202);
            assert_eq!(answer.text, first.text);
        }
    }
    assert_eq!(world.events_of(email, "user.verification_requested").await.len(), 5);
    assert_eq!(world.events_of(email, "user.password_reset_requested").await.len(), 5);
    // The last of them works.
    let token = world.link(email, Purpose::VerifyEmail).await;
    api.post("auth/email/verify", &json!({"token": token})).await.expect(204);
    // The owner of a proved address is told once that somebody registers with it.
    for _ in 0..3 {
        assert_eq!(world.register("ADA@example.org").await.expect(202).text, first.text);
    }
    assert_eq!(world.events_of(email, "user.registration_repeated").await.len(), 1);
    assert_eq!(world.events_of(email, "user.registered").await.len(), 1);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let mut world = World::plan().manual_clock().start().await;
    let user = world.tenant().await;
    let other = world.sign_in(&user.email).await;
    let forgot = async |email: &str, world: &World| {
        world.anonymous().post("auth/password/forgot", &json!({"email": email})).await.expect(202)
    };
    let reset = async |token: &str, password: &str, world: &World| {
        let body = json!({"token": token, "password": password});
        world.anonymous().post("auth/password/reset", &body).await
    };
    let known = forgot(&user.email, &world).await;
    assert_eq!(forgot("nobody@example.org", &world).await.text, known.text);
    let first = world.link(&user.email, Purpose::ResetPassword).await;
    forgot(&user.email, &world).await;
    reset(&first, NEW, &world).await.problem(400, "invalid-token");
    let second = world.link(&user.email, Purpose::ResetPassword).await;
    for password in ["short", &"x".repeat(129)] {
        let refused = reset(&second, password, &world).await.problem(422, "validation");
        assert_eq!(refused.body["errors"][0]["pointer"], json!("/password"));
    }
    assert!(world.api(&user).is_known().await && world.api(&other).is_known().await);
    reset(&second, NEW, &world).await.expect(204);
    for old in [&user, &other] {
        world.api(old).get("me").await.problem(401, "unauthenticated");
    }
    reset(&second, "a third battery", &world).await.problem(400, "invalid-token");
    world.try_sign_in(&user.email, PASSWORD).await.problem(401, "invalid-credentials");
    let now = world.try_sign_in(&user.email, NEW).await.expect(200);
    // It came by mail, so the address is proved.
    assert_eq!(now.body["user"]["email_verified"], json!(true));
    assert_eq!(world.events_of(&user.email, "user.password_changed").await.len(), 1);

    forgot(&user.email, &world).await;
    let late = world.link(&user.email, Purpose::ResetPassword).await;
    world.let_pass(3600 + 60).await;
    reset(&late, "a third battery", &world).await.problem(400, "invalid-token");
}

#[tokio::test]
async fn changing_a_password_keeps_this_session_and_ends_the_others() {
    let world = World::start().await;
    let user = world.tenant().await;
    let (here, there) = (world.api(&user), world.api(&world.sign_in(&user.email).await));
    let change = async |current: &str, new: &str| {
        here.post("auth/password/change", &json!({"current": current, "new": new})).await
    };
    world
        .anonymous()
        .post("auth/password/change", &json!({"current": PASSWORD, "new": NEW}))
        .await
        .problem(401, "unauthenticated");
    let wrong = change(NEW, "a third battery").await.problem(422, "validation");
    assert_eq!(wrong.body["errors"][0]["pointer"], json!("/current"));
    let short = change(PASSWORD, "short").await.problem(422, "validation");
    assert_eq!(short.body["errors"][0]["pointer"], json!("/new"));
    assert!(there.is_known().await);
    change(PASSWORD, NEW).await.expect(204);
    assert!(here.is_known().await && !there.is_known().await);
    world.try_sign_in(&user.email, PASSWORD).await.problem(401, "invalid-credentials");
    world.try_sign_in(&user.email, NEW).await.expect(200);
}
