//! Cursors and limits.

use uuid::Uuid;

use crate::http::page::{cursor, cursor_at, cut, limit, read_cursor, read_cursor_at};

#[test]
fn a_cursor_reads_back_in_its_own_list_only() {
    let key = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_000a);
    let text = cursor("bookings", key);
    assert_eq!(read_cursor("bookings", &text).unwrap(), key);
    assert!(read_cursor("properties", &text).is_err());
    let longer = format!("{text}A");
    for forged in ["", "a", "' or 1=1 --", &text[1..], longer.as_str(), "AAAA"] {
        assert_eq!(read_cursor("bookings", forged).unwrap_err().slug().name(), "malformed");
    }
}

#[test]
fn limits_are_one_to_the_most() {
    assert_eq!(limit(None, 100).unwrap(), 20);
    assert_eq!(limit(None, 10).unwrap(), 10);
    assert_eq!(limit(Some(1), 100).unwrap(), 1);
    assert_eq!(limit(Some(100), 100).unwrap(), 100);
    for wrong in [0, 101, u32::MAX] {
        assert_eq!(limit(Some(wrong), 100).unwrap_err().slug().name(), "validation");
    }
}

#[test]
fn a_row_past_the_limit_says_that_there_is_more() {
    let keys: Vec<Uuid> = (1..=4).map(Uuid::from_u128).collect();
    let mut rows = keys.clone();
    let page = cut("list", &mut rows, 3, |key| *key);
    assert_eq!(rows, keys[..3]);
    assert!(page.has_more);
    assert_eq!(read_cursor("list", &page.next.unwrap()).unwrap(), keys[2]);
    let mut rows = keys[..3].to_vec();
    let page = cut("list", &mut rows, 3, |key| *key);
    assert!(!page.has_more && page.next.is_none());
}

#[test]
fn a_cursor_in_the_order_of_time_keeps_time_and_key() {
    let at: jiff::Timestamp = "2026-11-21T10:11:12.345678Z".parse().unwrap();
    let key = Uuid::from_u128(7);
    let text = cursor_at("one", at, key);
    assert_eq!(read_cursor_at("one", &text).unwrap(), (at, key));
    assert!(read_cursor_at("other", &text).is_err());
    let plain = cursor("one", key);
    for forged in ["", "AQ", &text[1..], plain.as_str()] {
        assert_eq!(read_cursor_at("one", forged).unwrap_err().slug().name(), "malformed");
    }
}
