//! The homes nearest to a point: circles that grow until enough lie in one. What lies beyond
//! the last circle is never looked at.

use super::collect::{Key, Keyset, Order};
use super::place::Place;
use super::task::{Found, Task, Way};
use crate::domain::area::{Area, Circle, RADIUS_MAX_M};
use crate::domain::listing::Location;

/// The radius of the first circle, in metres: about how far points are blurred.
const FIRST_M: f64 = 1_000.0;

/// How much larger the next one is, where too few lie in one.
const GROWTH: f64 = 2.5;

/// The page after a key in the order of distances. `is_open`: nothing else is asked for.
///
/// # Errors
/// When the index cannot be read.
pub(super) fn page(
    task: &Task<'_>,
    centre: Location,
    after: Option<Key>,
    keep: usize,
    is_open: bool,
) -> tantivy::Result<Found> {
    let order = Order::Distance(centre);
    let seen_m = after.map_or(0.0, |after| f64::from_bits(after.value));
    let mut radius_m = FIRST_M.max(seen_m * 1.1);
    while radius_m < RADIUS_MAX_M {
        let Ok(circle) = Circle::new(centre, radius_m) else { break };
        let place = task.place(Some(&Area::Circle(circle)));
        let mut page = Keyset::new(order, after, keep, None);
        let in_time = task.walk(Way::through(&place), &mut page)?;
        let kept = page.into_kept();
        if !in_time || kept.len() == keep {
            let (total, counted) = match is_open {
                true => (task.searcher.num_docs(), true),
                false => task.count()?,
            };
            return Ok(Found { total, kept, facets: None, in_time: in_time && counted });
        }
        radius_m *= GROWTH;
    }
    let mut page = Keyset::new(order, after, keep, None);
    let in_time = task.walk(Way::through(&Place::Everywhere), &mut page)?;
    Ok(Found { total: page.total, kept: page.into_kept(), facets: None, in_time })
}
