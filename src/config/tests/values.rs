//! Where a value comes from, and what is said of a wrong one.

use std::time::Duration;

use super::super::{Config, ConfigError, LogFormat, Mailbox, NOT_SETTINGS, PaymentsMode};
use super::{load, load_in, refusal};
use crate::domain::topic::Topic;

#[test]
fn nothing_set_gives_the_defaults() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url(config.server.listen), "http://127.0.0.1:8080");
    assert_eq!(config.bookings.hold(), Duration::from_secs(600));
    assert_eq!(config.payments.mode, PaymentsMode::Sandbox);
    assert_eq!(config.accounts.refresh(), Duration::from_secs(30 * 86_400));
    assert_eq!(config.database.url, None);
    assert_eq!(config.clock.file, None);
}

#[test]
fn a_variable_goes_before_the_file() {
    let file = "[server]\nlisten = \"127.0.0.1:9000\"\ndrain_s = 3\n[log]\nformat = \"json\"";
    let config = load(file, &[("RENTEZY_SERVER_LISTEN", "127.0.0.1:9001")]).unwrap();
    assert_eq!(config.server.listen.port(), 9001);
    assert_eq!(config.server.drain(), Duration::from_secs(3));
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn paths_in_the_file_count_from_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = "[server]\ndata_dir = \"./kept\"\n[clock]\nfile = \"/run/clock\"";
    let config = load_in(&dir, file, &[]).unwrap();
    assert_eq!(config.server.data_dir, dir.path().join("kept"));
    assert_eq!(config.clock.file, Some("/run/clock".into()));

    let config = load_in(&dir, file, &[("RENTEZY_SERVER_DATA_DIR", "kept")]).unwrap();
    assert_eq!(config.server.data_dir, std::env::current_dir().unwrap().join("kept"));
}

#[test]
fn the_data_folder_is_made_up_where_none_is_set() {
    let dir = tempfile::tempdir().unwrap();
    let config = load_in(&dir, "", &[]).unwrap();
    let expected = if rustix::process::geteuid().is_root() {
        "/var/lib/rentezy".into()
    } else {
        dir.path().join("data")
    };
    assert_eq!(config.server.data_dir, expected);
}

#[test]
fn the_public_url_is_the_set_one_or_the_bound_address() {
    let config = load("[server]\nlisten = \"0.0.0.0:0\"", &[]).unwrap();
    let bound = "0.0.0.0:4711".parse().unwrap();
    assert_eq!(config.server.public_url(bound), "http://127.0.0.1:4711");
    let config = load("[server]\nbase_url = \"https://rent.example/\"", &[]).unwrap();
    assert_eq!(config.server.public_url(bound), "https://rent.example");
}

#[test]
fn a_wrong_value_is_one_line_with_key_value_and_what_is_allowed() {
    for (file, line) in [
        ("[bookings]\nhold_seconds = 0", "bookings.hold_seconds = 0: must be between 1 and 1200"),
        (
            "[bookings]\nhold_seconds = \"10\"",
            "bookings.hold_seconds = \"10\": must be between 1 and 1200",
        ),
        (
            "[bookings]\nhold_seconds = 1.5",
            "bookings.hold_seconds = 1.5: must be between 1 and 1200",
        ),
        (
            "[payments]\nmode = \"live\"",
            "payments.mode = \"live\": must be sandbox, stripe, off or empty",
        ),
        ("[log]\nformat = \"a\\nb\"", "log.format = \"a\\nb\": must be text or json"),
        (
            "[server]\nlisten = \"localhost:80\"",
            "server.listen = \"localhost:80\": must be an IP address and a port, such as 127.0.0.1:8080",
        ),
        (
            "[server]\nbase_url = \"rent.example\"",
            "server.base_url = \"rent.example\": must be http(s)://host or http(s)://host:port without a path, or empty",
        ),
        (
            "[payments]\nstripe_url = \"\"",
            "payments.stripe_url = \"\": must be http(s)://host or http(s)://host:port without a path",
        ),
        (
            "[database]\nuser = \"a b\"",
            "database.user = \"a b\": must be a name of letters, digits, '-', '_' and '.'",
        ),
    ] {
        assert_eq!(refusal(file, &[]), line);
    }
    assert_eq!(
        refusal("", &[("RENTEZY_LIMITS_PAGE_MAX", "many")]),
        "limits.page_max = \"many\" (from RENTEZY_LIMITS_PAGE_MAX): must be between 1 and 100"
    );
    let long = refusal("", &[("RENTEZY_LOG_LEVEL", &"x".repeat(5_000))]);
    assert!(long.len() < 250, "{long}");
}

#[test]
fn unknown_names_are_refused_and_the_nearest_is_named() {
    for (file, line) in [
        (
            "[bookings]\nhold_second = 5",
            "bookings.hold_second: unknown setting; did you mean bookings.hold_seconds?",
        ),
        ("[booking]\nhold_seconds = 5", "booking: unknown setting; did you mean bookings?"),
        ("[server]\nfrobnicate = 5", "server.frobnicate: unknown setting"),
        ("server = 5", "server: unknown setting; did you mean [server]?"),
    ] {
        assert_eq!(refusal(file, &[]), line);
    }
    assert_eq!(
        refusal("", &[("RENTEZY_SERVER_LISTENS", "x")]),
        "RENTEZY_SERVER_LISTENS: unknown setting; did you mean RENTEZY_SERVER_LISTEN?"
    );
}

#[test]
fn variables_that_are_no_settings_are_passed_over() {
    for (name, _) in NOT_SETTINGS {
        load("", &[(name, "anything")]).unwrap();
    }
    load("", &[("HOME", "/root"), ("rentezy_server_listen", "x")]).unwrap();
}

#[test]
fn a_file_that_is_no_toml_or_no_file_is_named() {
    let error = load("[server]\nlisten = \n", &[]).unwrap_err();
    assert!(matches!(error, ConfigError::Syntax { line: 2, .. }), "{error}");
    let absent = std::path::Path::new("/nowhere/cluster.toml");
    let error = Config::load(Some(absent), std::iter::empty()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read /nowhere/cluster.toml: "), "{error}");
}

#[test]
fn a_mail_address_has_a_name_or_none() {
    let from = |text: &str| load("", &[("RENTEZY_MAIL_FROM", text)]).map(|config| config.mail.from);
    let mailbox =
        |name: &str, address: &str| Mailbox { name: name.into(), address: address.into() };
    assert_eq!(from("Ada Byron <a@b.ie>"), Ok(mailbox("Ada Byron", "a@b.ie")));
    assert_eq!(from("a@b.ie"), Ok(mailbox("", "a@b.ie")));
    assert_eq!(load("", &[]).unwrap().mail.from, mailbox("RentEzy", "no-reply@localhost"));
    assert_eq!(load("", &[]).unwrap().mail.reply_to, None);
    for wrong in ["", "Ada", "Ada <a@b.ie", "Ada\r\nBcc: x <a@b.ie>", "A <a@b.ie> <c@d.ie>"] {
        assert!(from(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn events_are_kept_by_topic_and_money_for_ever_unless_said() {
    let kept = |text: &str, topic| load(text, &[]).unwrap().events.kept_days(topic);
    for topic in Topic::ALL {
        assert_eq!(kept("", topic), None, "{topic:?}");
        let usual = (!topic.is_money()).then_some(400);
        assert_eq!(kept("[events]\nretention_days = 400", topic), usual, "{topic:?}");
    }
    let file = "[events]\nretention_days = 400\n\
                retention = \"property=30, audit = 0,payment=3650\"";
    assert_eq!(kept(file, Topic::Property), Some(30));
    assert_eq!(kept(file, Topic::Audit), None, "0 goes before the usual time");
    assert_eq!(kept(file, Topic::Payment), Some(3650));
    assert_eq!(kept(file, Topic::User), Some(400));
    let config = load(file, &[("RENTEZY_EVENTS_RETENTION", "user=7")]).unwrap();
    assert_eq!(config.events.kept_days(Topic::Property), Some(400));
    assert_eq!(config.events.kept_days(Topic::User), Some(7));
}

#[test]
fn a_wrong_time_for_a_topic_is_refused() {
    for wrong in
        ["property", "property=", "property=x", "property=-1", "nothing=3", "user=1,user=2", ","]
    {
        let line = refusal("", &[("RENTEZY_EVENTS_RETENTION", wrong)]);
        assert!(line.ends_with("such as property=90, with commas between, or empty"), "{line}");
    }
    assert!(load("", &[("RENTEZY_EVENTS_RETENTION", "user=36501")]).is_err());
    load("", &[("RENTEZY_EVENTS_RETENTION", "user=36500,refund=0")]).unwrap();
    for money in ["booking", "payment", "refund", "deposit"] {
        let file = format!("[events]\nretention = \"{money}=3649\"");
        assert_eq!(
            refusal(&file, &[]),
            format!(
                "events.retention = \"{money}=3649\": booking, payment, refund and deposit need \
                 3650 days at least, or 0 for ever"
            )
        );
    }
}
