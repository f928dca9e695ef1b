//! The people that events do not name.

use crate::domain::event::Recorded;
use crate::domain::telling::{self, People};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{accounts, bookings, properties};

/// Looks up whoever has to be known before it can be said who is told of events.
pub(super) async fn of(pool: &Pool, events: &[Recorded]) -> Result<People, StorageError> {
    let unnamed: Vec<_> = events.iter().map(|event| telling::unnamed(&event.event)).collect();
    let homes: Vec<_> = unnamed.iter().filter_map(|sought| sought.owner).collect();
    let stays: Vec<_> = unnamed.iter().filter_map(|sought| sought.stay).collect();
    let admins = unnamed.iter().any(|sought| sought.admins);
    if homes.is_empty() && stays.is_empty() && !admins {
        return Ok(People::default());
    }
    let client = pool.get().await?;
    let mut people = People::default();
    if !homes.is_empty() {
        people.owners = properties::owners(&client, &homes).await?;
    }
    if !stays.is_empty() {
        people.stays = bookings::stays(&client, &stays).await?;
    }
    if admins {
        people.admins = accounts::admins(&client).await?;
    }
    Ok(people)
}
