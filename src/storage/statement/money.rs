//! Of the statement: payments, refunds and the ledger.

use super::builder::{ACCEPTED, Builder, column, rows, split};
use crate::storage::changes::ChangeSet;
use crate::storage::{deposits, ledger, payments};

impl Builder {
    pub(super) fn money(&mut self, sets: &[ChangeSet]) {
        let (new, old) = split(sets, |set| set.net.payments.values());
        self.documents("payments", 8, &(new, old), payments::row_of, PAYMENT_UPDATE);
        let (new, old) = split(sets, |set| set.net.refunds.values());
        self.documents("refunds", 10, &(new, old), payments::refund_row_of, REFUND_UPDATE);
        let (new, old) = split(sets, |set| set.net.deposits.values());
        self.documents("deposits", 20, &(new, old), deposits::row_of, DEPOSIT_UPDATE);
        self.postings(sets);
    }

    /// Movements of money are only ever added: a key that is there already raises.
    fn postings(&mut self, sets: &[ChangeSet]) {
        let all = rows(sets, |set| set.net.postings.iter());
        if self.part(19, &all) {
            let docs = column("doc", "jsonb", &all, |posting| ledger::row_of(posting));
            self.input("new_postings", &all, vec![docs]);
            self.ctes.push(format!(
                "i_ledger as (insert into ledger select p.* from new_postings n,
                    lateral jsonb_populate_record(null::ledger, n.doc) p where {ACCEPTED})"
            ));
        }
    }
}

const PAYMENT_UPDATE: &str = "status = p.status, session_id = p.session_id,
    session_url = p.session_url, intent_id = p.intent_id, close_attempts = p.close_attempts,
    captured = p.captured, refunded = p.refunded, attempts = p.attempts,
    version = p.version, updated_at = p.updated_at";

const DEPOSIT_UPDATE: &str = "amount = p.amount, deductions = p.deductions,
    returned = p.returned, kept = p.kept, status = p.status, release_at = p.release_at,
    timer_id = p.timer_id, objection = p.objection, decision = p.decision, version = p.version,
    updated_at = p.updated_at";

const REFUND_UPDATE: &str = "status = p.status, provider_ref = p.provider_ref, version = p.version, updated_at = p.updated_at";
