//! Those who carry the money: their keys, their clocks, and whether they tell us what happens.

use super::{Finding, causes, skew};
use crate::config::{Config, Environment};
use crate::http::routes::BASE;
use crate::wiring::payments::providers;
use crate::wiring::store::Stores;
use booking::{Health, Listener, PaymentProvider, Provider};
use chrono::{DateTime, TimeDelta};
use kernel::{Clock, Timestamp};
use std::sync::Arc;
use std::time::Duration;

const STRIPE: &str = "https://api.stripe.com";
const PAYPAL: &str = "https://api-m.paypal.com";
/// For an answer of which only the date is read.
const PATIENCE: Duration = Duration::from_secs(10);
/// A system that sells hears of something every day; one that rests is asked about by nobody.
const SILENT: TimeDelta = TimeDelta::days(7);

/// Looks at each configured account.
pub(super) async fn look(config: &Config, clock: &Arc<dyn Clock>, stores: Option<&Stores>) -> Vec<Finding> {
    if config.payments.simulators {
        let found = "simulated: they run inside `serve`, and no money moves";
        return vec![Finding::ok("payments", found)];
    }
    let accounts = match providers(config, clock, None) {
        Ok(accounts) => accounts,
        Err(error) => {
            return vec![Finding::error(
                "payments",
                causes(&error),
                "correct the sections stripe and paypal",
            )];
        }
    };
    if accounts.is_empty() {
        let advice = "fill the sections stripe or paypal, unless everything is free";
        return vec![Finding::warning("payments", "no provider is configured", advice)];
    }
    let mut findings = Vec::new();
    for account in &accounts {
        findings.extend(account_findings(config, &**account).await);
        findings.extend(clock_of(config, account.provider(), &**clock).await);
        findings.extend(last_notice(account.provider(), stores, clock.now()).await);
    }
    findings
}

fn named(provider: Provider, what: &str) -> String {
    format!("{}_{what}", provider.as_str())
}

async fn account_findings(config: &Config, account: &dyn PaymentProvider) -> Vec<Finding> {
    let provider = account.provider();
    let health = match account.health().await {
        Ok(health) => health,
        Err(error) => {
            let advice = match provider {
                Provider::Stripe => {
                    "check stripe.secret_key in Stripe's dashboard, and that api.stripe.com is reached"
                }
                Provider::Paypal => {
                    "check paypal.client_id and client_secret, and that PayPal's API is reached"
                }
                Provider::BankTransfer | Provider::Cash => "nobody is asked about money by hand",
            };
            return vec![Finding::error(named(provider, "key"), causes(&error), advice)];
        }
    };
    vec![mode(config, provider, &health), webhook(config, provider, &health)]
}

fn mode(config: &Config, provider: Provider, health: &Health) -> Finding {
    let check = named(provider, "key");
    match (health.live, config.environment) {
        (true, Environment::Production) => Finding::ok(check, "it works, and moves real money"),
        (false, Environment::Development) => Finding::ok(check, "it works, in test mode"),
        (false, Environment::Production) => {
            Finding::error(check, "it works, in test mode: nobody really pays", "use the live keys")
        }
        (true, Environment::Development) => {
            Finding::warning(check, "it works, and moves real money", "use test keys for development")
        }
    }
}

fn webhook(config: &Config, provider: Provider, health: &Health) -> Finding {
    let check = named(provider, "webhook");
    let wanted = format!("{}{BASE}/webhooks/{}", config.http.public_url, provider.as_str());
    let Some(listeners) = &health.listeners else {
        let advice = format!("look in the provider's dashboard whether {wanted} is registered");
        return Finding::warning(check, "these keys may not see what is registered", &advice);
    };
    let ours: Vec<&Listener> =
        listeners.iter().filter(|one| one.url.trim_end_matches('/').eq_ignore_ascii_case(&wanted)).collect();
    let Some(listener) = ours.first() else {
        let advice = format!("register {wanted} for {}", health.wanted.join(", "));
        return Finding::error(check, "nothing is told to this system", &advice);
    };
    if !listener.enabled {
        let advice = format!("enable {} in the provider's dashboard", listener.id);
        return Finding::error(check, format!("{wanted} is registered and switched off"), &advice);
    }
    if !ours.iter().any(|one| one.believed) {
        let advice =
            format!("set the webhook's id or secret in the configuration to that of {}", listener.id);
        return Finding::error(check, "notices come, and are not believed", &advice);
    }
    let told =
        |event: &&&str| ours.iter().any(|one| one.events.iter().any(|have| have == "*" || have == **event));
    let missing: Vec<&str> = health.wanted.iter().filter(|event| !told(event)).copied().collect();
    if missing.is_empty() {
        return Finding::ok(check, format!("{wanted} is registered for all that matters"));
    }
    let advice = format!("add to {}: {}", listener.id, missing.join(", "));
    Finding::error(check, format!("{} kinds of events are not told", missing.len()), &advice)
}

/// Reads the date of any answer; nothing is asked for.
async fn clock_of(config: &Config, provider: Provider, clock: &dyn Clock) -> Option<Finding> {
    let (base, usual) = match provider {
        Provider::Stripe => (config.stripe.as_ref().and_then(|stripe| stripe.api_base.as_deref()), STRIPE),
        Provider::Paypal => (config.paypal.as_ref().and_then(|paypal| paypal.api_base.as_deref()), PAYPAL),
        Provider::BankTransfer | Provider::Cash => return None,
    };
    let base = base.unwrap_or(usual);
    let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    let http = if base.starts_with("http://") { http.no_proxy() } else { http };
    let http = http.build().ok()?;
    let before = clock.now();
    let answer = http.head(base).send().await.ok()?;
    let date = answer.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    let whose = format!("{}'s servers", provider.as_str());
    Some(skew::compare(named(provider, "clock"), &whose, theirs, (before, clock.now())))
}

async fn last_notice(provider: Provider, stores: Option<&Stores>, now: Timestamp) -> Option<Finding> {
    let check = named(provider, "last_notice");
    let all = match stores?.booking.last_notices().await {
        Ok(all) => all,
        Err(error) => return Some(Finding::error(check, causes(&error), "look at the database")),
    };
    let last = all.into_iter().find(|(whose, _)| *whose == provider).map(|(_, at)| at);
    let advice = "send a test event from the provider's dashboard, and look for it here again";
    Some(match last {
        None => Finding::warning(check, "none has ever come", advice),
        Some(at) if now - at > SILENT => Finding::warning(check, format!("came {}", at.to_rfc3339()), advice),
        Some(at) => Finding::ok(check, format!("came {}", at.to_rfc3339())),
    })
}
