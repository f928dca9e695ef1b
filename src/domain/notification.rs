//! What people are told in the app.

use serde::Serialize;
use serde_json::Value;

use super::event::{Event, Recorded};
use super::ids::{self, NotificationId, UserId};
use super::preference::Category;
use super::telling::{self, People};

/// Something that a person is told in the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// Derived from event and person, so that a replay makes the same one.
    pub id: NotificationId,
    /// Who is told.
    pub user_id: UserId,
    /// The event's type.
    pub kind: &'static str,
    /// What somebody switches off who does not want to be told.
    pub category: Category,
    /// What it is about, for the text and the link.
    pub data: Value,
}

/// What follows from an event, in the order of the people. `people` has what
/// [`telling::unnamed`] asks for.
#[must_use]
pub fn follows(event: &Recorded, people: &People) -> Vec<Notification> {
    let all = telling::of(event, people).into_iter().filter_map(|told| {
        Some(Notification {
            id: id(event, told.user_id),
            user_id: told.user_id,
            kind: event.event.name(),
            category: told.category,
            data: told.in_app?,
        })
    });
    all.collect()
}

fn id(event: &Recorded, user: UserId) -> NotificationId {
    if matches!(event.event, Event::UserRoleChanged { .. }) {
        // The event says which roles there are, not which are new: so once in a lifetime.
        return ids::derived(user.uuid(), "notification/landlord").into();
    }
    let position = event.position;
    let made_of = ids::derived(user.uuid(), &format!("{}/{}", position.stream.0, position.seq));
    ids::stamped(event.occurred_at, made_of).into()
}
