//! Addresses of databases.

/// The URL of another database on the same server.
pub(crate) fn database_url(server: &str, name: &str) -> String {
    let (address, query) =
        server.split_once('?').map_or((server, None), |(address, query)| (address, Some(query)));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(host..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| host + at);
    let base = address.get(..end).unwrap_or(address);
    query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_exchanged() {
        for (server, expected) in [
            ("postgres://u@h:1/postgres", "postgres://u@h:1/x"),
            ("postgres://u:p@h/a?sslmode=disable", "postgres://u:p@h/x?sslmode=disable"),
            ("postgres://h", "postgres://h/x"),
        ] {
            assert_eq!(database_url(server, "x"), expected);
        }
    }
}
