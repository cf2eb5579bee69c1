//! The promises of what seals and opens backups.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapter_age::{Identities, Recipients};
use testkit::sealer::Keys;

/// Two pairs, as `age-keygen` writes them.
const PAIRS: [(&str, &str); 2] = [
    (
        "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
        "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33",
    ),
    (
        "age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt",
        "AGE-SECRET-KEY-1QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSKMP32K",
    ),
];

fn open() -> Keys {
    let [(one, first), (other, second)] = PAIRS;
    Keys {
        one: Box::new(Recipients::parse([one]).unwrap()),
        both: Box::new(Recipients::parse([one, other]).unwrap()),
        first: Box::new(Identities::read(first).unwrap()),
        second: Box::new(Identities::read(second).unwrap()),
    }
}

testkit::sealer_contract!(open);
