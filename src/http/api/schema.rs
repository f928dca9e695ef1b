//! How types of the domain that appear in several bodies look in the API's document, and
//! the form of lists.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::page::Page;

/// An amount of money.
#[derive(ToSchema)]
#[schema(as = Money)]
#[expect(dead_code, reason = "the schema of Money, which lies in the domain")]
pub struct MoneyForm {
    /// Minor units: cents, yen, fils.
    #[schema(examples(12500))]
    amount: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    currency: String,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the page ends.
    pub page: Page,
}
