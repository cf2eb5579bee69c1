//! Where requests queue inside one process, so that those who come together are served together.
//!
//! A hot event is one row: buyers who each lock, write and commit it alone pay one durable commit each, in single
//! file. Here the first to come leads: it decides for itself and for all who arrived while the one before was busy,
//! in one transaction. Nothing runs in the background; whoever leads does so in its own request, for one batch, and
//! hands the lead to the next in line. Between processes the database arbitrates.
//!
//! Two use it: [`crate::Bookings`] for all who want places, and the gate of the program (`apps/api/src/gate.rs`) for
//! the sessions of those who come at once, which are found in one query.

use futures_channel::oneshot;
use kernel::StoreError;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Most requests served at once: bounds its length, and with it everybody's wait.
const MOST_TOGETHER: usize = 256;

/// Some queues; all requests about one thing meet in the same one.
pub struct Desk<Ask, Answer> {
    lanes: Vec<Lane<Ask, Answer>>,
}

struct Lane<Ask, Answer>(Mutex<Line<Ask, Answer>>);

struct Line<Ask, Answer> {
    /// Somebody decides now, or has been told to.
    led: bool,
    waiting: VecDeque<Waiting<Ask, Answer>>,
}

struct Waiting<Ask, Answer> {
    ask: Ask,
    turn: oneshot::Sender<Turn<Ask, Answer>>,
}

enum Turn<Ask, Answer> {
    /// Decide for yourself and for those behind you.
    Lead(Ask),
    /// Somebody else decided for you.
    Done(Answer),
}

impl<Ask, Answer> Desk<Ask, Answer> {
    /// A desk with so many queues, at least one.
    #[must_use]
    pub fn new(lanes: usize) -> Self {
        let lane = || Lane(Mutex::new(Line { led: false, waiting: VecDeque::new() }));
        Self { lanes: std::iter::repeat_with(lane).take(lanes.max(1)).collect() }
    }

    /// Has `ask` about the thing `about` decided, together with others, by somebody's `decide`: as many answers as asks,
    /// in their order.
    ///
    /// `None` when the one who was deciding vanished: it is not known whether anything was written.
    pub async fn submit<D, F>(&self, about: Uuid, ask: Ask, decide: D) -> Option<Answer>
    where
        D: FnOnce(Vec<Ask>) -> F,
        F: Future<Output = Vec<Answer>>,
    {
        let (_, low) = about.as_u64_pair();
        let lane = self.lanes.get(usize::try_from(low).unwrap_or(0) % self.lanes.len())?;
        let ask = match lane.join(ask) {
            Joined::Leads(ask) => ask,
            Joined::Waits(receiver) => {
                let mut seat = Seat { lane, receiver };
                match (&mut seat.receiver).await {
                    Ok(Turn::Lead(ask)) => ask,
                    Ok(Turn::Done(answer)) => return Some(answer),
                    Err(oneshot::Canceled) => return None,
                }
            }
        };
        let lead = Lead { lane };
        let (mut asks, mut turns) = (vec![ask], Vec::new());
        for next in lane.take(MOST_TOGETHER - 1) {
            asks.push(next.ask);
            turns.push(next.turn);
        }
        let mut answers = decide(asks).await.into_iter();
        let own = answers.next();
        for (turn, answer) in turns.into_iter().zip(answers) {
            // Who does not wait any more has no use for the answer.
            let _ = turn.send(Turn::Done(answer));
        }
        drop(lead);
        own
    }
}

/// An answer for each of those who are served together: `work` is done for all of them and, should it come upon
/// something broken, for each alone, as one corrupt row must not fail those who only stood beside it. Two failures in a
/// row are more than a row: whoever is not answered yet shares the last one then, as all share any other failure.
pub async fn together<Ask: Clone, Answer, F>(
    asks: Vec<Ask>,
    work: impl Fn(Arc<[Ask]>) -> F,
) -> Vec<Result<Answer, StoreError>>
where
    F: Future<Output = Result<Vec<Answer>, StoreError>>,
{
    let asks: Arc<[Ask]> = asks.into();
    let mut answers = Vec::with_capacity(asks.len());
    match work(Arc::clone(&asks)).await {
        Ok(found) => answers.extend(found.into_iter().map(Ok)),
        Err(StoreError::Broken { .. }) if asks.len() > 1 => {
            for ask in asks.iter() {
                let alone = work(Arc::new([ask.clone()])).await;
                answers.push(alone.and_then(|found| found.into_iter().next().ok_or(UNANSWERED)));
                if matches!(answers.as_slice(), [.., Err(_), Err(_)]) {
                    break;
                }
            }
        }
        Err(error) => answers.push(Err(error)),
    }
    let others: Vec<_> = match answers.last() {
        Some(Err(error)) => asks.iter().skip(answers.len()).map(|_| Err(error.for_others())).collect(),
        _ => Vec::new(),
    };
    answers.extend(others);
    answers
}

const UNANSWERED: StoreError = StoreError::Broken { doing: "deciding a request", cause: None };

enum Joined<Ask, Answer> {
    Leads(Ask),
    Waits(oneshot::Receiver<Turn<Ask, Answer>>),
}

impl<Ask, Answer> Lane<Ask, Answer> {
    fn line(&self) -> MutexGuard<'_, Line<Ask, Answer>> {
        // The line is whole between any two statements: a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, ask: Ask) -> Joined<Ask, Answer> {
        let mut line = self.line();
        if !line.led {
            line.led = true;
            return Joined::Leads(ask);
        }
        let (turn, receiver) = oneshot::channel();
        line.waiting.push_back(Waiting { ask, turn });
        Joined::Waits(receiver)
    }

    fn take(&self, most: usize) -> Vec<Waiting<Ask, Answer>> {
        let mut line = self.line();
        let count = most.min(line.waiting.len());
        line.waiting.drain(..count).collect()
    }

    /// Hands the lead to the first who still waits.
    fn pass_on(&self) {
        let mut line = self.line();
        while let Some(next) = line.waiting.pop_front() {
            if next.turn.send(Turn::Lead(next.ask)).is_ok() {
                return;
            }
        }
        line.led = false;
    }
}

/// The duty to pass the lead on, kept even when the request that leads is dropped half-way.
struct Lead<'a, Ask, Answer> {
    lane: &'a Lane<Ask, Answer>,
}

impl<Ask, Answer> Drop for Lead<'_, Ask, Answer> {
    fn drop(&mut self) {
        self.lane.pass_on();
    }
}

/// A place in the line. One who leaves after having been told to lead passes the lead on.
struct Seat<'a, Ask, Answer> {
    lane: &'a Lane<Ask, Answer>,
    receiver: oneshot::Receiver<Turn<Ask, Answer>>,
}

impl<Ask, Answer> Drop for Seat<'_, Ask, Answer> {
    fn drop(&mut self) {
        self.receiver.close();
        if let Ok(Some(Turn::Lead(_))) = self.receiver.try_recv() {
            self.lane.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn those_who_come_together_are_decided_together() {
        let desk = Arc::new(Desk::new(2));
        let batches = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let buyers: Vec<_> = (0..100u32)
            .map(|number| {
                let (desk, batches, gate) = (desk.clone(), batches.clone(), gate.clone());
                tokio::spawn(async move {
                    let decide = async move |asks: Vec<u32>| {
                        batches.fetch_add(1, Ordering::SeqCst);
                        gate.acquire().await.unwrap().forget();
                        asks.into_iter().map(|ask| ask * 2).collect::<Vec<_>>()
                    };
                    assert_eq!(desk.submit(Uuid::nil(), number, decide).await, Some(number * 2));
                })
            })
            .collect();
        // The first leads alone; all others line up behind it.
        while desk.lanes.iter().map(|lane| lane.line().waiting.len()).sum::<usize>() < 99 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(100);
        for buyer in buyers {
            buyer.await.unwrap();
        }
        assert_eq!(batches.load(Ordering::SeqCst), 2);
    }

    /// Who is answered when these are corrupt, and how often was asked.
    async fn beside(corrupt: &[u32]) -> (Vec<bool>, usize) {
        let asked = AtomicUsize::new(0);
        let work = |some: Arc<[u32]>| {
            asked.fetch_add(1, Ordering::SeqCst);
            ready(match some.iter().any(|one| corrupt.contains(one)) {
                true => Err(StoreError::broken("looking", "corrupt")),
                false => Ok(some.to_vec()),
            })
        };
        let answers = together((0..6).collect(), work).await;
        for (ask, answer) in (0..).zip(&answers) {
            assert!(answer.as_ref().is_ok_and(|one| *one == ask) || answer.is_err());
        }
        (answers.iter().map(Result::is_ok).collect(), asked.into_inner())
    }

    #[tokio::test]
    async fn what_is_broken_fails_those_alone_whom_it_concerns() {
        assert_eq!(beside(&[]).await, (vec![true; 6], 1));
        assert_eq!(beside(&[1]).await, (vec![true, false, true, true, true, true], 7));
        assert_eq!(beside(&[1, 3, 5]).await, (vec![true, false, true, false, true, false], 7));
        // More than a row is broken: nobody else is made to wait for it.
        assert_eq!(beside(&[0, 1, 2, 3, 4, 5]).await, (vec![false; 6], 3));
        assert_eq!(beside(&[1, 2]).await, (vec![true, false, false, false, false, false], 4));
    }

    #[tokio::test]
    async fn a_leader_who_vanishes_stops_nobody_else() {
        let desk = Arc::new(Desk::<u32, u32>::new(1));
        let stuck = {
            let desk = desk.clone();
            tokio::spawn(async move { desk.submit(Uuid::nil(), 1, |_| std::future::pending()).await })
        };
        while !desk.lanes[0].line().led {
            tokio::task::yield_now().await;
        }
        let next = {
            let desk = desk.clone();
            tokio::spawn(async move { desk.submit(Uuid::nil(), 2, async |asks| asks).await })
        };
        while desk.lanes[0].line().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        stuck.abort();
        let answer = tokio::time::timeout(Duration::from_secs(10), next).await.unwrap().unwrap();
        assert_eq!(answer, Some(2));
        assert!(!desk.lanes[0].line().led);
    }

    #[tokio::test]
    async fn one_who_leaves_the_line_when_told_to_lead_passes_it_on() {
        let desk = Desk::<u32, u32>::new(1);
        let lane = &desk.lanes[0];
        assert!(matches!(lane.join(1), Joined::Leads(1)));
        let Joined::Waits(receiver) = lane.join(2) else { panic!("the line is led") };
        let second = Seat { lane, receiver };
        let Joined::Waits(mut third) = lane.join(3) else { panic!("the line is led") };
        drop(Lead { lane });
        drop(second);
        assert!(matches!(third.try_recv(), Ok(Some(Turn::Lead(3)))));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_leader_that_vanished_is_told() {
        let desk = Arc::new(Desk::<u32, u32>::new(1));
        let first = Lead { lane: &desk.lanes[0] };
        desk.lanes[0].line().led = true;
        let submit = |number| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.submit(Uuid::nil(), number, |_| std::future::pending()).await })
        };
        let (leader, follower) = (submit(1), submit(2));
        while desk.lanes[0].line().waiting.len() < 2 {
            tokio::task::yield_now().await;
        }
        drop(first);
        while !desk.lanes[0].line().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        leader.abort();
        let told = tokio::time::timeout(Duration::from_secs(10), follower).await.unwrap().unwrap();
        assert_eq!(told, None);
    }
}
