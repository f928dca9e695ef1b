//! Between rows and domain types.

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, accepts, to_sql_checked};

use super::sqlstate::StorageError;
use crate::domain::money::{Currency, Money};

/// A value in its JSON text, written once and sent as it is.
#[derive(Debug)]
pub struct JsonText(Vec<u8>);

impl JsonText {
    /// The text of a value.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn of(value: &impl Serialize) -> Result<Self, StorageError> {
        serde_json::to_vec(value).map(Self).map_err(StorageError::malformed)
    }
}

impl ToSql for JsonText {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        if *of == Type::JSONB {
            // The version of jsonb's binary form, which is the text behind it.
            out.put_u8(1);
        }
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    accepts!(JSON, JSONB);
    to_sql_checked!();
}

/// An enum by the name it has in rows.
///
/// # Errors
/// When the row holds a name that this version does not know.
pub fn named<T: DeserializeOwned>(name: &str) -> Result<T, StorageError> {
    let form: StrDeserializer<'_, NameError> = name.into_deserializer();
    T::deserialize(form).map_err(|_| StorageError::malformed(format!("unknown name {name}")))
}

/// A JSON column as what it stands for.
///
/// # Errors
/// When it has another form.
pub fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, StorageError> {
    serde_json::from_value(row.get(column))
        .map_err(|error| StorageError::malformed(format!("column {column}: {error}")))
}

/// A JSON column as what it stands for, if it is set.
///
/// # Errors
/// When it has another form.
pub fn maybe_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, StorageError> {
    let value: Option<serde_json::Value> = row.get(column);
    value
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| StorageError::malformed(format!("column {column}: {error}")))
}

/// A small number that is kept as a wider one.
///
/// # Errors
/// When it does not fit.
pub fn small(row: &Row, column: &str) -> Result<u16, StorageError> {
    u16::try_from(row.get::<_, i32>(column)).map_err(StorageError::malformed)
}

/// An amount beside the row's currency.
///
/// # Errors
/// When the currency is unknown.
pub fn money(row: &Row, column: &str) -> Result<Money, StorageError> {
    Ok(Money::new(row.get(column), currency(row)?))
}

/// The row's currency.
///
/// # Errors
/// When it is unknown.
pub fn currency(row: &Row) -> Result<Currency, StorageError> {
    row.get::<_, &str>("currency").parse().map_err(StorageError::malformed)
}
