//! From "decided" to "durable and seen": one thread writes commits in the order in which they were decided, as many
//! in one sync as have gathered meanwhile.
//!
//! The next transaction builds on the newest decided state at once; reads see only durable ones. Should a write
//! fail, everything that was built on it fails with it.

use crate::journal::{Changes, Journal, failed};
use crate::state::State;
use kernel::StoreError;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::{Mutex, oneshot};

/// Most commits that share one sync, so that the first of them does not wait for ever.
const MOST: usize = 512;

/// The two ends of history.
pub(crate) struct Heads {
    /// Durable: what reads see.
    published: RwLock<Arc<State>>,
    /// Decided: what the next transaction builds on. Whoever holds the lock is the one writer.
    pub(crate) latest: Arc<Mutex<Arc<State>>>,
}

impl Heads {
    pub(crate) fn new(state: State) -> Self {
        let state = Arc::new(state);
        Self { published: RwLock::new(Arc::clone(&state)), latest: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn published(&self) -> Arc<State> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn publish(&self, state: Arc<State>) {
        let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *published, state);
        drop(published);
        // May free much; readers need not wait for it.
        drop(before);
    }
}

/// One commit on its way to the disk.
pub(crate) struct Order {
    /// What is seen once it is durable.
    pub(crate) state: Arc<State>,
    /// What has to be written; nothing when only the durability of what was read matters.
    pub(crate) changes: Changes,
    pub(crate) done: oneshot::Sender<Result<(), StoreError>>,
}

/// The thread that owns the journal; it ends, and lets go of the file, when this is dropped.
pub(crate) struct Writer {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(journal: Journal, heads: Arc<Heads>) -> std::io::Result<Self> {
        let (orders, incoming) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(journal, &heads, &incoming))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// `false` when the thread is gone and nothing can be written any more.
    pub(crate) fn send(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has failed every open order already.
            let _ = thread.join();
        }
    }
}

fn write_all(mut journal: Journal, heads: &Heads, incoming: &Receiver<Order>) {
    while let Ok(first) = incoming.recv() {
        let mut orders = vec![first];
        orders.extend(incoming.try_iter().take(MOST - 1));
        let mut changes = Changes::new();
        for order in &mut orders {
            // Later texts of a document replace earlier ones.
            changes.append(&mut order.changes);
        }
        let written = if changes.is_empty() { Ok(()) } else { journal.append(&changes) };
        match written {
            Ok(()) => {
                if let Some(last) = orders.last() {
                    heads.publish(Arc::clone(&last.state));
                }
                for order in orders {
                    // Nobody waits any more when the caller was cancelled; the commit stands all the same.
                    let _ = order.done.send(Ok(()));
                }
            }
            Err(error) => give_up(heads, incoming, orders, error),
        }
    }
}

/// Takes back what was decided on top of what is durable.
fn give_up(heads: &Heads, incoming: &Receiver<Order>, orders: Vec<Order>, error: rusqlite::Error) {
    // With the lock held nothing can be decided on top of what is being taken back.
    let mut latest = heads.latest.blocking_lock();
    let text = error.to_string();
    let mut error = Some(error);
    for order in orders.into_iter().chain(incoming.try_iter()) {
        let refusal = match error.take() {
            Some(error) => failed("writing a commit")(error),
            None => StoreError::unavailable("writing a commit", text.clone()),
        };
        let _ = order.done.send(Err(refusal));
    }
    *latest = heads.published();
}

#[cfg(test)]
mod tests {
    use crate::journal::Journal;
    use crate::mail_box::MailBox;
    use crate::store::LocalStore;
    use kernel::{EffectId, Mail, MailError, Mailer, SystemClock, Timestamp};
    use std::sync::Arc;

    fn mail(bytes: usize) -> Mail {
        Mail {
            id: EffectId::generate(Timestamp::UNIX_EPOCH),
            to: "ada@example.org".into(),
            subject: "Size".into(),
            text: "x".repeat(bytes),
            html: None,
            attachments: Vec::new(),
            return_path: None,
            unsubscribe: None,
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_cannot_be_written_is_not_seen_and_what_was_built_on_it_fails_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        journal.limit_pages(40);
        let mails = MailBox::new(LocalStore::over(journal).unwrap(), Arc::new(SystemClock));
        let sending: Vec<_> = (0..40)
            .map(|number| {
                let mails = mails.clone();
                // Every fourth is larger than the whole file may be.
                let mail = mail(if number % 4 == 0 { 1 << 20 } else { 100 });
                tokio::spawn(async move { (mail.id, mail.text.len() > 100, mails.send(&mail).await) })
            })
            .collect();
        let mut sent = Vec::new();
        for one in sending {
            let (id, large, answer) = one.await.unwrap();
            assert!(!(large && answer.is_ok()));
            assert!(matches!(answer, Ok(()) | Err(MailError::Deferred(_))));
            sent.push((id, answer.is_ok()));
        }
        // The next commit would bring along what was not taken back.
        let last = mail(100);
        mails.send(&last).await.unwrap();
        sent.push((last.id, true));
        for (id, answered) in &sent {
            assert_eq!(mails.mail(*id).is_some(), *answered);
        }
        drop(mails);
        let store = LocalStore::over(Journal::open(directory.path()).unwrap()).unwrap();
        for (id, answered) in &sent {
            assert_eq!(store.read().mails.mails.contains_key(id), *answered);
        }
    }
}
