//! Access tokens under attack.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::http::keys::{Claims, Keys};

const NOW: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn claims() -> Claims {
    let (user, session) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
    Claims::new(user, session, vec!["tenant".to_owned()], at(NOW), 900)
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts(token)[0]).unwrap()).unwrap()
}

fn refused(keys: &Keys, token: &str, what: &str) {
    assert!(keys.verify(token, at(NOW)).is_err(), "{what} was believed");
}

#[test]
fn a_token_holds_for_its_time_and_a_minute() {
    let keys = Keys::ephemeral().unwrap();
    let token = keys.sign(&claims()).unwrap();
    for (second, holds) in [
        (NOW, true),
        (NOW + 900 + 59, true),
        (NOW + 900 + 60, false),
        (NOW - 60, true),
        (NOW - 61, false),
    ] {
        assert_eq!(keys.verify(&token, at(second)).is_ok(), holds, "{second}");
    }
    assert_eq!(keys.verify(&token, at(NOW)).unwrap(), claims());
}

#[test]
fn other_algorithms_are_not_believed() {
    let keys = Keys::ephemeral().unwrap();
    let token = keys.sign(&claims()).unwrap();
    let [_, body, signature] = parts(&token);
    let kid = header(&token)["kid"].clone();
    for alg in ["none", "None", "nOnE", "NONE", "HS256", "RS256", "ES256"] {
        let head = part(&json!({"alg": alg, "typ": "at+jwt", "kid": kid}));
        refused(&keys, &format!("{head}.{body}."), alg);
        refused(&keys, &format!("{head}.{body}.{signature}"), alg);
    }
    refused(&keys, &format!("{}.{body}", parts(&token)[0]), "two parts");
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let secret = crate::config::Secret::new("ephemeral");
    let keys = Keys::ephemeral().unwrap();
    let kid = header(&keys.sign(&claims()).unwrap())["kid"].clone();
    let pair = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let public = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
    for key in [public.public_key().as_ref(), secret.expose().as_bytes(), b""] {
        let body = part(&serde_json::to_value(claims()).unwrap());
        let head = part(&json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}));
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(format!("{head}.{body}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        refused(&keys, &format!("{head}.{body}.{signature}"), "an hmac");
    }
}

#[test]
fn keys_named_by_the_token_are_not_followed() {
    let keys = Keys::ephemeral().unwrap();
    let token = keys.sign(&claims()).unwrap();
    let kid = header(&token)["kid"].as_str().unwrap().to_owned();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let attacker = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode(attacker.public_key().as_ref())});
    let long = "k".repeat(10_000);
    let mut heads = vec![
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, "jwk": jwk}),
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, "jku": "http://127.0.0.1:9/keys"}),
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, "x5u": "http://127.0.0.1:9/cert"}),
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "EdDSA", "typ": "at+jwt"}),
        json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}),
    ];
    for junk in ["", "../../dev/null", "' or 1=1 --", "\u{0}", &long] {
        heads.push(json!({"alg": "EdDSA", "typ": "at+jwt", "kid": junk}));
    }
    let body = part(&serde_json::to_value(claims()).unwrap());
    for head in heads {
        let signed = format!("{}.{body}", part(&head));
        let signature = URL_SAFE_NO_PAD.encode(attacker.sign(signed.as_bytes()));
        refused(&keys, &format!("{signed}.{signature}"), &head.to_string());
    }
}

#[test]
fn a_changed_token_is_not_believed() {
    let keys = Keys::ephemeral().unwrap();
    let token = keys.sign(&claims()).unwrap();
    let [head, _, signature] = parts(&token);
    let landlord = Claims { roles: vec!["landlord".to_owned()], ..claims() };
    let body = part(&serde_json::to_value(landlord).unwrap());
    refused(&keys, &format!("{head}.{body}.{signature}"), "another payload");
    refused(&keys, &token[..token.len() - 4], "a short signature");
    let mut flipped = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    flipped[0] ^= 1;
    let [head, body, _] = parts(&token);
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    refused(&keys, &format!("{head}.{body}.{flipped}"), "a flipped bit");
    refused(&keys, "", "nothing");
    refused(&keys, "..", "dots");
    refused(&keys, &"a.".repeat(5000), "very much");
    refused(&Keys::ephemeral().unwrap(), &token, "another server's token");
}

#[test]
fn claims_must_be_exactly_ours() {
    let keys = Keys::ephemeral().unwrap();
    for (name, wrong) in [
        ("aud", Claims { aud: "rentezy-mail".to_owned(), ..claims() }),
        ("iss", Claims { iss: "somebody".to_owned(), ..claims() }),
        ("typ", Claims { typ: "refresh".to_owned(), ..claims() }),
        ("exp", Claims { exp: NOW - 61, ..claims() }),
        ("exp", Claims { exp: -1, ..claims() }),
        ("iat", Claims { iat: NOW + 365 * 86_400, ..claims() }),
        ("nbf", Claims { nbf: Some(NOW + 61), ..claims() }),
    ] {
        refused(&keys, &keys.sign(&wrong).unwrap(), name);
    }
}
