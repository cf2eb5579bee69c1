//! Those who listen to an event while it is sold.

use crate::Failure;
use crate::databases::Serving;
use crate::drive::{Diary, Measured};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use testkit::load::{Latencies, Listener, Offered, available};
use tokio::task::JoinSet;

/// Connections that are opened at a time.
const AT_ONCE: usize = 50;
/// One of so many looks how old what it hears is; the others only hear.
const ONE_OF: usize = 10;

/// Thousands with an open stream each.
pub(crate) struct Crowd {
    hearing: JoinSet<()>,
    since: Instant,
    heard: Arc<Mutex<Heard>>,
}

/// What one of ten heard.
#[derive(Default)]
struct Heard {
    ages: Latencies,
    failures: Vec<String>,
}

impl Crowd {
    /// Lets them in; each has heard its first snapshot when this returns.
    pub(crate) async fn gather(
        serving: &Serving,
        offers: &[Offered],
        count: usize,
        diary: &Diary,
    ) -> Result<Self, Failure> {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit)?;
        let offered = offers.first().ok_or("nothing is on sale")?;
        let path = format!("/api/v1/events/{}/stream", offered.event);
        let (mut all, mut opening) = (Vec::new(), JoinSet::new());
        for token in serving.tokens.iter().cycle().take(count) {
            let (path, token, address) = (path.clone(), token.clone(), serving.program.address());
            opening.spawn(async move {
                let mut listener = Listener::open(address, &path, &token).await?;
                let left = available(&listener.next().await?);
                Ok::<_, std::io::Error>((listener, left))
            });
            if opening.len() >= AT_ONCE
                && let Some(opened) = opening.join_next().await
            {
                all.push(opened??);
            }
        }
        while let Some(opened) = opening.join_next().await {
            all.push(opened??);
        }
        let start = all.iter().filter_map(|(_, left)| *left).min().ok_or("nothing was heard")?;
        let (mut hearing, heard) = (JoinSet::new(), Arc::<Mutex<Heard>>::default());
        for (number, (listener, _)) in all.into_iter().enumerate() {
            if number % ONE_OF == 0 {
                hearing.spawn(weigh(listener, start, diary.clone(), Arc::clone(&heard)));
            } else {
                hearing.spawn(hear(listener, Arc::clone(&heard)));
            }
        }
        Ok(Self { hearing, since: Instant::now(), heard })
    }

    /// What they heard: how many snapshots a second, all together, and how old what they knew was at its oldest, just
    /// before they heard something newer.
    pub(crate) fn went(self) -> Measured {
        drop(self.hearing);
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let count = u32::try_from(heard.ages.count() * ONE_OF).unwrap_or(u32::MAX);
        let per_second = f64::from(count) / self.since.elapsed().as_secs_f64();
        Measured { per_second, first: heard.ages, failures: heard.failures, ..Measured::default() }
    }
}

/// Hears, and does nothing with it.
async fn hear(mut listener: Listener, heard: Arc<Mutex<Heard>>) {
    loop {
        if let Err(failure) = listener.next().await {
            heard.lock().unwrap_or_else(PoisonError::into_inner).failures.push(failure.to_string());
            return;
        }
    }
}

/// The first hold that a snapshot does not know of was answered at some time: from then on until the next snapshot it
/// gets older.
async fn weigh(mut listener: Listener, start: u64, diary: Diary, heard: Arc<Mutex<Heard>>) {
    let mut known = 0;
    loop {
        let left = listener.next().await.map(|data| available(&data).unwrap_or(start));
        let now = Instant::now();
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        match left {
            Ok(left) => {
                if let Some(missed) = diary.after(known) {
                    heard.ages.add(now.saturating_duration_since(missed));
                }
                known = usize::try_from(start.saturating_sub(left)).unwrap_or(usize::MAX);
            }
            Err(failure) => {
                heard.failures.push(failure.to_string());
                return;
            }
        }
    }
}
