//! The served document and the table of routes say the same, and both are what is served.

use std::collections::BTreeSet;

use rentezy::http::auth::Who;
use rentezy::http::router;
use reqwest::Method;
use serde_json::Value;

use crate::harness::server::World;

#[tokio::test]
async fn the_document_is_the_table_of_routes() {
    let world = World::start().await;
    let api = world.anonymous();
    let document = api.get("/openapi.json").await.expect(200);
    assert!(document.header("content-type").unwrap().starts_with("application/json"));
    let paths = document.body["paths"].as_object().unwrap();
    let served: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let table: BTreeSet<(String, String)> = router::table()
        .iter()
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    assert_eq!(served, table);

    for route in router::table() {
        let operation = &paths[route.path][route.method.as_str().to_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{name}");
        assert!(operation["responses"]["default"].is_object(), "{name} may fail");
        assert_eq!(wants_token(operation), is_for_members(route.who), "{name}");
        let described = operation["parameters"]
            .as_array()
            .map_or(0, |all| all.iter().filter(|parameter| parameter["in"] == "path").count());
        assert_eq!(described, route.path.matches('{').count(), "{name}");
    }
    for reference in references(&document.body) {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.body.pointer(pointer).is_some(), "{reference} is not there");
    }
}

#[tokio::test]
async fn every_route_is_served_and_every_route_for_members_asks_who() {
    let world = World::start().await;
    let api = world.anonymous();
    for route in router::table() {
        let path = route.path.replace("{id}", "bkg_01970000000070008000000000000001");
        let name = format!("{} {path}", route.method);
        let answer = api.call(route.method.clone(), &path).json(&Value::Null).send().await;
        assert_ne!(answer.status, 405, "{name}");
        if is_for_members(route.who) {
            answer.problem(401, "unauthenticated");
        }
        // And no other method, but what HTTP itself adds.
        let others = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let known = |method: &Method| {
            router::table().iter().any(|row| row.path == route.path && row.method == *method)
        };
        for method in others.into_iter().filter(|method| !known(method)) {
            let answer = api.call(method.clone(), &path).no_key().send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
}

fn is_for_members(who: Who) -> bool {
    matches!(who, Who::Member | Who::Landlord | Who::Admin)
}

/// Whether an operation is closed to whoever has no token.
fn wants_token(operation: &Value) -> bool {
    let Some(ways) = operation["security"].as_array() else { return false };
    !ways.is_empty() && ways.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty()))
}

/// Every `$ref` of a document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(target) if name == "$ref" => vec![target.clone()],
                value => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
