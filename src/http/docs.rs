//! The browser of the API, at `/docs/`: Swagger UI over `/openapi.json`, from files that lie
//! in the binary. It loads nothing from anywhere else, under the same policy as every page:
//! the one inline style that this refuses it is a matter of looks.

use std::sync::{Arc, OnceLock};

use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui::Config;

use super::problem::Problem;

/// Serves a file of it, by the path after `/docs`.
#[must_use]
pub fn serve(path: &str) -> Response {
    static CONFIG: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    // Its files name each other relative to a folder.
    let Some(file) = path.strip_prefix('/') else {
        return Redirect::permanent("/docs/").into_response();
    };
    let config =
        CONFIG.get_or_init(|| Arc::new(Config::from("/openapi.json").validator_url("none")));
    match utoipa_swagger_ui::serve(file, Arc::clone(config)) {
        Ok(Some(file)) => {
            let headers = [
                (header::CONTENT_TYPE, file.content_type),
                (header::CACHE_CONTROL, "no-cache".to_owned()),
            ];
            (headers, file.bytes.into_owned()).into_response()
        }
        Ok(None) => Problem::not_found().into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}
