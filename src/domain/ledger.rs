//! The ledger: what every movement of money was for, in double entry. A posting is made by
//! the rule that moves the money and is written in the same change set. It adds up to zero
//! and is never changed: what was wrong is posted once more, the other way round.
//!
//! Debits are above zero, credits below. What is kept for somebody is a credit:
//!
//! | what happens | debit | credit |
//! |---|---|---|
//! | a payment arrives | `cash_clearing` | `landlord_payable`, `platform_fee`, `tax_payable`, `deposits_held` |
//! | one that nobody waits for | `cash_clearing` | `suspense` |
//! | a refund is made out | what the money had been for | `tenant_credit` |
//! | the provider has sent it | `tenant_credit` | `cash_clearing` |
//! | the provider cannot | `tenant_credit` | `suspense` |
//! | the landlord keeps part of a deposit | `deposits_held` | `landlord_payable` |
//!
//! So at any time `tenant_credit` is what is on its way back, and `suspense` what somebody
//! has to look at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking::Booking;
use super::cancellation::RefundLines;
use super::ids::{self, BookingId, PropertyId, UserId};
use super::money::{Currency, Money};
use super::payment::{Payment, Refund};
use super::price::{LineKind, Price};

/// Parts of a whole that a platform fee is counted in: hundredths of a per cent.
pub const FEE_OF: i64 = 10_000;

/// What money can be booked under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What the payment provider holds for us.
    CashClearing,
    /// What landlords get.
    LandlordPayable,
    /// Deposits: nobody's income until they are given back or kept.
    DepositsHeld,
    /// What the platform earns of each stay.
    PlatformFee,
    /// What has to be paid to tax offices.
    TaxPayable,
    /// What tenants get back.
    TenantCredit,
    /// What belongs nowhere: somebody has to look at it.
    Suspense,
}

impl Account {
    /// All accounts.
    pub const ALL: [Self; 7] = [
        Self::CashClearing,
        Self::LandlordPayable,
        Self::DepositsHeld,
        Self::PlatformFee,
        Self::TaxPayable,
        Self::TenantCredit,
        Self::Suspense,
    ];

    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashClearing => "cash_clearing",
            Self::LandlordPayable => "landlord_payable",
            Self::DepositsHeld => "deposits_held",
            Self::PlatformFee => "platform_fee",
            Self::TaxPayable => "tax_payable",
            Self::TenantCredit => "tenant_credit",
            Self::Suspense => "suspense",
        }
    }
}

/// What a posting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A payment came; the source is the payment.
    PaymentReceived,
    /// A refund was made out; the source is the refund.
    RefundMade,
    /// The provider has sent a refund; the source is the refund.
    RefundSucceeded,
    /// The provider cannot send a refund; the source is the refund.
    RefundFailed,
    /// The landlord keeps part of a deposit; the source is the booking.
    DepositKept,
    /// Another posting taken back; the source is that posting.
    Reversal,
}

impl Kind {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentReceived => "payment_received",
            Self::RefundMade => "refund_made",
            Self::RefundSucceeded => "refund_succeeded",
            Self::RefundFailed => "refund_failed",
            Self::DepositKept => "deposit_kept",
            Self::Reversal => "reversal",
        }
    }
}

/// A movement of money between accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Its key: made of the kind and the source, so that nothing is ever posted twice.
    pub id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// What it follows from; the kind says of which sort.
    pub source: Uuid,
    /// The booking.
    pub booking: BookingId,
    /// The booking's property, whose actor writes it.
    pub property: PropertyId,
    /// Whose home it is.
    pub landlord: UserId,
    /// Whose stay it is.
    pub tenant: UserId,
    /// The currency of all lines.
    pub currency: Currency,
    /// The accounts with what is added to each, in minor units. The sum is zero.
    pub lines: Vec<(Account, i64)>,
    /// The posting that this one takes back.
    pub reverses: Option<Uuid>,
    /// When.
    pub at: Timestamp,
}

impl Posting {
    /// The posting that takes this one back.
    #[must_use]
    pub fn reversed(&self, at: Timestamp) -> Self {
        Self {
            id: key(Kind::Reversal, self.id),
            kind: Kind::Reversal,
            source: self.id,
            lines: self.lines.iter().map(|(account, amount)| (*account, -amount)).collect(),
            reverses: Some(self.id),
            at,
            ..self.clone()
        }
    }
}

/// What money is for, in minor units of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// The stay itself, with the platform's share in it.
    pub stay: i64,
    /// Taxes on it.
    pub tax: i64,
    /// The deposit.
    pub deposit: i64,
}

impl Parts {
    /// What a price is for.
    #[must_use]
    pub fn of_price(price: &Price) -> Self {
        let tax = price.sum_of(LineKind::Tax);
        Self { stay: price.total().amount - tax, tax, deposit: price.deposit }
    }

    /// What goes from one price to another.
    #[must_use]
    pub fn between(old: &Price, new: &Price) -> Self {
        let (old, new) = (Self::of_price(old), Self::of_price(new));
        Self {
            stay: new.stay - old.stay,
            tax: new.tax - old.tax,
            deposit: new.deposit - old.deposit,
        }
    }

    /// What goes back of a price.
    #[must_use]
    pub fn of_refund(lines: &RefundLines) -> Self {
        let taxes = lines.lines.iter().filter(|line| line.kind == LineKind::Tax);
        let tax = taxes.map(|line| line.amount).sum();
        Self { stay: lines.total().amount - lines.deposit - tax, tax, deposit: lines.deposit }
    }

    /// Money for the stay alone: what a landlord gives of their own will, or a deduction.
    #[must_use]
    pub const fn of_stay(amount: i64) -> Self {
        Self { stay: amount, tax: 0, deposit: 0 }
    }

    /// Money of the deposit alone.
    #[must_use]
    pub const fn of_deposit(amount: i64) -> Self {
        Self { stay: 0, tax: 0, deposit: amount }
    }

    /// All of it.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.stay + self.tax + self.deposit
    }

    /// Takes an amount out, the stay first, then taxes, then the deposit. What is more than
    /// all of it is of the stay.
    #[must_use]
    pub fn take(&mut self, amount: i64) -> Self {
        let tax_and_deposit = amount - amount.min(self.stay.max(0));
        let tax = tax_and_deposit.min(self.tax.max(0));
        let deposit = (tax_and_deposit - tax).min(self.deposit.max(0));
        let taken = Self { stay: amount - tax - deposit, tax, deposit };
        self.stay -= taken.stay;
        self.tax -= taken.tax;
        self.deposit -= taken.deposit;
        taken
    }

    /// The parts as credits; the fee of the stay is cut half up.
    fn credits(&self, fee: u32) -> Vec<(Account, i64)> {
        let cut = share(self.stay, fee);
        vec![
            (Account::LandlordPayable, cut - self.stay),
            (Account::PlatformFee, -cut),
            (Account::TaxPayable, -self.tax),
            (Account::DepositsHeld, -self.deposit),
        ]
    }
}

/// The fee on an amount, half up, away from zero.
fn share(amount: i64, fee: u32) -> i64 {
    let (of, half) = (i128::from(FEE_OF), i128::from(FEE_OF) / 2);
    let exact = i128::from(amount) * i128::from(fee);
    i64::try_from((exact + exact.signum() * half) / of).unwrap_or_default()
}

/// The books of a booking at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Books<'a> {
    /// The booking.
    pub booking: &'a Booking,
    /// Whose home it is.
    pub landlord: UserId,
    /// The instant.
    pub now: Timestamp,
}

impl Books<'_> {
    /// A payment that came; `parts` is what it was for, `None` if nobody waits for it any
    /// more. `None` if nothing came.
    #[must_use]
    pub fn payment_arrived(
        &self,
        payment: &Payment,
        came: Money,
        parts: Option<Parts>,
    ) -> Option<Posting> {
        let mut lines = vec![(Account::CashClearing, came.amount)];
        lines.extend(self.source(came.amount, parts));
        self.posting(Kind::PaymentReceived, payment.id.uuid(), came.currency, lines)
    }

    /// A refund that was made out; `parts` is what the money had been for, `None` if it had
    /// been for nothing.
    #[must_use]
    pub fn refund_made(&self, refund: &Refund, parts: Option<Parts>) -> Option<Posting> {
        let amount = refund.amount.amount;
        let mut lines: Vec<_> = self.source(amount, parts);
        for (_, credit) in &mut lines {
            *credit = -*credit;
        }
        lines.push((Account::TenantCredit, -amount));
        self.posting(Kind::RefundMade, refund.id.uuid(), refund.amount.currency, lines)
    }

    /// A refund that the provider has sent.
    #[must_use]
    pub fn refund_succeeded(&self, refund: &Refund) -> Option<Posting> {
        self.settled(Kind::RefundSucceeded, refund, Account::CashClearing)
    }

    /// A refund that the provider cannot send. Should it do so later all the same, this is
    /// reversed.
    #[must_use]
    pub fn refund_failed(&self, refund: &Refund) -> Option<Posting> {
        self.settled(Kind::RefundFailed, refund, Account::Suspense)
    }

    /// What the landlord keeps of the deposit.
    #[must_use]
    pub fn deposit_kept(&self, kept: Money) -> Option<Posting> {
        let lines =
            vec![(Account::DepositsHeld, kept.amount), (Account::LandlordPayable, -kept.amount)];
        self.posting(Kind::DepositKept, self.booking.id.uuid(), kept.currency, lines)
    }

    /// Where an amount comes from, as credits.
    fn source(&self, amount: i64, parts: Option<Parts>) -> Vec<(Account, i64)> {
        let suspense = vec![(Account::Suspense, -amount)];
        parts.map_or(suspense, |parts| parts.credits(self.booking.terms.platform_fee))
    }

    fn settled(&self, kind: Kind, refund: &Refund, to: Account) -> Option<Posting> {
        let amount = refund.amount.amount;
        let lines = vec![(Account::TenantCredit, amount), (to, -amount)];
        self.posting(kind, refund.id.uuid(), refund.amount.currency, lines)
    }

    fn posting(
        &self,
        kind: Kind,
        source: Uuid,
        currency: Currency,
        mut lines: Vec<(Account, i64)>,
    ) -> Option<Posting> {
        lines.retain(|(_, amount)| *amount != 0);
        let posting = Posting {
            id: key(kind, source),
            kind,
            source,
            booking: self.booking.id,
            property: self.booking.property_id,
            landlord: self.landlord,
            tenant: self.booking.tenant_id,
            currency,
            lines,
            reverses: None,
            at: self.now,
        };
        (!posting.lines.is_empty()).then_some(posting)
    }
}

/// The key of what is posted about a source, once.
fn key(kind: Kind, source: Uuid) -> Uuid {
    ids::derived(source, kind.name())
}
