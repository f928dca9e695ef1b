//! Rows on their way into a table by COPY in its binary format (PostgreSQL manual, COPY, "File
//! Formats"): written down first, sent later, in pieces of a size that keeps both ends busy;
//! `tokio_postgres`'s own writer sends one for every 4 kB.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::{CopyInSink, Transaction};

use super::sqlstate::StorageError;

/// Bytes that are sent at once.
const PIECE_BYTES: usize = 256 << 10;

/// What a file begins with: a signature, no flags and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Rows for a table, as COPY takes them.
#[derive(Debug)]
pub(super) struct Rows {
    statement: &'static str,
    types: &'static [Type],
    bytes: BytesMut,
}

impl Rows {
    /// No rows yet: `statement` is a `copy ... from stdin (format binary)` of columns of these
    /// types.
    pub(super) fn new(statement: &'static str, types: &'static [Type]) -> Self {
        Self { statement, types, bytes: HEADER.into() }
    }

    /// Adds a row. Gives back where its values begin; see [`Rows::set_first`].
    ///
    /// # Errors
    /// When a value does not fit its column; the rows are worth nothing then.
    pub(super) fn add(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<usize, StorageError> {
        let unfit = |error: &dyn std::fmt::Display| StorageError::malformed(error.to_string());
        self.bytes.put_i16(i16::try_from(values.len()).map_err(|error| unfit(&error))?);
        let begin = self.bytes.len();
        for (value, kind) in values.iter().zip(self.types) {
            let place = self.bytes.len();
            self.bytes.put_i32(-1);
            let null =
                value.to_sql_checked(kind, &mut self.bytes).map_err(|error| unfit(&error))?;
            if matches!(null, IsNull::No) {
                let length = self.bytes.len() - place - size_of::<i32>();
                let length = i32::try_from(length).map_err(|error| unfit(&error))?;
                self.put_at(place, &length.to_be_bytes());
            }
        }
        Ok(begin)
    }

    /// Changes the first value of a row, an `int8` that is not null; `begin` is where the row's
    /// values begin.
    pub(super) fn set_first(&mut self, begin: usize, value: i64) {
        self.put_at(begin + size_of::<i32>(), &value.to_be_bytes());
    }

    fn put_at(&mut self, place: usize, bytes: &[u8]) {
        if let Some(there) = self.bytes.get_mut(place..place + bytes.len()) {
            there.copy_from_slice(bytes);
        }
    }

    /// Copies the rows into their table.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn send(mut self, transaction: &Transaction<'_>) -> Result<(), StorageError> {
        self.bytes.put_i16(-1);
        let mut bytes = self.bytes.freeze();
        let mut sink: std::pin::Pin<Box<CopyInSink<Bytes>>> =
            Box::pin(transaction.copy_in(self.statement).await?);
        while !bytes.is_empty() {
            sink.feed(bytes.split_to(PIECE_BYTES.min(bytes.len()))).await?;
        }
        sink.as_mut().finish().await?;
        Ok(())
    }
}
