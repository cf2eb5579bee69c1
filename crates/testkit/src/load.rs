//! What puts load on a running program over HTTP, as light as can be: it shares the machine with what it drives.
//!
//! One [`Connection`] per buyer at a time, requests written out beforehand, answers read no further than needed.

mod box_office;
mod buyer;
mod connection;
mod group;
mod latencies;
mod listener;
mod mail_sink;
mod stock;

pub use box_office::{BoxOffice, Hall, Plan, log_in, log_in_all, register};
pub use buyer::{Buyer, Offered};
pub use connection::{Answer, Connection, request};
pub use group::{Group, Seats};
pub use latencies::Latencies;
pub use listener::{Listener, available};
pub use mail_sink::{MailSink, Taken};
pub use stock::Stock;

/// Why a load could not be driven.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The connection broke, or could not be made: whether the request was worked on is unknown.
    #[error("the connection failed while {doing}: {cause}")]
    Connection {
        /// What was asked for.
        doing: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Something else was answered than is right here.
    #[error("{doing} was answered with {status}: {body}")]
    Answer {
        /// What was asked for.
        doing: &'static str,
        /// HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
}

impl LoadError {
    fn unexpected(doing: &'static str, answer: Answer<'_>) -> Self {
        let body = String::from_utf8_lossy(answer.body).chars().take(600).collect();
        Self::Answer { doing, status: answer.status, body }
    }
}
