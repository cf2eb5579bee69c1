//! What libpq has to know of a database, in its own words.

use crate::tls::Address;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use tokio_postgres::config::Host;

/// Where systems keep the certificates of the public authorities. Only libpq 16 and newer can be told to use them itself.
const PUBLIC: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The variables that it reads.
pub(super) fn variables(address: &Address) -> Vec<(&'static str, OsString)> {
    let config = &address.config;
    let mut variables: Vec<(&'static str, OsString)> = vec![
        ("LC_ALL", "C".into()),
        ("PGAPPNAME", "synesthesie backup".into()),
        ("PGCONNECT_TIMEOUT", "10".into()),
        ("PGGSSENCMODE", "disable".into()),
    ];
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<_> = config.get_hosts().iter().map(host).collect();
    let addresses: Vec<_> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    let ports: Vec<_> = config.get_ports().iter().map(ToString::to_string).collect();
    for (name, values) in [("PGHOST", hosts), ("PGHOSTADDR", addresses), ("PGPORT", ports)] {
        if !values.is_empty() {
            variables.push((name, values.join(",").into()));
        }
    }
    for (name, value) in [
        ("PGUSER", config.get_user()),
        ("PGDATABASE", config.get_dbname()),
        ("PGOPTIONS", config.get_options()),
    ] {
        variables.extend(value.map(|value| (name, value.into())));
    }
    variables
        .extend(config.get_password().map(|password| ("PGPASSWORD", OsString::from_vec(password.to_vec()))));
    if address.tls.is_some() {
        let there = PUBLIC.into_iter().find(|file| Path::new(file).is_file()).unwrap_or("system");
        let authorities = address.authorities.clone().unwrap_or_else(|| there.to_owned());
        // As our own connections: encrypted, and the certificate and the name are checked.
        variables.extend([
            ("PGSSLMODE", OsString::from("verify-full")),
            ("PGSSLROOTCERT", OsString::from(authorities)),
        ]);
    } else {
        variables.push(("PGSSLMODE", "disable".into()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn of(url: &str) -> BTreeMap<&'static str, String> {
        let variables = variables(&Address::parse(url).unwrap());
        variables.into_iter().map(|(name, value)| (name, value.into_string().unwrap())).collect()
    }

    #[test]
    fn libpq_is_told_what_the_url_says() {
        let said = of("postgres://app:s%40cret@db.example.org:6432/tickets");
        for (name, value) in [
            ("PGHOST", "db.example.org"),
            ("PGPORT", "6432"),
            ("PGUSER", "app"),
            ("PGPASSWORD", "s@cret"),
            ("PGDATABASE", "tickets"),
            ("PGSSLMODE", "disable"),
        ] {
            assert_eq!(said.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(!of("postgres://db/tickets").contains_key("PGPASSWORD"));
        let two = of("postgres://one:1,two:2/tickets");
        assert_eq!((two["PGHOST"].as_str(), two["PGPORT"].as_str()), ("one,two", "1,2"));
    }

    #[test]
    fn it_checks_the_server_as_we_do() {
        let public = of("postgres://db/tickets?sslmode=require");
        assert_eq!(public["PGSSLMODE"], "verify-full");
        assert!(!public["PGSSLROOTCERT"].is_empty());
    }
}
