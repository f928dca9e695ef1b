use proptest::prelude::*;

use crate::search::choices::PriceUnit;
use crate::search::histogram;

fn buckets(prices: &[u64]) -> Vec<(u64, Option<u64>, u64)> {
    let prices: Vec<(u64, u64)> = prices.iter().map(|price| (*price, 1)).collect();
    let histogram = histogram::of(&prices, PriceUnit::Minor("EUR".parse().unwrap()));
    assert_eq!(histogram.currency.map(|c| c.to_string()).as_deref(), Some("EUR"));
    histogram.buckets.iter().map(|bucket| (bucket.from, bucket.to, bucket.count)).collect()
}

#[test]
fn buckets_are_round_and_one_dear_home_does_not_squeeze_the_others() {
    assert_eq!(buckets(&[]), []);
    assert_eq!(buckets(&[4_999]), [(4_999, Some(5_000), 1)]);
    let mut prices: Vec<u64> = (100..200).map(|euros| euros * 100).collect();
    let found = buckets(&prices);
    assert_eq!((found[0], found.len()), ((10_000, Some(10_500), 5), 20));
    prices.push(9_000_000);
    let found = buckets(&prices);
    assert_eq!(found.last(), Some(&(20_000, None, 1)), "the palace is at the end");
    assert_eq!(found[0], (10_000, Some(10_500), 5));
}

proptest! {
    #[test]
    fn every_price_is_in_the_one_bucket_that_says_so(
        prices in prop::collection::vec(prop_oneof![0..300_u64, 0..1_000_000_u64, any::<u64>()], 1..200),
    ) {
        let found = buckets(&prices);
        prop_assert!(found.len() <= 64, "{} buckets", found.len());
        for (from, to, count) in &found {
            let within = |price: &&u64| from <= *price && to.is_none_or(|to| **price < to);
            let wanted = prices.iter().filter(within).count() as u64;
            prop_assert_eq!(*count, wanted, "{}..{:?}", from, to);
        }
        for pair in found.windows(2) {
            prop_assert_eq!(pair[0].1, Some(pair[1].0), "side by side");
        }
        let total: u64 = found.iter().map(|(.., count)| count).sum();
        prop_assert_eq!(total, prices.len() as u64);
    }
}
