//! How often someone may try: per address on the network, per account, per address typed.

use crate::http::Problem;
use accounts::Network;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use data_encoding::HEXLOWER;
use kernel::{AccountId, Cache, Clock, RateLimiter, Verdict};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// So many attempts in so much time.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    name: &'static str,
    limit: u32,
    window: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3600);

/// Signing up, asking for links, using them: per network address.
const ENTRANCE: Rule = Rule { name: "entrance", limit: 300, window: MINUTE };
/// Refreshing: per network address, behind which many people may sit.
const REFRESH: Rule = Rule { name: "refresh", limit: 600, window: MINUTE };
/// Asking whether an invite code is valid: per network address. 60 bits cannot be guessed at this pace.
const CODES: Rule = Rule { name: "codes", limit: 30, window: MINUTE };
/// What everybody may read: per network address.
const PUBLIC: Rule = Rule { name: "public", limit: 1_200, window: MINUTE };
/// Reading a calendar at its secret address: per network address, behind which may be a company that does so for many.
const CALENDARS: Rule = Rule { name: "calendars", limit: 600, window: MINUTE };
/// What costs a password hash and knows the account: per account.
const PASSWORD: Rule = Rule { name: "password", limit: 20, window: QUARTER };
/// Giving invites away, which may mail to whatever address: per account.
const INVITES: Rule = Rule { name: "invites", limit: 30, window: HOUR };
/// Offering tickets, which mails to whatever member: per account.
const OFFERS: Rule = Rule { name: "offers", limit: 30, window: HOUR };
/// Wishes of one account that pictures go, each of which takes one out of everybody's sight and mails all admins. How many
/// of them wait for a decision is limited besides.
const REMOVALS: Rule = Rule { name: "removals", limit: 60, window: HOUR };
/// Having the address of a hook called at once: per account.
const HOOK_CALLS: Rule = Rule { name: "hook-calls", limit: 60, window: HOUR };
/// What sends a mail to a typed address: per address.
const MAILS: Rule = Rule { name: "mails", limit: 5, window: QUARTER };
/// Logins of any outcome, per typed address and network address.
const LOGINS: Rule = Rule { name: "logins", limit: 100, window: QUARTER };
/// Failed logins per typed address and network address.
const FAILURES_HERE: Rule = Rule { name: "failures-here", limit: 10, window: QUARTER };
/// Failed logins per typed address, from anywhere: a thousand machines get no further than this.
const FAILURES: Rule = Rule { name: "failures", limit: 100, window: QUARTER };

/// Vouchers that were not valid, or of which this is not known yet, per account: codes that people choose are short.
const VOUCHERS: Rule = Rule { name: "vouchers", limit: 20, window: QUARTER };

/// Notices that were not a provider's, per network address.
const FORGERIES: Rule = Rule { name: "forgeries", limit: 30, window: MINUTE };

/// What all limits need to know.
pub struct Limits {
    /// Off only for load programs.
    pub enabled: bool,
    /// How many proxies in front write `X-Forwarded-For`.
    pub trusted_proxies: u32,
    /// What counts.
    pub limiter: Arc<dyn RateLimiter>,
    /// What remembers who has to wait.
    pub cache: Arc<dyn Cache>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Limits {
    /// Before anything that a stranger may do to accounts.
    ///
    /// # Errors
    /// 429.
    pub async fn entrance(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.take(ENTRANCE, &self.network(request)).await
    }

    /// Before refreshing a session.
    ///
    /// # Errors
    /// 429.
    pub async fn refresh(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.take(REFRESH, &self.network(request)).await
    }

    /// Before saying whether a code is valid.
    ///
    /// # Errors
    /// 429.
    pub async fn codes(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.take(CODES, &self.network(request)).await
    }

    /// Before anything that everybody may read.
    ///
    /// # Errors
    /// 429.
    pub async fn public(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.take(PUBLIC, &self.network(request)).await
    }

    /// Before looking for a calendar by its secret address.
    ///
    /// # Errors
    /// 429.
    pub async fn calendars(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.take(CALENDARS, &self.network(request)).await
    }

    /// Before checking the password of somebody who is logged in.
    ///
    /// # Errors
    /// 429.
    pub async fn password(&self, account: AccountId) -> Result<(), Problem> {
        self.take(PASSWORD, &account.to_string()).await
    }

    /// Before giving invites away: what comes back to the budget could be given, and mailed, again and again.
    ///
    /// # Errors
    /// 429.
    pub async fn invites(&self, account: AccountId) -> Result<(), Problem> {
        self.take(INVITES, &account.to_string()).await
    }

    /// Before offering a ticket to somebody, who gets a mail each time.
    ///
    /// # Errors
    /// 429.
    pub async fn offers(&self, account: AccountId) -> Result<(), Problem> {
        self.take(OFFERS, &account.to_string()).await
    }

    /// Before a picture is taken out of sight because somebody wants it gone.
    ///
    /// # Errors
    /// 429.
    pub async fn removals(&self, account: AccountId) -> Result<(), Problem> {
        self.take(REMOVALS, &account.to_string()).await
    }

    /// Before an address that somebody named is called because they ask for it.
    ///
    /// # Errors
    /// 429.
    pub async fn hook_calls(&self, account: AccountId) -> Result<(), Problem> {
        self.take(HOOK_CALLS, &account.to_string()).await
    }

    /// Before owing a mail to whatever address somebody typed.
    ///
    /// # Errors
    /// 429.
    pub async fn mail_to(&self, typed: &str) -> Result<(), Problem> {
        self.take(MAILS, &canonical(typed)).await
    }

    /// Before a login, whether there is such an account or not.
    ///
    /// # Errors
    /// 429 `too_many_attempts`.
    pub async fn login(&self, request: &HttpRequest, typed: &str) -> Result<(), Problem> {
        let (address, here) = self.login_keys(request, typed);
        self.take(LOGINS, &here).await?;
        for key in [blocked(FAILURES_HERE, &here), blocked(FAILURES, &address)] {
            self.refuse_blocked(&key).await?;
        }
        Ok(())
    }

    /// After a login that failed, whether there is such an account or not.
    ///
    /// # Errors
    /// 429 `too_many_attempts`, when that was one too many.
    pub async fn login_failed(&self, request: &HttpRequest, typed: &str) -> Result<(), Problem> {
        let (address, here) = self.login_keys(request, typed);
        for (rule, who) in [(FAILURES_HERE, here), (FAILURES, address)] {
            self.failed(rule, &who).await?;
        }
        Ok(())
    }

    /// Before a voucher's code is looked at. Each try counts from here on, or many at once would all pass;
    /// [`Self::voucher_known`] takes it back.
    ///
    /// # Errors
    /// 429.
    pub async fn voucher(&self, account: AccountId) -> Result<(), Problem> {
        self.take(VOUCHERS, &account.to_string()).await
    }

    /// After a voucher that is none of those that are not valid: it was not guessed.
    pub async fn voucher_known(&self, account: AccountId) {
        if self.enabled {
            // What cannot be taken back only counts for a while.
            let _ = self.limiter.give_back(&key(VOUCHERS, &account.to_string())).await;
        }
    }

    /// Before a notice is checked, which may cost a call to the provider: refuses who sent too many forged ones.
    ///
    /// # Errors
    /// 429.
    pub async fn notice(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.refuse_blocked(&blocked(FORGERIES, &self.network(request))).await
    }

    /// After a notice that was not the provider's.
    ///
    /// # Errors
    /// 429, when that was one too many.
    pub async fn notice_forged(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.failed(FORGERIES, &self.network(request)).await
    }

    async fn failed(&self, rule: Rule, who: &str) -> Result<(), Problem> {
        let Some(wait) = self.count(rule, who).await else { return Ok(()) };
        let until = self.clock.now().timestamp().saturating_add_unsigned(wait.as_secs() + 1);
        let _ = self.cache.put(&blocked(rule, who), until.to_string().as_bytes(), wait).await;
        Err(refused(wait))
    }

    async fn refuse_blocked(&self, key: &str) -> Result<(), Problem> {
        let until = if self.enabled { self.cache.get(key).await.ok().flatten() } else { None };
        let until = until.and_then(|text| String::from_utf8(text).ok()?.parse::<i64>().ok());
        match until
            .map(|until| until - self.clock.now().timestamp())
            .and_then(|left| u64::try_from(left).ok())
        {
            Some(left) if left > 0 => Err(refused(Duration::from_secs(left))),
            _ => Ok(()),
        }
    }

    fn login_keys(&self, request: &HttpRequest, typed: &str) -> (String, String) {
        let address = canonical(typed);
        let here = format!("{address} {}", self.network(request));
        (address, here)
    }

    async fn take(&self, rule: Rule, who: &str) -> Result<(), Problem> {
        self.count(rule, who).await.map_or(Ok(()), |wait| Err(refused(wait)))
    }

    /// Counts one attempt; how long to wait, when it was one too many. What cannot be counted is allowed.
    async fn count(&self, rule: Rule, who: &str) -> Option<Duration> {
        if !self.enabled {
            return None;
        }
        match self.limiter.attempt(&key(rule, who), rule.limit, rule.window).await {
            Ok(Verdict::RetryAfter(wait)) => Some(wait),
            Ok(Verdict::Allowed) | Err(_) => None,
        }
    }

    /// What stands for a client on the network: its IPv4 address, or the /64 that one household gets of IPv6.
    fn network(&self, request: &HttpRequest) -> String {
        match self.address(request) {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                address.segments().iter().take(4).map(|part| format!("{part:x}:")).collect()
            }
        }
    }

    /// Where on the network a client is, as coarsely as it is kept with its session.
    #[must_use]
    pub fn whereabouts(&self, request: &HttpRequest) -> Option<Network> {
        self.address(request).map(|address| match address {
            IpAddr::V4(address) => Network::v4(address.octets()),
            IpAddr::V6(address) => Network::v6(address.segments()),
        })
    }

    fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|peer| peer.ip());
        forwarded(request.headers(), self.trusted_proxies).or(peer).map(|address| address.to_canonical())
    }
}

/// The address that the outermost trusted proxy saw: each proxy appends one to `X-Forwarded-For`.
fn forwarded(headers: &HeaderMap, trusted: u32) -> Option<IpAddr> {
    let place = usize::try_from(trusted).ok()?.checked_sub(1)?;
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    lines.join(",").rsplit(',').nth(place)?.trim().parse().ok()
}

/// Spellings of one address count together; what is none counts by itself.
fn canonical(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// Hashed: an address on the network or a typed one is nobody else's business, wherever the count is kept.
fn key(rule: Rule, who: &str) -> String {
    let digest = Sha256::digest(who.as_bytes());
    format!("limit:{}:{}", rule.name, HEXLOWER.encode(digest.get(..16).unwrap_or_default()))
}

fn blocked(rule: Rule, who: &str) -> String {
    format!("{}:blocked", key(rule, who))
}

fn refused(wait: Duration) -> Problem {
    Problem::too_many("too_many_attempts", wait)
}
