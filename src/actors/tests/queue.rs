//! A queue knows how many wait in it and since when the oldest does, in whatever order they
//! leave.

use std::time::{Duration, Instant};

use crate::actors::queue::Queue;
use crate::clock;

#[test]
fn the_oldest_is_the_oldest_of_those_who_are_still_there() {
    let began = clock::monotonic();
    let at = |seconds: u64| began + Duration::from_secs(seconds);
    let queue = Queue::new(3);
    let enter = |seconds: u64| queue.enter(at(seconds));
    let waiting = || queue.waiting().map(|(count, since): (usize, Instant)| (count, since - began));
    let so_long = |seconds: u64| Duration::from_secs(seconds);
    assert_eq!(waiting(), None);
    let (first, second, third) = (enter(1), enter(2), enter(3));
    assert!(enter(4).is_none(), "it is full");
    assert_eq!(waiting(), Some((3, so_long(1))));
    drop(second);
    assert_eq!(waiting(), Some((2, so_long(1))), "somebody else has left");
    drop(first);
    assert_eq!(waiting(), Some((1, so_long(3))));
    let fourth = enter(5);
    assert_eq!(waiting(), Some((2, so_long(3))));
    drop(third);
    assert_eq!(waiting(), Some((1, so_long(5))), "it was never empty");
    assert!(!queue.is_empty());
    drop(fourth);
    assert_eq!(waiting(), None);
    assert!(queue.is_empty());
}
