//! The API as an OpenAPI document, generated from the handlers. A test compares it with the
//! table of routes, both ways.

use utoipa::Number;
use utoipa::OpenApi;
use utoipa::openapi::content::Content;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document, Ref, RefOr};

use super::api::{
    admin_users, blocks, booking_changes, booking_steps, bookings, calendar, deposits, devices,
    favourites, hooks, moderation, notifications, oauth, passwords, payments, photos, preferences,
    pricing, profile, promos, properties, property_life, registration, saved_searches, search,
    search_facets, search_map, search_suggest, sign_in, similar, system, units,
};
use super::auth::Who;
use super::limits::Cost;
use super::problem::{FieldProblem, OtherStay, ProblemDocument};
use super::router::{self, Route};

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
        pricing::read,
        pricing::set,
        pricing::set_nights,
        pricing::rules,
        pricing::add_rule,
        pricing::remove_rule,
        pricing::quote,
        promos::create,
        promos::list,
        promos::end,
        moderation::list,
        moderation::approve,
        moderation::reject,
        calendar::nights,
        calendar::availability,
        calendar::stay_rules,
        calendar::set_stay_rules,
        blocks::list,
        blocks::add,
        blocks::remove,
        blocks::move_stay,
        blocks::grid,
        photos::upload,
        photos::list,
        photos::reorder,
        photos::edit,
        photos::remove,
        photos::show,
        search::search,
        search_facets::facets,
        search_map::map,
        similar::similar,
        saved_searches::list,
        saved_searches::create,
        saved_searches::read,
        saved_searches::edit,
        saved_searches::delete,
        saved_searches::matches,
        favourites::list,
        favourites::put,
        favourites::delete,
        search_suggest::suggest,
        bookings::hold,
        bookings::list,
        bookings::read,
        bookings::release,
        bookings::checkout,
        booking_steps::manual,
        booking_steps::extend,
        booking_steps::request,
        booking_steps::approve,
        booking_steps::decline,
        booking_steps::cancellation_preview,
        booking_steps::cancel,
        booking_steps::check_in,
        booking_steps::check_out,
        booking_steps::no_show,
        booking_steps::timeline,
        booking_changes::propose,
        booking_changes::accept,
        booking_changes::decline,
        booking_changes::withdraw,
        booking_changes::checkout,
        payments::list,
        payments::read,
        payments::refund,
        payments::list_refunds,
        payments::read_refund,
        deposits::list,
        deposits::deduct,
        deposits::release,
        deposits::contest,
        deposits::resolve,
        deposits::contested,
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
    components(schemas(ProblemDocument, FieldProblem, OtherStay))
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
            complete(operation, &route);
        }
    }
    document
}

fn complete(operation: &mut Operation, route: &Route) {
    let token = || SecurityRequirement::new(BEARER, Vec::<String>::new());
    match route.who {
        Who::Member | Who::Landlord | Who::Admin => operation.security = Some(vec![token()]),
        Who::Visitor => {
            operation.security = Some(vec![SecurityRequirement::default(), token()]);
        }
        Who::Public | Who::Cookie | Who::Machine => {}
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        {
            bound(&parameter.name, object);
        }
    }
    let open = matches!(route.who, Who::Public | Who::Machine);
    let asks = operation.request_body.is_some() || operation.parameters.is_some();
    let common = [
        ("400", asks, "it cannot be read"),
        ("401", !open, "nobody is signed in, or the token is not valid"),
        ("403", !open && route.who != Who::Member, "not allowed"),
        ("404", route.path.contains('{'), "no such thing, or none that the asker may know of"),
        ("413", operation.request_body.is_some(), "the body is too large"),
        ("415", operation.request_body.is_some(), "the body is not JSON"),
        ("422", asks, "some fields are not valid"),
        ("429", route.cost != Cost::Free, "too many requests; Retry-After says when to go on"),
        ("503", true, "too busy, or the outcome is not known; Retry-After says when to ask again"),
        ("default", true, "what went wrong"),
    ];
    let changes = operation.parameters.iter().flatten().any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "Idempotency-Key"),
    );
    let responses = &mut operation.responses.responses;
    for (_, response) in
        responses.iter_mut().filter(|(status, _)| changes && status.starts_with('2'))
    {
        if let RefOr::T(response) = response {
            response.headers.insert("Event-Position".to_owned(), event_position());
        }
    }
    for (status, _, meaning) in common.into_iter().filter(|(_, may_be, _)| *may_be) {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(meaning)));
    }
}

/// The header by which a search is told to know of a change.
fn event_position() -> RefOr<Header> {
    let mut header = Header::default();
    header.description = Some(
        "How far the event log has come with this change, where it is one of a home, its \
         bookings or its nights. A search with it as `min_position` finds the change."
            .to_owned(),
    );
    RefOr::T(header)
}

/// What all parameters of a name have in common.
fn bound(name: &str, schema: &mut Object) {
    match name {
        "Idempotency-Key" => {
            (schema.min_length, schema.max_length) = (Some(1), Some(255));
            schema.pattern = Some("^[!-~]+$".to_owned());
        }
        "limit" => {
            schema.minimum = Some(Number::Int(1));
            schema.maximum = Some(Number::Int(100));
        }
        "cursor" => schema.pattern = Some("^[A-Za-z0-9_-]+$".to_owned()),
        _ => {}
    }
}

/// Says that an operation may answer with a problem.
pub(super) fn add_problem(operation: &mut Operation) {
    let answer = RefOr::T(problem("what went wrong"));
    operation.responses.responses.insert("default".to_owned(), answer);
}

fn problem(meaning: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = Content::new(Some(RefOr::Ref(schema)));
    let mut problem = Response::new(meaning);
    problem.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    problem
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
