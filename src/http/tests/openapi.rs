//! The document says what the table serves, and nothing else.

use std::collections::BTreeSet;

use crate::http::openapi::{document, operation};
use crate::http::router;

#[test]
fn the_document_and_the_table_are_the_same() {
    let served: BTreeSet<(String, String)> = router::table()
        .into_iter()
        .map(|route| (route.path.to_owned(), route.method.to_string()))
        .collect();
    let mut described = BTreeSet::new();
    for (path, mut item) in document().paths.paths {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if operation(&mut item, method).is_some() {
                described.insert((path.clone(), method.to_owned()));
            }
        }
    }
    assert_eq!(described, served);
    assert_eq!(served.len(), router::table().len(), "a route stands in the table twice");
}

#[test]
fn every_operation_may_answer_with_a_problem() {
    for route in router::table() {
        let mut document = document();
        let item = document.paths.paths.get_mut(route.path).unwrap();
        let operation = operation(item, route.method.as_str()).unwrap();
        assert!(operation.responses.responses.contains_key("default"), "{}", route.path);
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let text = serde_json::to_value(document()).unwrap();
    let schemas = text["components"]["schemas"].as_object().unwrap();
    let written = text.to_string();
    for name in written.split("#/components/schemas/").skip(1) {
        let name = name.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is not described");
    }
    assert!(schemas.contains_key("Problem") && schemas.contains_key("Booking"));
}
