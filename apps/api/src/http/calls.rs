//! Calls for which something else holds than for all others, by what the document calls them.

use super::missing::pattern;
use actix_web::dev::ResourceDef;
use actix_web::http::Method;

/// Some calls, and what holds for each.
pub(super) struct Calls<T>(Vec<(&'static str, ResourceDef, T)>);

impl<T: Copy> Calls<T> {
    /// Of rows as `("POST /api/v1/bookings/{id}/pay", ...)`.
    pub(super) fn of(rows: &[(&'static str, T)]) -> Self {
        let rows = rows.iter().filter_map(|&(call, what)| {
            let (method, path) = call.split_once(' ')?;
            Some((method, pattern(path), what))
        });
        Self(rows.collect())
    }

    /// What holds for a request, if it is one of them. `path` is what the router goes by, in which `%73` is an `s`:
    /// `match_info().as_str()`. By the address as it was sent, who writes it in another way would ask for another call.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<T> {
        let mut rows = self.0.iter();
        let found = rows.find(|(name, pattern, _)| *name == method.as_str() && pattern.is_match(path));
        found.map(|(_, _, what)| *what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_by_its_method_and_all_of_its_address() {
        let calls = Calls::of(&[("POST /bookings/{id}/pay", 1), ("PUT /media/{key}", 2)]);
        assert_eq!(calls.find(&Method::POST, "/bookings/7/pay"), Some(1));
        assert_eq!(calls.find(&Method::PUT, "/media/uploads/7/1"), Some(2));
        for (method, path) in [
            (Method::GET, "/bookings/7/pay"),
            (Method::POST, "/bookings/7/pay/more"),
            (Method::POST, "/bookings/7"),
            (Method::GET, "/media/uploads/7/1"),
        ] {
            assert_eq!(calls.find(&method, path), None, "{method} {path}");
        }
    }
}
