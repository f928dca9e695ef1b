use uuid::Uuid;

use super::fixture::{NOON, World, euro, june, nights, owner, property_id, stranger};
use crate::domain::ids::PromoId;
use crate::domain::promo::{Off, PromoTerms, normal};
use crate::domain::refusal::Refusal;

fn promo() -> PromoTerms {
    PromoTerms {
        id: PromoId::from(Uuid::from_u128(9)),
        owner: owner(),
        code: "SUN-10".into(),
        off: Off::Percent(1_000),
        valid_from: Some(june(1)),
        valid_until: Some(june(3)),
        properties: vec![],
        min_nights: 2,
        max_uses: Some(1),
        ended_at: None,
    }
}

fn code(refused: Result<(), Refusal>) -> String {
    match refused {
        Ok(()) => "good".into(),
        Err(Refusal::PromoRefused { reason, .. }) => reason,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn case_and_blanks_do_not_count() {
    assert_eq!(normal(" sun-10 "), "SUN-10");
}

#[test]
fn a_code_is_good_at_its_homes_in_its_days_for_stays_that_are_long_enough() {
    let listing = World::live(1).state.listing.unwrap();
    let check =
        |promo: PromoTerms, today, to| code(promo.check_for(&listing, nights(5, to), june(today)));
    let elsewhere = Uuid::from_u128(77).into();
    assert_eq!(check(promo(), 1, 7), "good");
    assert_eq!(check(promo(), 3, 7), "good");
    assert_eq!(check(promo(), 4, 7), "expired");
    assert_eq!(check(promo().once_used(), 4, 7), "good");
    let ended = PromoTerms { ended_at: Some(NOON.parse().unwrap()), ..promo() };
    assert_eq!(check(ended.clone(), 1, 7), "ended");
    assert_eq!(check(ended.once_used(), 1, 7), "good");
    let later = PromoTerms { valid_from: Some(june(2)), ..promo() };
    assert_eq!(check(later, 1, 7), "not-yet");
    assert_eq!(check(promo(), 1, 6), "min-nights");
    assert_eq!(check(PromoTerms { properties: vec![elsewhere], ..promo() }, 1, 7), "other-homes");
    let both = PromoTerms { properties: vec![elsewhere, property_id()], ..promo() };
    assert_eq!(check(both, 1, 7), "good");
    assert_eq!(check(PromoTerms { owner: stranger(), ..promo() }, 1, 7), "unknown");
    let mut yen = euro(5);
    yen.currency = "JPY".parse().unwrap();
    assert_eq!(check(PromoTerms { off: Off::Flat(yen), ..promo() }, 1, 7), "currency");
}

#[test]
fn what_is_outside_the_limits_is_named() {
    assert_eq!(promo().check(), Ok(()));
    let pointer = |promo: PromoTerms| match promo.check() {
        Err(Refusal::Invalid(errors)) => errors[0].pointer.clone(),
        other => panic!("{other:?}"),
    };
    for (wrong, expected) in [
        (PromoTerms { code: "AB".into(), ..promo() }, "/code"),
        (PromoTerms { code: "sun".into(), ..promo() }, "/code"),
        (PromoTerms { code: "SUN 10".into(), ..promo() }, "/code"),
        (PromoTerms { off: Off::Percent(0), ..promo() }, "/off_bp"),
        (PromoTerms { off: Off::Percent(10_001), ..promo() }, "/off_bp"),
        (PromoTerms { off: Off::Flat(euro(0)), ..promo() }, "/off/amount"),
        (
            PromoTerms { valid_until: Some(june(1)), valid_from: Some(june(2)), ..promo() },
            "/valid_until",
        ),
        (PromoTerms { min_nights: 731, ..promo() }, "/min_nights"),
        (PromoTerms { max_uses: Some(0), ..promo() }, "/max_uses"),
        (PromoTerms { properties: vec![property_id(); 101], ..promo() }, "/property_ids"),
    ] {
        assert_eq!(pointer(wrong), expected);
    }
}
