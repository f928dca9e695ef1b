//! What a property actor remembers: the aggregate, and which commands it carried out lately.
//! What it answered to those is read again in the rare case that one comes again.

use std::collections::{HashMap, HashSet};

use futures_util::try_join;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio_postgres::Client;

use crate::domain::calendar::{self, Nights};
use crate::domain::change::Change;
use crate::domain::ids::{BookingId, PaymentId, PropertyId, RefundId, RequestId, UnitId};
use crate::domain::refusal::{Alternative, Refusal};
use crate::domain::rules::Context;
use crate::domain::stay::{Command, PropertyState};
use crate::domain::{alternatives, booking, payment};
use crate::storage::commands::{self, CommandRecord};
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, deposits, payments, properties};

/// The most requests in memory; beyond, the database is asked.
const REQUESTS_MAX: usize = 1000;

/// The most wishes that openings are remembered for.
const OPENINGS_MAX: usize = 256;

/// How long openings are good: rules look at the clock.
const OPENINGS_AGE: SignedDuration = SignedDuration::from_secs(60);

/// Nights that ended longer ago than this are not loaded: no zone is further from UTC than
/// fourteen hours.
const PAST: SignedDuration = SignedDuration::from_hours(48);

/// The memory of a property actor.
#[derive(Debug)]
pub(super) struct Memory {
    /// The aggregate.
    pub(super) property: PropertyState,
    /// Requests that have a record.
    carried_out: HashSet<RequestId>,
    /// Whether all of which a record is still kept are here.
    complete: bool,
    /// Records of those that have come again, for as long as it takes to answer.
    recalled: Vec<CommandRecord>,
    openings: Openings,
}

/// What was found for those who came too late, until something changes.
#[derive(Debug, Default)]
struct Openings {
    at: Timestamp,
    known: HashMap<Wish, Vec<Alternative>>,
}

/// What somebody wanted: unit type, nights and guests.
type Wish = (Option<UnitId>, Nights, u16);

impl Memory {
    /// Loads a property, or the absence of one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn load(
        client: &Client,
        id: PropertyId,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let from = calendar::local_date(now - PAST, &TimeZone::UTC);
        let limit = i64::try_from(REQUESTS_MAX).unwrap_or(i64::MAX) + 1;
        let (listing, slots, occupancies, open, requests) = try_join!(
            properties::find(client, id),
            properties::slots(client, id),
            bookings::occupancies(client, id, from),
            bookings::open(client, id),
            commands::of_entity(client, id.into(), now, limit),
        )?;
        let mut property = PropertyState::of(listing);
        for slot in slots {
            property.inventory.add_slot(slot);
        }
        for occupancy in occupancies {
            property.inventory.occupy(occupancy);
        }
        property.inventory.trim();
        let mut memory = Self {
            property,
            complete: requests.len() <= REQUESTS_MAX,
            carried_out: requests.into_iter().collect(),
            recalled: Vec::new(),
            openings: Openings::default(),
        };
        let ids: Vec<_> = open.iter().map(|booking| booking.id).collect();
        open.into_iter().for_each(|booking| memory.property.take_in(Box::new(booking)));
        memory.fetch_money_of(client, id, &ids).await?;
        Ok(memory)
    }

    /// Takes in what was decided.
    pub(super) fn apply(&mut self, change: &Change) {
        self.property.apply(change);
        self.openings.known.clear();
    }

    /// A refusal with what may be booked instead, if nights are taken. A thousand who want
    /// the same nights have one search made for them.
    pub(super) fn with_alternatives(
        &mut self,
        mut refusal: Refusal,
        command: &Command,
        context: &Context<'_>,
    ) -> Refusal {
        let Command::Booking(booking::Command::Hold { unit_id, nights, guests, .. }) = command
        else {
            return refusal;
        };
        if let Refusal::NightsTaken { alternatives, .. } = &mut refusal {
            let wish = (*unit_id, *nights, *guests);
            alternatives.clone_from(self.openings(wish, command, context));
        }
        refusal
    }

    fn openings(
        &mut self,
        wish: Wish,
        command: &Command,
        context: &Context<'_>,
    ) -> &Vec<Alternative> {
        let Openings { at, known } = &mut self.openings;
        if known.len() >= OPENINGS_MAX || context.now.duration_since(*at).abs() > OPENINGS_AGE {
            known.clear();
        }
        if known.is_empty() {
            *at = context.now;
        }
        let property = &self.property;
        known.entry(wish).or_insert_with(|| alternatives::of(property, command, context))
    }

    /// The record of a request that has come again; see [`Memory::recall`].
    pub(super) fn record(&self, id: RequestId) -> Option<&CommandRecord> {
        self.recalled.iter().find(|record| record.id == id)
    }

    /// Those of the requests that have a record which is not here.
    pub(super) fn forgotten(&self, ids: impl Iterator<Item = RequestId>) -> Vec<RequestId> {
        ids.filter(|id| self.carried_out.contains(id) && self.record(*id).is_none()).collect()
    }

    /// Reads the records of requests that have come again.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn recall(
        &mut self,
        client: &Client,
        ids: &[RequestId],
    ) -> Result<(), StorageError> {
        self.recalled.extend(commands::find(client, ids).await?);
        Ok(())
    }

    /// Lets go of the records that were recalled.
    pub(super) fn forget_recalled(&mut self) {
        self.recalled = Vec::new();
    }

    /// Whether a request that is not known here has no record at all.
    pub(super) const fn knows_all_requests(&self) -> bool {
        self.complete
    }

    /// Adds requests that have a record. When there are too many all but the newest are
    /// forgotten, and the database is asked from then on.
    pub(super) fn remember(&mut self, records: &[CommandRecord]) {
        if self.carried_out.len() + records.len() > REQUESTS_MAX {
            self.carried_out.clear();
            self.complete = false;
        }
        self.carried_out.extend(records.iter().map(|record| record.id));
    }

    /// Whether commands are about bookings, payments or refunds that are not here.
    pub(super) fn lacks<'a>(&self, commands: impl Iterator<Item = &'a Command>) -> bool {
        let (bookings, payments, refunds) = self.missing(commands);
        !(bookings.is_empty() && payments.is_empty() && refunds.is_empty())
    }

    /// Fetches what commands are about and is not here. What does not exist stays away.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn fetch<'a>(
        &mut self,
        client: &Client,
        id: PropertyId,
        commands: impl Iterator<Item = &'a Command>,
    ) -> Result<(), StorageError> {
        let (mut booking_ids, payment_ids, refund_ids) = self.missing(commands);
        let (payments, refunds) = try_join!(
            payments::find(client, id, &payment_ids),
            payments::find_refunds(client, id, &refund_ids),
        )?;
        booking_ids.extend(payments.iter().map(|payment| payment.booking_id));
        booking_ids.extend(refunds.iter().map(|refund| refund.booking_id));
        booking_ids.retain(|id| !self.property.bookings.contains_key(id));
        self.property.refunds.extend(refunds.into_iter().map(|refund| (refund.id, refund)));
        for booking in bookings::find(client, id, &booking_ids).await? {
            self.property.take_in(Box::new(booking));
        }
        self.fetch_money_of(client, id, &booking_ids).await
    }

    async fn fetch_money_of(
        &mut self,
        client: &Client,
        id: PropertyId,
        booking_ids: &[BookingId],
    ) -> Result<(), StorageError> {
        if booking_ids.is_empty() {
            return Ok(());
        }
        let (payments, deposits) = try_join!(
            payments::of_bookings(client, id, booking_ids),
            deposits::of_bookings(client, id, booking_ids),
        )?;
        self.property.payments.extend(payments.into_iter().map(|payment| (payment.id, payment)));
        self.property.deposits.extend(deposits.into_iter().map(|deposit| (deposit.id, deposit)));
        Ok(())
    }

    fn missing<'a>(
        &self,
        commands: impl Iterator<Item = &'a Command>,
    ) -> (Vec<BookingId>, Vec<PaymentId>, Vec<RefundId>) {
        let known = &self.property;
        let (mut bookings, mut payments, mut refunds) = (Vec::new(), Vec::new(), Vec::new());
        for command in commands {
            match command {
                Command::Listing(_) => {}
                Command::Booking(command) => {
                    bookings.extend(command.booking().filter(|id| !known.bookings.contains_key(id)))
                }
                Command::Calendar(command) => {
                    bookings.extend(command.booking().filter(|id| !known.bookings.contains_key(id)))
                }
                Command::Deposit(command) => {
                    let id = command.booking();
                    bookings.extend((!known.bookings.contains_key(&id)).then_some(id));
                }
                Command::Payment(payment::Command::RefundObserved { refund_id, .. }) => {
                    refunds.extend((!known.refunds.contains_key(refund_id)).then_some(*refund_id));
                }
                Command::Payment(command) => {
                    payments.extend(command.payment().filter(|id| !known.payments.contains_key(id)))
                }
            }
        }
        (bookings, payments, refunds)
    }
}
