//! What is refused because it would be unsafe, and what must never be printed.

use super::super::{PaymentsMode, Secret};
use super::{load, refusal};

const OPEN: &str = "[server]\nlisten = \"0.0.0.0:8080\"\n";
const KEYS: &str =
    "stripe_key = \"sk_test_abcdefgh\"\nstripe_webhook_secret = \"whsec_abcdefgh\"\n";

#[test]
fn payments_are_off_on_an_open_listener_unless_set() {
    assert_eq!(load(OPEN, &[]).unwrap().payments.mode, PaymentsMode::Off);
    let v6 = "[server]\nlisten = \"[::1]:8080\"";
    assert_eq!(load(v6, &[]).unwrap().payments.mode, PaymentsMode::Sandbox);
}

#[test]
fn the_sandbox_is_for_loopback_and_test_keys() {
    assert_eq!(
        refusal(&format!("{OPEN}[payments]\nmode = \"sandbox\""), &[]),
        "payments.mode = \"sandbox\": sandbox is allowed only with server.listen on a loopback address"
    );
    for key in ["sk_live_abcdefgh", "rk_live_abcdefgh"] {
        let line = refusal("", &[("RENTEZY_PAYMENTS_STRIPE_KEY", key)]);
        assert_eq!(
            line,
            "payments.mode = \"sandbox\": sandbox is allowed only without a real payments.stripe_key"
        );
    }
    assert_eq!(
        refusal("[payments]\nsandbox_url = \"http://10.0.0.1:9\"", &[]),
        "payments.sandbox_url = \"http://10.0.0.1:9\": must be on loopback"
    );
    for url in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"] {
        load("", &[("RENTEZY_PAYMENTS_SANDBOX_URL", url)]).unwrap();
    }
    for url in ["http://127.0.0.1.example:9", "http://127.0.0.1@evil", "http://a/b", "ftp://a"] {
        assert!(load("", &[("RENTEZY_PAYMENTS_SANDBOX_URL", url)]).is_err(), "{url}");
    }
}

#[test]
fn stripe_needs_its_secrets_and_tls() {
    let stripe = |more: &str| format!("[payments]\nmode = \"stripe\"\n{more}");
    assert_eq!(
        refusal(&stripe("stripe_key = \"sk_test_abcdefgh\""), &[]),
        "payments.mode = \"stripe\": stripe needs payments.stripe_key and payments.stripe_webhook_secret"
    );
    let open = format!("{OPEN}{}", stripe(KEYS));
    assert_eq!(load(&open, &[]).unwrap().payments.mode, PaymentsMode::Stripe);
    let plain = ("RENTEZY_PAYMENTS_STRIPE_URL", "http://stripe.example");
    assert_eq!(
        refusal(&stripe(KEYS), &[plain]),
        "payments.stripe_url = \"http://stripe.example\": must be https unless its host is on loopback"
    );
    load(&stripe(KEYS), &[("RENTEZY_PAYMENTS_STRIPE_URL", "http://127.0.0.1:12111")]).unwrap();
}

#[test]
fn the_clock_may_be_moved_only_where_no_money_is() {
    let file = [("RENTEZY_CLOCK_FILE", "/run/clock")];
    load("", &file).unwrap();
    assert_eq!(
        refusal(OPEN, &file),
        "clock.file = \"/run/clock\": is allowed only with server.listen on a loopback address"
    );
    assert_eq!(
        refusal(&format!("[payments]\nmode = \"stripe\"\n{KEYS}"), &file),
        "clock.file = \"/run/clock\": is not allowed with payments.mode stripe"
    );
}

#[test]
fn a_secret_is_never_printed() {
    assert_eq!(format!("{:?}", Secret::new("hidden")), "Secret(..)");
    let secret = "hidden-hidden";
    for (file, line) in [
        (
            format!("[server]\nsecret = \"{secret}\""),
            "server.secret: must be at least 32 characters, or empty",
        ),
        (
            format!("[database]\nurl = \"mysql://root:{secret}@db\""),
            "database.url: must begin with postgres:// or postgresql://, or be key=value pairs",
        ),
        (
            format!("[payments]\nstripe_kye = \"{secret}\""),
            "payments.stripe_kye: unknown setting; did you mean payments.stripe_key?",
        ),
        (
            format!("[payments]\nstripe_key = [\"{secret}\"]"),
            "payments.stripe_key: must be at least 8 characters, or empty",
        ),
    ] {
        assert_eq!(refusal(&file, &[]), line);
    }
    let syntax = refusal(&format!("[payments]\nstripe_key = {secret} x"), &[]);
    assert!(!syntax.contains(secret), "{syntax}");
    let config = load("", &[("RENTEZY_DATABASE_URL", &format!("postgres://u:{secret}@db/x"))]);
    let shown = format!("{:?}", config.unwrap());
    assert!(!shown.contains(secret), "{shown}");
}

#[test]
fn a_database_may_be_named_in_both_forms() {
    for url in ["postgres://a@b/c", "postgresql://a@b/c", "host=/run/x user=a dbname=b"] {
        load("", &[("RENTEZY_DATABASE_URL", url)]).unwrap();
    }
}

#[test]
fn mail_by_smtp_needs_to_know_where_and_never_tells_the_password() {
    let smtp = [("RENTEZY_MAIL_MODE", "smtp")];
    assert_eq!(refusal("", &smtp), "mail.smtp_url: is needed with mail.mode smtp");
    for url in ["http://ada:secret@mail.example.org", "mail.example.org:25"] {
        let line = refusal("", &[("RENTEZY_MAIL_SMTP_URL", url), smtp[0]]);
        assert_eq!(line, "mail.smtp_url: must begin with smtps:// or smtp://");
    }
    let url = "smtps://ada:secret@mail.example.org";
    let config = load("", &[("RENTEZY_MAIL_SMTP_URL", url), smtp[0]]).unwrap();
    assert!(!format!("{config:?}").contains("ada"), "it is a secret");
}

#[test]
fn pictures_go_to_a_bucket_over_tls() {
    let bucket = |url: &str| load("", &[("RENTEZY_BLOBS_URL", url)]).map(|config| config.blobs.url);
    let told = bucket("s3://photos/of/homes/").unwrap().unwrap();
    assert_eq!((told.name.as_str(), told.prefix.as_str()), ("photos", "of/homes"));
    assert_eq!(bucket("s3://photos").unwrap().unwrap().prefix, "");
    assert_eq!(bucket("").unwrap(), None);
    for wrong in
        ["photos", "http://a/b", "s3://", "s3:///x", "s3://a//b", "s3://a/../b", "s3://a b"]
    {
        assert!(bucket(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        refusal("", &[("RENTEZY_BLOBS_ENDPOINT", "http://s3.example")]),
        "blobs.endpoint = \"http://s3.example\": must be https unless its host is on loopback"
    );
    for url in ["http://127.0.0.1:5000", "https://s3.example"] {
        load("", &[("RENTEZY_BLOBS_ENDPOINT", url)]).unwrap();
    }
    let half = refusal("", &[("RENTEZY_BLOBS_SECRET_KEY", "very secret")]);
    assert_eq!(half, "blobs.secret_key: blobs.access_key and blobs.secret_key come together");
}

#[test]
fn a_cluster_needs_what_its_servers_share() {
    let mut set = vec![("RENTEZY_CLUSTER_LISTEN", "127.0.0.1:7400")];
    for (variable, value, why) in [
        ("RENTEZY_DATABASE_URL", "postgres://h/d", "needs database.url: the others use it too"),
        (
            "RENTEZY_SERVER_SECRET",
            "0123456789abcdef0123456789abcdef",
            "needs server.secret, the same at every server",
        ),
        ("RENTEZY_BLOBS_FOLDER", "shared", "pictures need blobs.url or a folder that is shared"),
        (
            "RENTEZY_CLUSTER_CERTIFICATE",
            "n.pem",
            "must be set beside cluster.listen; see rentezy certs",
        ),
        ("RENTEZY_CLUSTER_KEY", "k.pem", "must be set beside cluster.listen; see rentezy certs"),
        (
            "RENTEZY_CLUSTER_AUTHORITY",
            "a.pem",
            "must be set beside cluster.listen; see rentezy certs",
        ),
    ] {
        let line = refusal("", &set);
        assert!(line.ends_with(why), "{line}");
        set.push((variable, value));
    }
    let config = load("", &set).unwrap();
    assert_eq!(config.cluster.listen.unwrap().port(), 7400);
    set.push(("RENTEZY_CLUSTER_LISTEN", "0.0.0.0:7400"));
    let line = refusal("", &set);
    assert!(line.ends_with("must be set when cluster.listen is on every address"), "{line}");
    set.push(("RENTEZY_CLUSTER_ADVERTISE", "node-1"));
    assert!(refusal("", &set).ends_with("must be host:port"));
    set.push(("RENTEZY_CLUSTER_ADVERTISE", "node-1:7400"));
    load("", &set).unwrap();
    set.push(("RENTEZY_CLUSTER_NAME", "node 1"));
    assert!(refusal("", &set).ends_with("must be of letters, digits, '-', '_' and '.'"));
}
