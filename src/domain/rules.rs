//! What operators can set about the rules, and what a rule is told besides its state.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

/// How a submitted listing is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// At once.
    Auto,
    /// When an administrator says so; what strangers read is looked at again after an edit.
    Admin,
}

/// The settings that rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How listings are approved.
    pub review: Review,
    /// How long nights are held for a tenant who has not paid.
    pub hold: Duration,
    /// How long an ending hold waits for the payment provider to say how it ended.
    pub expiring: Duration,
    /// How many days ahead a stay may end.
    pub window_days: u32,
    /// How many open holds one user may have, one a home; 0: as many as they like, anywhere.
    pub holds_per_user: u32,
    /// How much longer a tenant who asks for it gets to pay, once.
    pub extension: Duration,
    /// How long nights are held at most before they are paid for, counted from the hold.
    pub hold_max: Duration,
    /// How long a landlord has to answer who asks to come.
    pub approval: Duration,
    /// How long a tenant has to pay for what the landlord has approved.
    pub approved: Duration,
    /// How long a proposal to change a booking waits for its answer.
    pub proposal: Duration,
    /// What the platform keeps of each stay, in hundredths of a per cent.
    pub platform_fee: u32,
}

impl Rules {
    /// The settings of a server where nothing was set.
    pub const USUAL: Self = Self {
        review: Review::Auto,
        hold: Duration::from_secs(600),
        expiring: Duration::from_secs(60),
        window_days: 730,
        holds_per_user: 3,
        extension: Duration::from_secs(300),
        hold_max: Duration::from_secs(1_200),
        approval: Duration::from_hours(24),
        approved: Duration::from_hours(12),
        proposal: Duration::from_hours(24),
        platform_fee: 0,
    };
}

/// What a rule is told besides state and command.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The request that asks; ids made by the decision derive from it.
    pub request: Uuid,
    /// The settings.
    pub rules: &'a Rules,
}
