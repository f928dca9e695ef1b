//! The drawings of the demo.

use std::collections::HashSet;

use crate::domain::picture::{self, Variant};
use crate::tools::demo::drawing::{Scene, draw};

#[test]
fn a_seed_gives_the_same_drawing_and_another_another() {
    for scene in Scene::ALL {
        let drawn = draw(scene, 7);
        assert_eq!(drawn.dimensions(), (800, 533), "{scene:?}");
        // Nothing was left as it began, and there is more than a few flat shapes.
        let some = drawn.pixels().step_by(97).map(|pixel| pixel.0).collect::<HashSet<_>>();
        assert!(!some.contains(&[0; 3]), "{scene:?}");
        assert!(some.len() > 100, "{scene:?} has {} colours", some.len());
        assert_ne!(drawn, draw(scene, 8), "{scene:?}");
    }
    assert_eq!(draw(Scene::House, 3), draw(Scene::House, 3));
}

#[test]
fn a_drawing_has_its_variants() {
    let made = picture::made(&draw(Scene::Kitchen, 7)).unwrap();
    for (variant, file) in Variant::ALL.into_iter().zip(&made.variants) {
        let read = image::load_from_memory(file).unwrap();
        assert_eq!(read.width(), variant.width().min(800), "{variant:?}");
    }
    assert_eq!((made.width, made.height, made.mime), (800, 533, "image/jpeg"));
    assert!(picture::made(&image::RgbImage::new(0, 3)).is_err());
}
