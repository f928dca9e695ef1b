use proptest::prelude::*;

use super::fixture::euro;
use crate::domain::money::{Currency, Money, MoneyError};

fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, code.parse().unwrap())
}

proptest! {
    #[test]
    fn sums_are_exact_or_refused(a: i64, b: i64) {
        match i64::try_from(i128::from(a) + i128::from(b)) {
            Ok(sum) => prop_assert_eq!(euro(a).plus(euro(b)), Ok(euro(sum))),
            Err(_) => prop_assert_eq!(euro(a).plus(euro(b)), Err(MoneyError::Overflow)),
        }
    }

    #[test]
    fn products_are_exact_or_refused(a: i64, count: u32) {
        match i64::try_from(i128::from(a) * i128::from(count)) {
            Ok(product) => prop_assert_eq!(euro(a).times(count), Ok(euro(product))),
            Err(_) => prop_assert_eq!(euro(a).times(count), Err(MoneyError::Overflow)),
        }
    }

    #[test]
    fn what_is_shown_is_the_amount(amount: i64, code in "EUR|JPY|KWD") {
        let shown = money(amount, &code).to_string();
        let digits: String = shown[4..].chars().filter(|c| *c != '.').collect();
        prop_assert!(shown.starts_with(&code));
        prop_assert_eq!(digits.parse::<i64>().unwrap(), amount);
        let decimals = shown.split_once('.').map_or(0, |(_, part)| part.len());
        prop_assert_eq!(decimals, usize::from(money(0, &code).currency.exponent()));
    }

    #[test]
    fn only_known_codes_are_currencies(code in "[A-Za-z]{0,4}") {
        if let Ok(currency) = code.parse::<Currency>() {
            prop_assert_eq!(currency.code(), &code);
        }
    }

    #[test]
    fn money_is_written_and_read(amount: i64) {
        let json = serde_json::to_string(&euro(amount)).unwrap();
        prop_assert_eq!(&json, &format!("{{\"amount\":{amount},\"currency\":\"EUR\"}}"));
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), euro(amount));
    }
}

#[test]
fn amounts_are_shown_with_their_currencys_decimals() {
    for (amount, code, shown) in [
        (123_450, "EUR", "EUR 1234.50"),
        (5, "EUR", "EUR 0.05"),
        (-5, "EUR", "EUR -0.05"),
        (0, "USD", "USD 0.00"),
        (1234, "JPY", "JPY 1234"),
        (-1, "KRW", "KRW -1"),
        (1005, "KWD", "KWD 1.005"),
        (i64::MIN, "EUR", "EUR -92233720368547758.08"),
    ] {
        assert_eq!(money(amount, code).to_string(), shown);
    }
}

#[test]
fn currencies_do_not_mix() {
    assert_eq!(money(1, "EUR").plus(money(1, "USD")), Err(MoneyError::CurrencyMismatch));
}

#[test]
fn unknown_currencies_and_fields_are_refused() {
    for code in ["", "XXX", "eur", "EU", "EURO", "€"] {
        assert_eq!(code.parse::<Currency>(), Err(MoneyError::UnknownCurrency), "{code}");
    }
    for json in [
        r#"{"amount":1,"currency":"XXX"}"#,
        r#"{"amount":1.5,"currency":"EUR"}"#,
        r#"{"amount":"1","currency":"EUR"}"#,
        r#"{"amount":9223372036854775808,"currency":"EUR"}"#,
        r#"{"amount":1,"currency":"EUR","x":0}"#,
        r#"{"amount":1}"#,
    ] {
        assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
    }
}
