//! What people want to be told, and how. Everything is told unless somebody has said that
//! they do not want it; what guards an account is always told.

use serde::{Deserialize, Serialize};

use super::booking_details::Party;

/// What something that is told is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// One's account: proving an address, passwords, locks. Cannot be switched off.
    Security,
    /// One's own stays.
    Bookings,
    /// One's homes: stays in them, and what is decided about them.
    Hosting,
    /// What saved searches and favourites have found.
    Alerts,
    /// What administrators have to see to. Cannot be switched off.
    Duty,
}

/// A way to tell it. Push will be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The list in the app.
    InApp,
    /// A letter.
    Email,
}

impl Category {
    /// Those that everybody can be told about, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Security, Self::Bookings, Self::Hosting, Self::Alerts];

    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Bookings => "bookings",
            Self::Hosting => "hosting",
            Self::Alerts => "alerts",
            Self::Duty => "duty",
        }
    }

    /// Whether it is told whatever somebody wants.
    #[must_use]
    pub const fn is_locked(self) -> bool {
        matches!(self, Self::Security | Self::Duty)
    }

    /// What news of a stay are about for one of its people.
    #[must_use]
    pub const fn of(party: Party) -> Self {
        match party {
            Party::Tenant => Self::Bookings,
            Party::Landlord => Self::Hosting,
            Party::Admin => Self::Duty,
        }
    }
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::InApp, Self::Email];

    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InApp => "in_app",
            Self::Email => "email",
        }
    }
}

/// What somebody does not want to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences(Vec<(Category, Channel)>);

impl Preferences {
    /// Those that leave these out. What is locked is not left out.
    #[must_use]
    pub fn without(mut off: Vec<(Category, Channel)>) -> Self {
        off.retain(|(category, _)| !category.is_locked());
        off.sort_unstable();
        off.dedup();
        Self(off)
    }

    /// Whether something is to be told in a way.
    #[must_use]
    pub fn wants(&self, category: Category, channel: Channel) -> bool {
        category.is_locked() || !self.0.contains(&(category, channel))
    }

    /// What is left out: the only thing that is worth keeping.
    #[must_use]
    pub fn off(&self) -> &[(Category, Channel)] {
        &self.0
    }
}
