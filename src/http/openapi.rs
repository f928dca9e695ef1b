//! The API as an OpenAPI document, generated from the handlers. A test compares it with the
//! table of routes, both ways.

use utoipa::OpenApi;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document, Ref, RefOr};

use super::api::{
    admin_users, bookings, devices, hooks, moderation, notifications, oauth, passwords, photos,
    preferences, profile, properties, property_life, registration, search, sign_in, system, units,
};
use super::auth::Who;
use super::problem::{FieldProblem, ProblemDocument};
use super::router;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "RentEzy",
        description = "A property rental platform: listings, search, bookings that cannot \
            overlap, payments. Errors are problem documents (RFC 9457); money is minor units \
            with an ISO 4217 currency; dates are local to the property; instants are UTC."
    ),
    paths(
        registration::register,
        registration::verify,
        registration::resend,
        passwords::forgot,
        passwords::reset,
        passwords::change,
        sign_in::login,
        sign_in::refresh,
        sign_in::logout,
        sign_in::jwks,
        oauth::start,
        oauth::callback,
        devices::end_all,
        devices::list,
        devices::end,
        profile::me,
        profile::edit,
        profile::apply_as_landlord,
        profile::card,
        admin_users::list,
        admin_users::read,
        admin_users::suspend,
        admin_users::reinstate,
        admin_users::set_roles,
        admin_users::applications,
        admin_users::approve,
        admin_users::decline,
        properties::create,
        properties::list_own,
        properties::read,
        properties::edit,
        property_life::remove,
        property_life::submit,
        property_life::publish,
        property_life::unpublish,
        property_life::archive,
        property_life::duplicate,
        property_life::activity,
        units::list,
        units::add,
        units::edit,
        units::remove,
        units::set_policies,
        units::amenities,
        moderation::list,
        moderation::approve,
        moderation::reject,
        properties::calendar,
        photos::upload,
        photos::list,
        photos::reorder,
        photos::edit,
        photos::remove,
        photos::show,
        search::search,
        bookings::hold,
        bookings::list,
        bookings::read,
        bookings::release,
        bookings::checkout,
        notifications::list,
        notifications::unread_count,
        notifications::read_all,
        notifications::read,
        notifications::delete,
        preferences::read,
        preferences::put,
        preferences::subscription,
        preferences::unsubscribe,
        hooks::stripe,
        system::livez,
        system::readyz,
        system::version,
        system::openapi_json,
    ),
    components(schemas(ProblemDocument, FieldProblem))
)]
struct Api;

/// The name of the scheme of access tokens.
const BEARER: &str = "bearer";

/// The document: what the handlers say, who may use them from the table of routes, and
/// that every operation may answer with a problem.
#[must_use]
pub fn document() -> Document {
    let mut document = Api::openapi();
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    for route in router::table() {
        let item = document.paths.paths.get_mut(route.path);
        if let Some(operation) = item.and_then(|item| operation(item, route.method.as_str())) {
            complete(operation, route.who);
        }
    }
    document
}

fn complete(operation: &mut Operation, who: Who) {
    let token = || SecurityRequirement::new(BEARER, Vec::<String>::new());
    match who {
        Who::Member | Who::Landlord | Who::Admin => operation.security = Some(vec![token()]),
        Who::Visitor => {
            operation.security = Some(vec![SecurityRequirement::default(), token()]);
        }
        Who::Public | Who::Cookie | Who::Machine => {}
    }
    add_problem(operation);
}

/// Says that an operation may answer with a problem.
pub(super) fn add_problem(operation: &mut Operation) {
    let schema = Ref::from_schema_name("Problem");
    let content = Content::new(Some(RefOr::Ref(schema)));
    let mut problem = Response::new("what went wrong");
    problem.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

/// The operation of a path for a method, by the method's name in capitals.
pub(super) fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}
