//! Private keys are read, and never told.

use super::house::House;
use crate::harness::shop::Store;

#[tokio::test]
async fn no_private_key_is_told_whatever_becomes_of_it() {
    let house = House::new(Store::Local).await;
    house.back_up();
    // One letter is wrong, as when it was typed from paper.
    let own = std::fs::read_to_string(house.path("own.key")).unwrap();
    let broken = own.trim_end().rsplit_once('3').unwrap().0.to_owned() + "4";
    std::fs::write(house.path("broken.key"), broken).unwrap();
    for whose in ["own", "other", "broken"] {
        let key = house.key(whose);
        for arguments in [
            vec!["backup", "verify", "--identity", key.as_str()],
            vec!["backup", "restore", "--identity", key.as_str(), "--into", "local:elsewhere"],
        ] {
            let said = house.run_with(&arguments, &[("log.filter", "debug")]);
            assert_eq!(said.fine, whose == "own", "{arguments:?}: {}", said.text);
            let text = std::fs::read_to_string(&key).unwrap();
            let secret = text.lines().find_map(|line| line.strip_prefix("AGE-SECRET-KEY-1")).unwrap();
            // Neither whole nor cut off.
            assert!(!said.text.contains(&secret[..12]), "{arguments:?}: {}", said.text);
        }
    }
}
