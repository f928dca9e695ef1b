//! The order of photos and what stands under them.

use uuid::Uuid;

use crate::domain::ids::PhotoId;
use crate::domain::photo::{CAPTION_MAX, check_caption, check_order, moved};

fn ids(numbers: &[u128]) -> Vec<PhotoId> {
    numbers.iter().map(|number| Uuid::from_u128(*number).into()).collect()
}

#[test]
fn a_photo_is_moved_and_the_others_keep_their_order() {
    let order = ids(&[1, 2, 3, 4]);
    for (photo, to, expected) in [
        (1, 0, [1, 2, 3, 4]),
        (4, 0, [4, 1, 2, 3]),
        (1, 2, [2, 3, 1, 4]),
        (2, 3, [1, 3, 4, 2]),
        (2, usize::MAX, [1, 3, 4, 2]),
    ] {
        let photo = Uuid::from_u128(photo).into();
        assert_eq!(moved(&order, photo, to), ids(&expected), "{photo} to {to}");
    }
}

#[test]
fn an_order_names_every_photo_once() {
    let old = ids(&[1, 2, 3]);
    check_order(&old, &ids(&[3, 1, 2])).unwrap();
    check_order(&[], &[]).unwrap();
    for wrong in [&[1, 2][..], &[1, 2, 3, 4], &[1, 2, 2], &[1, 2, 4], &[]] {
        assert!(check_order(&old, &ids(wrong)).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_caption_is_one_short_line() {
    check_caption("").unwrap();
    check_caption(&"é".repeat(CAPTION_MAX)).unwrap();
    assert!(check_caption(&"é".repeat(CAPTION_MAX + 1)).is_err());
    assert!(check_caption("two\nlines").is_err());
    assert!(check_caption("\u{0}").is_err());
}
