use super::fixture::euro;
use crate::domain::likeness::{Traits, unlikeness};
use crate::domain::listing::{Kind, Location};

fn home() -> Traits {
    Traits {
        kind: Kind::Flat,
        at: Location { lat: 53.34, lon: -6.26 },
        price: Some(euro(10_000)),
        bedrooms: 2,
        amenities: vec!["wifi".into(), "parking".into()],
    }
}

#[test]
fn each_difference_makes_homes_less_alike() {
    let own = home();
    assert!(unlikeness(&own, &own) < 1e-9);
    let others = [
        Traits { kind: Kind::House, ..home() },
        Traits { at: Location { lat: 53.36, lon: -6.26 }, ..home() },
        Traits { price: Some(euro(12_000)), ..home() },
        Traits { price: Some(euro(8_000)), ..home() },
        Traits { price: None, ..home() },
        Traits { bedrooms: 3, ..home() },
        Traits { amenities: vec!["wifi".into()], ..home() },
        Traits { amenities: vec![], ..home() },
    ];
    for other in others {
        let apart = unlikeness(&own, &other);
        assert!(apart > 0.01 && apart < 2.0, "{apart}: {other:?}");
        assert!((apart - unlikeness(&other, &own)).abs() < 1e-9, "both ways: {other:?}");
    }
}

#[test]
fn what_is_nearer_in_everything_is_more_alike() {
    let near = Traits { price: Some(euro(11_000)), ..home() };
    let far =
        Traits { at: Location { lat: 53.9, lon: -6.26 }, price: Some(euro(11_000)), ..home() };
    let dear = Traits { price: Some(euro(80_000)), ..home() };
    let apart = |other: &Traits| unlikeness(&home(), other);
    assert!(apart(&near) < apart(&far) && apart(&near) < apart(&dear));
    let none = Traits { amenities: vec![], ..home() };
    assert!(unlikeness(&none, &none) < 1e-9, "nothing in common with nothing");
}
