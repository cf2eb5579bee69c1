//! What an outbox promises about traces.

use super::{claim, lease, minutes, owe};
use crate::{Stores, noon};
use kernel::TraceParent;

tokio::task_local! {
    static TRACE: TraceParent;
}

/// In which trace a case runs: what stores are to ask when they are opened for [`crate::outbox_contract`].
#[must_use]
pub fn trace() -> Option<TraceParent> {
    TRACE.try_with(|trace| *trace).ok()
}

pub async fn what_is_owed_tells_in_which_trace_it_was(stores: Stores) {
    let trace: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let traced = TRACE.scope(trace, owe(&stores, noon() - minutes(1))).await;
    let plain = owe(&stores, noon()).await;
    let due: Vec<_> = claim(&stores, noon()).await.iter().map(|due| (due.id, due.trace)).collect();
    assert_eq!(due, [(traced.id, Some(trace)), (plain.id, None)]);
    // However often it comes again, and whoever says something of it in another trace.
    let other: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".parse().unwrap();
    let held = lease(traced.id, noon());
    let postponed = stores.outbox.postpone(held, noon(), Some("the mail server is away"));
    assert!(TRACE.scope(other, postponed).await.unwrap());
    let due = claim(&stores, noon()).await;
    assert_eq!((due[0].id, due[0].trace), (traced.id, Some(trace)));
}
