//! Stripe and PayPal as their wire formats show them, for what ticket sales use: HTTP servers on loopback that the
//! production adapters talk to unchanged. No money moves.
//!
//! [`start`] opens one server per provider and gives their base addresses. Beside the provider's own API each
//! serves the pages a buyer sees, and a small interface of its own for tests:
//!
//! | call | does |
//! | --- | --- |
//! | `POST <checkout url>/pay`, `/decline`, `/leave`, `/finish` | what the page's buttons do; see [`Settings`] |
//! | `POST <checkout url>/refund?amount=` | refunds in the provider's own dashboard |
//! | `POST <checkout url>/dispute?amount=&reason=&outcome=won` or `lost` | opens a dispute; with an outcome, ends it |
//! | `GET /simulator/state` | what the provider believes: amounts, statuses, refunds |
//! | `POST /simulator/faults` `{on, kind, times, delay_ms, per_mille, seed}`, `GET`, `DELETE` | breaks the next calls of one kind, or each with a probability |
//! | `POST /simulator/weather` `{seed, lost, twice, reversed, late, delay_ms}` | how many of a thousand causes have their notices lost, doubled, reversed, late |
//! | `POST /simulator/endpoint` `{events}` | for which events the shop's address is registered |
//! | `GET /simulator/notices` | every notice so far, how often it was sent and accepted |
//! | `POST /simulator/notices/resend` `{id?}` | sends one again, or all that nobody accepted |
//! | `POST /simulator/notices/forge` `{id?, body?, type?, object?}` | sends one with a wrong signature |
//! | `POST /simulator/notices/drain` | answers when nothing is on its way any more |
//! | `POST /simulator/refunds/{id}/finish?outcome=succeeded` or `failed` | ends a pending refund |
#![recursion_limit = "256"]

mod buyer;
mod call;
mod courier;
mod desk;
mod faults;
mod ids;
mod keep;
mod notices;
mod page;
mod paypal;
mod running;
mod settings;
mod shelf;
mod site;
mod stripe;

pub use running::{Running, start};
pub use settings::{Refused, Settings};
