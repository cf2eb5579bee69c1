//! The store as it is at one instant, line by line, and a store made of such lines.
//!
//! The first line says the schema, each further one the kind, the key and the text of a document, as the journal keeps
//! them, and the last one how many documents there were.

mod fill;

pub use fill::NewStore;

use crate::journal::SCHEMA;
use crate::state::State;
use crate::store::LocalStore;
use async_trait::async_trait;
use backups::{Copied, Flow, FlowError, Kind, Source};
use data_encoding::HEXLOWER;
use kernel::StoreError;
use std::mem;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;

/// How the first line begins.
const FIRST: &str = "schema";
/// How the last line begins. No kind of document is called so.
const LAST: &str = "end";
/// Divides the words of a line. In no text of JSON does it stand as it is.
const BETWEEN: char = '\t';
/// Bytes that are handed over at once, and a line more.
const RUN: usize = 128 * 1024;
/// Runs that wait for whoever reads.
const WAITING: usize = 2;
const COPYING: &str = "copying the store";

/// A run, the end that was reached in order, or why no more comes.
type Next = Result<Option<Vec<u8>>, StoreError>;

#[async_trait]
impl Source for LocalStore {
    fn kind(&self) -> Kind {
        Kind::Local
    }

    async fn copy(&self) -> Result<Copied, StoreError> {
        // Versions share what they have in common: writers go on, and this one stays as it is.
        let state = self.read();
        let rows = state.counts();
        let (tell, told) = channel(WAITING);
        spawn_blocking(move || {
            if let Some(end) = tell_all(&state, &tell) {
                // Nobody may be listening any more.
                let _ = tell.blocking_send(end);
            }
        });
        Ok(Copied { schema: SCHEMA.to_string(), rows, flow: Box::new(Lines { told, ended: false }) })
    }
}

/// Tells all lines; how it ended, unless nobody listens any more.
fn tell_all(state: &State, tell: &Sender<Next>) -> Option<Next> {
    let mut run = format!("{FIRST}{BETWEEN}{SCHEMA}\n").into_bytes();
    let mut count = 0_u64;
    let seen = state.each(&mut |kind, key, body| {
        count += 1;
        let key = HEXLOWER.encode(&key);
        run.extend_from_slice(format!("{kind}{BETWEEN}{key}{BETWEEN}{body}\n").as_bytes());
        run.len() < RUN || tell.blocking_send(Ok(Some(mem::take(&mut run)))).is_ok()
    });
    match seen {
        Ok(true) => {
            run.extend_from_slice(format!("{LAST}{BETWEEN}{count}\n").as_bytes());
            tell.blocking_send(Ok(Some(run))).ok()?;
            Some(Ok(None))
        }
        Ok(false) => None,
        Err(error) => Some(Err(StoreError::broken(COPYING, error))),
    }
}

/// The lines of a store.
struct Lines {
    told: Receiver<Next>,
    ended: bool,
}

#[async_trait]
impl Flow for Lines {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        if self.ended {
            return Ok(None);
        }
        match self.told.recv().await {
            Some(next) => {
                self.ended = matches!(next, Ok(None));
                Ok(next?)
            }
            None => Err(StoreError::unavailable(COPYING, "it was given up").into()),
        }
    }
}
