//! Free ports for servers that cannot choose one themselves.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below what Linux hands out to outgoing connections (`ip_local_port_range`, from 32768): while a server is
/// stopped, no client can be given its port as a source port, nor connect to itself.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// A port on 127.0.0.1 where nobody listens at this moment. Someone else may be faster: callers try again when
/// their server cannot bind it.
pub(super) fn free() -> std::io::Result<u16> {
    let mut refusal = None;
    for attempt in 0..100_u32 {
        let port = random_port(attempt);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => refusal = Some(error),
        }
    }
    Err(refusal.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}

fn random_port(attempt: u32) -> u16 {
    let width = u64::from(RANGE.end - RANGE.start);
    // Keyed afresh by the system for every `RandomState`.
    let offset = RandomState::new().hash_one(attempt) % width;
    u16::try_from(offset).map_or(RANGE.start, |offset| RANGE.start + offset)
}
