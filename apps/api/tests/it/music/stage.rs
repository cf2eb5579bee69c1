//! An admin who sends recordings, and a member who hears them.

use super::Fake;
use crate::events::cast::id;
use crate::harness::shop::Store;
use crate::harness::{Answer, Client, PASSWORD, Person};
use crate::uploads::Desk;
use kernel::ObjectKey;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

/// Begins as an MP3 file does.
const SENT: &[u8] = b"ID3\x04\0\0\0\0\0\0 and no music";

pub(crate) struct Stage {
    pub(crate) desk: Desk,
    pub(crate) member: Person,
}

impl Stage {
    pub(crate) async fn open(store: Store) -> Self {
        Self::with(store, &[]).await
    }

    /// With variables.
    pub(crate) async fn with(store: Store, settings: &[(&str, &str)]) -> Self {
        Self::at(Desk::with(store, settings).await).await
    }

    /// At this desk.
    pub(crate) async fn at(desk: Desk) -> Self {
        let member = desk.app.member().await;
        Self { desk, member }
    }

    /// The member, in a session of their own.
    pub(crate) async fn member(&self) -> Client {
        self.desk.app.login(&self.member.email, PASSWORD).await.client
    }

    pub(crate) async fn admin(&self) -> Client {
        self.desk.admin().await
    }

    /// An upload of these bytes, completed; its id.
    pub(crate) async fn recording(&self, bytes: &[u8], content_type: &str) -> String {
        let begun = self.desk.begin("set", bytes.len(), content_type).await;
        let url = begun["parts"][0]["url"].as_str().unwrap().to_owned();
        assert_eq!(self.desk.send(url, bytes).await.status, 200);
        self.desk.complete(&begun, &json!({})).await.expect(200);
        begun["upload_id"].as_str().unwrap().to_owned()
    }

    /// A new set of a recording without music; `said` on top of what has to be said.
    pub(crate) async fn sent(&self, said: &Value) -> Value {
        let upload = self.recording(SENT, "audio/mpeg").await;
        self.set_of(&upload, said).await.expect(201)
    }

    pub(crate) async fn set_of(&self, upload: &str, said: &Value) -> Answer {
        let mut body = json!({"title": "Die Nächte", "artist": "Ada", "upload_id": upload});
        body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        self.admin().await.post("/admin/sets", &body).await
    }

    /// A set that members hear; its id.
    pub(crate) async fn heard(&self, said: &Value) -> String {
        self.heard_as(said, Fake::default()).await
    }

    pub(crate) async fn heard_as(&self, said: &Value, fake: Fake) -> String {
        let set = id(&self.sent(said).await).to_owned();
        fake.make(&self.desk.app.app, &set).await;
        self.change(&set, &json!({"published": true})).await.expect(200);
        set
    }

    pub(crate) async fn change(&self, set: &str, change: &Value) -> Answer {
        self.admin().await.patch(&format!("/admin/sets/{set}"), change).await
    }

    /// How somebody plays a set.
    pub(crate) async fn stream(&self, who: &Client, set: &str, query: &str) -> Value {
        who.get(&format!("/music/sets/{set}/stream{query}")).await.expect(200)
    }

    /// The names of all that lies under a prefix.
    pub(crate) async fn objects(&self, prefix: &str) -> Vec<ObjectKey> {
        let listed = self.desk.app.app.objects.list(prefix, None, 1000).await.unwrap();
        listed.into_iter().map(|one| one.key).collect()
    }
}

/// Asks as a player does: without a token, and without following to where the file lies.
pub(crate) async fn play(url: &str) -> Answer {
    let http = crate::harness::http().redirect(Policy::none()).build().unwrap();
    Answer::of(http.get(url).send().await.unwrap()).await
}

/// The same address with another file at its end.
pub(crate) fn beside(url: &str, file: &str) -> String {
    format!("{}/{file}", url.rsplit_once('/').unwrap().0)
}
