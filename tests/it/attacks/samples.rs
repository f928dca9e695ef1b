//! Bodies and parameters that a schema of the document allows: made from the schema, with
//! real values where a schema cannot know them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What is sent for fields of a name, whatever their schema says.
pub(super) type Known = BTreeMap<String, Value>;

/// How deep schemas are followed.
const DEPTH_MAX: usize = 12;

/// The schema itself, where another one is only referred to.
pub(super) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    resolved(document, found.unwrap_or_else(|| panic!("{reference} is not in the document")))
}

/// A value that a schema allows, with all its fields.
pub(super) fn sample(document: &Value, schema: &Value, known: &Known) -> Value {
    value(document, schema, known, DEPTH_MAX)
}

fn value(document: &Value, schema: &Value, known: &Known, depth: usize) -> Value {
    let schema = resolved(document, schema);
    if depth == 0 {
        return Value::Null;
    }
    for given in
        [&schema["examples"][0], &schema["example"], &schema["default"], &schema["enum"][0]]
    {
        if !given.is_null() {
            return given.clone();
        }
    }
    for choice in ["oneOf", "anyOf"] {
        let mut choices = schema[choice].as_array().into_iter().flatten();
        if let Some(first) = choices.find(|choice| choice["type"] != "null") {
            return value(document, first, known, depth - 1);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| value(document, part, known, depth - 1));
        let fields = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(fields.collect());
    }
    match kind(schema) {
        "object" => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let field = |(name, schema): (String, Value)| {
                let made = || value(document, &schema, known, depth - 1);
                (name.clone(), known.get(&name).cloned().unwrap_or_else(made))
            };
            Value::Object(properties.into_iter().map(field).collect::<Map<_, _>>())
        }
        "array" if schema["minItems"].as_u64().unwrap_or(0) == 0 => json!([]),
        "array" => json!([value(document, &schema["items"], known, depth - 1)]),
        "integer" => json!(schema["minimum"].as_i64().unwrap_or(1)),
        "number" => json!(schema["minimum"].as_f64().unwrap_or(1.0)),
        "boolean" => json!(true),
        _ => json!(text(schema)),
    }
}

/// The type of a schema; of those that allow null as well, the other.
pub(super) fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema["properties"].is_object() => "object",
        _ => "string",
    }
}

fn text(schema: &Value) -> String {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("email"), _) => "somebody@example.org".to_owned(),
        (Some("password"), _) => "correct horse battery".to_owned(),
        (Some("date"), _) => "2027-03-01".to_owned(),
        (Some("date-time"), _) => "2027-03-01T12:00:00Z".to_owned(),
        (Some("uuid"), _) => "01970000-0000-7000-8000-000000000001".to_owned(),
        (_, Some("^/")) => "/bookings".to_owned(),
        (_, Some("^[A-Z]{2}$")) => "IE".to_owned(),
        (_, Some("^[A-Z]{3}$")) => "EUR".to_owned(),
        _ => {
            let length = schema["minLength"].as_u64().unwrap_or(1).max(3);
            "x".repeat(usize::try_from(length).unwrap())
        }
    }
}
