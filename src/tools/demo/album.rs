//! Photos of the demo's listings. A few drawings serve all of them, so they take little room
//! however many listings there are.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::drawing::{self, Scene};
use super::fill::DemoError;
use crate::clock;
use crate::domain::event::Actor;
use crate::domain::ids::{self, PhotoId, PropertyId};
use crate::domain::picture::{self, Picture, PictureError};
use crate::domain::property::Kind;
use crate::storage::blobs::{Blobs, Key};
use crate::storage::photo_bulk::{self, FirstPhotos};
use crate::storage::photos::{self, Photo};
use crate::storage::sqlstate::StorageError;
use crate::tools::listing::ListingDraft;

/// Drawings of each scene.
const DRAWN: u64 = 4;

/// Photos of a listing when nobody says how many.
pub(super) const USUAL: u8 = 4;

/// Photos of a listing, at most: there are not more drawings for a kind of home.
pub(super) const MOST: u8 = 16;

/// Listings whose photos are written together.
const BATCH: usize = 500;

/// How often a picture is announced that is just being deleted, and the pause between.
const ANNOUNCES: u32 = 100;
const ANNOUNCE_PAUSE: Duration = Duration::from_millis(100);

/// Drawings on their way.
pub(super) struct Album {
    blobs: Blobs,
    seed: u64,
    drawing: Vec<JoinHandle<Result<Vec<Drawn>, PictureError>>>,
    shots: Vec<Shot>,
}

/// A drawing.
struct Drawn {
    scene: Scene,
    picture: Picture,
}

/// A drawing that is stored.
struct Shot {
    scene: Scene,
    width: i32,
    height: i32,
    bytes: i64,
    variants: [Key; 3],
}

/// What is shown of a home, the cover first.
const fn scenes(kind: Kind) -> [Scene; 4] {
    use Scene::{Bedroom, Dormitory, Flats, House, Kitchen, LivingRoom};
    match kind {
        Kind::House => [House, LivingRoom, Kitchen, Bedroom],
        Kind::Flat => [LivingRoom, Flats, Bedroom, Kitchen],
        Kind::Room => [Bedroom, Kitchen, LivingRoom, Flats],
        Kind::Bed => [Dormitory, Kitchen, LivingRoom, Flats],
    }
}

/// What stands under it.
const fn caption(scene: Scene) -> &'static str {
    match scene {
        Scene::House => "The house",
        Scene::Flats => "From the street",
        Scene::Bedroom => "Where you sleep",
        Scene::Dormitory => "The room",
        Scene::LivingRoom => "Living room",
        Scene::Kitchen => "Kitchen",
    }
}

impl Album {
    /// Begins to draw, on threads for long work.
    pub(super) fn begin(blobs: Blobs, seed: u64) -> Self {
        let draw = |scene: Scene| {
            tokio::task::spawn_blocking(move || {
                let one = |number| {
                    let image = drawing::draw(scene, seed ^ (number << 32));
                    Ok(Drawn { scene, picture: picture::made(&image)? })
                };
                (0..DRAWN).map(one).collect()
            })
        };
        Self { blobs, seed, drawing: Scene::ALL.map(draw).into(), shots: Vec::new() }
    }

    /// Gives photos to listings that never had any; `first` is the number of the first of
    /// them, and each has `count`.
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn hang(
        &mut self,
        client: &mut Client,
        first: usize,
        listings: &[ListingDraft],
        count: u8,
        now: Timestamp,
    ) -> Result<u64, DemoError> {
        self.store(client, now).await?;
        let mut added = 0;
        let numbered: Vec<_> = (first..).zip(listings).collect();
        for batch in numbered.chunks(BATCH) {
            let lists: Vec<_> =
                batch.iter().map(|(number, draft)| self.list(*number, draft, count, now)).collect();
            added += photo_bulk::add_first(client, &lists, Actor::System, now).await?;
        }
        Ok(added)
    }

    /// Waits for the drawings and stores them, once.
    async fn store(&mut self, client: &Client, now: Timestamp) -> Result<(), DemoError> {
        for drawn in self.drawing.drain(..) {
            for Drawn { scene, picture } in drawn.await.map_err(DemoError::Thinking)?? {
                let size = |bytes: &Vec<u8>| i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                let bytes = size(&picture.variants[2]);
                let keys: Vec<_> = picture
                    .variants
                    .iter()
                    .map(|content| (Key::of(content), size(content)))
                    .collect();
                announce(client, &keys, now).await?;
                let [thumb, card, full] = picture.variants.map(Bytes::from);
                let variants = [
                    self.blobs.put(thumb).await?,
                    self.blobs.put(card).await?,
                    self.blobs.put(full).await?,
                ];
                let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
                let (width, height) = (side(picture.width), side(picture.height));
                self.shots.push(Shot { scene, width, height, bytes, variants });
            }
        }
        Ok(())
    }

    fn list(&self, number: usize, draft: &ListingDraft, count: u8, now: Timestamp) -> FirstPhotos {
        let property = draft.property_id();
        let seed = self.seed ^ u64::try_from(number).unwrap_or_default();
        let from = Rng::with_seed(seed).usize(..64);
        let scenes = scenes(draft.fields.kind).into_iter().cycle();
        let shots = scenes.enumerate().take(usize::from(count.min(MOST)));
        // Another drawing each time a scene comes again.
        let shots = shots.filter_map(|(place, scene)| {
            let mut drawn =
                self.shots.iter().filter(|shot| shot.scene == scene).collect::<Vec<_>>();
            let turn = (from + place / 4) % drawn.len().max(1);
            (turn < drawn.len()).then(|| drawn.swap_remove(turn))
        });
        let photos = (0..).zip(shots).map(|(position, shot)| shot.photo(property, position, now));
        FirstPhotos { property, photos: photos.collect() }
    }
}

impl Shot {
    fn photo(&self, property: PropertyId, position: i32, now: Timestamp) -> Photo {
        Photo {
            id: PhotoId::from(ids::derived(property.uuid(), &format!("demo-photo-{position}"))),
            property,
            position,
            caption: caption(self.scene).to_owned(),
            sha256: self.variants[2],
            mime: picture::MIME.to_owned(),
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            variants: self.variants,
            created_at: now,
        }
    }
}

async fn announce(
    client: &Client,
    blobs: &[(Key, i64)],
    now: Timestamp,
) -> Result<(), StorageError> {
    for _ in 0..ANNOUNCES {
        if photos::announce(client, blobs, now).await? {
            return Ok(());
        }
        clock::pause(ANNOUNCE_PAUSE).await;
    }
    Err(StorageError::malformed("a picture is being deleted for too long"))
}
