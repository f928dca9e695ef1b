//! Photos of listings, and what is known of their blobs. The edge writes them itself, each
//! change with its event in one transaction; two changes of one list wait for each other
//! on the list's own row, so that neither the listing's entity nor its batches ever wait.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::blobs::Key;
use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{PhotoId, PropertyId, RequestId, UserId};
use crate::domain::photo::{self, PER_PROPERTY};
use crate::domain::picture::Variant;
use crate::domain::refusal::Refusal;

/// A photo of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Its id.
    pub id: PhotoId,
    /// Whose it is.
    pub property: PropertyId,
    /// Its place, from 0; 0 is the cover.
    pub position: i32,
    /// What stands under it.
    pub caption: String,
    /// SHA-256 of what was uploaded.
    pub sha256: Key,
    /// What it was uploaded as.
    pub mime: String,
    /// Its width, upright, in pixels.
    pub width: i32,
    /// Its height, upright, in pixels.
    pub height: i32,
    /// How much was uploaded, in bytes.
    pub bytes: i64,
    /// Its variants, in the order of [`Variant::ALL`].
    pub variants: [Key; 3],
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// Who changes a list of photos, when, and by which request.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// Who.
    pub by: UserId,
    /// The request.
    pub request: RequestId,
    /// When.
    pub now: Timestamp,
}

/// What came of adding a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is the last one now.
    New(Photo),
    /// The same picture was there already.
    Known(Photo),
}

/// A change of photos that was not made.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The database refused or did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The rules are against it.
    #[error("refused: {0:?}")]
    Refused(Refusal),
}

impl From<tokio_postgres::Error> for PhotoError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// A listing's photos in their order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_property(client: &Client, id: PropertyId) -> Result<Vec<Photo>, StorageError> {
    let sql = "select * from photos where property_id = $1 order by position";
    client.query(sql, &[&id.uuid()]).await?.iter().map(photo).collect()
}

/// The version of a listing's photos; 0 when they never changed.
///
/// # Errors
/// When the database cannot be read.
pub async fn version(client: &Client, id: PropertyId) -> Result<i32, StorageError> {
    let sql = "select version from photo_lists where property_id = $1";
    Ok(client.query_opt(sql, &[&id.uuid()]).await?.map_or(0, |row| row.get(0)))
}

/// The first photos of some listings; those without a photo are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn covers(client: &Client, ids: &[PropertyId]) -> Result<Vec<Photo>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let sql = "select * from photos where property_id = any($1) and position = 0";
    client.query(sql, &[&ids]).await?.iter().map(photo).collect()
}

/// A listing's photo of a content.
///
/// # Errors
/// When the database cannot be read.
pub async fn with_content(
    client: &Client,
    property: PropertyId,
    sha256: Key,
) -> Result<Option<Photo>, StorageError> {
    let sql = "select * from photos where property_id = $1 and sha256 = $2";
    let row = client.query_opt(sql, &[&property.uuid(), &sha256.bytes()]).await?;
    row.as_ref().map(photo).transpose()
}

/// What a photo is asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The hash of what was uploaded.
    Content(Key),
    /// The photo's id.
    Id(PhotoId),
}

/// A variant that somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The blob.
    pub key: Key,
    /// Whether everybody may see it, and not only its owner.
    pub public: bool,
}

/// Who looks at a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// Anybody: photos of live listings.
    Public,
    /// Somebody: those of their own listings besides.
    Of(UserId),
    /// An admin: all.
    Admin,
}

/// The blob of a photo's variant, if a live listing shows it or `viewer` owns a listing
/// that has it. Many listings may have the same photo: the first live one will do.
///
/// # Errors
/// When the database cannot be read.
pub async fn shown(
    client: &Client,
    name: Name,
    variant: Variant,
    eyes: Eyes,
) -> Result<Option<Shown>, StorageError> {
    let (owner, all) = match eyes {
        Eyes::Public => (None, false),
        Eyes::Of(user) => (Some(user.uuid()), false),
        Eyes::Admin => (None, true),
    };
    let (named, content, id) = match name {
        Name::Content(key) => ("f.sha256 = $1", Some(key), Uuid::nil()),
        Name::Id(id) => ("f.id = $1", None, id.uuid()),
    };
    let name: &(dyn ToSql + Sync) = match &content {
        Some(key) => &key.bytes(),
        None => &id,
    };
    let select = format!(
        "select case $2 when 'thumb' then f.thumb when 'card' then f.card
             else f.full_size end
         from photos f join properties p on p.id = f.property_id where {named}"
    );
    let live = format!("{select} and p.status = 'live' limit 1");
    if let Some(row) = client.query_opt(&live, &[name, &variant.name()]).await? {
        return Ok(Some(Shown { key: key(row.get(0))?, public: true }));
    }
    let hidden = format!("{select} and (p.owner_id = $3 or $4) limit 1");
    let row = client.query_opt(&hidden, &[name, &variant.name(), &owner, &all]).await?;
    row.map(|row| Ok(Shown { key: key(row.get(0))?, public: false })).transpose()
}

/// Says that blobs are about to be stored, with their sizes: for a day from now they are
/// kept even if nothing refers to them. `false` when one of them is just being deleted: try
/// again in a moment.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn announce(
    client: &Client,
    blobs: &[(Key, i64)],
    now: Timestamp,
) -> Result<bool, StorageError> {
    let mut blobs = blobs.to_vec();
    // One statement may not touch a row twice, and everybody locks in the same order.
    blobs.sort_unstable();
    blobs.dedup();
    let keys: Vec<&[u8]> = blobs.iter().map(|(key, _)| key.bytes()).collect();
    let sizes: Vec<i64> = blobs.iter().map(|(_, size)| *size).collect();
    let told = client
        .execute(
            "insert into blobs (sha256, bytes, idle_since)
             select sha256, bytes, $3 from unnest($1::bytea[], $2::int8[]) b(sha256, bytes)
             on conflict (sha256) do update set idle_since = excluded.idle_since
             where not blobs.deleting",
            &[&keys, &sizes, &now],
        )
        .await?;
    Ok(usize::try_from(told).is_ok_and(|told| told == blobs.len()))
}

/// Adds a photo at the end of its listing's, whose place and owner are looked at here; its
/// blobs must have been announced and stored.
///
/// # Errors
/// When the database refuses, the listing is not the asker's, or it has photos enough.
pub async fn add(client: &mut Client, new: &Photo, by: Change) -> Result<Added, PhotoError> {
    let transaction = client.transaction().await?;
    let list = open(&transaction, new.property, by.by).await?;
    if let Some(known) = list.photos.into_iter().find(|photo| photo.sha256 == new.sha256) {
        return Ok(Added::Known(known));
    }
    if list.order.len() >= PER_PROPERTY {
        return Err(PhotoError::Refused(photo::too_many()));
    }
    let position = i32::try_from(list.order.len()).map_err(StorageError::malformed)?;
    let new = Photo { position, ..new.clone() };
    insert(&transaction, &new).await?;
    let keys: Vec<&[u8]> = new.variants.iter().map(Key::bytes).collect();
    let used = "update blobs set idle_since = null where sha256 = any($1)";
    transaction.execute(used, &[&keys]).await?;
    let event = Event::PropertyPhotoAdded {
        property_id: new.property,
        photo_id: new.id,
        sha256: new.sha256.to_string(),
    };
    close(&transaction, new.property, Some(event), by).await?;
    transaction.commit().await?;
    Ok(Added::New(new))
}

/// What changes about a photo.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// What stands under it from now on.
    pub caption: Option<String>,
    /// Its place from now on; past the end is the end.
    pub position: Option<usize>,
}

/// Changes a photo of the asker's.
///
/// # Errors
/// When the database refuses, or there is no such photo.
pub async fn edit(
    client: &mut Client,
    id: PhotoId,
    edit: &Edit,
    by: Change,
) -> Result<Photo, PhotoError> {
    let transaction = client.transaction().await?;
    let list = open(&transaction, home(&transaction, id).await?, by.by).await?;
    if let Some(caption) = &edit.caption {
        let sql = "update photos set caption = $2 where id = $1";
        transaction.execute(sql, &[&id.uuid(), caption]).await?;
    }
    if let Some(to) = edit.position {
        arrange(&transaction, &photo::moved(&list.order, id, to)).await?;
    }
    close(&transaction, list.property, None, by).await?;
    let row = transaction.query_opt("select * from photos where id = $1", &[&id.uuid()]).await?;
    let row = row.ok_or(PhotoError::Refused(Refusal::NotFound))?;
    transaction.commit().await?;
    Ok(photo(&row)?)
}

/// Puts a listing's photos into a new order, made from a version of the list.
///
/// # Errors
/// When the database refuses, the listing is not the asker's, the version is not the
/// current one, or the order is not one of the same photos.
pub async fn reorder(
    client: &mut Client,
    property: PropertyId,
    version: i32,
    order: &[PhotoId],
    by: Change,
) -> Result<(), PhotoError> {
    let transaction = client.transaction().await?;
    let list = open(&transaction, property, by.by).await?;
    if list.version != version {
        return Err(PhotoError::Refused(Refusal::StaleVersion { current: list.version }));
    }
    photo::check_order(&list.order, order).map_err(PhotoError::Refused)?;
    arrange(&transaction, order).await?;
    close(&transaction, property, None, by).await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes a photo of the asker's. Its blobs stay for a day.
///
/// # Errors
/// When the database refuses, or there is no such photo.
pub async fn remove(client: &mut Client, id: PhotoId, by: Change) -> Result<(), PhotoError> {
    let transaction = client.transaction().await?;
    let list = open(&transaction, home(&transaction, id).await?, by.by).await?;
    let mut photos = list.photos.into_iter();
    let gone = photos.find(|photo| photo.id == id).ok_or(PhotoError::Refused(Refusal::NotFound))?;
    transaction.execute("delete from photos where id = $1", &[&id.uuid()]).await?;
    let order: Vec<PhotoId> = list.order.into_iter().filter(|other| *other != id).collect();
    arrange(&transaction, &order).await?;
    let keys: Vec<&[u8]> = gone.variants.iter().map(Key::bytes).collect();
    let idle = format!("update blobs b set idle_since = $2 where sha256 = any($1) and not {USED}");
    transaction.execute(&idle, &[&keys, &by.now]).await?;
    let event = Event::PropertyPhotoRemoved { property_id: list.property, photo_id: id };
    close(&transaction, list.property, Some(event), by).await?;
    transaction.commit().await?;
    Ok(())
}

/// Whether a photo refers to the blob `b`.
const USED: &str = "(exists (select 1 from photos where thumb = b.sha256)
     or exists (select 1 from photos where card = b.sha256)
     or exists (select 1 from photos where full_size = b.sha256))";

/// Marks blobs to which nothing has referred since `before`, and gives those that are
/// marked, at most `limit`. From then on nobody begins to refer to them. One that is
/// referred to after all is taken off the list of idle ones.
///
/// # Errors
/// When the database refuses.
pub async fn doom(
    client: &Client,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Key>, StorageError> {
    let sql = format!(
        "with old as (
             select sha256 from blobs where idle_since < $1 order by idle_since limit $2
             for update skip locked
         )
         update blobs b set deleting = not {USED},
             idle_since = case when {USED} then null else b.idle_since end
         from old where b.sha256 = old.sha256 returning b.sha256, b.deleting"
    );
    let rows = client.query(&sql, &[&before, &limit]).await?;
    rows.iter().filter(|row| row.get(1)).map(|row| key(row.get(0))).collect()
}

/// Forgets a marked blob, which has been deleted.
///
/// # Errors
/// When the database refuses.
pub async fn forget(client: &Client, blob: Key) -> Result<(), StorageError> {
    let sql = "delete from blobs where sha256 = $1 and deleting";
    client.execute(sql, &[&blob.bytes()]).await?;
    Ok(())
}

/// A listing's photos, locked until the transaction ends.
struct List {
    property: PropertyId,
    version: i32,
    photos: Vec<Photo>,
    order: Vec<PhotoId>,
}

/// The listing of a photo.
async fn home(transaction: &Transaction<'_>, id: PhotoId) -> Result<PropertyId, PhotoError> {
    let sql = "select property_id from photos where id = $1";
    let row = transaction.query_opt(sql, &[&id.uuid()]).await?;
    let row = row.ok_or(PhotoError::Refused(Refusal::NotFound))?;
    Ok(row.get::<_, Uuid>(0).into())
}

/// Locks the photos of a listing of `owner`.
async fn open(
    transaction: &Transaction<'_>,
    property: PropertyId,
    owner: UserId,
) -> Result<List, PhotoError> {
    transaction
        .execute(
            "insert into photo_lists (property_id)
             select id from properties where id = $1 and owner_id = $2 on conflict do nothing",
            &[&property.uuid(), &owner.uuid()],
        )
        .await?;
    let row = transaction
        .query_opt(
            "select l.version from photo_lists l join properties p on p.id = l.property_id
             where p.id = $1 and p.owner_id = $2 for update of l",
            &[&property.uuid(), &owner.uuid()],
        )
        .await?;
    let row = row.ok_or(PhotoError::Refused(Refusal::NotFound))?;
    let sql = "select * from photos where property_id = $1 order by position";
    let rows = transaction.query(sql, &[&property.uuid()]).await?;
    let photos: Vec<Photo> = rows.iter().map(photo).collect::<Result<_, _>>()?;
    let order = photos.iter().map(|photo| photo.id).collect();
    Ok(List { property, version: row.get(0), photos, order })
}

/// Counts the list's version up and writes what happened.
async fn close(
    transaction: &Transaction<'_>,
    property: PropertyId,
    event: Option<Event>,
    by: Change,
) -> Result<(), PhotoError> {
    let sql = "update photo_lists set version = version + 1 where property_id = $1";
    transaction.execute(sql, &[&property.uuid()]).await?;
    if let Some(event) = event {
        let (key, actor) = (property.uuid(), Actor::User(by.by));
        let request = by.request.uuid();
        events::append_edge(transaction, key, &event, actor, request, by.now).await?;
    }
    Ok(())
}

async fn arrange(transaction: &Transaction<'_>, order: &[PhotoId]) -> Result<(), PhotoError> {
    let ids: Vec<Uuid> = order.iter().map(|id| id.uuid()).collect();
    transaction
        .execute(
            "update photos set position = o.place - 1
             from unnest($1::uuid[]) with ordinality o(id, place) where photos.id = o.id",
            &[&ids],
        )
        .await?;
    Ok(())
}

async fn insert(transaction: &Transaction<'_>, new: &Photo) -> Result<(), PhotoError> {
    let [thumb, card, full] = &new.variants;
    transaction
        .execute(
            "insert into photos (id, property_id, position, caption, sha256, mime, width,
                 height, bytes, thumb, card, full_size, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &[
                &new.id.uuid(),
                &new.property.uuid(),
                &new.position,
                &new.caption,
                &new.sha256.bytes(),
                &new.mime,
                &new.width,
                &new.height,
                &new.bytes,
                &thumb.bytes(),
                &card.bytes(),
                &full.bytes(),
                &new.created_at,
            ],
        )
        .await?;
    Ok(())
}

fn key(bytes: &[u8]) -> Result<Key, StorageError> {
    Key::from_bytes(bytes).ok_or_else(|| StorageError::malformed("a key has 32 bytes"))
}

fn photo(row: &Row) -> Result<Photo, StorageError> {
    Ok(Photo {
        id: row.get::<_, Uuid>("id").into(),
        property: row.get::<_, Uuid>("property_id").into(),
        position: row.get("position"),
        caption: row.get("caption"),
        sha256: key(row.get("sha256"))?,
        mime: row.get("mime"),
        width: row.get("width"),
        height: row.get("height"),
        bytes: row.get("bytes"),
        variants: [key(row.get("thumb"))?, key(row.get("card"))?, key(row.get("full_size"))?],
        created_at: row.get("created_at"),
    })
}
