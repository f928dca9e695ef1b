//! Reading: the file, then the environment over it, then types, then the rules between keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::rules;
use super::sections::{
    Accounts, Blobs, Bookings, Clock, Cluster, Database, Events, Http, Limits, Listings, Log, Mail,
    Oidc, Operator, Payments, Photos, SECTIONS, Search, Server,
};
use super::value::{Key, Kind, Setting};

/// Variables of this name that are no settings, with what they are for: they are passed over,
/// while any other unknown `RENTEZY_` variable is an error, so that a typing mistake is seen.
pub const NOT_SETTINGS: &[(&str, &str)] = &[
    ("RENTEZY_LISTINGS_DIR", "folder of real listing files that tests import"),
    ("RENTEZY_TEST_S3", "an S3 server on loopback that tests store in"),
    ("RENTEZY_BIN", "the program that the browser test starts"),
    ("RENTEZY_SIM_SEED", "the seed that the simulation of the rules begins with"),
    ("RENTEZY_SIM_STEPS", "how many steps the simulation of the rules takes"),
];

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "cluster.toml";

/// The longest part of a wrong value that is shown, in characters.
const SHOWN_MAX: usize = 80;

/// Everything that was set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The public listener and the server's files.
    pub server: Server,
    /// The operators' listener.
    pub operator: Operator,
    /// What stands between a browser and this server.
    pub http: Http,
    /// Postgres.
    pub database: Database,
    /// Other servers on the same database.
    pub cluster: Cluster,
    /// The clock.
    pub clock: Clock,
    /// Accounts, sign-in and passwords.
    pub accounts: Accounts,
    /// Sign-in by another provider.
    pub oidc: Oidc,
    /// Listings.
    pub listings: Listings,
    /// Pictures of homes.
    pub photos: Photos,
    /// Where the bytes of pictures are kept.
    pub blobs: Blobs,
    /// Bookings.
    pub bookings: Bookings,
    /// Payments.
    pub payments: Payments,
    /// Letters.
    pub mail: Mail,
    /// The event log.
    pub events: Events,
    /// The search index.
    pub search: Search,
    /// Limits.
    pub limits: Limits,
    /// The log.
    pub log: Log,
}

/// Why the settings were refused. Its text is one line and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is not TOML.
    #[error("{} line {line}: {why}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        why: String,
    },
    /// There is no such section, key or variable.
    #[error("{name}: unknown setting{}", hint(nearest))]
    Unknown {
        /// The name as it was written.
        name: String,
        /// A known name that is close to it.
        nearest: Option<String>,
    },
    /// A value of the wrong form or out of bounds.
    #[error("{name} = {value}{}: must be {allowed}", from(variable))]
    Wrong {
        /// The key's full name.
        name: &'static str,
        /// The value, quoted when it is not a number.
        value: String,
        /// The variable it came from, if not from the file.
        variable: Option<String>,
        /// What may be set.
        allowed: String,
    },
    /// A secret of the wrong form, which is not shown.
    #[error("{name}: {why}")]
    WrongSecret {
        /// The key's full name.
        name: &'static str,
        /// What it must be.
        why: String,
    },
    /// A value that is right alone and unsafe together with another.
    #[error("{name} = {value}: {why}")]
    Refused {
        /// The key's full name.
        name: &'static str,
        /// The value, quoted.
        value: String,
        /// Why, and what is allowed.
        why: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

fn from(variable: &Option<String>) -> String {
    variable.as_ref().map(|name| format!(" (from {name})")).unwrap_or_default()
}

/// Every key, in the order of `cluster.toml`.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|(_, _, keys)| keys.iter())
}

/// The process's own variables whose names begin with `RENTEZY_`, for [`Config::load`].
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with("RENTEZY_").then(|| (name, value.to_string_lossy().into_owned()))
    })
}

impl Config {
    /// Reads `path`, or `cluster.toml` in the working directory if there is one, and lays the
    /// `RENTEZY_...` variables of `environment` over it. A relative path in the file counts
    /// from the file's folder, one in a variable from the working directory.
    ///
    /// # Errors
    /// When the file cannot be read, or any setting is unknown, wrong or unsafe.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let file = path.or_else(|| default.exists().then_some(default));
        let here = file.and_then(Path::parent).unwrap_or(Path::new("")).join(".");
        let folder = absolute(&here);
        let mut values = Values::default();
        if let Some(file) = file {
            values.read_file(file, &folder)?;
        }
        values.read_environment(environment)?;
        rules::fill(&mut values, &folder)?;
        let config = Self {
            server: Server::read(&values)?,
            operator: Operator::read(&values)?,
            http: Http::read(&values)?,
            database: Database::read(&values)?,
            cluster: Cluster::read(&values)?,
            clock: Clock::read(&values)?,
            accounts: Accounts::read(&values)?,
            oidc: Oidc::read(&values)?,
            listings: Listings::read(&values)?,
            photos: Photos::read(&values)?,
            blobs: Blobs::read(&values)?,
            bookings: Bookings::read(&values)?,
            payments: Payments::read(&values)?,
            mail: Mail::read(&values)?,
            events: Events::read(&values)?,
            search: Search::read(&values)?,
            limits: Limits::read(&values)?,
            log: Log::read(&values)?,
        };
        rules::check(&config)?;
        Ok(config)
    }
}

/// The text of every key, and the variable it came from if it did.
pub(super) struct Values(BTreeMap<&'static str, (&'static Key, String, Option<String>)>);

impl Default for Values {
    fn default() -> Self {
        Self(keys().map(|key| (key.name, (key, key.default.to_owned(), None))).collect())
    }
}

impl Values {
    /// The text of a key.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |(_, text, _)| text)
    }

    /// Sets the text of a known key.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        if let Some((_, text, _)) = self.0.get_mut(name) {
            value.clone_into(text);
        }
    }

    /// The value of a key in its own type.
    pub(super) fn get<T: Setting>(&self, name: &str) -> Result<T, ConfigError> {
        let Some((key, text, variable)) = self.0.get(name) else {
            return Err(unknown(name.to_owned(), keys().map(|key| key.name.to_owned())));
        };
        let value = if key.admits(text) { T::read(text) } else { None };
        value.ok_or_else(|| wrong(key, &shown(text), variable.clone()))
    }

    fn read_file(&mut self, file: &Path, folder: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable {
            file: file.to_owned(),
            why: error.to_string(),
        })?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            ConfigError::Syntax {
                file: file.to_owned(),
                line: before.matches('\n').count() + 1,
                why: error.message().replace('\n', " "),
            }
        })?;
        for (section, value) in &table {
            if !SECTIONS.iter().any(|(name, ..)| name == section) {
                let known = SECTIONS.iter().map(|(name, ..)| (*name).to_owned());
                return Err(unknown(section.clone(), known));
            }
            let toml::Value::Table(settings) = value else {
                return Err(unknown(section.clone(), std::iter::once(format!("[{section}]"))));
            };
            for (key, value) in settings {
                self.set_from_file(&format!("{section}.{key}"), value, folder)?;
            }
        }
        Ok(())
    }

    fn set_from_file(
        &mut self,
        name: &str,
        value: &toml::Value,
        folder: &Path,
    ) -> Result<(), ConfigError> {
        let Some((key, text, _)) = self.0.get_mut(name) else {
            return Err(unknown(name.to_owned(), keys().map(|key| key.name.to_owned())));
        };
        *text = match (value, key.kind) {
            (toml::Value::Integer(number), Kind::Number(..)) => number.to_string(),
            (toml::Value::String(path), Kind::Path) if !path.is_empty() => {
                absolute(&folder.join(path)).to_string_lossy().into_owned()
            }
            (toml::Value::String(text), kind) if !matches!(kind, Kind::Number(..)) => text.clone(),
            _ => return Err(wrong(key, &clipped(&value.to_string()), None)),
        };
        Ok(())
    }

    fn read_environment(
        &mut self,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (variable, value) in environment {
            let ours = variable.starts_with("RENTEZY_");
            if !ours || NOT_SETTINGS.iter().any(|(name, _)| *name == variable) {
                continue;
            }
            let Some(key) = keys().find(|key| key.variable() == variable) else {
                return Err(unknown(variable, keys().map(Key::variable)));
            };
            let text = match key.kind {
                Kind::Path if !value.is_empty() => {
                    absolute(Path::new(&value)).to_string_lossy().into_owned()
                }
                _ => value,
            };
            self.0.insert(key.name, (key, text, Some(variable)));
        }
        Ok(())
    }
}

/// A path from the root, with no `.` in it; the path itself where the system does not say.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components().collect()
}

fn wrong(key: &Key, value: &str, variable: Option<String>) -> ConfigError {
    if key.is_secret() {
        return ConfigError::WrongSecret {
            name: key.name,
            why: format!("must be {}", key.allowed()),
        };
    }
    ConfigError::Wrong { name: key.name, value: value.to_owned(), variable, allowed: key.allowed() }
}

/// A value as it would stand in the file, on one line.
fn shown(text: &str) -> String {
    if text.parse::<i64>().is_ok() { text.to_owned() } else { clipped(&format!("{text:?}")) }
}

fn clipped(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    match line.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn unknown(name: String, known: impl Iterator<Item = String>) -> ConfigError {
    let close = |known: String| (distance(&name, &known), known);
    let best = known.map(close).min_by_key(|(distance, _)| *distance);
    let limit = (name.len() / 4).clamp(2, 4);
    let nearest = best.filter(|(distance, _)| *distance <= limit).map(|(_, known)| known);
    ConfigError::Unknown { name: clipped(&name), nearest }
}

/// How many letters must be put in, taken out or changed to make one word the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, cell) in other.bytes().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = changed.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The whole of `cluster.toml`: every key commented out at its default, under what it means,
/// what it may be and the variable that overrides it.
#[must_use]
pub fn template() -> String {
    let mut text = String::from(
        "# The settings of RentEzy. Every key stands here at its default; take the # before a key\n\
         # away to set it. A RENTEZY_... variable goes before this file. Keep secrets in variables.\n\
         # `rentezy check-config` says what is wrong.\n",
    );
    for (section, about, keys) in SECTIONS {
        text.push('\n');
        about.iter().for_each(|line| text.push_str(&format!("#{line}\n")));
        text.push_str(&format!("[{section}]\n"));
        for key in *keys {
            let (_, name) = key.parts();
            let value = match key.kind {
                Kind::Number(..) => key.default.to_owned(),
                _ => format!("{:?}", key.default),
            };
            text.push('\n');
            key.doc.iter().for_each(|line| text.push_str(&format!("#{line}\n")));
            text.push_str(&format!("# Allowed: {}. Variable: {}\n", key.allowed(), key.variable()));
            text.push_str(&format!("#{name} = {value}\n"));
        }
    }
    text
}
