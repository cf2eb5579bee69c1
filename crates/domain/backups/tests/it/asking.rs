//! Asking for backups: one at a time, by somebody or by the clock, and what is known of each.

use crate::house::{House, Key};
use adapter_local::{LocalStore, Place};
use backups::use_cases::AskError;
use backups::{
    Backup, BackupName, DOMAIN, Depth, Finding, Keeper, Made, News, Record, Schedule, Status, Task, Verdict,
    WORK, Work,
};
use chrono::{NaiveTime, TimeDelta};
use kernel::audit::ActFilter;
use kernel::{AuditLog, BackupId, Cause, Clock, Outbox, PageRequest, Timestamp};
use std::sync::Arc;
use testkit::StoppedClock;

struct Desk {
    store: LocalStore,
    clock: Arc<StoppedClock>,
    keeper: Keeper,
}

impl Desk {
    fn new() -> Self {
        Self::with_clock(Arc::new(StoppedClock::default()))
    }

    fn with_clock(clock: Arc<StoppedClock>) -> Self {
        let store = LocalStore::open(Place::Memory).unwrap();
        let keeper = Keeper::new(Arc::new(store.clone()), clock.clone());
        Self { store, clock, keeper }
    }

    /// What is owed under a name; nobody else gets it any more.
    async fn owed(&self, domain: &str) -> Vec<String> {
        let now = self.clock.now();
        let due = self.store.claim(&[domain], now, now + TimeDelta::minutes(1), 100).await.unwrap();
        let mut bodies = Vec::new();
        for due in due {
            // Whoever takes it does it: else it would come again when the lease is over.
            self.store.finish(due.lease()).await.unwrap();
            bodies.push(due.body);
        }
        bodies
    }

    async fn work(&self) -> Vec<Work> {
        self.owed(WORK).await.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn status(&self, id: BackupId) -> Status {
        let desk = self.keeper.desk().await.unwrap();
        self.keeper.backup(id).await.unwrap().unwrap().status(&desk)
    }

    async fn all(&self) -> Vec<Backup> {
        self.keeper.backups(PageRequest { limit: 100, after: None }).await.unwrap().items
    }

    async fn acts(&self) -> Vec<String> {
        let page = PageRequest { limit: 100, after: None };
        let acts = self.store.acts(&ActFilter::default(), page).await.unwrap().items;
        acts.into_iter().rev().map(|sealed| sealed.act.act.into_owned()).collect()
    }
}

fn made(at: Timestamp, depth: Depth, findings: Vec<Finding>) -> Made {
    let name = BackupName::generate(at);
    let verdict = Verdict { backup: name.clone(), at, depth, findings };
    Made { name, bytes: 10, rows: 3, record: Record::default().after(&verdict) }
}

#[tokio::test]
async fn one_is_made_at_a_time_and_what_becomes_of_it_is_known() {
    let desk = Desk::new();
    let by = Cause::command_line();
    let asked = desk.keeper.ask(&by).await.unwrap();
    assert_eq!(desk.status(asked.id).await, Status::Waiting);
    assert!(matches!(desk.keeper.ask(&by).await, Err(AskError::UnderWay)));
    let refused = desk.keeper.ask_verify(asked.id, &by).await;
    assert!(matches!(refused, Err(AskError::UnderWay)), "{refused:?}");

    let work = Work::Make { backup: asked.id };
    assert_eq!(desk.work().await, [work]);
    assert_eq!(desk.keeper.begin(work).await.unwrap(), Some(asked.clone()));
    assert_eq!(desk.status(asked.id).await, Status::Running);
    desk.keeper.failed(work, "the bucket is away").await.unwrap();
    let failing = desk.keeper.backup(asked.id).await.unwrap().unwrap();
    assert_eq!(failing.failure.unwrap().why, "the bucket is away");
    assert_eq!(desk.status(asked.id).await, Status::Waiting, "it is tried again");

    desk.keeper.begin(work).await.unwrap();
    let good = made(desk.clock.now(), Depth::Restored, Vec::new());
    desk.keeper.done(work, good.clone(), None).await.unwrap();
    assert_eq!(desk.status(asked.id).await, Status::Good(Depth::Restored));
    assert_eq!(desk.keeper.last_good().await.unwrap(), Some(good.name.made_at()));
    let kept = desk.keeper.backup(asked.id).await.unwrap().unwrap();
    assert_eq!((kept.made, kept.failure), (Some(good), None));
    // Who comes late changes nothing.
    desk.keeper.done(work, made(desk.clock.now(), Depth::Sums, Vec::new()), None).await.unwrap();
    assert_eq!(desk.keeper.begin(work).await.unwrap(), None);
    assert_eq!(desk.status(asked.id).await, Status::Good(Depth::Restored));

    desk.clock.advance(TimeDelta::minutes(1));
    let again = desk.keeper.ask_verify(asked.id, &by).await.unwrap();
    assert_eq!(desk.work().await, [Work::Verify { backup: again.id }]);
    assert_eq!(desk.keeper.desk().await.unwrap().job.unwrap().task, Task::Verify);
    assert_eq!(desk.acts().await, ["backup.make", "backup.verify"]);
}

#[tokio::test]
async fn what_nobody_tries_any_more_has_failed_and_leaves_room_for_the_next() {
    let desk = Desk::new();
    let asked = desk.keeper.ask(&Cause::system()).await.unwrap();
    let work = Work::Make { backup: asked.id };
    desk.keeper.begin(work).await.unwrap();
    desk.keeper.give_up(work, None).await.unwrap();
    assert_eq!(desk.status(asked.id).await, Status::Failed);
    assert!(desk.keeper.backup(asked.id).await.unwrap().unwrap().failure.is_some());
    let refused = desk.keeper.ask_verify(asked.id, &Cause::system()).await;
    assert!(matches!(refused, Err(AskError::NotMade)), "{refused:?}");
    let unknown = BackupId::generate(desk.clock.now());
    let refused = desk.keeper.ask_verify(unknown, &Cause::system()).await;
    assert!(matches!(refused, Err(AskError::Unknown)), "{refused:?}");
    desk.keeper.ask(&Cause::system()).await.unwrap();
}

#[tokio::test]
async fn a_day_has_its_backup_whoever_looks_and_however_often() {
    // Noon.
    let desk = Desk::new();
    let daily = Schedule::new(24, NaiveTime::from_hms_opt(3, 0, 0).unwrap()).unwrap();
    let first = desk.keeper.ask_when_due(Some(&daily)).await.unwrap().unwrap();
    for hours in [0, 5, 9] {
        desk.clock.advance(TimeDelta::hours(hours));
        assert_eq!(desk.keeper.ask_when_due(Some(&daily)).await.unwrap(), None, "it is being made");
    }
    let work = Work::Make { backup: first };
    desk.keeper.done(work, made(desk.clock.now(), Depth::Restored, Vec::new()), None).await.unwrap();
    assert_eq!(desk.keeper.ask_when_due(Some(&daily)).await.unwrap(), None, "two in the morning");
    desk.clock.advance(TimeDelta::hours(1));
    let both = tokio::join!(desk.keeper.ask_when_due(Some(&daily)), desk.keeper.ask_when_due(Some(&daily)),);
    let asked: Vec<_> = [both.0.unwrap(), both.1.unwrap()].into_iter().flatten().collect();
    assert_eq!(asked.len(), 1, "one of those who ask at once has it made");
    desk.keeper.give_up(Work::Make { backup: asked[0] }, Some("no disk")).await.unwrap();
    assert_eq!(desk.keeper.ask_when_due(Some(&daily)).await.unwrap(), None, "that was today's");
    assert_eq!(desk.keeper.ask_when_due(None).await.unwrap(), None);
    assert_eq!(desk.all().await.len(), 2);
}

#[tokio::test]
async fn admins_are_told_once_a_day_that_none_is_good() {
    let desk = Desk::new();
    let patience = TimeDelta::hours(26);
    let told = async || -> Vec<News> {
        desk.keeper.worry(patience).await.unwrap();
        let owed = desk.owed(DOMAIN).await;
        owed.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    };
    desk.clock.advance(TimeDelta::days(2));
    assert_eq!(told().await, [], "nobody has begun to see to it");
    desk.keeper.ask_when_due(None).await.unwrap();
    desk.clock.advance(TimeDelta::hours(25));
    assert_eq!(told().await, []);
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(told().await, [News::TellNoneGood { last_good: None }]);
    desk.clock.advance(TimeDelta::hours(23));
    assert_eq!(told().await, []);
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(told().await.len(), 1);
    // A bad one changes nothing, a good one does.
    let asked = desk.keeper.ask(&Cause::system()).await.unwrap();
    let missing = vec![Finding::Missing { part: "database.zst.age.000001".into() }];
    let bad = made(desk.clock.now(), Depth::Sums, missing);
    desk.keeper.done(Work::Make { backup: asked.id }, bad, None).await.unwrap();
    desk.clock.advance(TimeDelta::hours(24));
    assert_eq!(told().await.len(), 1);
    let asked = desk.keeper.ask(&Cause::system()).await.unwrap();
    let good = made(desk.clock.now(), Depth::Restored, Vec::new());
    let at = good.name.made_at();
    desk.keeper.done(Work::Make { backup: asked.id }, good, None).await.unwrap();
    desk.clock.advance(TimeDelta::hours(25));
    assert_eq!(told().await, []);
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(told().await, [News::TellNoneGood { last_good: Some(at) }]);
}

#[tokio::test]
async fn what_is_made_or_removed_by_hand_is_known_within_the_hour() {
    let house = House::new();
    let desk = Desk::with_clock(house.clock.clone());
    let follow = async || desk.keeper.follow_when_due(&house.backups).await.unwrap();
    let by_hand = house.backups.create(&house.original(&["rows"]), &Key(7)).await.unwrap();
    assert!(follow().await);
    let known = desk.all().await;
    assert_eq!(known.len(), 1);
    let found = known[0].made.clone().unwrap();
    assert_eq!((&found.name, found.rows), (&by_hand.name, by_hand.row_count()));
    assert_eq!(desk.status(known[0].id).await, Status::Good(Depth::Sums));
    assert!(!follow().await, "that was now");

    // One goes, one comes, and one is damaged.
    house.clock.advance(TimeDelta::hours(1));
    let other = house.backups.create(&house.original(&["more"]), &Key(7)).await.unwrap();
    assert!(follow().await);
    assert_eq!(desk.all().await.len(), 2);
    house.spoil(&format!("{}/manifest.json", other.name), |bytes| bytes[9] ^= 1).await;
    house.clock.advance(TimeDelta::days(8));
    house.backups.prune(&backups::Rule { daily: 1, weekly: 0, monthly: 0 }, None).await.unwrap();
    assert!(follow().await);
    let known = desk.all().await;
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!(known[0].made.as_ref().map(|made| &made.name), Some(&by_hand.name));
}

#[tokio::test]
async fn while_something_is_done_nothing_is_compared() {
    let house = House::new();
    let desk = Desk::with_clock(house.clock.clone());
    let asked = desk.keeper.ask(&Cause::system()).await.unwrap();
    assert!(!desk.keeper.follow(&house.backups).await.unwrap());
    let made = house.backups.create(&house.original(&["rows"]), &Key(7)).await.unwrap();
    let lies = house.backups.made(&made.name).await.unwrap().unwrap();
    desk.keeper.done(Work::Make { backup: asked.id }, lies, None).await.unwrap();
    assert!(desk.keeper.follow(&house.backups).await.unwrap());
    let known = desk.all().await;
    assert_eq!(known.iter().map(|backup| backup.id).collect::<Vec<_>>(), [asked.id], "it is not there twice");
    // What could not be made is forgotten after a while.
    let asked = desk.keeper.ask(&Cause::system()).await.unwrap();
    desk.keeper.give_up(Work::Make { backup: asked.id }, Some("no disk")).await.unwrap();
    house.clock.advance(TimeDelta::days(31));
    assert!(desk.keeper.follow(&house.backups).await.unwrap());
    assert_eq!(desk.all().await.len(), 1);
}
