//! Values as columns keep them, and back.

use crate::failure::corrupt;
use kernel::{Currency, Money, PageRequest, StoreError, Timestamp, VatRate};
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;
use uuid::Uuid;

/// A count, which is kept as a `bigint` so that every `u32` fits.
pub(crate) fn count(column: i64, reading: &'static str) -> Result<u32, StoreError> {
    u32::try_from(column).map_err(corrupt(reading))
}

/// A count that may be absent.
pub(crate) fn some_count(column: Option<i64>, reading: &'static str) -> Result<Option<u32>, StoreError> {
    column.map(|column| count(column, reading)).transpose()
}

/// A number of bytes or milliseconds.
pub(crate) fn size(column: i64, reading: &'static str) -> Result<u64, StoreError> {
    u64::try_from(column).map_err(corrupt(reading))
}

/// What a column of bytes or milliseconds keeps.
pub(crate) fn to_size(value: u64, writing: &'static str) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(corrupt(writing))
}

/// An amount from its two columns.
pub(crate) fn money(minor: i64, currency: &str, reading: &'static str) -> Result<Money, StoreError> {
    let currency: Currency = currency.parse().map_err(corrupt(reading))?;
    Money::new(minor, currency).map_err(corrupt(reading))
}

/// An amount that may be absent.
pub(crate) fn some_money(
    minor: Option<i64>,
    currency: Option<&str>,
    reading: &'static str,
) -> Result<Option<Money>, StoreError> {
    match (minor, currency) {
        (Some(minor), Some(currency)) => money(minor, currency, reading).map(Some),
        (None, None) => Ok(None),
        _ => Err(StoreError::broken(reading, "half an amount")),
    }
}

/// A rate of tax.
pub(crate) fn vat(column: i32, reading: &'static str) -> Result<VatRate, StoreError> {
    let basis_points = u16::try_from(column).map_err(corrupt(reading))?;
    VatRate::new(basis_points).map_err(corrupt(reading))
}

/// One of a fixed set of words: a status, a kind. What the words are is told by the type's `Deserialize`.
pub(crate) fn word<T: DeserializeOwned>(column: &str, reading: &'static str) -> Result<T, StoreError> {
    let word: StrDeserializer<'_, WordError> = column.into_deserializer();
    T::deserialize(word).map_err(corrupt(reading))
}

/// What the column of a word keeps: as the type's `Serialize` spells it, which [`word`] reads.
pub(crate) fn to_word<T: Serialize>(value: &T, writing: &'static str) -> Result<String, StoreError> {
    match serde_json::to_value(value).map_err(corrupt(writing))? {
        Value::String(word) => Ok(word),
        _ => Err(StoreError::broken(writing, "not a word")),
    }
}

/// A document.
pub(crate) fn document<T: DeserializeOwned>(column: Value, reading: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(column).map_err(corrupt(reading))
}

/// What a document column keeps.
pub(crate) fn to_document<T: Serialize + ?Sized>(
    value: &T,
    writing: &'static str,
) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(corrupt(writing))
}

/// Where a list goes on, newest first: strictly before this row.
pub(crate) fn before(page: &PageRequest) -> (Option<Timestamp>, Option<Uuid>) {
    (page.after.map(|cursor| cursor.at), page.after.map(|cursor| cursor.id))
}
