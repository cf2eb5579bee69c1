//! What is answered where nothing is: 404, or 405 with the methods that would do.

use super::problem::Problem;
use actix_web::HttpRequest;
use actix_web::dev::ResourceDef;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

/// Which methods each documented path has.
pub struct Methods(Vec<(ResourceDef, String)>);

impl Methods {
    /// From what the routes say of themselves.
    #[must_use]
    pub fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(paths.map(|(path, item)| (pattern(path), methods(item).join(", "))).collect())
    }

    /// The pattern that a request is counted under, where its own is not known any more.
    #[must_use]
    pub fn counted_as(&self, method: &Method, path: &str) -> Option<String> {
        let mut known = self.0.iter();
        let (pattern, _) = known.find(|(pattern, methods)| {
            methods.split(", ").any(|one| one == method.as_str()) && pattern.is_match(path)
        })?;
        pattern.pattern().map(str::to_owned)
    }
}

/// What a documented path matches. Names of objects have slashes in them, which documents cannot say.
pub(super) fn pattern(path: &str) -> ResourceDef {
    ResourceDef::new(path.replace("{key}", "{key:.*}"))
}

/// The methods that a documented path has.
#[must_use]
pub fn methods(item: &PathItem) -> Vec<&'static str> {
    let all = [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    all.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect()
}

/// For every request that no route takes.
///
/// # Errors
/// Always: that is its answer.
pub async fn missing(request: HttpRequest, methods: Data<Methods>) -> Result<&'static str, Problem> {
    let path = request.match_info().as_str();
    let mut allowed: Vec<&str> = Vec::new();
    for (_, methods) in methods.0.iter().filter(|(pattern, _)| pattern.is_match(path)) {
        allowed.extend(methods.split(", "));
    }
    if allowed.is_empty() {
        return Err(Problem::not_found());
    }
    allowed.sort_unstable();
    allowed.dedup();
    let detail = "This method is not offered here.";
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        .allowing(allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_have_slashes_and_ids_have_none() {
        assert!(pattern("/media/{key}").is_match("/media/sets/1/2/opus-128.mp4"));
        assert!(pattern("/admin/sets/{id}").is_match("/admin/sets/1"));
        assert!(!pattern("/admin/sets/{id}").is_match("/admin/sets/1/2"));
    }
}
