use proptest::prelude::*;

use crate::search::ranking::{STEP, ranked};

proptest! {
    /// A sum of BM25 decides among equals only, and quality never makes up for a typo.
    #[test]
    fn fewer_typos_are_ahead_and_then_the_larger_sum(
        words in 1..=16_u8,
        one in 0.1..450_f32,
        other in 0.1..450_f32,
        typos in 0..32_u8,
        factor in 1.0..1.2_f32,
    ) {
        let ahead = STEP * 2.0 * f32::from(words);
        let typos = typos.min(words * 2 - 1);
        let of = |typos: u8, bm25, factor| ranked(ahead - STEP * f32::from(typos) + bm25, ahead, factor);
        prop_assert!(of(typos, one, 1.0) > of(typos + 1, other, factor));
        if one > other + 0.01 {
            prop_assert!(of(typos, one, 1.0) >= of(typos, other, 1.0));
        }
    }
}

#[test]
fn without_misspellings_small_differences_count() {
    assert!(ranked(3.000_1, 0.0, 1.0) > ranked(3.0, 0.0, 1.0));
    assert!(ranked(3.0, 0.0, 1.01) > ranked(3.0, 0.0, 1.0));
    assert!(ranked(f32::MAX, 0.0, 1.0).is_finite());
}
