//! What is checked, as functions of a file's path and text.

use std::fmt;
use std::path::Path;

use crate::house_source as source;

/// Past this a file is mentioned.
pub(crate) const SOFT_LINES: usize = 400;
/// Past this a file is refused.
pub(crate) const HARD_LINES: usize = 600;
/// The longest door.
const DOOR_LINES: usize = 80;

/// A file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path from the top folder.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// Something that is not as it should be.
#[derive(Debug)]
pub(crate) struct Finding {
    path: String,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

impl File {
    fn finding(&self, what: String) -> Finding {
        Finding { path: self.path.clone(), what }
    }
}

/// Which room may import which others, besides itself and telemetry.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("telemetry", &[]),
    ("config", &["domain"]),
    ("clock", &["domain"]),
    ("listening", &[]),
    ("storage", &["domain", "config", "clock"]),
    ("search", &["domain", "config", "clock"]),
    ("gateways", &["domain", "config", "clock"]),
    ("actors", &["domain", "config", "clock", "listening", "storage", "search", "gateways"]),
    ("scheduler", &["domain", "config", "clock", "storage", "search", "gateways", "actors"]),
    ("http", &["domain", "config", "clock", "storage", "search", "actors"]),
    (
        "app",
        &[
            "domain",
            "config",
            "clock",
            "listening",
            "storage",
            "search",
            "gateways",
            "actors",
            "scheduler",
            "http",
        ],
    ),
    ("sandbox", &["config", "clock"]),
    ("tools", &["domain", "config", "clock", "storage", "actors"]),
    // The clock is main's to make: server and sandbox are given it.
    ("main", &["app", "tools", "sandbox", "storage", "config", "clock"]),
];

/// The files that are main.
const MAIN: &[&str] = &["src/main.rs", "src/serve.rs", "src/offline.rs"];

/// The files of some folders with an extension, in the order of their paths.
pub(crate) fn files(root: &Path, folders: &[&str], extension: &str) -> Vec<File> {
    let mut found = Vec::new();
    for folder in folders {
        collect(root, &root.join(folder), extension, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The documents whose paths are checked.
pub(crate) fn docs(root: &Path) -> Vec<File> {
    let mut found = files(root, &["docs"], "md");
    let readme = std::fs::read_to_string(root.join("README.md"));
    found.extend(readme.map(|text| File { path: "README.md".to_owned(), text }));
    found
}

fn collect(root: &Path, folder: &Path, extension: &str, found: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.push(File { path, text });
        }
    }
}

/// The modules of a file of the library, from the crate's root; `None` for other files.
fn module(path: &str) -> Option<Vec<&str>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut parts: Vec<&str> = inner.split('/').collect();
    if matches!(parts.last(), Some(&"mod" | &"lib")) {
        parts.pop();
    }
    Some(parts)
}

fn is_unit_test(path: &str) -> bool {
    path.starts_with("src/") && path.contains("/tests/")
}

/// Imports of rooms that the file's room may not import. Unit tests see what they need.
pub(crate) fn imports(file: &File) -> Vec<Finding> {
    let Some(module) = module(&file.path) else { return Vec::new() };
    if is_unit_test(&file.path) || module.is_empty() {
        return Vec::new();
    }
    let is_main = MAIN.contains(&file.path.as_str());
    let room = if is_main { "main" } else { module[0] };
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
        return vec![file.finding(format!("room {room} is not in the plan"))];
    };
    let code = source::read(&file.text).code;
    let mut named = Vec::new();
    if is_main {
        for rest in code.split("rentezy::").skip(1) {
            heads(rest, &mut named);
        }
    } else {
        for rest in code.split("crate::").skip(1) {
            heads(rest, &mut named);
        }
        let up = "super::".repeat(module.len());
        for (at, _) in code.match_indices(&up) {
            heads(&code[at + up.len()..], &mut named);
        }
    }
    named.sort_unstable();
    named.dedup();
    // Macros and the crate's own items are no rooms.
    let is_room = |name: &&&str| MAY_IMPORT.iter().any(|(room, _)| room == *name);
    let forbidden =
        |name: &&&str| **name != room && **name != "telemetry" && !allowed.contains(*name);
    named
        .iter()
        .filter(is_room)
        .filter(forbidden)
        .map(|name| file.finding(format!("{room} may not import {name}")))
        .collect()
}

/// The first names of the paths that follow `crate::`: one, or those of a group.
fn heads<'a>(rest: &'a str, found: &mut Vec<&'a str>) {
    let Some(group) = rest.strip_prefix('{') else {
        found.push(word(rest));
        return;
    };
    let (mut depth, mut expected) = (0_usize, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && depth == 0 && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// String literals that are SQL, outside of storage and of unit tests.
pub(crate) fn sql(file: &File) -> Vec<Finding> {
    let elsewhere = file.path.starts_with("src/") && !file.path.starts_with("src/storage/");
    if !elsewhere || is_unit_test(&file.path) {
        return Vec::new();
    }
    let strings = source::read(&file.text).strings;
    let sql = strings.iter().filter(|text| is_sql(text));
    sql.map(|text| file.finding(format!("SQL outside of storage: {text:?}"))).collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let text = words.join(" ");
    let begins = |with: &str| text.starts_with(with);
    let plain = [
        "insert into ",
        "delete from ",
        "create table ",
        "create index ",
        "create unique index ",
        "create database ",
        "create extension ",
        "create sequence ",
        "alter table ",
        "alter database ",
        "drop table ",
        "drop database ",
        "truncate ",
        "select pg_",
        "listen ",
    ];
    plain.iter().any(|with| begins(with))
        || begins("select ") && text.contains(" from ")
        || begins("update ") && text.contains(" set ")
        || begins("with ") && text.contains(" as (")
}

/// A file that is too long.
pub(crate) fn length(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    (lines > HARD_LINES).then(|| file.finding(format!("{lines} lines, {HARD_LINES} at most")))
}

/// A door with logic in it, or too long a one. Test folders have doors with helpers.
pub(crate) fn door(file: &File) -> Option<Finding> {
    let is_door = file.path.starts_with("src/") && file.path.ends_with("/mod.rs");
    if !is_door || is_unit_test(&file.path) {
        return None;
    }
    let lines = file.text.lines().count();
    if lines > DOOR_LINES {
        return Some(file.finding(format!("a door of {lines} lines, {DOOR_LINES} at most")));
    }
    let code = source::read(&file.text).code;
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    let logic = words.find(|word| matches!(*word, "fn" | "impl"))?;
    Some(file.finding(format!("a door with logic in it: {logic}")))
}

/// Folders of the repository: what begins with one of them is a path.
const TOPS: &[&str] =
    &["src/", "tests/", "docs/", "migrations/", "scripts/", "bench/", "web/", ".ci/"];

/// Paths in a document that name nothing.
pub(crate) fn paths(doc: &File, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = doc.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut named: Vec<String> = Vec::new();
    let separators = |c: char| c.is_whitespace() || "`()[]\"',;|{}".contains(c);
    for token in doc.text.split(separators) {
        let token = token.trim_start_matches("./").trim_end_matches(['.', ':']);
        if TOPS.iter().any(|top| token.starts_with(top)) {
            named.push(token.to_owned());
        }
    }
    for rest in doc.text.split("](").skip(1) {
        let target = rest.split([')', '#']).next().unwrap_or_default();
        let inside = !target.contains("://") && !target.is_empty();
        if inside && !TOPS.iter().any(|top| target.starts_with(top)) {
            let beside = Path::new(folder).join(target.trim_start_matches("./"));
            named.push(beside.to_string_lossy().into_owned());
        }
    }
    named.sort();
    named.dedup();
    let stands_for_many = |path: &str| path.contains(['*', '<', '>', '…', '$']);
    named
        .iter()
        .map(|path| path.split(['#', ':']).next().unwrap_or_default().trim_end_matches('/'))
        .filter(|path| !stands_for_many(path) && !exists(path))
        .map(|path| doc.finding(format!("names {path}, which is not there")))
        .collect()
}
