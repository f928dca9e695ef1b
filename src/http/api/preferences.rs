//! What somebody wants to be told and how, and the way out of letters for whoever holds
//! one.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::{LetterId, UserId};
use crate::domain::link_token::Purpose;
use crate::domain::preference::{Category, Channel, Preferences};
use crate::http::auth::Principal;
use crate::http::extract::{Id, Json};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::{letters, preferences};

/// What somebody wants.
#[derive(Serialize, ToSchema)]
pub struct NotificationPreferences {
    /// A row for each category.
    preferences: Vec<Preference>,
}

/// How somebody is told about a category of things.
#[derive(Serialize, ToSchema)]
pub struct Preference {
    /// The category.
    #[schema(value_type = CategoryName)]
    category: Category,
    /// In the app's list.
    in_app: bool,
    /// By letter.
    email: bool,
    /// Whether it is told in any case and cannot be switched off.
    locked: bool,
}

/// What somebody wants from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPreferences {
    /// Categories that are left out are told in every way.
    #[schema(max_items = 16)]
    preferences: Vec<NewPreference>,
}

/// How somebody wants to be told about a category of things.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPreference {
    /// The category.
    #[schema(value_type = CategoryName)]
    category: Category,
    /// In the app's list.
    in_app: bool,
    /// By letter.
    email: bool,
}

/// What something that is told is about.
#[derive(ToSchema)]
#[schema(as = Category, rename_all = "snake_case")]
pub enum CategoryName {
    /// One's account.
    Security,
    /// One's own stays.
    Bookings,
    /// One's homes.
    Hosting,
    /// Saved searches and favourites.
    Alerts,
}

/// Whether letters like the one whose link was followed still come. It says nothing about
/// whose they are.
#[derive(Serialize, ToSchema)]
pub struct Subscription {
    /// What the letter was about.
    #[schema(value_type = CategoryName)]
    category: Category,
    /// Whether such letters still come.
    subscribed: bool,
}

/// Look at what one wants to be told.
#[utoipa::path(get, path = "/api/v1/notification-preferences", tag = "notifications",
    responses((status = 200, body = NotificationPreferences)))]
pub async fn read(
    State(state): State<Shared>,
    principal: Principal,
) -> Result<Json<NotificationPreferences>, Problem> {
    let wanted = preferences::of(&*state.pool.get().await?, principal.user).await?;
    Ok(Json(shown(&wanted)))
}

/// Say what one wants to be told; it takes the place of all that was said before.
#[utoipa::path(put, path = "/api/v1/notification-preferences", tag = "notifications",
    request_body = NewPreferences, responses((status = 200, body = NotificationPreferences)))]
pub async fn put(
    State(state): State<Shared>,
    principal: Principal,
    Json(body): Json<NewPreferences>,
) -> Result<Json<NotificationPreferences>, Problem> {
    let wanted = wanted(&body)?;
    let mut client = state.pool.get().await?;
    preferences::put(&mut client, principal.user, &wanted, state.clock.now()).await?;
    Ok(Json(shown(&wanted)))
}

/// Look at where the link of a letter leads.
#[utoipa::path(get, path = "/api/v1/unsubscribe/{token}", tag = "notifications",
    params(("token" = String, Path)), responses((status = 200, body = Subscription)))]
pub async fn subscription(
    State(state): State<Shared>,
    Id(token): Id<String>,
) -> Result<Json<Subscription>, Problem> {
    let (user, category) = followed(&state, &token).await?;
    let wanted = preferences::of(&*state.pool.get().await?, user).await?;
    Ok(Json(Subscription { category, subscribed: wanted.wants(category, Channel::Email) }))
}

/// Get no more letters like the one whose link was followed (RFC 8058). The body of the
/// request says nothing that counts; doing it again changes nothing.
#[utoipa::path(post, path = "/api/v1/unsubscribe/{token}", tag = "notifications",
    params(("token" = String, Path)), responses((status = 200, body = Subscription)))]
pub async fn unsubscribe(
    State(state): State<Shared>,
    Id(token): Id<String>,
) -> Result<Json<Subscription>, Problem> {
    let (user, category) = followed(&state, &token).await?;
    let client = state.pool.get().await?;
    preferences::switch_off(&client, user, category, Channel::Email, state.clock.now()).await?;
    Ok(Json(Subscription { category, subscribed: false }))
}

/// Whose the letter of a token is, and what it is about. What is not a token of ours, and
/// one of a letter that nobody can switch off, are nothing that anybody may see.
async fn followed(state: &Shared, token: &str) -> Result<(UserId, Category), Problem> {
    let row = state.links.row(Purpose::Unsubscribe, token).ok_or_else(Problem::not_found)?;
    let found = letters::matter(&*state.pool.get().await?, LetterId::from(row)).await?;
    found
        .map(|(user, matter)| (user, matter.category()))
        .filter(|(_, category)| !category.is_locked())
        .ok_or_else(Problem::not_found)
}

fn wanted(body: &NewPreferences) -> Result<Preferences, Problem> {
    let mut off = Vec::new();
    for (index, row) in body.preferences.iter().enumerate() {
        let at = |field: &str| format!("/preferences/{index}/{field}");
        let same = |other: &NewPreference| other.category == row.category;
        if body.preferences.iter().take(index).any(same) {
            return Err(Problem::invalid(&at("category"), "duplicate", "each category once"));
        }
        for (channel, on) in [(Channel::InApp, row.in_app), (Channel::Email, row.email)] {
            if !on && row.category.is_locked() {
                let detail = "what guards your account is always told";
                return Err(Problem::invalid(&at(channel.name()), "locked", detail));
            }
            if !on {
                off.push((row.category, channel));
            }
        }
    }
    Ok(Preferences::without(off))
}

fn shown(wanted: &Preferences) -> NotificationPreferences {
    let preference = |category: Category| Preference {
        category,
        in_app: wanted.wants(category, Channel::InApp),
        email: wanted.wants(category, Channel::Email),
        locked: category.is_locked(),
    };
    NotificationPreferences { preferences: Category::ALL.into_iter().map(preference).collect() }
}
