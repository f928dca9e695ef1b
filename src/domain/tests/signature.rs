//! The vector was computed by Stripe's own Python library (16.1.0).

use jiff::Timestamp;

use crate::domain::signature::{SignatureError, verify};

const SECRET: &str = "whsec_test_secret";
const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded"}"#;
const SIGNED_AT: i64 = 1_700_000_000;
const V1: &str = "67da5088c63e080c71bd2bb0cb5c03d85a8fc6a21ce3aaf484df809654745b92";

fn check(header: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    verify(header, body, SECRET, Timestamp::from_second(now).unwrap())
}

#[test]
fn the_providers_own_vector_is_believed() {
    assert_eq!(check(&format!("t={SIGNED_AT},v1={V1}"), BODY, SIGNED_AT), Ok(()));
}

#[test]
fn one_of_several_values_is_enough_and_other_schemes_are_skipped() {
    let other = "00".repeat(32);
    let header = format!("t={SIGNED_AT}, v1={other}, v1={V1}, v0={other}, v2=zz");
    assert_eq!(check(&header, BODY, SIGNED_AT), Ok(()));
}

#[test]
fn a_changed_body_secret_instant_or_value_is_refused() {
    let header = format!("t={SIGNED_AT},v1={V1}");
    let mut changed = BODY.to_vec();
    changed[3] ^= 1;
    assert_eq!(check(&header, &changed, SIGNED_AT), Err(SignatureError::Mismatch));
    let now = Timestamp::from_second(SIGNED_AT).unwrap();
    assert_eq!(verify(&header, BODY, "whsec_other", now), Err(SignatureError::Mismatch));
    let later = format!("t={},v1={V1}", SIGNED_AT + 1);
    assert_eq!(check(&later, BODY, SIGNED_AT), Err(SignatureError::Mismatch));
    let short = format!("t={SIGNED_AT},v1={}", &V1[..62]);
    assert_eq!(check(&short, BODY, SIGNED_AT), Err(SignatureError::Mismatch));
    let empty = format!("t={SIGNED_AT},v1=");
    assert_eq!(check(&empty, BODY, SIGNED_AT), Err(SignatureError::Mismatch));
}

#[test]
fn the_tolerance_holds_both_ways() {
    let header = format!("t={SIGNED_AT},v1={V1}");
    assert_eq!(check(&header, BODY, SIGNED_AT + 300), Ok(()));
    assert_eq!(check(&header, BODY, SIGNED_AT - 300), Ok(()));
    assert_eq!(check(&header, BODY, SIGNED_AT + 301), Err(SignatureError::OutOfTolerance));
    assert_eq!(check(&header, BODY, SIGNED_AT - 301), Err(SignatureError::OutOfTolerance));
}

#[test]
fn a_header_out_of_shape_is_refused() {
    let cases = [
        (String::new(), SignatureError::Malformed),
        (format!("v1={V1}"), SignatureError::Malformed),
        (format!("t={SIGNED_AT}"), SignatureError::Missing),
        (format!("t={SIGNED_AT},v0={V1}"), SignatureError::Missing),
        (format!("t=,v1={V1}"), SignatureError::Malformed),
        (format!("t=-1,v1={V1}"), SignatureError::Malformed),
        (format!("t=9999999999999,v1={V1}"), SignatureError::Malformed),
        (format!("t={SIGNED_AT},t={SIGNED_AT},v1={V1}"), SignatureError::Malformed),
        (format!("t={SIGNED_AT},v1=xyz"), SignatureError::Malformed),
        (format!("t={SIGNED_AT}{}", format!(",v1={V1}").repeat(50)), SignatureError::TooMany),
    ];
    for (header, expected) in cases {
        assert_eq!(check(&header, BODY, SIGNED_AT), Err(expected), "{header}");
    }
}
