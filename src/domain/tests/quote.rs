use std::time::Duration;

use super::fixture::{World, booking_id, euro, nights, owner, property_id, tenant, unit_id};
use crate::domain::booking::Command;
use crate::domain::calendar::Nights;
use crate::domain::change::Decision;
use crate::domain::policies::Policies;
use crate::domain::price::Price;
use crate::domain::pricing::{PricingEdit, Rate, Rates, WeekNight, Weekend};
use crate::domain::property;
use crate::domain::quote::{At, LIFE, Offer, Quote, QuoteKey};
use crate::domain::refusal::Refusal;

fn quote(world: &World) -> Quote {
    Quote {
        property_id: property_id(),
        unit_id: unit_id(),
        nights: nights(5, 8),
        guests: 1,
        promo: None,
        price: Price::of_nights(euro(4_321), 3).unwrap(),
        policies_version: 1,
        expires_at: world.now + LIFE,
    }
}

fn hold(world: &mut World, nights: Nights, quote: Quote) -> Result<Decision, Refusal> {
    world.book(Command::Hold {
        by: tenant(),
        booking_id: booking_id(1),
        unit_id: None,
        nights,
        guests: 1,
        slot: None,
        offer: Some(Box::new(Offer::new(At::Quote(quote)))),
    })
}

#[test]
fn a_token_brings_back_what_was_promised() {
    let key = QuoteKey::derive("0123456789abcdef").unwrap();
    let quote = quote(&World::live(1));
    let token = key.token(&quote).unwrap();
    assert_eq!(key.quote(&token), Ok(quote.clone()));
    let other = QuoteKey::derive("another secret").unwrap();
    assert!(other.quote(&token).is_err());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        // The last characters of both halves hold bits that say nothing.
        assert!(key.quote(&forged).is_ok_and(|read| read == quote) || key.quote(&forged).is_err());
    }
    for text in ["", ".", "e30.", "e30.AAAA", &"x".repeat(100_000)] {
        assert!(matches!(key.quote(text), Err(Refusal::Invalid(_))), "{text:.9}");
    }
    assert!(QuoteKey::derive("").is_none());
}

#[test]
fn a_hold_by_a_quote_costs_what_was_promised_whatever_the_price_is_now() {
    let mut world = World::live(1);
    let quote = quote(&world);
    let weekend = Some(Weekend { nights: vec![WeekNight::Friday], rate: Rate::Night(99_999) });
    world
        .listing(property::Command::Price {
            by: owner(),
            version: 2,
            edit: PricingEdit::Rates {
                rates: Box::new(Rates { weekend, ..Rates::default() }),
                cleaning_fee_minor: 7,
                deposit_minor: 8,
            },
        })
        .unwrap();
    hold(&mut world, nights(5, 8), quote.clone()).unwrap();
    assert_eq!(world.booking(1).total, euro(12_963));
    assert_eq!(world.booking(1).terms.price, quote.price);
}

#[test]
fn a_quote_is_for_its_own_stay() {
    let mut world = World::live(1);
    let good = quote(&world);
    for wrong in [
        Quote { nights: nights(5, 9), ..good.clone() },
        Quote { guests: 2, ..good.clone() },
        Quote { unit_id: uuid::Uuid::nil().into(), ..good.clone() },
        Quote { property_id: uuid::Uuid::nil().into(), ..good.clone() },
    ] {
        let refused = hold(&mut world, nights(5, 8), wrong);
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    }
}

#[test]
fn a_quote_is_over_after_a_while_and_with_other_house_rules() {
    let mut world = World::live(1);
    let good = quote(&world);
    world.later(LIFE - Duration::from_secs(1));
    let mut just = world.clone();
    hold(&mut just, nights(5, 8), good.clone()).unwrap();
    let mut late = world.clone();
    late.later(Duration::from_secs(1));
    assert_eq!(hold(&mut late, nights(5, 8), good.clone()), Err(Refusal::QuoteExpired));
    let policies = Box::new(Policies { min_nights: 2, ..Policies::default() });
    let set = property::Command::SetPolicies { by: owner(), version: 2, policies };
    world.listing(set).unwrap();
    assert_eq!(hold(&mut world, nights(5, 8), good), Err(Refusal::QuoteExpired));
}

#[test]
fn a_quote_does_not_make_a_stay_possible_that_the_rules_forbid() {
    let mut world = World::live(1);
    let good = quote(&world);
    world.listing(property::Command::Unpublish { by: owner(), version: 2 }).unwrap();
    let refused = hold(&mut world, nights(5, 8), good);
    assert!(matches!(refused, Err(Refusal::NotBookable { rule, .. }) if rule == "not-live"));
}
