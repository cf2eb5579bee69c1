//! Files that nobody means well with, sent to the program: each ends with its reason, those that are meant well are made in
//! the midst of them, and the program answers and is as small as it was.

mod pictures;
mod sound;

use super::House;
use super::house::made_up;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How much larger the program may get.
const ROOM: u64 = 48 * 1024 * 1024;
/// How long all of them may take together on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(480);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// A program that nobody has sent anything bad to yet.
struct Sound {
    house: House,
    /// A picture that is meant well.
    picture: Vec<u8>,
    /// Since when bad things are sent.
    since: Instant,
    /// The most that it had in memory until then, in bytes.
    before: u64,
}

impl Sound {
    /// It has made a picture, so that what any first one needs is there.
    async fn of(house: House) -> Self {
        let picture = made_up("testsrc2=s=1600x1200:d=1", "jpg", "-frames:v 1 -q:v 3").await;
        let (_, image) = house.image(&picture, "image/jpeg").await;
        house.ready(&format!("/admin/images/{image}")).await;
        let before = house.peak();
        Self { house, picture, since: Instant::now(), before }
    }

    /// What an admin sees there once nothing more is done with it.
    async fn over(&self, path: &str) -> Value {
        let admin = self.house.admin().await;
        loop {
            let now = admin.get(path).await.expect(200);
            if now["status"] != "processing" {
                return now;
            }
            assert!(self.since.elapsed() < PATIENCE, "{now}\n{}", self.house.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Why nothing was made of it; `None`: it was.
    async fn refusal(&self, path: &str) -> Option<String> {
        let shown = self.over(path).await;
        match shown["status"].as_str() {
            Some("ready") => None,
            _ => Some(shown["error"].as_str().unwrap_or("without a reason").to_owned()),
        }
    }

    /// It answers, has not grown, and nobody works for it any more.
    async fn is_as_it_was(&self) {
        self.house.stranger().get("/health/ready").await.expect(200);
        while !self.house.helpers().is_empty() {
            assert!(self.since.elapsed() < PATIENCE, "{:?}", self.house.helpers());
            tokio::time::sleep(POLL).await;
        }
        let (before, after) = (self.before, self.house.peak());
        assert!(after < before + ROOM, "{before} bytes before, {after} at most meanwhile");
    }
}
