//! A quote: the price of a stay, promised for some minutes by a signed token. Nothing is kept
//! of it: whoever has the token has the promise.
//!
//! The token is the quote's JSON and HMAC-SHA256 (RFC 2104) over it, both in base64url, with
//! a dot between; the key derives from `server.secret`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::calendar::Nights;
use super::ids::{PropertyId, UnitId};
use super::listing::Listing;
use super::price::Price;
use super::promo::PromoTerms;
use super::refusal::Refusal;
use super::unit::Unit;

/// How long a quote holds (features: 15 minutes).
pub const LIFE: Duration = Duration::from_secs(15 * 60);
/// The longest token, in bytes.
pub const TOKEN_MAX: usize = 32 * 1024;
/// Where a quote stands in requests.
const POINTER: &str = "/quote";

/// The price of a stay, promised until an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The home.
    pub property_id: PropertyId,
    /// The unit type.
    pub unit_id: UnitId,
    /// The nights.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// The promo code that is part of the price; its use is counted when nights are held.
    pub promo: Option<PromoTerms>,
    /// What the stay costs.
    pub price: Price,
    /// The version of the house rules that the price was given with.
    pub policies_version: i32,
    /// When the promise ends.
    pub expires_at: Timestamp,
}

/// What a stay is asked for at, where that is not simply the price of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The price.
    pub at: At,
    /// The place among the uses of its promo code that the hold shall have; none if all seemed
    /// to be taken, or none is needed.
    #[serde(default)]
    pub slot: Option<i32>,
}

/// Where the price of an offer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// It was promised.
    Quote(Quote),
    /// It is that of the moment, less what a promo code takes off.
    Promo(PromoTerms),
}

impl Offer {
    /// An offer that takes no counted use of a promo code.
    #[must_use]
    pub const fn new(at: At) -> Self {
        Self { at, slot: None }
    }

    /// The promo code that is part of it.
    #[must_use]
    pub const fn promo(&self) -> Option<&PromoTerms> {
        match &self.at {
            At::Quote(quote) => quote.promo.as_ref(),
            At::Promo(promo) => Some(promo),
        }
    }
}

impl Quote {
    /// Checks that it holds, and is about this stay.
    ///
    /// # Errors
    /// [`Refusal::QuoteExpired`] when its time is over or the house rules are others now,
    /// [`Refusal::Invalid`] when it is about another stay.
    pub fn check_for(
        &self,
        listing: &Listing,
        unit: &Unit,
        (nights, guests): (Nights, u16),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let same = self.property_id == listing.id
            && self.unit_id == unit.id
            && self.nights == nights
            && self.guests == guests
            && self.price.currency == listing.fields.currency;
        if !same {
            return Err(Refusal::invalid_field(POINTER, "other-stay", "it is about another stay"));
        }
        if now >= self.expires_at || self.policies_version != listing.policies.version {
            return Err(Refusal::QuoteExpired);
        }
        Ok(())
    }
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct QuoteKey(Hmac<Sha256>);

impl std::fmt::Debug for QuoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QuoteKey")
    }
}

impl QuoteKey {
    /// The key that derives from `server.secret`; `None` for an empty one.
    #[must_use]
    pub fn derive(secret: &str) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        let mut root = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        root.update(b"rentezy/quote");
        Hmac::new_from_slice(&root.finalize().into_bytes()).ok().map(Self)
    }

    /// The token of a quote; `None` for one that has no JSON form, which there is not.
    #[must_use]
    pub fn token(&self, quote: &Quote) -> Option<String> {
        let text = serde_json::to_vec(quote).ok()?;
        let mut mac = self.0.clone();
        mac.update(&text);
        let tag = mac.finalize().into_bytes();
        Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The quote of a token.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when we did not make it.
    pub fn quote(&self, token: &str) -> Result<Quote, Refusal> {
        let read = || {
            let (text, tag) = Some(token).filter(|t| t.len() <= TOKEN_MAX)?.split_once('.')?;
            let text = URL_SAFE_NO_PAD.decode(text).ok()?;
            let mut mac = self.0.clone();
            mac.update(&text);
            mac.verify_slice(&URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
            serde_json::from_slice(&text).ok()
        };
        read().ok_or_else(|| Refusal::invalid_field(POINTER, "invalid", "it is no quote of ours"))
    }
}
