//! How far searches are behind, and how commits wait for merges.

use std::time::Duration;

use crate::actors::consumers::search_index::slowed;
use crate::actors::consumers::search_lag::Lag;
use crate::clock;
use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::search::Cursor;

fn at(one: u64, other: u64) -> Cursor {
    [(Stream(1), one), (Stream(2), other)].into_iter().collect()
}

fn head(stream: u16, seq: i64) -> [Position; 1] {
    [Position { stream: Stream(stream), seq }]
}

#[test]
fn the_age_is_that_of_what_was_heard_of_and_is_not_known_yet() {
    let (start, second) = (clock::monotonic(), Duration::from_secs(1));
    let mut lag = Lag::default();
    lag.saw(&at(5, 5), start);
    lag.heard(&head(1, 5), start);
    lag.heard(&head(2, 4), start);
    assert_eq!((lag.behind(), lag.age(start + second)), (vec![], Duration::ZERO));

    lag.heard(&head(1, 6), start);
    assert_eq!(lag.behind(), [(Stream(1), 5, 6)]);
    assert_eq!(lag.age(start + second), second);
    lag.heard(&head(2, 9), start + second);
    assert_eq!(lag.age(start + second * 2), second * 2, "the first still waits");
    assert_eq!(lag.behind(), [(Stream(1), 5, 6), (Stream(2), 5, 9)]);

    lag.saw(&at(5, 7), start + second * 2);
    assert_eq!(lag.age(start + second * 3), second * 3, "the first still waits");
    lag.saw(&at(6, 7), start + second * 3);
    assert_eq!(lag.age(start + second * 3), Duration::ZERO, "others have not waited so long");
    assert_eq!(lag.age(start + second * 4), second);
    lag.saw(&at(6, 9), start + second * 4);
    assert_eq!((lag.behind(), lag.age(start + second * 9)), (vec![], Duration::ZERO));
    lag.heard(&head(2, 8), start + second * 9);
    assert_eq!(lag.age(start + second * 9), Duration::ZERO, "old news");
}

#[test]
fn commits_wait_the_longer_the_more_segments_there_are() {
    let (commit, second) = (Duration::from_millis(200), Duration::from_secs(1));
    for segments in [0, 1, 20] {
        assert_eq!(slowed(commit, segments), None, "{segments}");
    }
    assert_eq!(slowed(commit, 21), Some(commit * 2));
    assert_eq!(slowed(commit, 24), Some(commit * 5));
    assert_eq!(slowed(commit, 10_000), Some(second * 10));
    assert_eq!(slowed(second * 60, 21), Some(second * 60), "never sooner than without");
}
