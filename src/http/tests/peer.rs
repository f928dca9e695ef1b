//! Whose address counts.

use std::net::IpAddr;

use axum::http::HeaderMap;

use super::harness::config;
use crate::http::peer::Peer;

fn find(connected: &str, forwarded: &[&str], trusted: &str) -> String {
    let config = config(&[("RENTEZY_HTTP_TRUSTED_PROXIES", trusted)]);
    let mut headers = HeaderMap::new();
    for line in forwarded {
        headers.append("x-forwarded-for", line.parse().unwrap());
    }
    let connected: IpAddr = connected.parse().unwrap();
    Peer::find(connected, &headers, &config.http.trusted_proxies).0.to_string()
}

#[test]
fn only_a_trusted_proxy_is_believed() {
    assert_eq!(find("203.0.113.9", &["1.2.3.4"], ""), "203.0.113.9");
    assert_eq!(find("203.0.113.9", &["1.2.3.4"], "10.0.0.0/8"), "203.0.113.9");
    assert_eq!(find("10.1.2.3", &["1.2.3.4"], "10.0.0.0/8"), "1.2.3.4");
    assert_eq!(find("::ffff:10.1.2.3", &["1.2.3.4"], "10.0.0.0/8"), "1.2.3.4");
    assert_eq!(find("10.1.2.3", &[], "10.0.0.0/8"), "10.1.2.3");
}

#[test]
fn the_chain_is_followed_from_its_end_to_the_first_stranger() {
    let trusted = "10.0.0.0/8, 2001:db8::/32";
    // What the client wrote itself stands in front and is not reached.
    assert_eq!(find("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"], trusted), "1.2.3.4");
    assert_eq!(find("10.0.0.1", &["6.6.6.6", "1.2.3.4", "2001:db8::7"], trusted), "1.2.3.4");
    assert_eq!(find("10.0.0.1", &["10.0.0.3,10.0.0.2"], trusted), "10.0.0.3");
    assert_eq!(find("10.0.0.1", &["nonsense"], trusted), "10.0.0.1");
    assert_eq!(find("10.0.0.1", &["1.2.3.4, unknown, 10.0.0.2"], trusted), "10.0.0.2");
    assert_eq!(find("10.0.0.1", &["1.2.3.4:5678"], trusted), "1.2.3.4");
    assert_eq!(find("10.0.0.1", &["[2a00::1]:5678"], trusted), "2a00::1");
    assert_eq!(find("10.0.0.1", &["2a00::1"], trusted), "2a00::1");
}

#[test]
fn limits_count_by_what_one_customer_is_given() {
    let group = |text: &str| Peer(text.parse().unwrap()).group().to_string();
    assert_eq!(group("1.2.3.4"), "1.2.3.4");
    assert_eq!(group("2a00:1:2:3:4:5:6:7"), "2a00:1:2:3::");
    assert_eq!(group("2a00:1:2:3:ffff::"), "2a00:1:2:3::");
    assert_ne!(group("2a00:1:2:4::"), "2a00:1:2:3::");
}
