//! Two programs beside each other: what changes in an album on one is soon said by the other.

use super::House;
use super::house::{made_up, text};
use crate::harness::Client;
use crate::harness::shop::Store;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::servers::{Program, RedisServer};

/// How old a page may get where nobody tells of a change, and what a slow machine needs beside.
const SOON: Duration = Duration::from_secs(10);
/// Sooner than a page of just now would be made anew by itself.
const TOLD: Duration = Duration::from_millis(2_500);
/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// An album with a picture that two programs show.
struct Both {
    /// Declared first: it ends before the database goes, which is the house's.
    _other: Program,
    house: House,
    admin: Client,
    /// A member, at the other program.
    there: Client,
    album: String,
    image: String,
    changes: u32,
}

impl Both {
    async fn start(redis: &str) -> Self {
        let settings = [("redis.url", redis)];
        let house = House::start(Store::Postgres, None, &settings).await;
        let (other, stranger) = house.beside(&settings).await;
        let png = made_up("testsrc2=s=400x300:d=1", "png", "-frames:v 1").await;
        let (album, image) = house.image(&png, "image/png").await;
        house.ready(&format!("/admin/images/{image}")).await;
        let admin = house.admin().await;
        let there = stranger.with(house.member().await.token.as_deref());
        let both = Self { _other: other, house, admin, there, album, image, changes: 0 };
        both.publish(true).await;
        both.sees(|status, _| status == 200).await;
        both
    }

    async fn publish(&self, published: bool) {
        let body = json!({"ids": [self.image], "published": published});
        self.admin.patch("/admin/images", &body).await.expect(200);
    }

    /// How long it takes until the member there sees it so.
    async fn sees(&self, so: impl Fn(u16, &str) -> bool) -> Duration {
        let (path, since) = (format!("/gallery/albums/{}/images", self.album), Instant::now());
        loop {
            let page = self.there.get(&path).await;
            let caption = page.json["items"][0]["caption"].as_str().unwrap_or_default();
            if so(page.status, caption) {
                return since.elapsed();
            }
            assert!(since.elapsed() < PATIENCE, "{}\n{}", page.text, self.house.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// How long a page that was made there just now says what was, after a change here.
    async fn takes(&mut self) -> Duration {
        self.changes += 1;
        let caption = format!("Lights {}", self.changes);
        let changed = json!({"caption": caption});
        let shown = self.admin.patch(&format!("/admin/images/{}", self.image), &changed).await.expect(200);
        assert_eq!(text(&shown, "caption"), caption);
        self.sees(|_, seen| seen == caption).await
    }

    /// Returns when a change is told, and not only found.
    async fn tell_each_other(&mut self) {
        let since = Instant::now();
        // One after the other, so that each page there is of just now.
        while self.takes().await > TOLD {
            assert!(since.elapsed() < PATIENCE, "no change is told");
        }
    }
}

#[tokio::test]
async fn a_change_in_an_album_is_told_to_the_other_program() {
    let mut redis = RedisServer::start().unwrap();
    let mut both = Both::start(&redis.url()).await;
    both.tell_each_other().await;
    redis.stop().unwrap();
    let found = both.takes().await;
    assert!(found < SOON, "without Redis it took {found:?}");
    redis.start_again().unwrap();
    both.tell_each_other().await;
    // Withdrawn is withdrawn everywhere.
    both.publish(false).await;
    let gone = both.sees(|status, _| status == 404).await;
    assert!(gone < SOON, "{gone:?}");
}

#[tokio::test]
async fn a_change_in_an_album_is_found_by_the_other_program_within_seconds_without_redis() {
    let mut both = Both::start("").await;
    for _ in 0..2 {
        let found = both.takes().await;
        assert!(found < SOON, "{found:?}");
    }
    both.publish(false).await;
    let gone = both.sees(|status, _| status == 404).await;
    assert!(gone < SOON, "{gone:?}");
}
