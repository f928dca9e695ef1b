//! The drawings of the demo.

use std::collections::HashSet;

use crate::domain::picture::{self, Variant};
use crate::tools::demo::drawing::{Scene, draw};

#[test]
fn a_seed_gives_the_same_drawing_and_another_another() {
    let mut seen = HashSet::new();
    for scene in Scene::ALL {
        for seed in 0..2 {
            let drawn = draw(scene, seed);
            assert_eq!(drawn, draw(scene, seed));
            assert!(seen.insert(drawn.into_raw()), "{scene:?} {seed} was drawn before");
        }
    }
}

#[test]
fn a_drawing_is_full_of_colour_and_has_its_variants() {
    for scene in Scene::ALL {
        let drawn = draw(scene, 7);
        assert_eq!(drawn.dimensions(), (800, 533), "{scene:?}");
        // Nothing was left as it began, and there is more than a few flat shapes.
        assert!(drawn.pixels().all(|pixel| pixel.0 != [0; 3]), "{scene:?}");
        let colours: HashSet<_> = drawn.pixels().map(|pixel| pixel.0).collect();
        assert!(colours.len() > 200, "{scene:?} has {} colours", colours.len());

        let made = picture::made(&drawn).unwrap();
        for (variant, file) in Variant::ALL.into_iter().zip(&made.variants) {
            let read = image::load_from_memory(file).unwrap();
            assert_eq!(read.width(), variant.width().min(800), "{scene:?} {variant:?}");
        }
    }
}
