//! The contract of stores that are copied and put back, and what concerns the lines of this one.

use adapter_local::{LocalStore, NewStore, Place};
use backups::{Source, Target};
use futures_util::FutureExt;
use kernel::StoreError;
use std::path::Path;
use std::sync::Arc;
use testkit::Stores;
use testkit::copies::Copies;
use testkit::fixtures_bookings::{booked_paid, buyer, house};
use testkit::sealer::{drained, flow};

fn stored(directory: &Path) -> Result<LocalStore, StoreError> {
    LocalStore::open(Place::Directory(directory.to_owned()))
}

async fn open() -> Copies {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Arc::new(stored(directory.path()).unwrap());
    // It is made with all folders above it.
    let place = other.path().join("data/restored");
    let there = place.clone();
    let reopen = move || {
        let store = stored(&there).unwrap();
        async move { Stores::of(Arc::new(store)) }.boxed()
    };
    Copies {
        stores: Stores::of(Arc::clone(&store)).keeping((directory, other)),
        source: store,
        place: Arc::new(NewStore::in_folder(place)),
        reopen: Box::new(reopen),
    }
}

testkit::copies_contract!(open);

async fn copied() -> String {
    let store = Arc::new(LocalStore::open(Place::Memory).unwrap());
    let house = house(Stores::of(Arc::clone(&store)), 10, None, 2500).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    let bytes = drained(store.copy().await.unwrap().flow).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// How filling an empty folder with this ends.
async fn filled(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let place = NewStore::in_folder(folder.path().to_owned());
    let filled = place.fill(flow(text.as_bytes(), 1000)).await;
    assert_eq!(place.is_empty().await.unwrap(), filled.is_err());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left.len(), usize::from(filled.is_ok()), "{left:?}");
    filled.map_err(|error| {
        let error: &dyn std::error::Error = &error;
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
    })
}

#[tokio::test]
async fn a_copy_of_an_earlier_version_is_brought_into_todays_form() {
    let text = copied().await;
    assert!(text.starts_with("schema\t3\n"), "{text}");
    filled(&text).await.unwrap();
    filled(&text.replacen("schema\t3\n", "schema\t2\n", 1)).await.unwrap();
}

#[tokio::test]
async fn what_is_no_copy_says_why_it_is_none() {
    let text = copied().await;
    let body = text.split_once('\n').unwrap().1;
    for (text, why) in [
        (String::new(), "it has no end"),
        (body.to_owned(), "it does not begin as one does"),
        (format!("schema\t4\n{body}"), "the copy has schema 4; this version knows 3"),
        (text.replacen("\nbooking\t", "\nriddle\t", 1), "of a kind that is not known here"),
        (text.replacen("\"status\":\"confirmed\"", "\"status\":\"confused\"", 1), "kind `booking`"),
        (format!("{text}account\t00\t{{}}\n"), "it goes on behind its end"),
    ] {
        let refused = filled(&text).await.unwrap_err();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    let mut lines: Vec<_> = text.lines().collect();
    lines.remove(lines.len() / 2);
    let refused = filled(&format!("{}\n", lines.join("\n"))).await.unwrap_err();
    assert!(refused.contains("documents are missing"), "{refused}");
}
