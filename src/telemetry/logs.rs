//! Logs, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `level` is one of tracing's; libraries are heard from `warn` on.
pub fn start(level: &str, json: bool) {
    let filter = EnvFilter::new(format!("warn,rentezy={level}"));
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    // A second start, as in tests, keeps the first one's settings.
    let started = if json { logs.json().try_init() } else { logs.try_init() };
    started.ok();
}
