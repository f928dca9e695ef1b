//! One newtype per identifier, so that a booking's id cannot be passed for a property's.
//!
//! Outside, an id is its type's prefix and a UUID in plain hex (`bkg_0197...`); in the
//! database it is the UUID alone. New ids are version 7 (RFC 9562), made by
//! [`crate::clock::Clock::id`]; ids that must come out the same on a retry are derived
//! from another id by [`derived`].

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A text that is not an id of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_ and 32 hexadecimal digits")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

/// Derives an id from another one: the first 16 bytes of SHA-256 over both parts, as a
/// version 8 UUID (RFC 9562, 5.8). The same parts always give the same id.
#[must_use]
pub fn derived(from: Uuid, label: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(from.as_bytes());
    hash.update(label.as_bytes());
    truncated(&hash.finalize())
}

/// The id of something that happens at an instant, made of what it derives from: the instant
/// in front, as in version 7 (RFC 9562, 5.7), so that rows of one time lie beside each other
/// and lists by id are in the order of time; the random part is the first bytes of `from`.
#[must_use]
pub fn stamped(at: Timestamp, from: Uuid) -> Uuid {
    let mut random = [0; 10];
    for (to, from) in random.iter_mut().zip(from.as_bytes()) {
        *to = *from;
    }
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The first 16 bytes of a digest as a version 8 UUID.
#[must_use]
pub fn truncated(digest: &[u8]) -> Uuid {
    let mut bytes = [0_u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the outside form begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id as it is stored.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.as_simple())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32)
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(InvalidId { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId = "usr";
    /// A signed-in device: one family of refresh tokens.
    SessionId = "ses";
    /// A listing and the home behind it.
    PropertyId = "prp";
    /// A unit type of a property: so many interchangeable rooms, beds or flats.
    UnitId = "unt";
    /// A photo of a property.
    PhotoId = "pho";
    /// A stay, from its hold to its end.
    BookingId = "bkg";
    /// A rule about prices of a property.
    PriceRuleId = "prl";
    /// A promo code.
    PromoId = "prm";
    /// What somebody looks for, kept.
    SavedSearchId = "sav";
    /// A proposal to change a booking.
    ProposalId = "chg";
    /// Nights that a landlord keeps back.
    BlockId = "blk";
    /// One attempt to collect money for one purpose.
    PaymentId = "pay";
    /// Money going back for a payment.
    RefundId = "rfd";
    /// A durable timer.
    TimerId = "tmr";
    /// An in-app notification.
    NotificationId = "ntf";
    /// A letter: mail to one person about one event.
    LetterId = "ltr";
    /// An event that a consumer was not able to see to.
    DeadLetterId = "dlt";
    /// Events that a consumer is given again.
    ReplayId = "rpl";
    /// A request with an effect: the key of its command record. A retry carries the same one.
    RequestId = "req";
}
