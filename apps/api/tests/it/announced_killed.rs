//! An announcement by a server that is killed again and again, at any instant: whoever is written to gets it once, or it is
//! shown that nobody knows.

use adapter_postgres::testing::fresh_database;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};
use testkit::load::{BoxOffice, MailSink, register};
use testkit::servers::{Program, postgres};
use tokio::task::spawn_blocking;

const PEOPLE: u32 = 1000;
/// Those who run it are members as well.
const READERS: usize = 1001;
const KILLS: u32 = 40;
/// It is killed when so many more have come. What is under way at a kill may be lost, and is then not sent again by itself:
/// there are enough for all kills nevertheless.
const STEP: u32 = 12;
const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(1);

/// From at once to a moment in which some more go out. Spread, so that no phase of the work is always missed.
fn moment(kill: u32) -> Duration {
    Duration::from_millis(u64::from(kill * 7 % 20))
}

/// The mails that come.
struct Letters {
    sink: MailSink,
    /// Those that had nothing to do with it.
    before: HashSet<String>,
}

impl Letters {
    /// How often somebody got it.
    fn got(&self) -> BTreeMap<String, usize> {
        let mut got = BTreeMap::new();
        for mail in self.sink.taken().into_iter().filter(|mail| !self.before.contains(&mail.id)) {
            for reader in mail.to {
                *got.entry(reader).or_default() += 1;
            }
        }
        got
    }

    /// Waits until so many people got it.
    async fn reach(&self, people: usize) {
        let since = Instant::now();
        while self.got().len() < people {
            assert!(since.elapsed() < PATIENCE, "{} of {people} got something", self.got().len());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Nobody asked for a second one.
    fn assert_once(&self) {
        let twice: Vec<_> = self.got().into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

/// Looks at an announcement until it stands so.
async fn stands(office: &mut BoxOffice, path: &str, so: impl Fn(&Value) -> bool) {
    let since = Instant::now();
    loop {
        let seen = office.get(path).await.unwrap();
        if so(&seen) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{seen}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How it stands with each, by their address.
async fn states(office: &mut BoxOffice, path: &str) -> BTreeMap<String, String> {
    let (mut states, mut behind) = (BTreeMap::new(), String::new());
    loop {
        let page = office.get(&format!("{path}/recipients?limit=100{behind}")).await.unwrap();
        for one in page["items"].as_array().unwrap() {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            assert_eq!(states.insert(text("email"), text("state")), None, "each is one recipient");
        }
        match page["next_cursor"].as_str() {
            Some(next) => behind = format!("&cursor={next}"),
            None => return states,
        }
    }
}

async fn each_gets_it_once(store: &str) {
    let mut letters = Letters { sink: MailSink::start().unwrap(), before: HashSet::new() };
    let (mail, key) = (letters.sink.url(), "01".repeat(32));
    let settings = [
        ("store.url", store),
        ("mail.url", mail.as_str()),
        ("mail.from", "House <house@example.org>"),
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", key.as_str()),
        ("worker.lease_seconds", "1"),
        ("payments.simulators", "false"),
        ("limits.enabled", "false"),
    ];
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.run(&["migrate"], "").unwrap();
    program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
    program.serve().unwrap();
    let address = program.address();
    register(address, PEOPLE).await.unwrap();
    // Whoever registers is sent a link.
    letters.reach(READERS - 1).await;
    letters.before = letters.sink.taken().into_iter().map(|mail| mail.id).collect();

    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let announcement = office.announce("The doors open earlier", "Come at seven.").await.unwrap();
    for kill in 0..KILLS {
        letters.reach(usize::try_from(kill * STEP).unwrap()).await;
        tokio::time::sleep(moment(kill)).await;
        program = spawn_blocking(move || {
            program.kill().unwrap();
            program.serve().unwrap();
            program
        })
        .await
        .unwrap();
        letters.assert_once();
    }

    let mut office = BoxOffice::open(address, ADMIN, PASSWORD).await.unwrap();
    let path = format!("/api/v1/admin/announcements/{announcement}");
    stands(&mut office, &path, |seen| seen["status"] == "sent").await;
    letters.assert_once();
    let (states, got) = (states(&mut office, &path).await, letters.got());
    assert_eq!(states.len(), READERS);
    for (reader, state) in &states {
        let count = got.get(reader).copied().unwrap_or(0);
        assert!(state == "sent" && count == 1 || state == "uncertain", "{reader}: {state}, {count}");
    }
    let uncertain = states.values().filter(|state| *state == "uncertain").count();
    assert!(uncertain > 0, "no kill came while a mail was handed over");

    let resent = office.post(&format!("{path}/recipients/resend"), &json!({})).await.unwrap();
    assert_eq!(resent, json!({"recipients": uncertain}));
    stands(&mut office, &path, |seen| seen["recipients"]["sent"] == READERS).await;
    let got = letters.got();
    assert_eq!(got.len(), READERS, "whoever did not get it has it now");
    for (reader, count) in got {
        let most = if states[&reader] == "uncertain" { 2 } else { 1 };
        assert!(count <= most, "{reader} got it {count} times");
    }
    program.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_writes_to_many_writes_to_each_once_on_the_local_store() {
    let folder = tempfile::tempdir().unwrap();
    each_gets_it_once(&format!("local:{}", folder.path().join("data").display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_writes_to_many_writes_to_each_once_on_postgres() {
    let database = fresh_database(&postgres().url).await.unwrap();
    each_gets_it_once(&database.url()).await;
}
