//! Form-encoded parameters with Stripe's nested names (`line_items[0][quantity]`), taken
//! one by one, so that what nobody took can be refused; and the API's error.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::{Value, json};

use super::objects::Metadata;

/// Limits of Stripe's metadata: entries, bytes of a name, bytes of a value.
const METADATA_MAX: (usize, usize, usize) = (50, 40, 500);

/// Why a call was refused, in Stripe's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) message: String,
    pub(super) param: Option<String>,
    /// Whether the call got as far as being executed, so that its idempotency key
    /// remembers the answer. Bad parameters do not.
    pub(super) executed: bool,
}

impl ApiError {
    /// A parameter that is missing, unknown or wrong.
    pub(super) fn parameter(name: &str, code: &'static str, message: String) -> Self {
        Self { param: Some(name.to_owned()), ..Self::refused(code, message, false) }
    }

    /// A call that the state of things forbids.
    pub(super) fn state(code: &'static str, message: String) -> Self {
        Self::refused(code, message, true)
    }

    /// An object that does not exist.
    pub(super) fn missing(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self { status: 404, ..Self::refused("resource_missing", message, true) }
    }

    /// An idempotency key used for something else, or by a call under way.
    pub(super) fn idempotency(status: u16, code: Option<&'static str>, message: &str) -> Self {
        Self {
            status,
            kind: "idempotency_error",
            code,
            message: message.to_owned(),
            param: None,
            executed: false,
        }
    }

    /// The provider's own fault.
    pub(super) fn internal(message: &str) -> Self {
        Self { kind: "api_error", ..Self::idempotency(500, None, message) }
    }

    /// No such route, or not with this method.
    pub(super) fn route(message: String) -> Self {
        Self { status: 404, code: None, ..Self::refused("", message, false) }
    }

    fn refused(code: &'static str, message: String, executed: bool) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: Some(code),
            message,
            param: None,
            executed,
        }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        if let Some(code) = self.code {
            error["code"] = json!(code);
        }
        if let Some(param) = &self.param {
            error["param"] = json!(param);
        }
        json!({ "error": error })
    }
}

/// The parameters of a call.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Decodes a body or a query; of a name that stands twice the last one counts.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, ApiError> {
        let text = std::str::from_utf8(encoded)
            .map_err(|_| ApiError::parameter("", "parameter_invalid", "not UTF-8".to_owned()))?;
        // A URL's query has the very encoding of a form.
        let mut url = Url::parse("http://form/").map_err(|_| ApiError::internal("no form"))?;
        url.set_query(Some(text));
        let pairs = url.query_pairs().into_owned();
        Ok(Self(pairs.filter(|(name, _)| !name.is_empty()).collect()))
    }

    /// All parameters in a fixed order and encoding, for comparing two calls.
    pub(super) fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&mut self, name: &str) -> Result<String, ApiError> {
        self.take(name).ok_or_else(|| {
            let message = format!("Missing required param: {name}.");
            ApiError::parameter(name, "parameter_missing", message)
        })
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let message = format!("Invalid integer: {text}");
            ApiError::parameter(name, "parameter_invalid_integer", message)
        })
    }

    /// An absolute http or https URL: the page makes links of them.
    pub(super) fn url(&mut self, name: &str) -> Result<String, ApiError> {
        let text = self.required(name)?;
        let known = |url: &Url| matches!(url.scheme(), "http" | "https");
        // Stripe's placeholder is no URL character; it is filled in on the way back.
        let probe = text.replace("{CHECKOUT_SESSION_ID}", "cs");
        if Url::parse(&probe).is_ok_and(|url| known(&url)) {
            return Ok(text);
        }
        let message = "Not a valid URL; an absolute http or https URL is needed.".to_owned();
        Err(ApiError::parameter(name, "url_invalid", message))
    }

    /// All of `prefix[name]=value`.
    pub(super) fn map(&mut self, prefix: &str) -> Result<Metadata, ApiError> {
        let (entries, name_bytes, value_bytes) = METADATA_MAX;
        let mut map = Metadata::new();
        for (name, value) in std::mem::take(&mut self.0) {
            let inner = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('['));
            match inner.and_then(|rest| rest.strip_suffix(']')) {
                Some(inner) if !inner.contains(['[', ']']) => {
                    if inner.len() > name_bytes || value.len() > value_bytes {
                        let message = "Metadata names have at most 40 characters, values 500.";
                        let code = "parameter_invalid_string_length";
                        return Err(ApiError::parameter(&name, code, message.to_owned()));
                    }
                    map.insert(inner.to_owned(), value);
                }
                _ => {
                    self.0.insert(name, value);
                }
            }
        }
        if map.len() > entries {
            let message = format!("Metadata has at most {entries} entries.");
            return Err(ApiError::parameter(prefix, "parameter_invalid", message));
        }
        Ok(map)
    }

    /// `prefix[0]`, `prefix[1]` and so on, or `prefix[]`.
    pub(super) fn list(&mut self, prefix: &str) -> Vec<String> {
        let numbered = (0..).map_while(|at| self.0.remove(&format!("{prefix}[{at}]")));
        let mut list: Vec<String> = numbered.collect();
        list.extend(self.0.remove(&format!("{prefix}[]")));
        list
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let message = format!("Received unknown parameter: {name}");
                Err(ApiError::parameter(&name, "parameter_unknown", message))
            }
        }
    }
}
