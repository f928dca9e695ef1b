//! Of the statement: payments and refunds.

use super::builder::{Builder, split};
use crate::storage::changes::ChangeSet;
use crate::storage::payments;

impl Builder {
    pub(super) fn money(&mut self, sets: &[ChangeSet]) {
        let (new, old) = split(sets, |set| set.net.payments.values());
        self.documents("payments", 8, &(new, old), payments::row_of, PAYMENT_UPDATE);
        let (new, old) = split(sets, |set| set.net.refunds.values());
        self.documents("refunds", 10, &(new, old), payments::refund_row_of, REFUND_UPDATE);
    }
}

const PAYMENT_UPDATE: &str = "status = p.status, session_id = p.session_id,
    session_url = p.session_url, intent_id = p.intent_id, close_attempts = p.close_attempts,
    captured = p.captured, refunded = p.refunded, attempts = p.attempts,
    version = p.version, updated_at = p.updated_at";

const REFUND_UPDATE: &str = "status = p.status, provider_ref = p.provider_ref, version = p.version, updated_at = p.updated_at";
