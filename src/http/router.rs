//! THE table of routes: method, path, who may use it, and the handler. Nothing is served
//! that does not stand here, but the pages of the web app and what `app` adds.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::routing::{MethodFilter, MethodRouter};
use tower_http::catch_panic::CatchPanicLayer;

use super::api::{accounts, bookings, hooks, photos, properties, search, system};
use super::auth::{self, Who};
use super::state::Shared;
use super::{assets, edge};

/// A row of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    service: MethodRouter<Shared>,
}

/// Every route.
#[must_use]
pub fn table() -> Vec<Route> {
    use Who::{Cookie, Landlord, Machine, Member, Public, Visitor};
    vec![
        post("/api/v1/auth/register", Public, accounts::register),
        post("/api/v1/auth/login", Public, accounts::login),
        post("/api/v1/auth/refresh", Cookie, accounts::refresh),
        post("/api/v1/auth/logout", Cookie, accounts::logout),
        get("/api/v1/me", Member, accounts::me),
        post("/api/v1/me/landlord-application", Member, accounts::apply_as_landlord),
        post("/api/v1/properties", Landlord, properties::create),
        get("/api/v1/properties", Landlord, properties::list_own),
        get("/api/v1/properties/{id}", Visitor, properties::read),
        patch("/api/v1/properties/{id}", Landlord, properties::edit),
        post("/api/v1/properties/{id}/submit", Landlord, properties::submit),
        get("/api/v1/properties/{id}/calendar", Visitor, properties::calendar),
        post("/api/v1/properties/{id}/photos", Landlord, photos::upload),
        get("/api/v1/properties/{id}/photos", Visitor, photos::list),
        put("/api/v1/properties/{id}/photos/order", Landlord, photos::reorder),
        patch("/api/v1/photos/{id}", Landlord, photos::edit),
        delete("/api/v1/photos/{id}", Landlord, photos::remove),
        get("/api/v1/photos/{id}/{variant}", Visitor, photos::show),
        get("/api/v1/search", Public, search::search),
        post("/api/v1/bookings", Member, bookings::hold),
        get("/api/v1/bookings", Member, bookings::list),
        get("/api/v1/bookings/{id}", Member, bookings::read),
        delete("/api/v1/bookings/{id}/hold", Member, bookings::release),
        post("/api/v1/bookings/{id}/checkout", Member, bookings::checkout),
        post("/api/v1/hooks/stripe", Machine, hooks::stripe),
        get("/livez", Public, system::livez),
        get("/readyz", Public, system::readyz),
        get("/version", Public, system::version),
        get("/openapi.json", Public, system::openapi_json),
    ]
}

/// The service: the table, the pages, whatever routes `app` adds, and the edge around all.
pub fn router(state: &Shared, added: Router) -> Router {
    let mut router = Router::new();
    for Route { path, who, service, .. } in table() {
        let gate_state = state.clone();
        let gate = middleware::from_fn(move |request: Request, next: Next| {
            auth::admit(who, gate_state.clone(), request, next)
        });
        router = router.route(path, service.route_layer(gate));
    }
    router
        .fallback(assets::serve)
        .with_state(state.clone())
        .merge(added)
        .layer(middleware::from_fn_with_state(state.clone(), edge::limit_time))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), edge::enter))
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
    Route { method, path, who, service: axum::routing::on(filter, handler) }
}
