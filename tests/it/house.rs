//! The house's own rules: who may import whom, where SQL may stand, how long a file may be,
//! that doors hold no logic, and that the documents name no path that is not there.

use std::path::Path;

use crate::house_checks::{self as checks, File, Finding};

/// The top folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn planted(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

fn said(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn the_house_is_in_order() {
    let files = checks::files(root(), &["src", "tests", "bench"], "rs");
    assert!(files.len() > 100, "only {} files were found", files.len());
    let docs = checks::docs(root());
    assert!(docs.iter().any(|doc| doc.path == "README.md"));
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(checks::imports(file));
        findings.extend(checks::sql(file));
        findings.extend(checks::length(file));
        findings.extend(checks::door(file));
    }
    for doc in &docs {
        findings.extend(checks::paths(doc, |path| root().join(path).exists()));
    }
    for file in files.iter().filter(|file| file.text.lines().count() > checks::SOFT_LINES) {
        eprintln!("warning: {} has {} lines", file.path, file.text.lines().count());
    }
    assert!(findings.is_empty(), "{}", said(&findings));
}

#[test]
fn a_forbidden_import_is_found_however_it_is_written() {
    for (path, text) in [
        ("src/storage/x.rs", "use crate::http::problem::Problem;"),
        ("src/domain/x.rs", "use crate::{clock::Clock, domain::money};"),
        ("src/domain/x.rs", "use crate::{\n    domain::{ids, money},\n    storage,\n};"),
        ("src/domain/x.rs", "fn f() { crate::clock::monotonic(); }"),
        ("src/domain/deep/x.rs", "use super::super::super::config::Config;"),
        ("src/domain/mod.rs", "use super::config::Config;"),
        ("src/http/x.rs", "use crate::scheduler::runner;"),
        ("src/scheduler/x.rs", "use crate::http::router;"),
        ("src/http/x.rs", "use crate::gateways::stripe;"),
        ("src/sandbox/x.rs", "use crate::domain::signature;"),
        ("src/search/x.rs", "use crate::storage::pool;"),
        ("src/clock.rs", "use crate::storage::pool;"),
        ("src/app/x.rs", "use crate::tools::import;"),
        ("src/main.rs", "use rentezy::http::router;"),
        ("src/serve.rs", "use rentezy::{app, actors::root};"),
        ("src/attic/x.rs", "use crate::domain::ids;"),
    ] {
        let found = checks::imports(&planted(path, text));
        assert_eq!(found.len(), 1, "{path}: {text}: {}", said(&found));
    }
}

#[test]
fn an_import_that_the_plan_has_is_left_alone() {
    for (path, text) in [
        ("src/storage/x.rs", "use crate::domain::ids;\nuse crate::telemetry;"),
        ("src/domain/deep/x.rs", "use super::super::money;"),
        ("src/domain/x.rs", "//! See [`crate::clock::Clock`].\n/* crate::http */ fn f() {}"),
        ("src/domain/x.rs", "const TEXT: &str = \"crate::http\";"),
        ("src/domain/x.rs", "const TEXT: &str = r#\"a \" crate::http\"#;"),
        ("src/http/x.rs", "use crate::actors::payer;\nuse super::problem;"),
        ("src/http/tests/x.rs", "use crate::sandbox;"),
        ("src/main.rs", "use rentezy::storage::pool;\nuse super::anything;"),
        ("tests/it/x.rs", "use rentezy::http::router;"),
    ] {
        let found = checks::imports(&planted(path, text));
        assert!(found.is_empty(), "{path}: {text}: {}", said(&found));
    }
}

#[test]
fn sql_outside_of_storage_is_found() {
    for text in [
        "c.query(\"select id from users where id = $1\", &[]);",
        "c.execute(r#\"INSERT INTO users (id) values ($1)\"#, &[]);",
        "let q = \"\n    update users\n    set name = $1\";",
        "let q = \"delete from users\";",
        "let q = \"with x as (select 1) select * from x\";",
        "let q = \"create table t (id int)\";",
        "let q = \"select pg_notify('x', '')\";",
    ] {
        for path in ["src/http/x.rs", "src/actors/x.rs", "src/main.rs"] {
            assert_eq!(checks::sql(&planted(path, text)).len(), 1, "{path}: {text}");
        }
        assert!(checks::sql(&planted("src/storage/x.rs", text)).is_empty());
        assert!(checks::sql(&planted("src/http/tests/x.rs", text)).is_empty());
    }
    for text in [
        "let t = \"select a date\";",
        "let t = \"update your booking\"; // select id from users",
        "let t = '\"'; let s = \"with love\";",
        "fn f<'a>(x: &'a str) -> &'a str { x }",
    ] {
        let found = checks::sql(&planted("src/http/x.rs", text));
        assert!(found.is_empty(), "{text}: {}", said(&found));
    }
}

#[test]
fn a_file_past_the_limit_is_found() {
    let at = planted("src/http/x.rs", &"\n".repeat(checks::HARD_LINES));
    assert!(checks::length(&at).is_none());
    let past = planted("tests/it/x.rs", &"\n".repeat(checks::HARD_LINES + 1));
    assert!(checks::length(&past).is_some());
}

#[test]
fn a_door_with_logic_is_found() {
    for text in ["pub mod a;\nfn f() {}", "struct S;\nimpl S {}", &"pub mod a;\n".repeat(81)] {
        assert!(checks::door(&planted("src/http/mod.rs", text)).is_some(), "{text}");
        assert!(checks::door(&planted("src/http/x.rs", text)).is_none());
    }
    let door = planted("src/http/mod.rs", "//! How fn and impl are named.\npub mod a;\n");
    assert!(checks::door(&door).is_none());
}

#[test]
fn a_path_in_a_document_that_is_not_there_is_found() {
    let exists = |path: &str| ["src/clock.rs", "docs/ARCHITECTURE.md", "scripts"].contains(&path);
    for text in [
        "Read `src/gone.rs`.",
        "Read `src/clock.rs` and `tests/it/gone.rs:12`.",
        "See [the plan](GONE.md).",
        "```\nsrc/gone/deep.rs\n```",
        "see migrations/V9__gone.sql",
    ] {
        let found = checks::paths(&planted("docs/X.md", text), exists);
        assert_eq!(found.len(), 1, "{text}: {}", said(&found));
    }
    for text in [
        "Read `src/clock.rs`, `scripts/` and [that](ARCHITECTURE.md#walk).",
        "Write `src/domain/<noun>.rs` and `src/*/x.rs`, `migrations/V7__*.sql`.",
        "See [Postgres](https://www.postgresql.org/docs/16/src/gone.html).",
        "`cargo build` makes target/debug/rentezy; either/or",
    ] {
        let found = checks::paths(&planted("docs/X.md", text), exists);
        assert!(found.is_empty(), "{text}: {}", said(&found));
    }
}
