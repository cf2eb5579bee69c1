//! Carries notices to the webhook address: in order within one cause, again after a failure, not for ever.

use crate::desk::{Desk, Provider, lock};
use crate::notices::{Batch, Notice};
use std::sync::Arc;
use std::time::Duration;

/// How often one delivery is tried.
const ATTEMPTS: u32 = 8;
/// The pause after the first failure; it doubles from one to the next (12 seconds in all).
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Takes one off the count of what is on its way, however the sending ends.
struct Arrival<'a>(&'a tokio::sync::watch::Sender<usize>);

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl<P: Provider> Desk<P> {
    /// Starts sending; batches do not wait for each other.
    pub(crate) fn send(self: &Arc<Self>, batches: Vec<Batch>) {
        for batch in batches {
            let planned = batch.delivery.plan(&batch.notices);
            self.carry(planned.into_iter().map(|notice| notice.id).collect(), batch.delivery.delay());
        }
    }

    /// Sends to this address from now on, beginning with what waited for one.
    pub(crate) fn deliver_to(self: &Arc<Self>, url: String) {
        *self.webhook_url.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(url);
        let waiting = std::mem::take(&mut *lock(&self.parked));
        self.carry(waiting, Duration::ZERO);
    }

    /// Returns when nothing is on its way.
    pub(crate) async fn drained(&self) {
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Sends a known notice once more, without repeating; the status that was answered.
    pub(crate) async fn resend(&self, notice: &Notice) -> Option<u16> {
        let status = self.post(&notice.body, true).await;
        self.note(&notice.id, |told| {
            told.sent += 1;
            told.accepted += u32::from(status.is_some_and(accepted));
        });
        status
    }

    /// Sends a notice that a stranger wrote; the status that was answered.
    pub(crate) async fn forge(&self, notice: &Notice) -> Option<u16> {
        self.post(&notice.body, false).await
    }

    fn carry(self: &Arc<Self>, ids: Vec<String>, delay: Duration) {
        if ids.is_empty() {
            return;
        }
        // Counted before the call returns: whoever drains after an answer waits for what it caused.
        self.under_way.send_modify(|count| *count += 1);
        let desk = Arc::clone(self);
        self.runtime.spawn(async move {
            let _arrival = Arrival(&desk.under_way);
            let work = async {
                tokio::time::sleep(delay).await;
                for id in ids {
                    desk.deliver(&id).await;
                }
            };
            tokio::select! {
                () = desk.stopped() => {}
                () = work => {}
            }
        });
    }

    /// Tries until it is accepted or there is no hope.
    async fn deliver(&self, id: &str) {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let Some(body) = self.look(|kept| kept.told.get(id).map(|told| told.notice.body.clone())) else {
                return;
            };
            if self.url().is_none() {
                lock(&self.parked).push(id.to_owned());
                return;
            }
            let status = {
                let _lane = self.lanes.acquire().await;
                self.post(&body, true).await
            };
            let done = status.is_some_and(accepted);
            self.note(id, |told| {
                told.sent += 1;
                told.accepted += u32::from(done);
                told.owed = told.owed.saturating_sub(u32::from(done || attempt == ATTEMPTS));
            });
            if done {
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        tracing::warn!(provider = P::NAME, notice = id, "a simulated notice was never accepted");
    }

    fn url(&self) -> Option<String> {
        self.webhook_url.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    async fn post(&self, body: &str, genuine: bool) -> Option<u16> {
        let url = self.url()?;
        let mut request = self.client.post(url).header("content-type", "application/json; charset=utf-8");
        for (name, value) in self.provider.sign(body, genuine, self.clock.now()) {
            request = request.header(name, value);
        }
        let answer = request.body(body.to_owned()).send().await;
        answer.map(|answer| answer.status().as_u16()).ok()
    }
}

const fn accepted(status: u16) -> bool {
    status >= 200 && status < 300
}
