//! What a stay costs, line by line.

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money, MoneyError};

/// What a line of a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Nights at one price.
    Nights,
    /// Guests beyond those that the price of a night includes.
    Guests,
    /// A discount for the length or the time of the stay; below zero.
    Discount,
    /// A promo code; below zero.
    Promo,
    /// The cleaning fee.
    Cleaning,
    /// A tax.
    Tax,
}

/// A line of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub kind: LineKind,
    /// What people read beside it, such as the name of a season.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// How many of it: nights, or 1.
    pub quantity: u32,
    /// All of them, in minor units of the price's currency.
    pub amount: i64,
}

/// What a stay costs. It is frozen in the booking, so that nothing that changes later
/// changes what was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The currency of all amounts.
    pub currency: Currency,
    /// The lines, in the order in which they are read.
    pub lines: Vec<Line>,
    /// What is kept for damages and given back, in minor units. It is no line: it is not
    /// earned by anybody.
    #[serde(default)]
    pub deposit: i64,
}

impl Price {
    /// A price of nights alone.
    ///
    /// # Errors
    /// When the product is beyond what money can be.
    pub fn of_nights(per_night: Money, nights: u32) -> Result<Self, MoneyError> {
        let amount = per_night.times(nights)?.amount;
        let line = Line { kind: LineKind::Nights, label: String::new(), quantity: nights, amount };
        Ok(Self { currency: per_night.currency, lines: vec![line], deposit: 0 })
    }

    /// What the stay costs: the sum of the lines, without the deposit.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::new(self.lines.iter().map(|line| line.amount).sum(), self.currency)
    }

    /// What is to be paid: the stay and the deposit.
    #[must_use]
    pub fn due(&self) -> Money {
        Money::new(self.total().amount + self.deposit, self.currency)
    }

    /// The sum of the lines of a kind, in minor units.
    #[must_use]
    pub fn sum_of(&self, kind: LineKind) -> i64 {
        self.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum()
    }
}
