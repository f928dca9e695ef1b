//! Who is at the other end: the address that a request comes from, for limits, the log and
//! handlers. A proxy is believed about it only when it is one of `http.trusted_proxies`.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};

use crate::config::Networks;

/// The chain of addresses that a request was passed on for, the asker's first.
static FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, in the extensions of its requests; put there by the
/// listener.
#[derive(Debug, Clone, Copy)]
pub struct Connected(pub IpAddr);

/// The address that a request comes from, in its extensions; put there by the edge. An
/// IPv4 address that came as a mapped IPv6 one is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::among(&parts.extensions))
    }
}

impl Peer {
    /// The address of a request that has passed the edge.
    #[must_use]
    pub fn among(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self(Ipv4Addr::UNSPECIFIED.into()))
    }

    /// Finds out the address of a request that came over a connection: the chain is followed
    /// from its end, which the nearest proxy wrote, to the first address that is not trusted.
    /// What stands before that could be written by anybody.
    #[must_use]
    pub fn find(connected: IpAddr, headers: &HeaderMap, trusted: &Networks) -> Self {
        let mut address = connected.to_canonical();
        let lines = headers.get_all(&FORWARDED).iter().rev();
        let texts = lines.map(|line| line.to_str().unwrap_or_default());
        for hop in texts.flat_map(|line| line.rsplit(',')) {
            if !trusted.contains(address) {
                break;
            }
            let Some(next) = hop_address(hop.trim()) else { break };
            address = next;
        }
        Self(address)
    }

    /// What limits count by: the address, of IPv6 the /64 that one customer is given.
    #[must_use]
    pub fn group(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        }
    }
}

/// An address as proxies write it: alone, or with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').split(']').next().unwrap_or_default();
    let address = bare
        .parse()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}
