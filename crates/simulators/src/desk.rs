//! One provider's desk: its books under one lock, kept on disk when asked, its faults, and its notices.

use crate::call::{Call, Endpoint, Reply};
use crate::faults::Fault;
use crate::notices::{Batch, Notice, Told, ToldShelf, Weather};
use kernel::{Clock, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use tokio::sync::{Semaphore, watch};

/// What the provider's rules make of a call.
pub(crate) struct Served {
    pub reply: Reply,
    /// Notices that follow from it.
    pub batches: Vec<Batch>,
}

impl From<Reply> for Served {
    fn from(reply: Reply) -> Self {
        Self { reply, batches: Vec::new() }
    }
}

/// A provider's rules: no I/O, the time is given.
pub(crate) trait Provider: Send + Sync + 'static {
    /// All that it remembers.
    type Books: Default + Serialize + DeserializeOwned + Send + 'static;
    /// In lower case.
    const NAME: &'static str;

    /// Answers a call, changing the books.
    fn serve(&self, books: &mut Self::Books, call: &Call, now: Timestamp) -> Served;
    /// Lets time pass: what has expired expires.
    fn tick(&self, books: &mut Self::Books, now: Timestamp) -> Vec<Batch>;
    /// What it believes, for tests to compare.
    fn state(&self, books: &Self::Books) -> Value;
    /// Ends a pending refund; `None` when there is no such one.
    fn finish_refund(
        &self,
        books: &mut Self::Books,
        id: &str,
        succeeds: bool,
        now: Timestamp,
    ) -> Option<Vec<Batch>>;
    /// An event of this type about this object.
    fn event(&self, kind: &str, object: Value, now: Timestamp) -> Notice;
    /// The headers a notice is sent with; `genuine: false` signs as a stranger would.
    fn sign(&self, body: &str, genuine: bool, now: Timestamp) -> Vec<(&'static str, String)>;
    /// What names a request that must not run twice at once.
    fn request_key(&self, call: &Call) -> Option<String>;
    /// The answer to a request whose twin is still running.
    fn busy(&self) -> Reply;
    /// The answer of a provider that is broken.
    fn broken(&self) -> Reply;
}

/// What is kept on disk.
#[derive(Serialize, Deserialize)]
#[serde(bound = "B: Serialize + DeserializeOwned")]
pub(crate) struct Kept<B> {
    pub books: B,
    pub told: ToldShelf,
}

impl<B: Default> Default for Kept<B> {
    fn default() -> Self {
        Self { books: B::default(), told: ToldShelf::default() }
    }
}

/// See the module.
pub(crate) struct Desk<P: Provider> {
    pub provider: P,
    pub clock: Arc<dyn Clock>,
    pub runtime: tokio::runtime::Handle,
    pub client: reqwest::Client,
    pub webhook_url: RwLock<Option<String>>,
    /// The events for which that address is registered; all of them when nothing was said.
    events: Mutex<Option<Vec<String>>>,
    /// What happens to notices on their way.
    weather: Mutex<Weather>,
    /// Notices that could not be sent for want of an address.
    pub parked: Mutex<Vec<String>>,
    /// How many notices are on their way.
    pub under_way: watch::Sender<usize>,
    /// How many are sent at the same time.
    pub lanes: Semaphore,
    /// Becomes `true` when everything has to end.
    pub stop: watch::Sender<bool>,
    kept: Mutex<Kept<P::Books>>,
    faults: Mutex<Vec<Fault>>,
    running: Mutex<HashSet<String>>,
    file: Option<PathBuf>,
    /// Counts changes; what was written to disk follows in `written`.
    changed: watch::Sender<u64>,
    written: watch::Sender<u64>,
}

/// Locks that outlive a panic: the rules change the books only once they have decided.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Provider> Desk<P> {
    pub(crate) fn new(
        provider: P,
        kept: Kept<P::Books>,
        file: Option<PathBuf>,
        client: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        // What was owed when the process ended is sent by the next one.
        let owed = kept.told.iter().flat_map(|told| (0..told.owed).map(|_| told.notice.id.clone()));
        Arc::new(Self {
            parked: Mutex::new(owed.collect()),
            provider,
            clock,
            runtime: tokio::runtime::Handle::current(),
            client,
            webhook_url: RwLock::new(None),
            events: Mutex::default(),
            weather: Mutex::default(),
            under_way: watch::Sender::new(0),
            lanes: Semaphore::new(16),
            stop: watch::Sender::new(false),
            kept: Mutex::new(kept),
            faults: Mutex::default(),
            running: Mutex::default(),
            file,
            changed: watch::Sender::new(0),
            written: watch::Sender::new(0),
        })
    }

    /// Answers a call by the provider's rules, sends what follows from it, and returns when it is kept.
    pub(crate) async fn act(self: &Arc<Self>, call: &Call) -> Reply {
        let now = self.clock.now();
        let (served, change) = {
            let mut kept = lock(&self.kept);
            let due = self.provider.tick(&mut kept.books, now);
            let mut served = self.provider.serve(&mut kept.books, call, now);
            served.batches.splice(0..0, due);
            self.through_weather(&mut served.batches);
            let changes = call.method != "GET" || !served.batches.is_empty();
            write_down(&mut kept.told, &served.batches);
            (served, changes.then(|| self.count_change()))
        };
        self.send(served.batches);
        self.until_written(change).await;
        served.reply
    }

    /// Does something to the books outside the provider's own calls.
    pub(crate) async fn change<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&P, &mut P::Books, Timestamp) -> (T, Vec<Batch>),
    ) -> T {
        let now = self.clock.now();
        let (result, batches, change) = {
            let mut kept = lock(&self.kept);
            let (result, mut batches) = work(&self.provider, &mut kept.books, now);
            self.through_weather(&mut batches);
            write_down(&mut kept.told, &batches);
            (result, batches, self.count_change())
        };
        self.send(batches);
        self.until_written(Some(change)).await;
        result
    }

    /// Lets time pass although nobody calls; writes nothing when nothing has expired.
    pub(crate) async fn expire(self: &Arc<Self>) {
        let now = self.clock.now();
        let (batches, change) = {
            let mut kept = lock(&self.kept);
            let mut batches = self.provider.tick(&mut kept.books, now);
            self.through_weather(&mut batches);
            write_down(&mut kept.told, &batches);
            let change = (!batches.is_empty()).then(|| self.count_change());
            (batches, change)
        };
        self.send(batches);
        self.until_written(change).await;
    }

    /// Looks at the books.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&Kept<P::Books>) -> T) -> T {
        work(&lock(&self.kept))
    }

    /// Notes what became of a notice.
    pub(crate) fn note(&self, id: &str, work: impl FnOnce(&mut Told)) {
        let mut kept = lock(&self.kept);
        if let Some(told) = kept.told.get_mut(id) {
            work(told);
            self.count_change();
        }
    }

    /// The faults that are still to strike.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        lock(&self.faults)
    }

    /// From now on notices fare like this.
    pub(crate) fn set_weather(&self, weather: Weather) {
        *lock(&self.weather) = weather;
    }

    fn through_weather(&self, batches: &mut [Batch]) {
        let mut weather = lock(&self.weather);
        batches.iter_mut().for_each(|batch| weather.meet(batch));
    }

    /// The shop's address is registered for these events only.
    pub(crate) fn register(&self, events: Vec<String>) {
        *lock(&self.events) = Some(events);
    }

    /// Where the shop takes notices, and which.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        let url = self.webhook_url.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let events = lock(&self.events).clone().unwrap_or_else(|| vec!["*".to_owned()]);
        Some(Endpoint { url, events })
    }

    /// Marks a request as running until the guard is dropped; `None` when its twin is running.
    pub(crate) fn begin(&self, key: Option<String>) -> Option<RunningRequest<'_>> {
        if let Some(key) = &key
            && !lock(&self.running).insert(key.clone())
        {
            return None;
        }
        Some(RunningRequest { running: &self.running, key })
    }

    /// Returns when everything ends.
    pub(crate) async fn stopped(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Returns when all changes up to now are written.
    pub(crate) async fn flushed(&self) {
        let change = *self.changed.borrow();
        self.until_written(Some(change)).await;
    }

    /// Writes snapshots until the desk is gone.
    pub(crate) async fn keep(desk: Weak<Self>) {
        let Some((path, mut changes)) =
            desk.upgrade().and_then(|desk| Some((desk.file.clone()?, desk.changed.subscribe())))
        else {
            return;
        };
        while changes.changed().await.is_ok() {
            let Some(desk) = desk.upgrade() else { return };
            let (change, bytes) = {
                let kept = lock(&desk.kept);
                (*changes.borrow_and_update(), serde_json::to_vec(&*kept))
            };
            let path = path.clone();
            let write = move || crate::keep::replace(&path, &bytes.map_err(std::io::Error::from)?);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(write).await {
                tracing::error!(provider = P::NAME, %error, "the simulator's state was not kept");
            }
            desk.written.send_replace(change);
        }
    }

    /// Must be called with the books locked, so that the snapshot of this number holds the change.
    fn count_change(&self) -> u64 {
        let mut number = 0;
        self.changed.send_modify(|count| {
            *count += 1;
            number = *count;
        });
        number
    }

    async fn until_written(&self, change: Option<u64>) {
        if let (Some(change), Some(_)) = (change, &self.file) {
            let _ = self.written.subscribe().wait_for(|written| *written >= change).await;
        }
    }
}

fn write_down(told: &mut ToldShelf, batches: &[Batch]) {
    for batch in batches {
        let planned = batch.delivery.plan(&batch.notices);
        for notice in &batch.notices {
            let owed = planned.iter().filter(|planned| planned.id == notice.id).count();
            let owed = u32::try_from(owed).unwrap_or(0);
            told.put(notice.id.clone(), Told { notice: notice.clone(), owed, sent: 0, accepted: 0 });
        }
    }
}

/// A request that is being served.
pub(crate) struct RunningRequest<'a> {
    running: &'a Mutex<HashSet<String>>,
    key: Option<String>,
}

impl Drop for RunningRequest<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            lock(self.running).remove(key);
        }
    }
}
