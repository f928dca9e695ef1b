//! Tests of the settings. None reads the process's own environment.

mod file;
mod safety;
mod values;

use std::path::PathBuf;

use super::{Config, ConfigError};

/// Loads from a file of this text and these variables.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    load_in(&dir, text, variables)
}

fn load_in(
    dir: &tempfile::TempDir,
    text: &str,
    variables: &[(&str, &str)],
) -> Result<Config, ConfigError> {
    let file: PathBuf = dir.path().join("cluster.toml");
    std::fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::load(Some(&file), variables)
}

/// The one line that such settings are refused with.
fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    let line = load(text, variables).unwrap_err().to_string();
    assert!(!line.contains('\n'), "more than one line: {line}");
    line
}
