//! Places under limits ([`crate::domain::gate`]): a request looks for those that are free,
//! asks for one of them, and for the next when somebody else was first.

use uuid::Uuid;

use crate::storage::gates;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// The free places of a scope with so many of them; each request sees them in another order,
/// so that those that come together do not all want the same one.
///
/// # Errors
/// When the database cannot be read.
pub async fn free(pool: &Pool, scope: Uuid, limit: u32) -> Result<Vec<i32>, StorageError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let taken = gates::taken(&*pool.get().await?, scope).await?;
    let all = 1..=i32::try_from(limit).unwrap_or(i32::MAX);
    let mut free: Vec<i32> = all.filter(|slot| !taken.contains(slot)).collect();
    fastrand::shuffle(&mut free);
    Ok(free)
}
