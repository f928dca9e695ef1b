use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::{create, fields, june, nights, owner, property_id, unit, unit_id};
use crate::domain::calendar::Nights;
use crate::domain::ids::{PriceRuleId, PromoId, UnitId};
use crate::domain::listing::Listing;
use crate::domain::money::Money;
use crate::domain::price::{LineKind as K, Price};
use crate::domain::pricing::{
    ExtraGuests, NightPrice, PriceRule, Pricing, Rate, Rates, RuleKind, Tax, TaxBase, TaxRate,
    WeekNight, Weekend,
};
use crate::domain::promo::{Off, PromoTerms};
use crate::domain::reckoning::{night, price};
use crate::domain::refusal::Refusal;

/// The day on which everybody books: the first of June 2026, a Monday.
fn today() -> Date {
    june(1)
}

/// A home at 100.00 a night.
fn home(pricing: Pricing) -> Listing {
    let mut world = super::fixture::World::empty();
    world.listing(create(fields(), unit(1))).unwrap();
    let mut listing = *world.state.listing.unwrap();
    listing.pricing = pricing;
    listing.units[0].fields.guests = 100;
    listing
}

fn stay(listing: &Listing, nights: Nights, guests: u16) -> Price {
    price(listing, &listing.units[0], nights, guests, today(), None).unwrap()
}

/// Kind, label, quantity and amount of each line.
fn lines(price: &Price) -> Vec<(K, &str, u32, i64)> {
    let line = price.lines.iter();
    line.map(|line| (line.kind, line.label.as_str(), line.quantity, line.amount)).collect()
}

fn rule(number: u128, priority: i16, kind: RuleKind) -> PriceRule {
    let id = PriceRuleId::from(Uuid::from_u128(number));
    PriceRule { id, name: format!("Rule {number}"), unit_id: None, kind, priority }
}

fn season(number: u128, priority: i16, nights: Nights, rate: Rate) -> PriceRule {
    rule(number, priority, RuleKind::Season { nights, rate })
}

fn with_rules(rules: Vec<PriceRule>) -> Listing {
    home(Pricing { rules, ..Pricing::default() })
}

fn with_rates(rates: Rates) -> Listing {
    home(Pricing { rates, ..Pricing::default() })
}

fn weekend(rate: Rate) -> Option<Weekend> {
    Some(Weekend { nights: vec![WeekNight::Friday, WeekNight::Saturday], rate })
}

fn promo(off: Off) -> PromoTerms {
    PromoTerms {
        id: PromoId::from(Uuid::from_u128(9)),
        owner: owner(),
        code: "SUN".into(),
        off,
        valid_from: None,
        valid_until: None,
        properties: vec![property_id()],
        min_nights: 0,
        max_uses: None,
        ended_at: None,
    }
}

#[test]
fn without_rules_nights_are_what_a_stay_costs() {
    let price = stay(&home(Pricing::default()), nights(5, 8), 1);
    assert_eq!(lines(&price), [(K::Nights, "", 3, 30_000)]);
    assert_eq!((price.total().amount, price.due().amount), (30_000, 30_000));
}

#[test]
fn weekends_have_their_price() {
    // Thursday to Monday: Friday and Saturday night are the weekend.
    for (rate, amount) in
        [(Rate::Night(15_000), 30_000), (Rate::Change(2_550), 25_100), (Rate::Change(-10_000), 0)]
    {
        let listing = with_rates(Rates { weekend: weekend(rate), ..Rates::default() });
        let price = stay(&listing, nights(4, 8), 1);
        assert_eq!(lines(&price), [(K::Nights, "", 2, 20_000), (K::Nights, "Weekend", 2, amount)]);
    }
}

#[test]
fn a_stay_across_the_edge_of_a_season_pays_each_night_its_price() {
    let summer = season(1, 0, Nights::new(june(6), date(2026, 9, 1)).unwrap(), Rate::Night(14_000));
    let price = stay(&with_rules(vec![summer]), nights(4, 9), 1);
    assert_eq!(lines(&price), [(K::Nights, "", 2, 20_000), (K::Nights, "Rule 1", 3, 42_000)]);
}

#[test]
fn a_season_in_percent_is_of_what_the_night_costs_otherwise() {
    let listing = home(Pricing {
        rates: Rates { weekend: weekend(Rate::Night(20_000)), ..Rates::default() },
        rules: vec![season(1, 0, nights(1, 30), Rate::Change(1_000))],
        nights: Vec::new(),
    });
    assert_eq!(stay(&listing, nights(4, 6), 1).total().amount, 11_000 + 22_000);
}

#[test]
fn of_seasons_the_highest_priority_speaks_and_then_the_cheaper() {
    let whole = nights(1, 30);
    let rules = vec![
        season(1, 1, whole, Rate::Night(50_000)),
        season(2, 5, nights(5, 6), Rate::Night(30_000)),
        season(3, 5, nights(5, 7), Rate::Night(40_000)),
        season(4, -5, whole, Rate::Night(1)),
    ];
    let expected = 30_000 + 40_000 + 50_000;
    assert_eq!(stay(&with_rules(rules.clone()), nights(5, 8), 1).total().amount, expected);
    let turned = rules.into_iter().rev().collect();
    assert_eq!(stay(&with_rules(turned), nights(5, 8), 1).total().amount, expected);
}

#[test]
fn a_rule_of_one_unit_type_leaves_the_others_alone() {
    let mut only = season(1, 0, nights(1, 30), Rate::Night(1));
    only.unit_id = Some(UnitId::from(Uuid::from_u128(99)));
    assert_eq!(stay(&with_rules(vec![only.clone()]), nights(5, 8), 1).total().amount, 30_000);
    only.unit_id = Some(unit_id());
    assert_eq!(stay(&with_rules(vec![only]), nights(5, 8), 1).total().amount, 3);
}

#[test]
fn stays_that_begin_soon_cost_less() {
    let soon = rule(1, 0, RuleKind::LastMinute { days: 4, off: 1_500 });
    let listing = with_rules(vec![soon]);
    let price = stay(&listing, nights(5, 7), 1);
    assert_eq!(lines(&price), [(K::Nights, "", 2, 20_000), (K::Discount, "Rule 1", 1, -3_000)]);
    assert_eq!(stay(&listing, nights(6, 8), 1).total().amount, 20_000);
}

#[test]
fn stays_that_are_booked_early_cost_less() {
    let early = rule(1, 0, RuleKind::EarlyBird { days: 10, off: 500 });
    let listing = with_rules(vec![early]);
    assert_eq!(stay(&listing, nights(10, 12), 1).total().amount, 20_000);
    assert_eq!(stay(&listing, nights(11, 13), 1).total().amount, 19_000);
}

#[test]
fn of_discounts_for_the_time_only_one_speaks() {
    let lead =
        |number, priority, off| rule(number, priority, RuleKind::LastMinute { days: 30, off });
    let best = |rules| stay(&with_rules(rules), nights(5, 6), 1).total().amount;
    assert_eq!(best(vec![lead(1, 0, 5_000), lead(2, 1, 1_000)]), 9_000);
    assert_eq!(best(vec![lead(1, 0, 1_000), lead(2, 0, 2_000)]), 8_000);
    assert_eq!(best(vec![lead(2, 0, 2_000), lead(1, 0, 1_000)]), 8_000);
}

#[test]
fn weeks_and_months_cost_less() {
    let rates = Rates { weekly_off: 1_000, monthly_off: 3_000, ..Rates::default() };
    let listing = with_rates(rates);
    let total = |count: i8| {
        let end = june(1).checked_add(jiff::Span::new().days(count)).unwrap();
        stay(&listing, Nights::new(june(1), end).unwrap(), 1).total().amount
    };
    assert_eq!(total(6), 60_000);
    assert_eq!(total(7), 63_000);
    assert_eq!(total(27), 243_000);
    assert_eq!(total(28), 196_000);
    let weekly = with_rates(Rates { weekly_off: 1_000, ..Rates::default() });
    assert_eq!(stay(&weekly, nights(1, 29), 1).total().amount, 252_000);
}

#[test]
fn discounts_for_time_and_length_come_one_after_the_other() {
    let listing = home(Pricing {
        rates: Rates { weekly_off: 1_000, ..Rates::default() },
        rules: vec![rule(1, 0, RuleKind::LastMinute { days: 30, off: 2_000 })],
        nights: Vec::new(),
    });
    let price = stay(&listing, nights(1, 8), 1);
    assert_eq!(price.sum_of(K::Discount), -14_000 - 5_600);
}

#[test]
fn further_guests_pay_for_each_night() {
    let extra_guests = Some(ExtraGuests { included: 2, night_minor: 1_500 });
    let rates = Rates { extra_guests, weekly_off: 10_000, ..Rates::default() };
    let listing = with_rates(rates);
    assert_eq!(stay(&listing, nights(5, 8), 2).total().amount, 30_000);
    let price = stay(&listing, nights(5, 8), 4);
    assert_eq!(lines(&price)[1], (K::Guests, "", 6, 9_000));
    // Discounts are of the nights alone.
    assert_eq!(stay(&listing, nights(1, 8), 3).total().amount, 10_500);
}

#[test]
fn nights_with_a_price_of_their_own_keep_it_whatever_rules_say() {
    let own = |unit_id, nights, night_minor| NightPrice { unit_id, nights, night_minor };
    let listing = home(Pricing {
        rates: Rates { weekend: weekend(Rate::Night(90_000)), ..Rates::default() },
        rules: vec![season(1, 9, nights(1, 30), Rate::Night(80_000))],
        nights: vec![own(None, nights(4, 8), 7_000), own(Some(unit_id()), nights(5, 6), 5_000)],
    });
    let price = stay(&listing, nights(4, 9), 1);
    assert_eq!(
        lines(&price),
        [(K::Nights, "Special price", 4, 26_000), (K::Nights, "Rule 1", 1, 80_000)]
    );
    assert_eq!(night(&listing, &listing.units[0], june(5)).unwrap().amount, 5_000);
    assert_eq!(night(&listing, &listing.units[0], june(9)).unwrap().amount, 80_000);
}

#[test]
fn cleaning_comes_once_and_the_deposit_is_no_part_of_the_price() {
    let mut listing = home(Pricing::default());
    listing.fields.cleaning_fee_minor = 2_500;
    listing.fields.deposit_minor = 20_000;
    let price = stay(&listing, nights(5, 8), 1);
    assert_eq!(lines(&price)[1], (K::Cleaning, "", 1, 2_500));
    assert_eq!((price.total().amount, price.due().amount), (32_500, 52_500));
}

#[test]
fn taxes_are_of_nights_or_of_all_and_never_of_each_other() {
    let tax = |name: &str, rate| Tax { name: name.into(), rate };
    let percent = |of_whole, base| TaxRate::Percent { of_whole, base };
    let mut listing = with_rates(Rates {
        taxes: vec![
            tax("VAT", percent(1_350, TaxBase::Stay)),
            tax("Stay tax", percent(500, TaxBase::Nights)),
            tax("Night tax", TaxRate::Night(120)),
            tax("City tax", TaxRate::GuestNight(150)),
            tax("Nothing", percent(0, TaxBase::Stay)),
        ],
        ..Rates::default()
    });
    listing.fields.cleaning_fee_minor = 2_500;
    listing.fields.deposit_minor = 99_999;
    let price = stay(&listing, nights(5, 8), 2);
    assert_eq!(
        lines(&price)[2..],
        [
            // 13.5 % of 325.00 is 43.875.
            (K::Tax, "VAT", 1, 4_388),
            (K::Tax, "Stay tax", 1, 1_500),
            (K::Tax, "Night tax", 3, 360),
            (K::Tax, "City tax", 6, 900),
        ]
    );
}

#[test]
fn a_promo_code_takes_off_nights_and_guests_and_no_more() {
    let mut listing = with_rates(Rates {
        taxes: vec![Tax {
            name: "VAT".into(),
            rate: TaxRate::Percent { of_whole: 1_000, base: TaxBase::Stay },
        }],
        ..Rates::default()
    });
    listing.fields.cleaning_fee_minor = 1_000;
    let total = |off| {
        let promo = promo(off);
        let price =
            price(&listing, &listing.units[0], nights(5, 8), 1, today(), Some(&promo)).unwrap();
        assert_eq!(lines(&price)[1].1, "SUN");
        (price.sum_of(K::Promo), price.total().amount)
    };
    assert_eq!(total(Off::Percent(1_000)), (-3_000, 28_000 + 2_800));
    assert_eq!(total(Off::Flat(listing.money(5_000))), (-5_000, 26_000 + 2_600));
    assert_eq!(total(Off::Flat(listing.money(99_000))), (-30_000, 1_000 + 100));
    assert_eq!(total(Off::Percent(10_000)), (-30_000, 1_000 + 100));
}

#[test]
fn what_costs_nothing_is_not_offered() {
    let listing = home(Pricing::default());
    let free = promo(Off::Percent(10_000));
    let unit = &listing.units[0];
    let refused = price(&listing, unit, nights(5, 8), 1, today(), Some(&free));
    assert!(matches!(&refused, Err(Refusal::NotBookable { rule, .. }) if rule == "no-price"));
    let mut unpriced = unit.clone();
    unpriced.fields.night_minor = None;
    let refused = price(&listing, &unpriced, nights(5, 8), 1, today(), None);
    assert!(matches!(refused, Err(Refusal::NotBookable { rule, .. }) if rule == "no-price"));
    assert_eq!(night(&listing, &unpriced, june(5)), None);
}

/// Features d 8: half up, once for each total; the remainder goes to the last part.
#[test]
fn percentages_are_rounded_once_and_the_last_line_takes_what_remains() {
    // 10.005 a night: three are 30.015, which is 30.02 and not three times 10.01.
    let mut listing = home(Pricing {
        rules: vec![season(1, 0, nights(1, 30), Rate::Change(-5_000))],
        ..Pricing::default()
    });
    listing.units[0].fields.night_minor = Some(2_001);
    assert_eq!(stay(&listing, nights(5, 8), 1).total().amount, 3_002);
    // 333.335 in each of three seasons: 1000.005 is 1000.01.
    listing.units[0].fields.night_minor = Some(66_667);
    listing.pricing.rules = vec![
        season(1, 0, nights(5, 6), Rate::Change(-5_000)),
        season(2, 0, nights(6, 7), Rate::Change(-5_000)),
        season(3, 0, nights(7, 8), Rate::Change(-5_000)),
    ];
    let price = stay(&listing, nights(5, 8), 1);
    let amounts: Vec<_> = price.lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [33_333, 33_333, 33_335]);
}

#[test]
fn currencies_without_and_with_three_decimals_are_reckoned_in_their_own_units() {
    let tenth = Rates {
        weekly_off: 333,
        taxes: vec![Tax {
            name: "Tax".into(),
            rate: TaxRate::Percent { of_whole: 1_000, base: TaxBase::Nights },
        }],
        ..Rates::default()
    };
    let of = |code: &str, night: i64| {
        let mut listing = with_rates(tenth.clone());
        listing.fields.currency = code.parse().unwrap();
        listing.units[0].fields.night_minor = Some(night);
        let price = stay(&listing, nights(1, 8), 1);
        (price.total().to_string(), lines(&price)[2].3)
    };
    // 7 * 9,999 = 69,993 yen; 3.33 % are 2,330.77; a tenth of 67,662 is 6,766.2.
    assert_eq!(of("JPY", 9_999), ("JPY 74428".into(), 6_766));
    // 7 * 12.345 = 86.415; 3.33 % are 2.878; a tenth of 83.537 is 8.354.
    assert_eq!(of("KWD", 12_345), ("KWD 91.891".into(), 8_354));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let mut listing = home(Pricing::default());
    listing.units[0].fields.night_minor = Some(i64::MAX);
    let refused = price(&listing, &listing.units[0], nights(5, 8), 1, today(), None);
    assert!(matches!(refused, Err(Refusal::NotBookable { rule, .. }) if rule == "price-too-large"));
}

prop_compose! {
    fn any_rate()(night in 1_i64..1_000_000, by in -10_000_i32..50_000, is_night: bool) -> Rate {
        if is_night { Rate::Night(night) } else { Rate::Change(by) }
    }
}

prop_compose! {
    fn any_rule()(
        number: u64, priority in -2_i16..3, rate in any_rate(), kind in 0..3,
        from in 0_i32..40, long in 1_i32..40, days in 1_u16..60, off in 1_u16..=10_000,
    ) -> PriceRule {
        let from = today().saturating_add(jiff::Span::new().days(from));
        let nights = Nights::new(from, from.saturating_add(jiff::Span::new().days(long))).unwrap();
        let kind = match kind {
            0 => RuleKind::Season { nights, rate },
            1 => RuleKind::LastMinute { days, off },
            _ => RuleKind::EarlyBird { days, off },
        };
        rule(number.into(), priority, kind)
    }
}

prop_compose! {
    fn any_rates()(
        weekend_rate in any_rate(), included in 1_u16..5, extra in 0_i64..10_000,
        weekly_off in 0_u16..=10_000, monthly_off in 0_u16..=10_000,
        percent in 0_u16..=10_000, flat in 0_i64..1_000, of_stay: bool,
    ) -> Rates {
        let base = if of_stay { TaxBase::Stay } else { TaxBase::Nights };
        let tax = |rate| Tax { name: "Tax".into(), rate };
        Rates {
            weekend: weekend(weekend_rate),
            extra_guests: Some(ExtraGuests { included, night_minor: extra }),
            weekly_off,
            monthly_off,
            taxes: vec![
                tax(TaxRate::Percent { of_whole: percent, base }),
                tax(TaxRate::Night(flat)),
                tax(TaxRate::GuestNight(flat)),
            ],
        }
    }
}

fn run(from: i32, long: i32) -> Nights {
    let from = today().saturating_add(jiff::Span::new().days(from));
    Nights::new(from, from.saturating_add(jiff::Span::new().days(long))).unwrap()
}

fn total(listing: &Listing, nights: Nights, promo: Option<&PromoTerms>) -> Option<Price> {
    price(listing, &listing.units[0], nights, 3, today(), promo).ok()
}

proptest! {
    #[test]
    fn lines_add_up_and_only_discounts_are_below_zero(
        rates in any_rates(), rules in prop::collection::vec(any_rule(), 0..6),
        base in 1_i64..1_000_000, from in 0..40, long in 1..60, off in 1_u16..=10_000,
        cleaning in 0_i64..10_000,
    ) {
        let mut listing = home(Pricing { rates, rules, nights: Vec::new() });
        listing.units[0].fields.night_minor = Some(base);
        listing.fields.cleaning_fee_minor = cleaning;
        let promo = promo(Off::Percent(off));
        let priced = total(&listing, run(from, long), Some(&promo));
        let Some(price) = priced else { return Ok(()) };
        let sum: i64 = price.lines.iter().map(|line| line.amount).sum();
        prop_assert_eq!(price.total(), Money::new(sum, listing.fields.currency));
        prop_assert!(sum > 0);
        for line in &price.lines {
            let discount = matches!(line.kind, K::Discount | K::Promo);
            prop_assert_eq!(line.amount >= 0, !discount || line.amount == 0, "{:?}", line);
        }
        let nights = price.lines.iter().filter(|line| line.kind == K::Nights);
        prop_assert_eq!(nights.map(|line| line.quantity).sum::<u32>(), long as u32);
        let accommodation = price.sum_of(K::Nights) + price.sum_of(K::Discount)
            + price.sum_of(K::Guests) + price.sum_of(K::Promo);
        prop_assert!(accommodation >= 0);
    }

    #[test]
    fn the_order_of_rules_says_nothing(
        rates in any_rates(), rules in prop::collection::vec(any_rule(), 0..8),
        from in 0..40, long in 1..40, seed: u64,
    ) {
        let mut shuffled = rules.clone();
        let mut random = fastrand::Rng::with_seed(seed);
        random.shuffle(&mut shuffled);
        let one = home(Pricing { rates: rates.clone(), rules, nights: Vec::new() });
        let other = home(Pricing { rates, rules: shuffled, nights: Vec::new() });
        let nights = run(from, long);
        prop_assert_eq!(total(&one, nights, None), total(&other, nights, None));
    }

    #[test]
    fn without_discounts_more_nights_are_never_cheaper(
        rates in any_rates(), rules in prop::collection::vec(any_rule(), 0..6),
        from in 0..40, long in 1..60,
    ) {
        let rates = Rates { weekly_off: 0, monthly_off: 0, ..rates };
        let seasons = rules.into_iter();
        let rules = seasons.filter(|rule| matches!(rule.kind, RuleKind::Season { .. })).collect();
        let listing = home(Pricing { rates, rules, nights: Vec::new() });
        let cost = |long| total(&listing, run(from, long), None).map_or(0, |p| p.total().amount);
        prop_assert!(cost(long + 1) >= cost(long));
    }
}
