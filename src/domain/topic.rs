//! Topics of events: what an event is about, which is the part of its type's name before
//! the dot.

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Accounts.
    User,
    /// Listings and their photos.
    Property,
    /// Nights that landlords keep back.
    Calendar,
    /// Promo codes.
    PromoCode,
    /// Saved searches and what comes to match them.
    Search,
    /// Homes that somebody keeps an eye on.
    Favourite,
    /// Stays.
    Booking,
    /// Money that comes.
    Payment,
    /// Money that goes back.
    Refund,
    /// Deposits.
    Deposit,
    /// What the payment provider told.
    Hook,
    /// What operators did.
    Operator,
    /// What the auditor found.
    Audit,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::User,
        Self::Property,
        Self::Calendar,
        Self::PromoCode,
        Self::Search,
        Self::Favourite,
        Self::Booking,
        Self::Payment,
        Self::Refund,
        Self::Deposit,
        Self::Hook,
        Self::Operator,
        Self::Audit,
    ];

    /// What the names of its events begin with, without the dot.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Property => "property",
            Self::Calendar => "calendar",
            Self::PromoCode => "promo_code",
            Self::Search => "search",
            Self::Favourite => "favourite",
            Self::Booking => "booking",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Deposit => "deposit",
            Self::Hook => "hook",
            Self::Operator => "operator",
            Self::Audit => "audit",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }

    /// The one of an event by the name of its type.
    #[must_use]
    pub fn of_event(kind: &str) -> Option<Self> {
        Self::of_name(kind.split_once('.')?.0)
    }

    /// Whether its events say why money moved. The postings of the ledger are never deleted,
    /// and without these events nobody could tell what they were made for.
    #[must_use]
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Booking | Self::Payment | Self::Refund | Self::Deposit)
    }
}
