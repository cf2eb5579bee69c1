//! What several instances have to agree on: how much is left, and how often somebody tried.

use super::shop::{Request, Shop};
use super::visitor::Visitor;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// How long an instance may go on saying what it said a moment ago.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);
/// What a stranger may ask a few times a minute, and not more often.
const LIMITED: &str = "/api/v1/invites/0000-0000-0000";
/// After so many questions at the latest somebody has to wait.
const MOST: u32 = 500;
/// Strangers who try: Redis may stand still for a moment while one of them does, and then everybody counts alone.
const STRANGERS: u32 = 3;
/// For measuring networks (RFC 2544): nobody of the crowd comes from 198.18.0.0/15.
const NETWORK: u32 = 0xc612_0000;
const HOSTS: u32 = (1 << 17) - 1;
const TOO_MANY: u16 = 429;

/// On what they do not agree, in words: as somebody of the crowd sees it, and with a Redis to `share` or without.
pub(super) async fn disagreements(mut member: Visitor<'_>, event: &str, share: bool) -> Vec<String> {
    let shop = member.shop;
    if shop.instances() < 2 {
        return Vec::new();
    }
    let mut apart = Vec::new();
    if member.log_in().await {
        apart.extend(left(shop, &member.token, event).await);
    } else {
        apart.push("nobody can log in any more".to_owned());
    }
    // Without Redis each counts for itself, as documented.
    if share && !counts_together(shop).await {
        apart.push("who has to wait at one instance need not at another".to_owned());
    }
    apart
}

/// What is left, when they say different things of it and go on doing so.
async fn left(shop: &Shop, token: &str, event: &str) -> Option<String> {
    let (path, since) = (format!("/api/v1/events/{event}/availability"), Instant::now());
    let request = Request { token: Some(token), path: &path, key: None, body: None };
    loop {
        let mut said = Vec::new();
        for instance in 0..shop.instances() {
            let answer = shop.ask_at(instance, &request).await;
            said.push(answer.filter(|(status, _)| *status == 200).map(|(_, left)| left));
        }
        if agree(&said) {
            return None;
        }
        if since.elapsed() > PATIENCE {
            return Some(format!("instances do not agree on what is left: {said:?}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether all have answered, and the same.
fn agree(said: &[Option<Value>]) -> bool {
    said.iter().all(Option::is_some)
        && said.windows(2).all(|pair| matches!(pair, [one, other] if one == other))
}

/// Whether somebody whom one instance lets wait has to wait at all of them.
async fn counts_together(shop: &Shop) -> bool {
    for _ in 0..STRANGERS {
        let from = Ipv4Addr::from_bits(NETWORK | (fastrand::u32(..) & HOSTS));
        let mut asked = 0;
        while asked < MOST && shop.status_at(0, LIMITED, from).await != Some(TOO_MANY) {
            asked += 1;
        }
        let mut all = asked < MOST;
        for instance in 1..shop.instances() {
            all = all && shop.status_at(instance, LIMITED, from).await == Some(TOO_MANY);
        }
        if all {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_says_nothing_or_something_else_does_not_agree() {
        let (two, three) = (Some(json!({ "left": 2 })), Some(json!({ "left": 3 })));
        assert!(agree(&[two.clone(), two.clone()]));
        assert!(!agree(&[two.clone(), three]) && !agree(&[two.clone(), None]) && !agree(&[None, two]));
    }
}
