use uuid::Uuid;

use super::fixture::{World, june, nights, owner, stranger, told, unit_id};
use crate::domain::calendar::Nights;
use crate::domain::ids::{PriceRuleId, UnitId};
use crate::domain::price_rules::PriceRule;
use crate::domain::pricing::{
    ExtraGuests, NIGHT_PRICES_MAX, NightPrice, Pricing, PricingEdit, RULES_MAX, Rate, Rates,
    RuleKind, Tax, TaxBase, TaxRate, WeekNight, Weekend,
};
use crate::domain::property::Command;
use crate::domain::refusal::Refusal;

fn edit(world: &World, edit: PricingEdit) -> Command {
    Command::Price { by: owner(), version: world.state.listing.as_ref().unwrap().version, edit }
}

fn rates(rates: Rates) -> PricingEdit {
    PricingEdit::Rates { rates: Box::new(rates), cleaning_fee_minor: 0, deposit_minor: 0 }
}

fn rule(number: u128) -> PriceRule {
    PriceRule {
        id: PriceRuleId::from(Uuid::from_u128(number)),
        name: "Summer".into(),
        unit_id: None,
        kind: RuleKind::Season { nights: nights(1, 30), rate: Rate::Night(1) },
        priority: 0,
    }
}

fn add(rule: PriceRule) -> PricingEdit {
    PricingEdit::AddRule(Box::new(rule))
}

fn at(from: i8, to: i8, price: Option<i64>) -> PricingEdit {
    PricingEdit::Nights { unit_id: None, nights: nights(from, to), night_minor: price }
}

fn pricing(world: &World) -> &Pricing {
    &world.state.listing.as_ref().unwrap().pricing
}

#[test]
fn what_is_set_is_kept_and_told() {
    let mut world = World::live(1);
    let set = Rates { weekly_off: 1_000, ..Rates::default() };
    let edits = [
        PricingEdit::Rates {
            rates: Box::new(set.clone()),
            cleaning_fee_minor: 2_500,
            deposit_minor: 9_000,
        },
        add(rule(1)),
        at(5, 8, Some(7_000)),
    ];
    for (version, change) in (3..).zip(edits) {
        let decision = world.listing(edit(&world, change)).unwrap();
        assert_eq!(told(&decision), ["property.updated"]);
        assert_eq!(world.state.listing.as_ref().unwrap().version, version);
    }
    let listing = world.state.listing.as_ref().unwrap();
    assert_eq!((listing.fields.cleaning_fee_minor, listing.fields.deposit_minor), (2_500, 9_000));
    let nights = vec![NightPrice { unit_id: None, nights: nights(5, 8), night_minor: 7_000 }];
    assert_eq!(listing.pricing, Pricing { rates: set, rules: vec![rule(1)], nights });
    world.listing(edit(&world, PricingEdit::RemoveRule(rule(1).id))).unwrap();
    assert!(pricing(&world).rules.is_empty());
}

#[test]
fn only_its_owner_sets_prices_and_from_the_present_version() {
    let mut world = World::live(1);
    let edit = add(rule(1));
    let strange = Command::Price { by: stranger(), version: 2, edit: edit.clone() };
    assert_eq!(world.listing(strange), Err(Refusal::NotFound));
    let stale = Command::Price { by: owner(), version: 1, edit: edit.clone() };
    assert_eq!(world.listing(stale), Err(Refusal::StaleVersion { current: 2 }));
    world.listing(Command::Archive { by: owner(), version: 2 }).unwrap();
    let archived = world.listing(Command::Price { by: owner(), version: 3, edit });
    assert!(matches!(archived, Err(Refusal::InvalidTransition { .. })));
}

#[test]
fn a_rule_that_is_not_there_cannot_be_taken_away() {
    let mut world = World::live(1);
    let gone = edit(&world, PricingEdit::RemoveRule(rule(1).id));
    assert_eq!(world.listing(gone), Err(Refusal::NotFound));
}

#[test]
fn what_is_outside_the_limits_is_named() {
    let world = World::live(1);
    let tax = |name: &str, rate| Rates {
        taxes: vec![Tax { name: name.into(), rate }],
        ..Rates::default()
    };
    let weekend =
        |nights, rate| Rates { weekend: Some(Weekend { nights, rate }), ..Rates::default() };
    let extra = |included, night_minor| Rates {
        extra_guests: Some(ExtraGuests { included, night_minor }),
        ..Rates::default()
    };
    let of = |kind| add(PriceRule { kind, ..rule(1) });
    let friday = || vec![WeekNight::Friday];
    let elsewhere = UnitId::from(Uuid::from_u128(99));
    let cases = [
        (rates(weekend(vec![], Rate::Night(1))), "/weekend/nights"),
        (rates(weekend(friday(), Rate::Night(0))), "/weekend/rate"),
        (rates(weekend(friday(), Rate::Change(-10_001))), "/weekend/rate"),
        (rates(extra(0, 1)), "/extra_guests/included"),
        (rates(extra(1, -1)), "/extra_guests/per_night/amount"),
        (rates(Rates { weekly_off: 10_001, ..Rates::default() }), "/weekly_off_bp"),
        (rates(Rates { monthly_off: 10_001, ..Rates::default() }), "/monthly_off_bp"),
        (rates(tax("", TaxRate::Night(1))), "/taxes/0/name"),
        (rates(tax("VAT", TaxRate::GuestNight(-1))), "/taxes/0/amount/amount"),
        (
            rates(tax("VAT", TaxRate::Percent { of_whole: 10_001, base: TaxBase::Stay })),
            "/taxes/0/percent_bp",
        ),
        (
            PricingEdit::Rates { rates: Box::default(), cleaning_fee_minor: -1, deposit_minor: 0 },
            "/cleaning_fee/amount",
        ),
        (add(PriceRule { name: "a\nb".into(), ..rule(1) }), "/name"),
        (of(RuleKind::Season { nights: nights(1, 2), rate: Rate::Night(-1) }), "/rate"),
        (of(RuleKind::LastMinute { days: 731, off: 1 }), "/days"),
        (of(RuleKind::EarlyBird { days: 0, off: 1 }), "/days"),
        (of(RuleKind::EarlyBird { days: 1, off: 10_001 }), "/off_bp"),
        (add(PriceRule { unit_id: Some(elsewhere), ..rule(1) }), "/unit_id"),
        (at(1, 2, Some(0)), "/price/amount"),
    ];
    for (change, pointer) in cases {
        let refused = world.clone().listing(edit(&world, change));
        let Err(Refusal::Invalid(errors)) = refused else { panic!("{pointer}: {refused:?}") };
        assert_eq!(errors[0].pointer, pointer);
    }
}

#[test]
fn there_is_an_end_to_rules_and_to_runs_of_nights() {
    let mut pricing = Pricing::default();
    for number in 0..RULES_MAX {
        pricing.add_rule(rule(number as u128)).unwrap();
    }
    assert!(pricing.add_rule(rule(1_000)).is_err());
    let day = |n: usize| june(1).saturating_add(jiff::Span::new().days(n as i64));
    let one = |n: usize| Nights::new(day(2 * n), day(2 * n + 1)).unwrap();
    for number in 0..NIGHT_PRICES_MAX {
        pricing.set_nights(None, one(number), Some(1)).unwrap();
    }
    assert!(pricing.set_nights(None, one(NIGHT_PRICES_MAX), Some(1)).is_err());
}

#[test]
fn nights_that_get_another_price_are_cut_out_of_the_old_run() {
    let mut world = World::live(1);
    let runs = |world: &World| {
        let run =
            |p: &NightPrice| (p.nights.check_in().day(), p.nights.check_out().day(), p.night_minor);
        pricing(world).nights.iter().map(run).collect::<Vec<_>>()
    };
    for (change, expected) in [
        (at(5, 15, Some(1)), vec![(5, 15, 1)]),
        (at(8, 10, Some(2)), vec![(5, 8, 1), (8, 10, 2), (10, 15, 1)]),
        (at(7, 11, None), vec![(5, 7, 1), (11, 15, 1)]),
        (at(1, 30, Some(3)), vec![(1, 30, 3)]),
        (at(1, 30, None), vec![]),
    ] {
        world.listing(edit(&world, change)).unwrap();
        assert_eq!(runs(&world), expected);
    }
    world.listing(edit(&world, at(1, 9, Some(5)))).unwrap();
    let own = PricingEdit::Nights {
        unit_id: Some(unit_id()),
        nights: nights(3, 4),
        night_minor: Some(6),
    };
    world.listing(edit(&world, own)).unwrap();
    assert_eq!(runs(&world), [(1, 9, 5), (3, 4, 6)]);
}

#[test]
fn what_is_said_of_a_unit_type_goes_with_it_and_is_copied_with_it() {
    let old = UnitId::from(Uuid::from_u128(99));
    let new = UnitId::from(Uuid::from_u128(98));
    let own = NightPrice { unit_id: Some(old), nights: nights(1, 2), night_minor: 1 };
    let all = Pricing {
        rates: Rates::default(),
        rules: vec![rule(1), PriceRule { unit_id: Some(old), ..rule(2) }],
        nights: vec![own],
    };
    let copy = all.clone().copied(|id| (id == old).then_some(new));
    assert_eq!(copy.rules.iter().map(|rule| rule.unit_id).collect::<Vec<_>>(), [None, Some(new)]);
    assert_eq!(copy.nights[0].unit_id, Some(new));
    let mut left = all;
    left.forget_unit(old);
    assert_eq!((left.rules, left.nights), (vec![rule(1)], vec![]));
}
