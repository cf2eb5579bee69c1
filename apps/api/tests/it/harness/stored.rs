//! All that a shop has stored, whatever it is.

use super::shop::Shop;
use adapter_local::LocalStore;
use adapter_postgres::testing;
use backups::Source;
use serde_json::Value;

/// A row of a table, or a document of a kind.
pub struct Stored {
    /// The table or the kind.
    pub of: String,
    /// Its columns or fields.
    pub body: Value,
}

impl Shop {
    /// Everything that is stored now.
    pub async fn stored(&self) -> Vec<Stored> {
        let rows = match (&self.database, &self.app.app.local) {
            (Some(database), _) => testing::rows(&database.url()).await.unwrap(),
            (None, Some(local)) => documents(local).await,
            (None, None) => panic!("there is no store"),
        };
        rows.into_iter().map(|(of, body)| Stored { of, body: serde_json::from_str(&body).unwrap() }).collect()
    }
}

/// The kind and the text of every document, from a copy of the store.
async fn documents(local: &LocalStore) -> Vec<(String, String)> {
    let mut flow = local.copy().await.unwrap().flow;
    let mut copy = Vec::new();
    while let Some(run) = flow.next().await.unwrap() {
        copy.extend(run);
    }
    let copy = String::from_utf8(copy).unwrap();
    let line = |line: &str| {
        // The kind, the key, the document; the first line and the last one are about the copy, and shorter.
        let mut words = line.splitn(3, '\t');
        let (kind, _, body) = (words.next()?, words.next()?, words.next()?);
        Some((kind.to_owned(), body.to_owned()))
    };
    copy.lines().filter_map(line).collect()
}
