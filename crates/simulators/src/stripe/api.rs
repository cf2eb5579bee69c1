//! The calls under `/v1/`.

use super::books::{Books, refunds};
use super::create;
use super::events::{API_VERSION, Cause, event};
use super::form::Node;
use super::objects::{Expand, line_items, list, session};
use super::payment::{Metadata, NotRefundable, RefundStatus};
use super::payment_objects::{charge, dispute, intent, refund};
use super::refusal::Refusal;
use super::session::{NotOpen, Session};
use super::{Stripe, currency, lists, replay};
use crate::call::{Call, Endpoint, Reply};
use crate::desk::Served;
use crate::ids;
use crate::notices::{Batch, Delivery, Notice};
use kernel::Timestamp;
use serde_json::Value;

/// What a session's linked objects are called.
const SESSION_LINKS: [&str; 3] = ["line_items", "payment_intent", "payment_intent.latest_charge"];
/// What a refund's are called; only the charge can be written out.
const REFUND_LINKS: [&str; 1] = ["charge"];

type Answer = Result<(Value, Vec<Batch>), Refusal>;

/// One authorised request.
struct Request<'a> {
    method: &'a str,
    form: Node,
    account: String,
    now: Timestamp,
    cause: Cause,
    refund_pends: bool,
    endpoint: Option<Endpoint>,
}

impl Stripe {
    /// Answers a call of the API.
    pub(crate) fn api(&self, books: &mut Books, call: &Call, now: Timestamp) -> Served {
        let request_id = ids::stripe("req");
        let mut served = self.keyed(books, call, &request_id, now).unwrap_or_else(Served::from);
        served.reply = served.reply.with("request-id", request_id).with("stripe-version", API_VERSION);
        served
    }

    /// Authorises, repeats a remembered answer, or acts and remembers.
    fn keyed(&self, books: &mut Books, call: &Call, id: &str, now: Timestamp) -> Result<Served, Refusal> {
        let key = call.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        if key.ok_or_else(Refusal::no_key)? != self.secret_key {
            return Err(Refusal::wrong_key());
        }
        let posted = call.method == "POST";
        if posted && let Some(again) = replay::recall(&books.answers, call, now.timestamp())? {
            return Ok(again.into());
        }
        let request = Request {
            method: &call.method,
            form: Node::read(if posted { call.body_fields() } else { call.query_fields() })?,
            account: call.header("stripe-account").unwrap_or("acct_simulator").to_owned(),
            now,
            cause: Cause {
                request: Some(id.to_owned()),
                idempotency_key: call.header("idempotency-key").map(str::to_owned),
            },
            refund_pends: call.refund_pends,
            endpoint: call.endpoint.clone(),
        };
        let answer = self.route(books, call, &request);
        let remembered = answer.as_ref().err().is_none_or(|refusal| refusal.remembered);
        let served = match answer {
            Ok((object, batches)) => Served { reply: Reply::json(200, &object), batches },
            Err(refusal) => refusal.into(),
        };
        if posted && remembered {
            replay::remember(&mut books.answers, call, &served.reply, id, now.timestamp());
        }
        Ok(served)
    }

    fn route(&self, books: &mut Books, call: &Call, request: &Request<'_>) -> Answer {
        match (request.method, call.parts().as_slice()) {
            ("POST", ["v1", "checkout", "sessions"]) => self.create_session(books, request),
            ("GET", ["v1", "checkout", "sessions", id]) => self.get_session(books, request, id),
            ("POST", ["v1", "checkout", "sessions", id, "expire"]) => self.expire_session(books, request, id),
            ("GET", ["v1", "checkout", "sessions", id, "line_items"]) => {
                Ok((line_items(find_session(books, request, id)?), Vec::new()))
            }
            ("GET", ["v1", "payment_intents", id]) => {
                let expand = expand(request, &["latest_charge"])?;
                let found = books.intent(&request.account, id);
                let found = found.ok_or_else(|| Refusal::no_such("payment_intent", id, "intent"))?;
                Ok((intent(found, expand.latest_charge), Vec::new()))
            }
            ("GET", ["v1", "charges", id]) => {
                let found = books.charge(&request.account, id);
                let (payment, found) = found.ok_or_else(|| Refusal::no_such("charge", id, "id"))?;
                Ok((charge(payment, found), Vec::new()))
            }
            ("POST", ["v1", "refunds"]) => create_refund(books, request),
            ("GET", ["v1", "refunds"]) => list_refunds(books, request),
            ("GET", ["v1", "refunds", id]) => {
                let expand = expand(request, &REFUND_LINKS)?;
                let found = books.refund(&request.account, id);
                let (payment, paid, found) = found.ok_or_else(|| Refusal::no_such("refund", id, "refund"))?;
                let mut object = refund(payment, paid, found);
                if expand.charge
                    && let Some(link) = object.get_mut("charge")
                {
                    *link = charge(payment, paid);
                }
                Ok((object, Vec::new()))
            }
            ("GET", ["v1", "balance_transactions"]) => {
                Ok((lists::balance(books, &request.form, &request.account)?, Vec::new()))
            }
            ("GET", ["v1", "disputes"]) => {
                Ok((lists::quarrels(books, &request.form, &request.account)?, Vec::new()))
            }
            ("GET", ["v1", "disputes", id]) => {
                let found = books.dispute(&request.account, id);
                let (payment, paid, found) =
                    found.ok_or_else(|| Refusal::no_such("dispute", id, "dispute"))?;
                Ok((dispute(payment, paid, found), Vec::new()))
            }
            ("GET", ["v1", "webhook_endpoints"]) => {
                Ok((lists::endpoints(request.endpoint.as_ref(), &request.form)?, Vec::new()))
            }
            _ => Err(Refusal::unknown_url(call)),
        }
    }

    fn create_session(&self, books: &mut Books, request: &Request<'_>) -> Answer {
        let expand = expand(request, &SESSION_LINKS)?;
        let made = create::read(&request.form, &request.account, request.now)?;
        let object = session(&made, &self.public_base, expand);
        books.sessions.put(made.id.clone(), made);
        Ok((object, Vec::new()))
    }

    fn get_session(&self, books: &Books, request: &Request<'_>, id: &str) -> Answer {
        let expand = expand(request, &SESSION_LINKS)?;
        Ok((session(find_session(books, request, id)?, &self.public_base, expand), Vec::new()))
    }

    fn expire_session(&self, books: &mut Books, request: &Request<'_>, id: &str) -> Answer {
        create::only(&request.form, "", &["expand"])?;
        let expand = expand(request, &SESSION_LINKS)?;
        find_session(books, request, id)?;
        let found = books.session_mut(&request.account, id);
        let found = found.ok_or_else(|| Refusal::no_such("checkout.session", id, "session"))?;
        found.expire(request.now.timestamp()).map_err(|NotOpen(status)| {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a \
                 status of `{}`.",
                status.name()
            );
            Refusal::forbidden(None, None, message)
        })?;
        let told = self.session_event("checkout.session.expired", found, &request.cause, request.now);
        Ok((session(found, &self.public_base, expand), vec![at_once(vec![told])]))
    }

    /// Ends what nobody paid in time.
    pub(crate) fn expire_due(&self, books: &mut Books, now: Timestamp) -> Vec<Batch> {
        let mut batches = Vec::new();
        for due in books.sessions.iter_mut().filter(|session| session.is_due(now.timestamp())) {
            if due.expire(now.timestamp()).is_ok() {
                let told = self.session_event("checkout.session.expired", due, &Cause::default(), now);
                batches.push(at_once(vec![told]));
            }
        }
        batches
    }

    pub(crate) fn session_event(&self, kind: &str, about: &Session, cause: &Cause, now: Timestamp) -> Notice {
        event(kind, session(about, &self.public_base, Expand::default()), cause, now)
    }

    /// Ends a pending refund.
    pub(crate) fn settle_refund(
        &self,
        books: &mut Books,
        id: &str,
        succeeds: bool,
        now: Timestamp,
    ) -> Option<Vec<Batch>> {
        let payment = books.sessions.get_mut(id)?.intent.as_mut()?;
        let mut all = payment.charges.iter_mut().flat_map(|charge| charge.refunds.iter_mut());
        let found = all.find(|refund| refund.id == id && refund.status == RefundStatus::Pending)?;
        found.status = if succeeds { RefundStatus::Succeeded } else { RefundStatus::Failed };
        found.settled = Some(now.timestamp());
        let account = books.sessions.get(id)?.account.clone();
        let (payment, paid, found) = books.refund(&account, id)?;
        let object = refund(payment, paid, found);
        let kinds: &[&str] =
            if succeeds { &["refund.updated"] } else { &["refund.updated", "refund.failed"] };
        let told = kinds.iter().map(|kind| event(kind, object.clone(), &Cause::default(), now));
        Some(vec![at_once(told.collect())])
    }
}

pub(crate) fn at_once(notices: Vec<Notice>) -> Batch {
    Batch { notices, delivery: Delivery::default() }
}

fn expand(request: &Request<'_>, allowed: &[&str]) -> Result<Expand, Refusal> {
    Expand::read(&request.form.texts("expand"), allowed)
}

fn find_session<'b>(books: &'b Books, request: &Request<'_>, id: &str) -> Result<&'b Session, Refusal> {
    let found = books.session(&request.account, id).filter(|session| session.id == id);
    found.ok_or_else(|| Refusal::no_such("checkout.session", id, "session"))
}

fn create_refund(books: &mut Books, request: &Request<'_>) -> Answer {
    let form = &request.form;
    create::only(form, "", &["payment_intent", "charge", "amount", "reason", "metadata", "expand"])?;
    expand(request, &REFUND_LINKS)?;
    let amount = form.get("amount").map(|_| create::whole(form, "", "amount", 1)).transpose()?;
    let reason = form.text("reason");
    if reason.is_some_and(|reason| !["duplicate", "fraudulent", "requested_by_customer"].contains(&reason)) {
        let message = "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer";
        return Err(Refusal::invalid(Some("reason"), message));
    }
    let metadata: Metadata = create::metadata(form, "metadata")?;
    let target = refund_target(books, request)?;
    let session = books.session_mut(&request.account, &target);
    let payment = session.and_then(|session| session.intent.as_mut());
    let payment = payment.ok_or_else(|| Refusal::no_such("payment_intent", &target, "payment_intent"))?;
    let currency = payment.currency.clone();
    let paid = payment.paid_charge_mut().ok_or_else(|| {
        let message = format!("This PaymentIntent ({target}) does not have a successful charge to refund.");
        Refusal::forbidden(None, Some("payment_intent"), message)
    })?;
    let paid_id = paid.id.clone();
    let made = paid.refund(amount, request.refund_pends, request.now.timestamp());
    let made = made.map_err(|why| match why {
        NotRefundable::Disputed => {
            let message = format!("Charge {paid_id} has been charged back; cannot issue a refund.");
            Refusal::forbidden(Some("charge_disputed"), None, message)
        }
        NotRefundable::Already => {
            let message = format!("Charge {paid_id} has already been refunded.");
            Refusal::forbidden(Some("charge_already_refunded"), None, message)
        }
        NotRefundable::TooMuch { left } => {
            let (asked, left) = (amount.unwrap_or_default(), currency::show(left, &currency));
            let asked = currency::show(asked, &currency);
            let message =
                format!("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})");
            Refusal::forbidden(None, Some("amount"), message)
        }
    })?;
    made.reason = reason.map(str::to_owned);
    made.metadata = metadata;
    let made = made.id.clone();
    books.name_parts(&target);
    let found = books.refund(&request.account, &made);
    let (payment, paid, found) = found.ok_or_else(|| Refusal::no_such("refund", &made, "refund"))?;
    let object = refund(payment, paid, found);
    let told = vec![
        event("refund.created", object.clone(), &request.cause, request.now),
        event("charge.refunded", charge(payment, paid), &request.cause, request.now),
    ];
    Ok((object, vec![at_once(told)]))
}

/// The payment or charge that a refund is for.
fn refund_target(books: &Books, request: &Request<'_>) -> Result<String, Refusal> {
    let (payment, paid) = (request.form.text("payment_intent"), request.form.text("charge"));
    match (payment, paid) {
        (Some(id), _) if books.intent(&request.account, id).is_some() => Ok(id.to_owned()),
        (Some(id), _) => Err(Refusal::no_such("payment_intent", id, "payment_intent")),
        (None, Some(id)) if books.charge(&request.account, id).is_some() => Ok(id.to_owned()),
        (None, Some(id)) => Err(Refusal::no_such("charge", id, "charge")),
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            Err(Refusal::coded("parameter_missing", None, message))
        }
    }
}

fn list_refunds(books: &Books, request: &Request<'_>) -> Answer {
    let form = &request.form;
    create::only(form, "", &["payment_intent", "charge", "limit", "starting_after", "expand"])?;
    let limit = form.get("limit").map(|_| create::whole(form, "", "limit", 1)).transpose()?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|limit| *limit <= 100);
    let limit =
        limit.ok_or_else(|| Refusal::invalid(Some("limit"), "Invalid integer: must be at most 100"))?;
    let (payment, paid) = (form.text("payment_intent"), form.text("charge"));
    let mine = books.sessions.iter().filter(|session| session.account == request.account);
    let mut found: Vec<_> = mine
        .flat_map(refunds)
        .filter(|(its, _, _)| payment.is_none_or(|id| its.id == id))
        .filter(|(_, its, _)| paid.is_none_or(|id| its.id == id))
        .collect();
    // Newest first; of the same second, the one made later.
    found.reverse();
    found.sort_by_key(|(_, _, refund)| std::cmp::Reverse(refund.created));
    if let Some(after) = form.text("starting_after") {
        let at = found.iter().position(|(_, _, refund)| refund.id == after);
        let at = at.ok_or_else(|| Refusal::no_such("refund", after, "starting_after"))?;
        found.drain(..=at);
    }
    let data: Vec<_> = found.iter().take(limit).map(|(its, paid, one)| refund(its, paid, one)).collect();
    Ok((list("/v1/refunds", &data, found.len() > limit), Vec::new()))
}
