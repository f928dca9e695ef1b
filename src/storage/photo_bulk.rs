//! The first photos of many listings at once, for tools. A listing whose photos anybody has
//! ever changed keeps them as they are, so a second run adds nothing.

use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::events::{self, EdgeEvent};
use super::photos::Photo;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{self, PropertyId};

/// The photos of a listing, in their order. Their places and their property are as they say.
#[derive(Debug, Clone)]
pub struct FirstPhotos {
    /// The listing.
    pub property: PropertyId,
    /// Its photos, each of another content.
    pub photos: Vec<Photo>,
}

/// Adds photos to those of the listings that are there and never had any; their blobs must
/// have been announced and stored. Gives back how many photos were added.
///
/// # Errors
/// When the database refuses or does not answer; nothing was added, or all.
pub async fn add_first(
    client: &mut Client,
    lists: &[FirstPhotos],
    actor: Actor,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let transaction = client.transaction().await?;
    let asked: Vec<Uuid> = lists.iter().map(|list| list.property.uuid()).collect();
    let counts: Vec<i32> =
        lists.iter().map(|list| i32::try_from(list.photos.len()).unwrap_or(i32::MAX)).collect();
    // In one order, as everybody who changes photos waits for this row.
    let fresh = transaction
        .query(
            "insert into photo_lists (property_id, version)
             select p.id, w.photos from unnest($1::uuid[], $2::int4[]) as w(id, photos)
             join properties p on p.id = w.id order by p.id
             on conflict do nothing returning property_id",
            &[&asked, &counts],
        )
        .await?;
    let fresh: std::collections::HashSet<Uuid> = fresh.iter().map(|row| row.get(0)).collect();
    let new = lists.iter().filter(|list| fresh.contains(&list.property.uuid()));
    let photos: Vec<&Photo> = new.flat_map(|list| &list.photos).collect();
    let column = |bytes: fn(&Photo) -> &[u8]| -> Vec<&[u8]> {
        photos.iter().map(|photo| bytes(photo)).collect()
    };
    let ids: Vec<Uuid> = photos.iter().map(|photo| photo.id.uuid()).collect();
    let properties: Vec<Uuid> = photos.iter().map(|photo| photo.property.uuid()).collect();
    let numbers = |number: fn(&Photo) -> i32| -> Vec<i32> {
        photos.iter().map(|photo| number(photo)).collect()
    };
    let captions: Vec<&str> = photos.iter().map(|photo| photo.caption.as_str()).collect();
    let mimes: Vec<&str> = photos.iter().map(|photo| photo.mime.as_str()).collect();
    let sizes: Vec<i64> = photos.iter().map(|photo| photo.bytes).collect();
    let thumbs = column(|photo| photo.variants[0].bytes());
    let cards = column(|photo| photo.variants[1].bytes());
    let fulls = column(|photo| photo.variants[2].bytes());
    transaction
        .execute(
            "insert into photos (id, property_id, position, caption, sha256, mime, width,
                 height, bytes, thumb, card, full_size, created_at)
             select *, $13 from unnest($1::uuid[], $2::uuid[], $3::int4[], $4::text[],
                 $5::bytea[], $6::text[], $7::int4[], $8::int4[], $9::int8[], $10::bytea[],
                 $11::bytea[], $12::bytea[])",
            &[
                &ids,
                &properties,
                &numbers(|photo| photo.position),
                &captions,
                &column(|photo| photo.sha256.bytes()),
                &mimes,
                &numbers(|photo| photo.width),
                &numbers(|photo| photo.height),
                &sizes,
                &thumbs,
                &cards,
                &fulls,
                &now,
            ],
        )
        .await?;
    let used = "update blobs set idle_since = null where idle_since is not null
         and (sha256 = any($1) or sha256 = any($2) or sha256 = any($3))";
    transaction.execute(used, &[&thumbs, &cards, &fulls]).await?;
    let told: Vec<EdgeEvent> = photos.iter().map(|photo| added(photo)).collect();
    events::append_edge_many(&transaction, &told, actor, now).await?;
    transaction.commit().await?;
    Ok(u64::try_from(photos.len()).unwrap_or(u64::MAX))
}

fn added(photo: &Photo) -> EdgeEvent {
    EdgeEvent {
        key: photo.property.uuid(),
        event: Event::PropertyPhotoAdded {
            property_id: photo.property,
            photo_id: photo.id,
            sha256: photo.sha256.to_string(),
        },
        causation: ids::derived(photo.id.uuid(), "added"),
    }
}
