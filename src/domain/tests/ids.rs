use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::ids::{BookingId, PaymentId, PropertyId, derived};

proptest! {
    #[test]
    fn what_is_printed_is_read_again(number: u128) {
        let id = BookingId::from(Uuid::from_u128(number));
        let text = id.to_string();
        prop_assert!(text.starts_with("bkg_"));
        prop_assert_eq!(text.len(), 36);
        prop_assert_eq!(text.parse::<BookingId>(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<BookingId>(&json).unwrap(), id);
    }

    #[test]
    fn an_id_is_not_read_as_one_of_another_type(number: u128) {
        let text = PropertyId::from(Uuid::from_u128(number)).to_string();
        prop_assert!(text.parse::<BookingId>().is_err());
        prop_assert!(text.parse::<PaymentId>().is_err());
    }

    #[test]
    fn whatever_is_read_is_printed_the_same_but_for_capitals(text in "(bkg_)?[0-9a-fA-F_-]{0,40}") {
        if let Ok(id) = text.parse::<BookingId>() {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,60}") {
        prop_assert!(text.parse::<BookingId>().is_err());
        let longer = format!("bkg_{text}");
        prop_assert!(longer.parse::<BookingId>().is_err() || text.len() == 32);
    }

    #[test]
    fn derived_ids_differ_by_source_and_label(a: u128, b: u128, x in "[a-z]{0,8}", y in "[a-z]{0,8}") {
        let of = |from: u128, label: &str| derived(Uuid::from_u128(from), label);
        prop_assert_eq!(of(a, &x), of(a, &x));
        prop_assert_eq!(of(a, &x) == of(b, &y), a == b && x == y);
        prop_assert_eq!(of(a, &x).get_version_num(), 8);
    }
}

#[test]
fn garbage_is_refused() {
    let hex = "0123456789abcdef0123456789abcdef";
    let longer = format!("bkg_{hex}0");
    let dashed = format!("bkg_{}", Uuid::nil().hyphenated());
    let braced = format!("bkg_{}", Uuid::nil().braced());
    let wide = format!("bkg_{}", "é".repeat(16));
    for text in ["", "bkg_", "bkg", hex, &longer, &longer[..35], &dashed, &braced, &wide] {
        assert!(text.parse::<BookingId>().is_err(), "{text}");
    }
    assert!(format!("BKG_{hex}").parse::<BookingId>().is_err());
    assert!(format!(" bkg_{hex}").parse::<BookingId>().is_err());
    let error = "x".parse::<BookingId>().unwrap_err();
    assert_eq!(error.to_string(), "expected an id of the form bkg_ and 32 hexadecimal digits");
    assert!(serde_json::from_str::<BookingId>("7").is_err());
}

/// Derived ids are in rows: a refund's key at the provider, a timer's request.
#[test]
fn derived_ids_are_what_they_always_were() {
    let from = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
    assert_eq!(derived(from, "refund").to_string(), "59126b38-1a57-8bb1-a3ae-03546366263a");
    assert_eq!(derived(from, "hold-over").to_string(), "a7ef61c0-b872-8e8f-bb85-da2ebf83207a");
}
