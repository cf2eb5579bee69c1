//! Lists that the shop reads to compare its books: the balance, disputes, and where notices go.

use super::balance::movements;
use super::books::{Books, disputes};
use super::create;
use super::form::Node;
use super::objects::list;
use super::payment_objects::dispute;
use super::refusal::Refusal;
use crate::call::Endpoint;
use serde_json::{Value, json};

/// What every list understands.
const COMMON: [&str; 4] = ["limit", "starting_after", "created", "expand"];

/// `GET /v1/balance_transactions`.
pub(crate) fn balance(books: &Books, form: &Node, account: &str) -> Result<Value, Refusal> {
    create::only(form, "", &[&COMMON[..], &["type", "source"]].concat())?;
    let window = Window::read(form)?;
    let expanded = form.texts("expand").contains(&"data.source");
    let (kind, source) = (form.text("type"), form.text("source"));
    let mut found = movements(books, account);
    found.retain(|moved| window.holds(moved.created));
    found.retain(|moved| kind.is_none_or(|kind| moved.kind() == kind));
    found.retain(|moved| source.is_none_or(|source| moved.source_id() == source));
    found.reverse();
    let objects = found.iter().map(|moved| (moved.id.to_owned(), moved.object(expanded))).collect();
    paged("/v1/balance_transactions", "balance_transaction", objects, form)
}

/// `GET /v1/disputes`.
pub(crate) fn quarrels(books: &Books, form: &Node, account: &str) -> Result<Value, Refusal> {
    create::only(form, "", &[&COMMON[..], &["charge", "payment_intent"]].concat())?;
    let window = Window::read(form)?;
    let (paid, intent) = (form.text("charge"), form.text("payment_intent"));
    let mine = books.sessions.iter().filter(|session| session.account == account);
    let mut found: Vec<_> = mine.flat_map(disputes).collect();
    found.retain(|(_, _, one)| window.holds(one.created));
    found.retain(|(_, its, _)| paid.is_none_or(|id| its.id == id));
    found.retain(|(its, _, _)| intent.is_none_or(|id| its.id == id));
    found.reverse();
    found.sort_by_key(|(_, _, one)| std::cmp::Reverse(one.created));
    let objects =
        found.into_iter().map(|(its, paid, one)| (one.id.clone(), dispute(its, paid, one))).collect();
    paged("/v1/disputes", "dispute", objects, form)
}

/// `GET /v1/webhook_endpoints`: the one address that notices go to.
pub(crate) fn endpoints(endpoint: Option<&Endpoint>, form: &Node) -> Result<Value, Refusal> {
    create::only(form, "", &["limit", "starting_after", "ending_before", "expand"])?;
    let known = endpoint.map(|endpoint| {
        json!({
            "id": "we_simulator", "object": "webhook_endpoint", "api_version": super::events::API_VERSION,
            "application": null, "created": 0, "description": null, "enabled_events": endpoint.events,
            "livemode": false, "metadata": {}, "status": "enabled", "url": endpoint.url,
        })
    });
    let data: Vec<_> = known.into_iter().collect();
    Ok(list("/v1/webhook_endpoints", &data, false))
}

/// `created[gte]` and its like.
struct Window {
    from: i64,
    until: i64,
}

impl Window {
    fn read(form: &Node) -> Result<Self, Refusal> {
        let mut window = Self { from: i64::MIN, until: i64::MAX };
        let Some(created) = form.get("created") else { return Ok(window) };
        create::only(created, "created", &["gt", "gte", "lt", "lte"])?;
        let bound =
            |name: &str| created.get(name).map(|_| create::whole(created, "created", name, 0)).transpose();
        if let Some(gte) = bound("gte")? {
            window.from = gte;
        }
        if let Some(gt) = bound("gt")? {
            window.from = window.from.max(gt + 1);
        }
        if let Some(lte) = bound("lte")? {
            window.until = lte;
        }
        if let Some(lt) = bound("lt")? {
            window.until = window.until.min(lt - 1);
        }
        Ok(window)
    }

    fn holds(&self, at: i64) -> bool {
        (self.from..=self.until).contains(&at)
    }
}

/// One page of objects that come newest first, with their ids.
fn paged(url: &str, what: &str, mut all: Vec<(String, Value)>, form: &Node) -> Result<Value, Refusal> {
    let limit = form.get("limit").map(|_| create::whole(form, "", "limit", 1)).transpose()?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|limit| *limit <= 100);
    let limit =
        limit.ok_or_else(|| Refusal::invalid(Some("limit"), "Invalid integer: must be at most 100"))?;
    if let Some(after) = form.text("starting_after") {
        let at = all.iter().position(|(id, _)| id == after);
        let at = at.ok_or_else(|| Refusal::no_such(what, after, "starting_after"))?;
        all.drain(..=at);
    }
    let more = all.len() > limit;
    let data: Vec<_> = all.into_iter().take(limit).map(|(_, object)| object).collect();
    Ok(list(url, &data, more))
}
