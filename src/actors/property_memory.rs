//! What a property actor remembers: the aggregate, and the records of its latest commands.

use std::collections::HashMap;

use futures_util::try_join;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio_postgres::Client;

use crate::domain::calendar;
use crate::domain::ids::{BookingId, PaymentId, PropertyId, RefundId, RequestId};
use crate::domain::payment;
use crate::domain::stay::{Command, PropertyState};
use crate::storage::commands::{self, CommandRecord};
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, payments, properties};

/// The most records in memory; beyond, the database is asked.
const RECORDS_MAX: usize = 1000;

/// Nights that ended longer ago than this are not loaded: no zone is further from UTC than
/// fourteen hours.
const PAST: SignedDuration = SignedDuration::from_hours(48);

/// The memory of a property actor.
#[derive(Debug)]
pub(super) struct Memory {
    /// The aggregate.
    pub(super) property: PropertyState,
    records: HashMap<RequestId, CommandRecord>,
    /// Whether all records that are still kept are here.
    complete: bool,
}

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
        let limit = i64::try_from(RECORDS_MAX).unwrap_or(i64::MAX) + 1;
        let (listing, slots, occupancies, open, records) = try_join!(
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
        let complete = records.len() <= RECORDS_MAX;
        let records = records.into_iter().map(|record| (record.id, record)).collect();
        let mut memory = Self { property, records, complete };
        let ids: Vec<_> = open.iter().map(|booking| booking.id).collect();
        open.into_iter().for_each(|booking| memory.property.take_in(booking));
        memory.fetch_payments_of(client, id, &ids).await?;
        Ok(memory)
    }

    /// The record of a request, if it is here.
    pub(super) fn record(&self, id: RequestId) -> Option<&CommandRecord> {
        self.records.get(&id)
    }

    /// Whether a request without a record here has none at all.
    pub(super) const fn has_all_records(&self) -> bool {
        self.complete
    }

    /// Adds records. When there are too many all but the newest are forgotten, and the
    /// database is asked from then on.
    pub(super) fn remember(&mut self, records: Vec<CommandRecord>) {
        if self.records.len() + records.len() > RECORDS_MAX {
            self.records.clear();
            self.complete = false;
        }
        self.records.extend(records.into_iter().map(|record| (record.id, record)));
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
            self.property.take_in(booking);
        }
        self.fetch_payments_of(client, id, &booking_ids).await
    }

    async fn fetch_payments_of(
        &mut self,
        client: &Client,
        id: PropertyId,
        booking_ids: &[BookingId],
    ) -> Result<(), StorageError> {
        if booking_ids.is_empty() {
            return Ok(());
        }
        for payment in payments::of_bookings(client, id, booking_ids).await? {
            self.property.payments.insert(payment.id, payment);
        }
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
