//! Rows on their way into a table by COPY in its binary format (PostgreSQL manual, COPY, "File
//! Formats"), in pieces of a size that keeps both ends busy: `tokio_postgres`'s own writer
//! sends one for every 4 kB.

use std::pin::Pin;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::{CopyInSink, Transaction};

use super::sqlstate::StorageError;

/// Bytes that are sent at once, or a little more.
const PIECE_BYTES: usize = 256 << 10;

/// What a file begins with: a signature, no flags and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A table that rows are copied into.
pub(super) struct Copy<'a> {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    types: &'a [Type],
    piece: BytesMut,
}

impl<'a> Copy<'a> {
    /// Begins: `statement` is a `copy ... from stdin (format binary)` of columns of these types.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn begin(
        transaction: &Transaction<'_>,
        statement: &str,
        types: &'a [Type],
    ) -> Result<Self, StorageError> {
        let sink = Box::pin(transaction.copy_in(statement).await?);
        let mut piece = BytesMut::with_capacity(2 * PIECE_BYTES);
        piece.put_slice(HEADER);
        Ok(Self { sink, types, piece })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the database refuses, or a value does not fit its column.
    pub(super) async fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), StorageError> {
        let unfit = |error: &dyn std::fmt::Display| StorageError::malformed(error.to_string());
        self.piece.put_i16(i16::try_from(values.len()).map_err(|error| unfit(&error))?);
        for (value, kind) in values.iter().zip(self.types) {
            let place = self.piece.len();
            self.piece.put_i32(-1);
            let null =
                value.to_sql_checked(kind, &mut self.piece).map_err(|error| unfit(&error))?;
            if matches!(null, IsNull::No) {
                let length = self.piece.len() - place - size_of::<i32>();
                let length = i32::try_from(length).map_err(|error| unfit(&error))?;
                if let Some(at) = self.piece.get_mut(place..place + size_of::<i32>()) {
                    at.copy_from_slice(&length.to_be_bytes());
                }
            }
        }
        if self.piece.len() < PIECE_BYTES {
            return Ok(());
        }
        let piece = self.piece.split().freeze();
        Ok(self.sink.feed(piece).await?)
    }

    /// Ends; how many rows there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn finish(mut self) -> Result<u64, StorageError> {
        self.piece.put_i16(-1);
        let piece = self.piece.split().freeze();
        self.sink.send(piece).await?;
        Ok(self.sink.as_mut().finish().await?)
    }
}
