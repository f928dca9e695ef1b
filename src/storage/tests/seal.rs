//! Sealing.

use crate::config::Secret;
use crate::storage::seal::Seal;

#[test]
fn what_is_sealed_opens_under_the_same_secret_purpose_and_context_only() {
    let secret = Secret::new("0123456789abcdef0123456789abcdef");
    let seal = Seal::new(&secret, "keys").unwrap();
    let sealed = seal.seal(b"one", b"plain").unwrap();
    assert_eq!(seal.open(b"one", &sealed).unwrap(), b"plain");
    assert_ne!(sealed, seal.seal(b"one", b"plain").unwrap(), "a nonce was used twice");
    assert!(seal.open(b"two", &sealed).is_err());
    assert!(Seal::new(&secret, "tokens").unwrap().open(b"one", &sealed).is_err());
    let other = Secret::new("another secret of thirty-two bytes");
    assert!(Seal::new(&other, "keys").unwrap().open(b"one", &sealed).is_err());
    for cut in [0, 1, 11, 12, sealed.len() - 1] {
        assert!(seal.open(b"one", &sealed[..cut]).is_err(), "{cut}");
    }
    let mut changed = sealed;
    changed[13] ^= 1;
    assert!(seal.open(b"one", &changed).is_err());
}
