//! What can be seen from outside: logs and metrics. Ground: may be used by all, uses nothing
//! of the house. Other rooms call `tracing` and `metrics` themselves.

mod logs;
mod metrics;

pub use logs::start;
pub use metrics::Metrics;
