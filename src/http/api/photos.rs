//! Photos of listings: uploaded by landlords, arranged, and shown to whoever may see the
//! listing.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::photo_forms::{Photo, PhotoEdit, PhotoList, PhotoOrder};
use super::properties::{own, visible};
use crate::domain::ids::{PhotoId, PropertyId};
use crate::domain::photo;
use crate::domain::picture::{self, Picture, Variant};
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Two};
use crate::http::precondition;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::blobs::Key;
use crate::storage::photos::{self, Added, Change, Edit, Eyes, Name};

/// Add a photo at the end: the body is a JPEG, PNG or WebP file of at most 10 MiB, 12,000
/// pixels a side and 40 megapixels, whatever Content-Type says. Nothing but its pixels is
/// kept. The same file again answers the photo that is there.
#[utoipa::path(post, path = "/api/v1/properties/{id}/photos", tag = "photos",
    params(("id" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Photo), (status = 200, body = Photo)))]
pub async fn upload(
    State(state): State<Shared>,
    principal: Principal,
    Id(property): Id<PropertyId>,
    request: Request,
) -> Result<Response, Problem> {
    own(&state, property, principal.user).await?;
    let place = state.pictures.enter(principal.user)?;
    let bytes = extract::raw(request, photo::UPLOAD_MAX).await?;
    let sha256 = state.pictures.hash(bytes.clone()).await?;
    {
        let client = state.pool.get().await?;
        if let Some(known) = photos::with_content(&client, property, sha256).await? {
            return Ok(Json(Photo::from(&known)).into_response());
        }
        // Looked at again when it is added; here it saves the work.
        if photos::of_property(&client, property).await?.len() >= photo::PER_PROPERTY {
            return Err(photo::too_many().into());
        }
    }
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let picture = state.pictures.clean(place, bytes).await?;
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let new = photos::Photo {
        id: state.clock.id(),
        property,
        position: 0,
        caption: String::new(),
        sha256,
        mime: picture.mime.to_owned(),
        width: side(picture.width),
        height: side(picture.height),
        bytes: size,
        variants: store(&state, picture).await?,
        created_at: state.clock.now(),
    };
    let by = change(&state, &principal);
    let added = photos::add(&mut *state.pool.get().await?, &new, by).await?;
    state.tail.nudge();
    let (status, photo) = match added {
        Added::New(photo) => (StatusCode::CREATED, photo),
        Added::Known(photo) => (StatusCode::OK, photo),
    };
    Ok((status, Json(Photo::from(&photo))).into_response())
}

/// List a listing's photos in their order.
#[utoipa::path(get, path = "/api/v1/properties/{id}/photos", tag = "photos",
    params(("id" = String, Path)),
    responses((status = 200, body = PhotoList), (status = 304, description = "as it was")))]
pub async fn list(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(property): Id<PropertyId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    visible(&state, property, viewer.as_deref()).await?;
    let client = state.pool.get().await?;
    let etag = precondition::etag(photos::version(&client, property).await?);
    let mut response = if precondition::is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let photos = photos::of_property(&client, property).await?;
        Json(PhotoList::from(photos.as_slice())).into_response()
    };
    let set = response.headers_mut();
    set.insert(header::ETAG, etag);
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    set.insert(header::VARY, HeaderValue::from_static("authorization"));
    Ok(response)
}

/// Put a listing's photos into another order; If-Match is the ETag of the list.
#[utoipa::path(put, path = "/api/v1/properties/{id}/photos/order", tag = "photos",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = PhotoOrder, responses((status = 200, body = PhotoList)))]
pub async fn reorder(
    State(state): State<Shared>,
    principal: Principal,
    Id(property): Id<PropertyId>,
    headers: HeaderMap,
    Json(body): Json<PhotoOrder>,
) -> Result<Response, Problem> {
    own(&state, property, principal.user).await?;
    let mut client = state.pool.get().await?;
    let current = photos::version(&client, property).await?;
    let version = precondition::made_from(&headers, current)?;
    let by = change(&state, &principal);
    photos::reorder(&mut client, property, version, &body.photos, by).await?;
    let photos = photos::of_property(&client, property).await?;
    let etag = [(header::ETAG, precondition::etag(version.saturating_add(1)))];
    Ok((etag, Json(PhotoList::from(photos.as_slice()))).into_response())
}

/// Change what stands under a photo, or its place: 0 makes it the cover.
#[utoipa::path(patch, path = "/api/v1/photos/{id}", tag = "photos",
    params(("id" = String, Path)),
    request_body = PhotoEdit, responses((status = 200, body = Photo)))]
pub async fn edit(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PhotoId>,
    Json(body): Json<PhotoEdit>,
) -> Result<Json<Photo>, Problem> {
    let caption = body.caption.map(|caption| caption.trim().to_owned());
    caption.as_deref().map(photo::check_caption).transpose()?;
    let position = body.position.map(|to| usize::try_from(to).unwrap_or(usize::MAX));
    let by = change(&state, &principal);
    let edit = Edit { caption, position };
    let photo = photos::edit(&mut *state.pool.get().await?, id, &edit, by).await?;
    Ok(Json(Photo::from(&photo)))
}

/// Remove a photo.
#[utoipa::path(delete, path = "/api/v1/photos/{id}", tag = "photos",
    params(("id" = String, Path)), responses((status = 204, description = "it is gone")))]
pub async fn remove(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PhotoId>,
) -> Result<StatusCode, Problem> {
    let by = change(&state, &principal);
    photos::remove(&mut *state.pool.get().await?, id, by).await?;
    state.tail.nudge();
    Ok(StatusCode::NO_CONTENT)
}

/// See a photo in one size, by the hash of what was uploaded or by the photo's id. Those of
/// a listing that is not live are for its owner and for admins. Ranges are not served: the answer is whole.
#[utoipa::path(get, path = "/api/v1/photos/{id}/{variant}", tag = "photos",
    params(("id" = String, Path, description = "the sha256 of the photo, or its id"),
        ("variant" = String, Path, description = "thumb, card or full")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "it never changes")))]
pub async fn show(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Two(Asked(name), AskedVariant(variant)): Two<Asked, AskedVariant>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let eyes = match viewer.as_deref() {
        Some(viewer) if viewer.roles.contains(&Role::Admin) => Eyes::Admin,
        Some(viewer) => Eyes::Of(viewer.user),
        None => Eyes::Public,
    };
    let shown = photos::shown(&*state.pool.get().await?, name, variant, eyes).await?;
    let shown = shown.ok_or_else(Problem::not_found)?;
    let etag = HeaderValue::try_from(format!("\"{}\"", shown.key));
    let etag = etag.map_err(|error| Problem::internal(&error))?;
    let mut response = if precondition::is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content = state.blobs.get(shown.key).await?;
        let lost = || Problem::internal(&format!("blob {} is not there", shown.key));
        content.ok_or_else(lost)?.into_response()
    };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(picture::MIME));
    set.insert(header::ETAG, etag);
    let cache =
        if shown.public { "public, max-age=31536000, immutable" } else { "private, no-cache" };
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if !shown.public {
        set.insert(header::VARY, HeaderValue::from_static("authorization"));
    }
    Ok(response)
}

/// What a picture's address names it by.
#[derive(Debug, Clone, Copy)]
pub struct Asked(Name);

impl std::str::FromStr for Asked {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let content = text.parse::<Key>().map(Name::Content);
        content.or_else(|_| text.parse().map(Name::Id)).map(Self).map_err(|_| ())
    }
}

/// The size in a picture's address.
#[derive(Debug, Clone, Copy)]
pub struct AskedVariant(Variant);

impl std::str::FromStr for AskedVariant {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(Self)
    }
}

/// Stores a picture's variants; their keys.
async fn store(state: &Shared, picture: Picture) -> Result<[Key; 3], Problem> {
    let variants = picture.variants.map(Bytes::from);
    let keys = variants.each_ref().map(|content| Key::of(content));
    let size = |content: &Bytes| i64::try_from(content.len()).unwrap_or(i64::MAX);
    let blobs: Vec<(Key, i64)> = keys.iter().copied().zip(variants.iter().map(size)).collect();
    let now = state.clock.now();
    if !photos::announce(&*state.pool.get().await?, &blobs, now).await? {
        let detail = "an old copy of the picture is just being deleted";
        return Err(Problem::new(Slug::Overloaded, detail).retry_after(1));
    }
    for content in variants {
        state.blobs.put(content).await?;
    }
    Ok(keys)
}

fn change(state: &Shared, principal: &Principal) -> Change {
    Change { by: principal.user, request: state.clock.id(), now: state.clock.now() }
}
