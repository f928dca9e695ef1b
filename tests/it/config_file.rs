//! Settings that are wrong stop every command with one line and exit code 2.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::postgres::folder;
use crate::harness::server::{PROGRAM, settings};

fn run(arguments: &[&str], variables: &[(&str, &str)], dir: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    settings(&mut command);
    command.args(arguments).envs(variables.iter().copied()).current_dir(dir).output().unwrap()
}

/// The one line that a refused command says.
#[track_caller]
fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 1, "one line: {said}");
    lines[0].to_owned()
}

#[test]
fn a_wrong_value_is_one_line_with_key_value_and_what_is_allowed() {
    let dir = folder();
    for command in ["check-config", "serve", "migrate"] {
        let wrong = [("RENTEZY_BOOKINGS_HOLD_SECONDS", "0")];
        let line = refused(&run(&[command], &wrong, dir.path()));
        for part in ["bookings.hold_seconds", "0", "RENTEZY_BOOKINGS_HOLD_SECONDS", "1", "1200"] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    for (text, parts) in [
        ("[bookings]\nhold_seconds = 1201\n", &["bookings.hold_seconds", "1201", "1200"][..]),
        ("[bookings]\nhold_seconds = \"ten\"\n", &["bookings.hold_seconds", "ten"]),
        ("[bookings]\nhold_second = 10\n", &["hold_second", "did you mean", "hold_seconds"]),
        ("[booking]\nhold_seconds = 10\n", &["booking"]),
        ("[log]\nlevel = \"loud\"\n", &["log.level", "loud", "trace"]),
        ("[server]\nlisten = \"nowhere\"\n", &["server.listen", "nowhere", "127.0.0.1:8080"]),
        ("[server\n", &["wrong.toml", "line 1"]),
    ] {
        std::fs::write(dir.path().join("wrong.toml"), text).unwrap();
        let line = refused(&run(&["check-config", "--config", "wrong.toml"], &[], dir.path()));
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    let line = refused(&run(&["check-config", "--config", "gone.toml"], &[], dir.path()));
    assert!(line.contains("gone.toml"), "{line}");
    let line = refused(&run(&["check-config"], &[("RENTEZY_SERVER_LISTN", "x")], dir.path()));
    assert!(line.contains("RENTEZY_SERVER_LISTEN"), "{line}");
    let secret = [("RENTEZY_SERVER_SECRET", "too-short-a-secret")];
    let line = refused(&run(&["check-config"], &secret, dir.path()));
    assert!(line.contains("server.secret") && !line.contains("too-short"), "{line}");
}

#[test]
fn the_file_in_the_repository_is_what_the_program_knows() {
    let dir = folder();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster.toml");
    let template = run(&["check-config", "--template"], &[], dir.path());
    assert_eq!(
        String::from_utf8(template.stdout).unwrap(),
        std::fs::read_to_string(&file).unwrap()
    );
    let good = run(&["check-config", "--config", file.to_str().unwrap()], &[], dir.path());
    assert!(good.status.success(), "{good:?}");
    // With every key set to what stands there as its default.
    let text = std::fs::read_to_string(&file).unwrap();
    let is_key = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
    let set: String = text
        .lines()
        .map(|line| format!("{}\n", Some(line).filter(is_key).map_or(line, |line| &line[1..])))
        .collect();
    std::fs::write(dir.path().join("cluster.toml"), set).unwrap();
    let good = run(&["check-config"], &[], dir.path());
    assert!(good.status.success(), "{good:?}");
    // A variable goes before the file.
    let wrong = [("RENTEZY_LIMITS_PAGE_MAX", "0")];
    refused(&run(&["check-config"], &wrong, dir.path()));
}

#[test]
fn what_is_unsafe_together_is_refused() {
    let dir = folder();
    for variables in [
        &[("RENTEZY_SERVER_LISTEN", "0.0.0.0:0"), ("RENTEZY_CLOCK_FILE", "clock")][..],
        &[("RENTEZY_SERVER_LISTEN", "0.0.0.0:0"), ("RENTEZY_PAYMENTS_MODE", "sandbox")],
        &[("RENTEZY_PAYMENTS_MODE", "stripe")],
        &[
            ("RENTEZY_PAYMENTS_MODE", "sandbox"),
            ("RENTEZY_PAYMENTS_STRIPE_KEY", "sk_live_0123456789"),
        ],
    ] {
        let line = refused(&run(&["check-config"], variables, dir.path()));
        assert!(!line.contains("0123456789"), "{line}");
    }
}
