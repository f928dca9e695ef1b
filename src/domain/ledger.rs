//! The ledger: what every movement of money was for, in double entry. Postings follow from
//! what a decision changes ([`follow`]) and are written with it. Each adds up to zero and is
//! never changed: what was wrong is posted once more, the other way round.
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
//! | another price of the same sum | what it was for | what it is for |
//!
//! So at any time `tenant_credit` is what is on its way back, and `suspense` what somebody
//! has to look at.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking::{Booking, BookingStatus};
use super::cancellation::RefundLines;
use super::change::{Change, Decision};
use super::deposit::Deposit;
use super::event::Event;
use super::ids::{self, BookingId, PropertyId, UserId};
use super::money::{Currency, Money};
use super::payment::{Payment, Refund, RefundStatus};
use super::price::{LineKind, Price};
use super::rules::Context;
use super::stay::PropertyState;

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
    /// A booking costs as much as before, but other parts; the source is the change of it.
    PriceChanged,
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
            Self::PriceChanged => "price_changed",
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        Self::of_price(new).less(Self::of_price(old))
    }

    /// What is more than `other`, part by part.
    const fn less(self, other: Self) -> Self {
        Self {
            stay: self.stay - other.stay,
            tax: self.tax - other.tax,
            deposit: self.deposit - other.deposit,
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

    /// The same for a smaller amount: what is missing is of the stay.
    #[must_use]
    pub const fn reduced_to(self, amount: i64) -> Self {
        Self { stay: self.stay - (self.total() - amount), ..self }
    }

    /// Takes an amount out: all of it, or the stay first, then taxes, then the deposit. What
    /// is more than there is counts as of the stay.
    #[must_use]
    pub fn take(&mut self, amount: i64) -> Self {
        if amount == self.total() {
            return std::mem::take(self);
        }
        let tax_and_deposit = amount - amount.min(self.stay.max(0));
        let tax = tax_and_deposit.min(self.tax.max(0));
        let deposit = (tax_and_deposit - tax).min(self.deposit.max(0));
        let taken = Self { stay: amount - tax - deposit, tax, deposit };
        self.stay -= taken.stay;
        self.tax -= taken.tax;
        self.deposit -= taken.deposit;
        taken
    }
}

/// Adds the postings of the money that a decision moves. They follow from what it changes,
/// so that no rule can forget them.
pub fn follow(state: &PropertyState, decision: &mut Decision, context: &Context<'_>) {
    let Some(listing) = state.listing.as_deref() else { return };
    let postings: Vec<Posting> = decision
        .changes
        .iter()
        .flat_map(|change| {
            let booking = match change {
                Change::Payment(payment) => payment.booking_id,
                Change::Refund(refund) => refund.booking_id,
                Change::Deposit(deposit) => deposit.id,
                Change::Booking(booking) => booking.id,
                _ => return Vec::new(),
            };
            let Some(before) = state.bookings.get(&booking) else { return Vec::new() };
            let after = decision.booking(booking).unwrap_or(before);
            let books = Books { before, after, landlord: listing.owner, now: context.now };
            match change {
                Change::Payment(payment) => {
                    let came = came(decision, payment);
                    came.map_or_else(Vec::new, |came| books.of_payment(payment, came))
                }
                Change::Refund(refund) => books.of_refund(state, refund),
                Change::Deposit(deposit) => books.of_deposit(state, deposit),
                Change::Booking(_) => books.of_change(decision),
                _ => Vec::new(),
            }
        })
        .collect();
    let mut known = BTreeSet::new();
    let once = postings.into_iter().filter(|posting| known.insert(posting.id));
    decision.changes.extend(once.map(|posting| Change::Post(Box::new(posting))));
}

/// The price of a booking that stands or has stood to its end.
const fn agreed(booking: &Booking) -> Option<&Price> {
    match booking.status {
        BookingStatus::Confirmed | BookingStatus::CheckedIn | BookingStatus::Completed => {
            Some(&booking.terms.price)
        }
        _ => None,
    }
}

/// What a decision says came of a payment, if it came with it.
fn came(decision: &Decision, payment: &Payment) -> Option<Money> {
    decision.events.iter().find_map(|(_, event)| match event {
        Event::PaymentSucceeded(paid) if paid.payment_id == payment.id => Some(paid.amount),
        _ => None,
    })
}

/// The books of a booking while something changes.
struct Books<'a> {
    before: &'a Booking,
    after: &'a Booking,
    landlord: UserId,
    now: Timestamp,
}

impl Books<'_> {
    /// A payment that has come. It was for what the booking costs now and did not before; if
    /// that is not what came, nobody waits for it.
    fn of_payment(&self, payment: &Payment, came: Money) -> Vec<Posting> {
        let of = |booking| agreed(booking).map(Parts::of_price).unwrap_or_default();
        let parts = of(self.after).less(of(self.before));
        let parts = (parts.total() == came.amount).then_some(parts);
        let mut lines = vec![(Account::CashClearing, came.amount)];
        lines.extend(self.credits(came.amount, parts));
        self.posting(Kind::PaymentReceived, payment.id.uuid(), came.currency, lines)
    }

    /// A refund that is made out, and what becomes of it.
    fn of_refund(&self, state: &PropertyState, refund: &Refund) -> Vec<Posting> {
        let before = state.refunds.get(&refund.id).map(|refund| refund.status);
        let amount = refund.amount.amount;
        let mut postings = Vec::new();
        if before.is_none() {
            let mut lines = self.credits(amount, refund.parts);
            lines.iter_mut().for_each(|(_, line)| *line = -*line);
            lines.push((Account::TenantCredit, -amount));
            postings.extend(self.about(Kind::RefundMade, refund, lines));
        }
        let settled = |kind, to| {
            let lines = vec![(Account::TenantCredit, amount), (to, -amount)];
            self.about(kind, refund, lines)
        };
        let failed = settled(Kind::RefundFailed, Account::Suspense);
        match refund.status {
            status if before == Some(status) => {}
            RefundStatus::Pending => {}
            RefundStatus::Failed => postings.extend(failed),
            RefundStatus::Succeeded => {
                // The provider could do it after all: what was said of its failure is wrong.
                if before == Some(RefundStatus::Failed) {
                    postings.extend(failed.iter().map(|posting| posting.reversed(self.now)));
                }
                postings.extend(settled(Kind::RefundSucceeded, Account::CashClearing));
            }
        }
        postings
    }

    /// What goes from one account to another when a booking costs something else, beside the
    /// money that comes or goes back for it.
    fn of_change(&self, decision: &Decision) -> Vec<Posting> {
        let (Some(old), Some(new)) = (agreed(self.before), agreed(self.after)) else {
            return Vec::new();
        };
        let comes = decision
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::PaymentSucceeded { .. }));
        if old == new || comes {
            return Vec::new();
        }
        let back = decision.refunds().filter(|refund| refund.booking_id == self.after.id);
        let (mut tax, mut deposit) = (0, 0);
        for parts in back.filter_map(|refund| refund.parts) {
            tax += parts.tax;
            deposit += parts.deposit;
        }
        let between = Parts::between(old, new);
        let (tax, deposit) = (between.tax + tax, between.deposit + deposit);
        let parts = Parts { stay: -(tax + deposit), tax, deposit };
        let change = self.after.details.change.as_ref();
        let source = change.map_or(self.after.id.uuid(), |change| change.id.uuid());
        self.posting(Kind::PriceChanged, source, new.currency, self.credits(0, Some(parts)))
    }

    /// What the landlord keeps of a deposit.
    fn of_deposit(&self, state: &PropertyState, deposit: &Deposit) -> Vec<Posting> {
        let before = state.deposits.get(&deposit.id).map_or(0, |deposit| deposit.kept);
        let kept = deposit.kept - before;
        let lines = vec![(Account::DepositsHeld, kept), (Account::LandlordPayable, -kept)];
        self.posting(Kind::DepositKept, deposit.id.uuid(), deposit.currency, lines)
    }

    /// Money by what it is for, as credits; the platform's fee is cut half up.
    fn credits(&self, amount: i64, parts: Option<Parts>) -> Vec<(Account, i64)> {
        let Some(parts) = parts else { return vec![(Account::Suspense, -amount)] };
        let fee = share(parts.stay, self.after.terms.platform_fee);
        vec![
            (Account::LandlordPayable, fee - parts.stay),
            (Account::PlatformFee, -fee),
            (Account::TaxPayable, -parts.tax),
            (Account::DepositsHeld, -parts.deposit),
            (Account::Suspense, parts.total() - amount),
        ]
    }

    fn about(&self, kind: Kind, refund: &Refund, lines: Vec<(Account, i64)>) -> Vec<Posting> {
        self.posting(kind, refund.id.uuid(), refund.amount.currency, lines)
    }

    /// A posting, unless nothing moves.
    fn posting(
        &self,
        kind: Kind,
        source: Uuid,
        currency: Currency,
        mut lines: Vec<(Account, i64)>,
    ) -> Vec<Posting> {
        lines.retain(|(_, amount)| *amount != 0);
        if lines.is_empty() {
            return Vec::new();
        }
        vec![Posting {
            id: key(kind, source),
            kind,
            source,
            booking: self.after.id,
            property: self.after.property_id,
            landlord: self.landlord,
            tenant: self.after.tenant_id,
            currency,
            lines,
            reverses: None,
            at: self.now,
        }]
    }
}

/// The fee on an amount, half up, away from zero.
fn share(amount: i64, fee: u32) -> i64 {
    let (of, half) = (i128::from(FEE_OF), i128::from(FEE_OF) / 2);
    let exact = i128::from(amount) * i128::from(fee);
    i64::try_from((exact + exact.signum() * half) / of).unwrap_or_default()
}

/// The key of what is posted about a source, once.
fn key(kind: Kind, source: Uuid) -> Uuid {
    ids::derived(source, kind.name())
}
