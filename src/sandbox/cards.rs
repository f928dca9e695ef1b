//! The test cards that Stripe documents, and what each of them does.

use super::objects::PaymentFailure;

/// What paying with a card leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Pays.
    Succeeds,
    /// Is declined with this code, decline code and message.
    Declines {
        /// Such as `card_declined`.
        code: &'static str,
        /// Such as `insufficient_funds`.
        decline_code: Option<&'static str>,
        /// What the payer reads.
        message: &'static str,
    },
    /// Asks the payer to prove themselves to their bank.
    Challenges,
}

/// A test card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Card {
    pub(super) number: &'static str,
    /// What the page says about it.
    pub(super) label: &'static str,
    pub(super) behaviour: Behaviour,
}

impl Card {
    /// The last four digits, all that is kept of a number.
    pub(super) fn last4(&self) -> &'static str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// The cards, as the page lists them.
pub(super) const CARDS: [Card; 6] = [
    Card { number: "4242424242424242", label: "pays", behaviour: Behaviour::Succeeds },
    Card {
        number: "4000000000000002",
        label: "is declined",
        behaviour: Behaviour::Declines {
            code: "card_declined",
            decline_code: Some("generic_decline"),
            message: "Your card was declined.",
        },
    },
    Card {
        number: "4000000000009995",
        label: "has insufficient funds",
        behaviour: Behaviour::Declines {
            code: "card_declined",
            decline_code: Some("insufficient_funds"),
            message: "Your card has insufficient funds.",
        },
    },
    Card {
        number: "4000000000000069",
        label: "has expired",
        behaviour: Behaviour::Declines {
            code: "expired_card",
            decline_code: None,
            message: "Your card has expired.",
        },
    },
    Card {
        number: "4000000000009979",
        label: "is stolen",
        behaviour: Behaviour::Declines {
            code: "card_declined",
            decline_code: Some("stolen_card"),
            message: "Your card was declined.",
        },
    },
    Card {
        number: "4000002500003155",
        label: "asks for 3-D Secure",
        behaviour: Behaviour::Challenges,
    },
];

/// The test card with this number, however it is spaced.
pub(super) fn find(number: &str) -> Option<Card> {
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    CARDS.into_iter().find(|card| card.number == digits)
}

/// What a failed check of the bank leaves behind.
pub(super) fn challenge_failure() -> PaymentFailure {
    PaymentFailure {
        code: "payment_intent_authentication_failure".to_owned(),
        decline_code: None,
        message: "Your bank could not confirm that it is you. Try again or use another card."
            .to_owned(),
    }
}
