//! THE table of routes: method, path, who may use it, and the handler. Nothing is served
//! that does not stand here, but the pages of the web app and what `app` adds.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::routing::{MethodFilter, MethodRouter};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};

use super::api::{
    admin_users, blocks, booking_changes, booking_steps, bookings, calendar, deposits, devices,
    favourites, hooks, moderation, notifications, oauth, passwords, payments, photos, preferences,
    pricing, profile, promos, properties, property_life, registration, saved_searches, search,
    search_facets, search_map, search_suggest, sign_in, similar, system, units,
};
use super::auth::{self, Who};
use super::limits::{self, Cost};
use super::state::Shared;
use super::{access::Trail, assets, cors, edge};

/// A row of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    /// What it costs.
    pub cost: Cost,
    service: MethodRouter<Shared>,
}

/// Every route.
#[must_use]
pub fn table() -> Vec<Route> {
    [people(), listings(), watched(), stays(), others()].into_iter().flatten().collect()
}

/// People: signing in, profiles, who may do what.
fn people() -> Vec<Route> {
    use Who::{Admin, Cookie, Member, Public};
    vec![
        post("/api/v1/auth/register", Public, registration::register).costs(Cost::SignIn),
        post("/api/v1/auth/email/verify", Public, registration::verify).costs(Cost::SignIn),
        post("/api/v1/auth/email/resend", Public, registration::resend).costs(Cost::SignIn),
        post("/api/v1/auth/password/forgot", Public, passwords::forgot).costs(Cost::SignIn),
        post("/api/v1/auth/password/reset", Public, passwords::reset).costs(Cost::SignIn),
        post("/api/v1/auth/password/change", Member, passwords::change).costs(Cost::SignIn),
        post("/api/v1/auth/login", Public, sign_in::login).costs(Cost::SignIn),
        post("/api/v1/auth/refresh", Cookie, sign_in::refresh),
        post("/api/v1/auth/logout", Cookie, sign_in::logout),
        post("/api/v1/auth/logout-all", Member, devices::end_all),
        get("/api/v1/auth/sessions", Member, devices::list),
        delete("/api/v1/auth/sessions/{id}", Member, devices::end),
        get("/api/v1/auth/jwks.json", Public, sign_in::jwks),
        get("/api/v1/auth/oauth/{provider}/start", Public, oauth::start).costs(Cost::SignIn),
        get("/api/v1/auth/oauth/{provider}/callback", Public, oauth::callback).costs(Cost::SignIn),
        get("/api/v1/me", Member, profile::me),
        patch("/api/v1/me", Member, profile::edit),
        post("/api/v1/me/landlord-application", Member, profile::apply_as_landlord),
        get("/api/v1/users/{id}", Member, profile::card),
        get("/api/v1/admin/users", Admin, admin_users::list),
        get("/api/v1/admin/users/{id}", Admin, admin_users::read),
        post("/api/v1/admin/users/{id}/suspend", Admin, admin_users::suspend),
        post("/api/v1/admin/users/{id}/reinstate", Admin, admin_users::reinstate),
        post("/api/v1/admin/users/{id}/role", Admin, admin_users::set_roles),
        get("/api/v1/admin/landlord-applications", Admin, admin_users::applications),
        post("/api/v1/admin/users/{id}/landlord-application/approve", Admin, admin_users::approve),
        post("/api/v1/admin/users/{id}/landlord-application/decline", Admin, admin_users::decline),
    ]
}

/// Listings, their unit types and photos, and finding them.
fn listings() -> Vec<Route> {
    use Who::{Admin, Landlord, Member, Public, Visitor};
    vec![
        post("/api/v1/properties", Landlord, properties::create),
        get("/api/v1/properties", Landlord, properties::list_own),
        get("/api/v1/properties/{id}", Visitor, properties::read),
        patch("/api/v1/properties/{id}", Landlord, properties::edit),
        delete("/api/v1/properties/{id}", Landlord, property_life::remove),
        post("/api/v1/properties/{id}/submit", Landlord, property_life::submit),
        post("/api/v1/properties/{id}/publish", Landlord, property_life::publish),
        post("/api/v1/properties/{id}/unpublish", Landlord, property_life::unpublish),
        post("/api/v1/properties/{id}/archive", Landlord, property_life::archive),
        post("/api/v1/properties/{id}/duplicate", Landlord, property_life::duplicate),
        get("/api/v1/properties/{id}/activity", Member, property_life::activity),
        get("/api/v1/properties/{id}/units", Visitor, units::list),
        post("/api/v1/properties/{id}/units", Landlord, units::add),
        patch("/api/v1/properties/{id}/units/{unit_id}", Landlord, units::edit),
        delete("/api/v1/properties/{id}/units/{unit_id}", Landlord, units::remove),
        put("/api/v1/properties/{id}/policies", Landlord, units::set_policies),
        get("/api/v1/properties/{id}/pricing", Visitor, pricing::read),
        put("/api/v1/properties/{id}/pricing", Landlord, pricing::set),
        put("/api/v1/properties/{id}/night-prices", Landlord, pricing::set_nights),
        get("/api/v1/properties/{id}/price-rules", Landlord, pricing::rules),
        post("/api/v1/properties/{id}/price-rules", Landlord, pricing::add_rule),
        delete("/api/v1/properties/{id}/price-rules/{rule_id}", Landlord, pricing::remove_rule),
        post("/api/v1/properties/{id}/quote", Visitor, pricing::quote),
        post("/api/v1/promo-codes", Landlord, promos::create),
        get("/api/v1/promo-codes", Landlord, promos::list),
        delete("/api/v1/promo-codes/{id}", Landlord, promos::end),
        get("/api/v1/properties/{id}/calendar", Visitor, calendar::nights),
        get("/api/v1/properties/{id}/availability", Visitor, calendar::availability),
        get("/api/v1/properties/{id}/stay-rules", Visitor, calendar::stay_rules),
        put("/api/v1/properties/{id}/stay-rules", Landlord, calendar::set_stay_rules),
        get("/api/v1/properties/{id}/blocks", Landlord, blocks::list),
        post("/api/v1/properties/{id}/blocks", Landlord, blocks::add),
        delete("/api/v1/blocks/{id}", Landlord, blocks::remove),
        post("/api/v1/bookings/{id}/move", Landlord, blocks::move_stay),
        get("/api/v1/me/calendar", Landlord, blocks::grid),
        get("/api/v1/amenities", Public, units::amenities),
        get("/api/v1/admin/properties", Admin, moderation::list),
        post("/api/v1/admin/properties/{id}/approve", Admin, moderation::approve),
        post("/api/v1/admin/properties/{id}/reject", Admin, moderation::reject),
        post("/api/v1/properties/{id}/photos", Landlord, photos::upload).costs(Cost::Upload),
        get("/api/v1/properties/{id}/photos", Visitor, photos::list),
        put("/api/v1/properties/{id}/photos/order", Landlord, photos::reorder),
        patch("/api/v1/photos/{id}", Landlord, photos::edit),
        delete("/api/v1/photos/{id}", Landlord, photos::remove),
        get("/api/v1/photos/{id}/{variant}", Visitor, photos::show),
        get("/api/v1/search", Public, search::search),
        get("/api/v1/search/facets", Public, search_facets::facets),
        get("/api/v1/search/map", Public, search_map::map),
        get("/api/v1/search/suggest", Public, search_suggest::suggest),
    ]
}

/// What somebody looks for and keeps an eye on.
fn watched() -> Vec<Route> {
    use Who::{Member, Visitor};
    vec![
        get("/api/v1/properties/{id}/similar", Visitor, similar::similar),
        get("/api/v1/saved-searches", Member, saved_searches::list),
        post("/api/v1/saved-searches", Member, saved_searches::create).costs(Cost::Booking),
        get("/api/v1/saved-searches/{id}", Member, saved_searches::read),
        patch("/api/v1/saved-searches/{id}", Member, saved_searches::edit),
        delete("/api/v1/saved-searches/{id}", Member, saved_searches::delete),
        get("/api/v1/saved-searches/{id}/matches", Member, saved_searches::matches),
        get("/api/v1/favourites", Member, favourites::list),
        put("/api/v1/favourites/{property_id}", Member, favourites::put),
        delete("/api/v1/favourites/{property_id}", Member, favourites::delete),
    ]
}

/// Bookings and the money for them.
fn stays() -> Vec<Route> {
    use Who::{Admin, Landlord, Member};
    vec![
        post("/api/v1/bookings", Member, bookings::hold).costs(Cost::Booking),
        get("/api/v1/bookings", Member, bookings::list),
        get("/api/v1/bookings/{id}", Member, bookings::read),
        delete("/api/v1/bookings/{id}/hold", Member, bookings::release),
        post("/api/v1/bookings/{id}/checkout", Member, bookings::checkout).costs(Cost::Booking),
        post("/api/v1/bookings/manual", Landlord, booking_steps::manual).costs(Cost::Booking),
        post("/api/v1/bookings/{id}/extend", Member, booking_steps::extend),
        post("/api/v1/bookings/{id}/request", Member, booking_steps::request),
        post("/api/v1/bookings/{id}/approve", Landlord, booking_steps::approve),
        post("/api/v1/bookings/{id}/decline", Landlord, booking_steps::decline),
        get(
            "/api/v1/bookings/{id}/cancellation-preview",
            Member,
            booking_steps::cancellation_preview,
        ),
        post("/api/v1/bookings/{id}/cancel", Member, booking_steps::cancel),
        post("/api/v1/bookings/{id}/check-in", Member, booking_steps::check_in),
        post("/api/v1/bookings/{id}/check-out", Member, booking_steps::check_out),
        post("/api/v1/bookings/{id}/no-show", Landlord, booking_steps::no_show),
        get("/api/v1/bookings/{id}/timeline", Member, booking_steps::timeline),
        post("/api/v1/bookings/{id}/changes", Member, booking_changes::propose)
            .costs(Cost::Booking),
        post("/api/v1/bookings/{id}/changes/{change_id}/accept", Member, booking_changes::accept),
        post("/api/v1/bookings/{id}/changes/{change_id}/decline", Member, booking_changes::decline),
        post(
            "/api/v1/bookings/{id}/changes/{change_id}/withdraw",
            Member,
            booking_changes::withdraw,
        ),
        post(
            "/api/v1/bookings/{id}/changes/{change_id}/checkout",
            Member,
            booking_changes::checkout,
        )
        .costs(Cost::Booking),
        get("/api/v1/payments", Member, payments::list),
        get("/api/v1/payments/{id}", Member, payments::read),
        post("/api/v1/payments/{id}/refunds", Member, payments::refund),
        get("/api/v1/refunds", Member, payments::list_refunds),
        get("/api/v1/refunds/{id}", Member, payments::read_refund),
        get("/api/v1/deposits", Member, deposits::list),
        post("/api/v1/deposits/{id}/deductions", Landlord, deposits::deduct),
        post("/api/v1/deposits/{id}/release", Landlord, deposits::release),
        post("/api/v1/deposits/{id}/contest", Member, deposits::contest),
        post("/api/v1/deposits/{id}/resolve", Admin, deposits::resolve),
        get("/api/v1/admin/deposits", Admin, deposits::contested),
    ]
}

/// What people are told, and the system itself.
fn others() -> Vec<Route> {
    use Who::{Machine, Member, Public};
    vec![
        get("/api/v1/notifications", Member, notifications::list),
        get("/api/v1/notifications/unread-count", Member, notifications::unread_count),
        put("/api/v1/notifications/read-all", Member, notifications::read_all),
        put("/api/v1/notifications/{id}/read", Member, notifications::read),
        delete("/api/v1/notifications/{id}", Member, notifications::delete),
        get("/api/v1/notification-preferences", Member, preferences::read),
        put("/api/v1/notification-preferences", Member, preferences::put),
        get("/api/v1/unsubscribe/{token}", Public, preferences::subscription),
        post("/api/v1/unsubscribe/{token}", Public, preferences::unsubscribe),
        post("/api/v1/hooks/stripe", Machine, hooks::stripe).costs(Cost::Free),
        get("/livez", Public, system::livez).costs(Cost::Free),
        get("/readyz", Public, system::readyz).costs(Cost::Free),
        get("/version", Public, system::version),
        get("/openapi.json", Public, system::openapi_json),
    ]
}

/// The service: the table, the pages, whatever routes `app` adds, and the edge around all.
pub fn router(state: &Shared, added: Router) -> Router {
    let mut router = Router::new();
    for route in table() {
        router = router.route(route.path, gated(&route, state));
    }
    router
        .fallback_service(elsewhere(state))
        .with_state(state.clone())
        .merge(added)
        .layer(middleware::from_fn_with_state(state.clone(), edge::limit_time))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1_024).and(edge::compresses)))
        .layer(middleware::from_fn_with_state(state.clone(), cors::share))
        .layer(middleware::from_fn_with_state(state.clone(), edge::enter))
}

impl Route {
    /// With another cost than the method's usual one.
    #[must_use]
    pub const fn costs(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }
}

/// The handler of a route behind its gates, the outermost last: the user's bucket, the
/// check of who asks, the address's bucket.
fn gated(route: &Route, state: &Shared) -> MethodRouter<Shared> {
    let (path, who, cost) = (route.path, route.who, route.cost);
    let [for_user, for_who, for_address] = [state.clone(), state.clone(), state.clone()];
    let user =
        move |request: Request, next: Next| limits::by_user(cost, for_user.clone(), request, next);
    let gate = move |request: Request, next: Next| auth::admit(who, for_who.clone(), request, next);
    let address = move |request: Request, next: Next| {
        Trail::among(request.extensions()).route(path);
        let answer = limits::by_address(cost, for_address.clone(), request, next);
        async move { if has_tokens(path) { edge::uncompressed(answer.await) } else { answer.await } }
    };
    let service = route.service.clone();
    service
        .route_layer(middleware::from_fn(user))
        .route_layer(middleware::from_fn(gate))
        .route_layer(middleware::from_fn(address))
}

/// Whether answers of a path hold tokens.
fn has_tokens(path: &str) -> bool {
    path.starts_with("/api/v1/auth/") || path == "/api/v1/me/landlord-application"
}

/// What the table does not know: the pages, and nothing. Looking for a path of the API that
/// is not there costs as much as reading.
fn elsewhere(state: &Shared) -> MethodRouter {
    let for_address = state.clone();
    let address = move |request: Request, next: Next| {
        let in_api = request.uri().path().starts_with("/api/");
        let cost = if in_api { Cost::Read } else { Cost::Free };
        limits::by_address(cost, for_address.clone(), request, next)
    };
    axum::routing::any(assets::serve).layer(middleware::from_fn(address))
}

fn get<H: Handler<T, Shared>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    row(Method::GET, MethodFilter::GET, path, who, handler)
}

fn post<H: Handler<T, Shared>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    row(Method::POST, MethodFilter::POST, path, who, handler)
}

fn put<H: Handler<T, Shared>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    row(Method::PUT, MethodFilter::PUT, path, who, handler)
}

fn patch<H: Handler<T, Shared>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    row(Method::PATCH, MethodFilter::PATCH, path, who, handler)
}

fn delete<H: Handler<T, Shared>, T: 'static>(path: &'static str, who: Who, handler: H) -> Route {
    row(Method::DELETE, MethodFilter::DELETE, path, who, handler)
}

fn row<H: Handler<T, Shared>, T: 'static>(
    method: Method,
    filter: MethodFilter,
    path: &'static str,
    who: Who,
    handler: H,
) -> Route {
    let cost = if method == Method::GET { Cost::Read } else { Cost::Write };
    Route { method, path, who, cost, service: axum::routing::on(filter, handler) }
}
