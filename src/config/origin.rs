//! An origin: a scheme, a host and perhaps a port, with no path.

use std::fmt;
use std::net::IpAddr;

use super::value::Setting;

/// Where a server is reached: `https://rent.example` or `http://127.0.0.1:8080`. Holds no
/// path and no trailing slash, so that a path can be appended as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as text, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin that a URL begins with; `None` when it begins with none.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Self::read(&format!("{scheme}://{host}"))
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether its host is this machine: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.0.split_once("://").and_then(|(_, rest)| host_of(rest)).unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for Origin {
    fn read(text: &str) -> Option<Self> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        let (scheme, rest) = origin.split_once("://")?;
        (matches!(scheme, "http" | "https") && host_of(rest).is_some())
            .then(|| Self(origin.to_owned()))
    }
}

/// A list of origins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an origin, as a browser writes it, is one of them.
    #[must_use]
    pub fn contains(&self, origin: &str) -> bool {
        self.0.iter().any(|known| known.as_str() == origin)
    }
}

impl Setting for Origins {
    fn read(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
        parts.map(Origin::read).collect::<Option<_>>().map(Self)
    }
}

/// The host in `host[:port]`, or none when anything else stands there.
fn host_of(rest: &str) -> Option<&str> {
    let split = match rest.strip_prefix('[') {
        Some(inner) => inner.find(']')? + 2,
        None => rest.find(':').unwrap_or(rest.len()),
    };
    let (host, port) = rest.split_at(split);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte);
    let port_is_right = match port.strip_prefix(':') {
        Some(number) => number.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    (!host.is_empty() && host.bytes().all(allowed) && port_is_right).then_some(host)
}
