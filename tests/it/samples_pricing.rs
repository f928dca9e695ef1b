//! One value of everything about prices, with no field left at a default.

use rentezy::domain::booking;
use rentezy::domain::pricing::{
    ExtraGuests, NightPrice, PriceRule, Pricing, PricingEdit, Rate, Rates, RuleKind, Tax, TaxBase,
    TaxRate, WeekNight, Weekend,
};
use rentezy::domain::promo::{Off, PromoTerms};
use rentezy::domain::property;
use rentezy::domain::quote::{At, Offer, Quote};

use crate::samples::{id, instant, money, nights, terms};

/// What is set about prices.
pub(crate) fn pricing() -> Pricing {
    let seasonal = |rate| RuleKind::Season { nights: nights(), rate };
    let kinds = [
        seasonal(Rate::Night(20_000)),
        seasonal(Rate::Change(-2_500)),
        RuleKind::LastMinute { days: 3, off: 1_250 },
        RuleKind::EarlyBird { days: 90, off: 500 },
    ];
    let rule = |(number, kind): (u64, RuleKind)| PriceRule {
        id: id(30 + number),
        name: "Süd \"hot\"".to_owned(),
        unit_id: Some(id(3)),
        kind,
        priority: -7,
    };
    let tax = |rate| Tax { name: "City tax".to_owned(), rate };
    Pricing {
        rates: Rates {
            weekend: Some(Weekend {
                nights: vec![WeekNight::Friday, WeekNight::Sunday],
                rate: Rate::Change(1_500),
            }),
            extra_guests: Some(ExtraGuests { included: 2, night_minor: 1_500 }),
            weekly_off: 1_000,
            monthly_off: 2_000,
            taxes: vec![
                tax(TaxRate::Percent { of_whole: 1_350, base: TaxBase::Stay }),
                tax(TaxRate::Percent { of_whole: 1_350, base: TaxBase::Nights }),
                tax(TaxRate::Night(200)),
                tax(TaxRate::GuestNight(300)),
            ],
        },
        rules: (0..).zip(kinds).map(rule).collect(),
        nights: vec![NightPrice { unit_id: Some(id(3)), nights: nights(), night_minor: 30_000 }],
    }
}

/// Every change of it, as commands.
pub(crate) fn edits() -> Vec<property::Command> {
    let (by, version) = (id(4), 7);
    let Pricing { rates, rules, nights: own } = pricing();
    let NightPrice { unit_id, nights, night_minor } = own[0];
    let edits = [
        PricingEdit::Rates {
            rates: Box::new(rates),
            cleaning_fee_minor: 2_500,
            deposit_minor: 50_000,
        },
        PricingEdit::AddRule(Box::new(rules[0].clone())),
        PricingEdit::RemoveRule(rules[0].id),
        PricingEdit::Nights { unit_id, nights, night_minor: Some(night_minor) },
    ];
    edits.map(|edit| property::Command::Price { by, version, edit }).into()
}

/// What a promo code is good for.
pub(crate) fn promo(off: Off) -> PromoTerms {
    PromoTerms {
        id: id(40),
        owner: id(5),
        code: "SUN-10".to_owned(),
        off,
        valid_from: Some(nights().check_in()),
        valid_until: Some(nights().check_out()),
        properties: vec![id(2)],
        min_nights: 2,
        max_uses: Some(50),
        ended_at: Some(instant()),
    }
}

/// Holds by every way to ask for a stay.
pub(crate) fn holds() -> Vec<booking::Command> {
    let quote = Quote {
        property_id: id(2),
        unit_id: id(3),
        nights: nights(),
        guests: 2,
        promo: Some(promo(Off::Percent(1_000))),
        price: terms().price,
        policies_version: 3,
        expires_at: instant(),
    };
    let offers = [At::Quote(quote), At::Promo(promo(Off::Flat(money())))];
    let hold = |at| booking::Command::Hold {
        by: id(4),
        booking_id: id(1),
        unit_id: None,
        nights: nights(),
        guests: 2,
        slot: Some(1),
        offer: Some(Box::new(Offer { at, slot: Some(7) })),
    };
    offers.map(hold).into()
}
