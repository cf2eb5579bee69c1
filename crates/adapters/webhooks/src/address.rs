//! Which addresses may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

const NO_URL: &str = "must be a URL like https://example.org/hook";

/// What can be said against an address; `private` when plain HTTP and addresses that are not public will do.
pub(crate) fn objection(url: &str, private: bool) -> Option<&'static str> {
    // Reading would leave line breaks and tabs out, and another address would be called than the one that is shown.
    if url.chars().any(char::is_control) {
        return Some(NO_URL);
    }
    let Ok(url) = Url::parse(url) else { return Some(NO_URL) };
    if url.scheme() != "https" && !(private && url.scheme() == "http") {
        return Some("must begin with https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must have no name or password before its host");
    }
    if url.fragment().is_some() {
        return Some("must have no part behind #");
    }
    // What a name leads to is seen when it is looked up.
    let public = match url.host() {
        None => return Some(NO_URL),
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
    };
    (!public && !private).then_some("must lead to a public address")
}

/// Whether an address is one of the internet's, which anybody may reach: not of a network of somebody's own, not this machine,
/// and none that has a meaning of its own (IANA's registries of special-purpose addresses).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let bits = address.to_bits();
    !special.iter().any(|(net, length)| (bits ^ net.to_bits()) >> (32 - length) == 0)
}

/// What is given out of all (2000::/3), without what has a meaning of its own.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let special: [(Ipv6Addr, u32); 4] = [
        // Of protocols, among them Teredo, which leads to addresses of the other kind.
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        // 6to4, which does so as well.
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    let bits = address.to_bits();
    let within = |net: Ipv6Addr, length: u32| (bits ^ net.to_bits()) >> (128 - length) == 0;
    within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !special.iter().any(|(net, length)| within(*net, *length))
}

/// The address of the other kind that this one stands for: mapped, or translated on the way (64:ff9b::/96), as names are
/// answered in networks without the other kind.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let translated = bits >> 32 == Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() >> 32;
    let last = u32::try_from(bits & u128::from(u32::MAX)).ok().filter(|_| translated);
    address.to_ipv4_mapped().or(last.map(Ipv4Addr::from_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_anybody_may_reach_is_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2001:200::",
            "2a01:4f8::1",
            "3fff:1000::",
            "64:ff9b::101:101",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:101:101::",
            "3fff:fff::1",
            "4000::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn an_address_says_where_it_leads_and_nothing_else() {
        for (url, against) in [
            ("https://house.example/hook?key=1", None),
            ("https://house.example:8443", None),
            ("https://1.1.1.1/hook", None),
            ("https://localhost/", None),
            ("house.example", Some("must be a URL like https://example.org/hook")),
            ("", Some("must be a URL like https://example.org/hook")),
            ("https://", Some("must be a URL like https://example.org/hook")),
            ("https://house.example/a\r\nb", Some("must be a URL like https://example.org/hook")),
            ("https://house\t.example", Some("must be a URL like https://example.org/hook")),
            ("http://house.example", Some("must begin with https://")),
            ("ftp://house.example", Some("must begin with https://")),
            ("file:///etc/passwd", Some("must begin with https://")),
            ("https://me@house.example", Some("must have no name or password before its host")),
            ("https://:secret@house.example", Some("must have no name or password before its host")),
            ("https://house.example/#part", Some("must have no part behind #")),
            ("https://127.0.0.1/", Some("must lead to a public address")),
            ("https://2130706433/", Some("must lead to a public address")),
            ("https://0x7f.1/", Some("must lead to a public address")),
            ("https://0177.0.0.1/", Some("must lead to a public address")),
            ("https://[::1]:8080/", Some("must lead to a public address")),
            ("https://[::ffff:169.254.169.254]/", Some("must lead to a public address")),
        ] {
            assert_eq!(objection(url, false), against, "{url}");
        }
    }

    #[test]
    fn in_development_this_machine_will_do() {
        for good in ["http://127.0.0.1:8080/hook", "http://localhost", "https://10.0.0.1"] {
            assert_eq!(objection(good, true), None, "{good}");
        }
        for bad in ["ftp://127.0.0.1", "127.0.0.1", "http://me@127.0.0.1"] {
            assert!(objection(bad, true).is_some(), "{bad}");
        }
    }
}
