//! What every object store promises, and what its links promise to browsers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod browser;
mod parts;

pub use parts::*;

use self::browser::{MINUTES, SECONDS, inline, link_to, now, open, outlast, with_query};
use chrono::TimeDelta;
use kernel::{
    Body, Content, Delivery, Disposition, Link, ObjectKey, ObjectStore, PartsId, Span, StoredObject, Window,
};
use reqwest::{Method, StatusCode};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A store that is empty, as a case gets it.
pub type Objects = Arc<dyn ObjectStore>;

/// One test per promise: `testkit::object_store_contract!(open)`, where `open` is an `async fn() -> Arc<dyn ObjectStore>`
/// that gives a fresh, empty store whose links can be followed from here. Servers look at the real clock, so some cases
/// wait for seconds.
#[macro_export]
macro_rules! object_store_contract {
    ($open:ident) => {
        $crate::object_store_contract!($open;
            what_was_put_is_read_as_it_was,
            what_is_not_there_is_not_there,
            an_object_may_be_empty,
            a_file_is_put_as_it_is,
            a_put_object_replaces_the_whole_of_what_was_there,
            whoever_reads_meanwhile_reads_one_of_them_whole,
            runs_of_bytes_are_read_alone,
            removed_objects_are_gone,
            objects_are_listed_by_name_in_pages_that_meet,
            a_link_says_what_the_answer_is,
            a_link_answers_ranges,
            a_link_to_what_is_not_there_finds_nothing,
            a_link_is_the_same_within_its_window,
            a_link_opens_its_object_until_its_time_and_not_after,
            a_link_is_for_one_object,
            a_link_is_for_one_method,
            a_link_is_for_one_host,
            a_link_that_was_changed_opens_nothing,
            parts_arrive_in_any_order,
            a_part_that_is_sent_again_replaces_the_one_before,
            a_part_of_another_size_is_refused,
            a_part_link_is_for_one_part_and_one_method,
            a_part_link_is_good_until_its_time,
            what_did_not_arrive_like_that_is_not_finished,
            what_is_finished_can_be_finished_again,
            an_object_in_parts_replaces_what_was_there_when_it_is_finished,
            dropped_parts_are_gone,
            what_was_begun_and_not_ended_is_listed,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod object_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::object_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// The name, which is one.
fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

async fn put(objects: &Objects, name: &str, bytes: &[u8]) {
    objects.put(&key(name), Body::Bytes(bytes.to_vec()), "text/plain").await.unwrap();
}

/// Bytes of which no two runs are alike.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(length);
    bytes
}

async fn all_of(mut content: Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(more) = content.reader.next().await.unwrap() {
        assert!(!more.is_empty() && more.len() <= 1024 * 1024, "{} bytes at once", more.len());
        bytes.extend(more);
    }
    assert_eq!(content.reader.next().await.unwrap(), None, "the end stays the end");
    bytes
}

async fn read(objects: &Objects, name: &str, span: Option<Span>) -> Option<Vec<u8>> {
    match objects.get(&key(name), span).await.unwrap() {
        Some(content) => Some(all_of(content).await),
        None => None,
    }
}

async fn head(objects: &Objects, name: &str) -> Option<StoredObject> {
    objects.head(&key(name)).await.unwrap()
}

pub async fn what_was_put_is_read_as_it_was(objects: Objects) {
    let bytes = noise(1_500_001);
    let content_type = "audio/ogg; codecs=opus";
    objects.put(&key("a/b-1/c.ogg"), Body::Bytes(bytes.clone()), content_type).await.unwrap();
    put(&objects, "a/other", b"else").await;
    let known = head(&objects, "a/b-1/c.ogg").await.unwrap();
    assert_eq!((known.size, known.content_type.as_str()), (1_500_001, content_type));
    assert!(!known.etag.is_empty() && !known.etag.contains('"'), "{}", known.etag);
    let content = objects.get(&key("a/b-1/c.ogg"), None).await.unwrap().unwrap();
    assert_eq!(content.object, known);
    assert!(all_of(content).await == bytes);
    assert_eq!(read(&objects, "a/other", None).await.unwrap(), b"else");
}

pub async fn what_is_not_there_is_not_there(objects: Objects) {
    let (name, parts) = (key("a/b"), PartsId("7d5d4a0c-3c5c-4d5b-9d6e-0b9a7f3c2e11".into()));
    put(&objects, "a/c", b"else").await;
    assert_eq!(head(&objects, "a/b").await, None);
    assert!(objects.get(&name, None).await.unwrap().is_none());
    assert!(objects.get(&name, Some(Span { start: 0, length: 1 })).await.unwrap().is_none());
    assert_eq!(head(&objects, "a").await, None, "what only others begin with is no object");
    // None the less gone.
    objects.delete(&[]).await.unwrap();
    objects.delete(&[name.clone(), key("a"), key("x/y/z")]).await.unwrap();
    assert_eq!(objects.parts(&name, &parts).await.unwrap(), None);
    objects.drop_parts(&name, &parts).await.unwrap();
    assert_eq!(objects.list("b", None, 10).await.unwrap(), []);
    assert_eq!(objects.unfinished("", 10).await.unwrap(), []);
    assert_eq!(read(&objects, "a/c", None).await.unwrap(), b"else");
}

pub async fn an_object_may_be_empty(objects: Objects) {
    put(&objects, "empty", b"").await;
    let known = head(&objects, "empty").await.unwrap();
    assert_eq!((known.size, known.content_type.as_str()), (0, "text/plain"));
    assert_eq!(read(&objects, "empty", None).await.unwrap(), b"");
    assert_eq!(read(&objects, "empty", Some(Span { start: 0, length: 9 })).await.unwrap(), b"");
    let listed = objects.list("", None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].size), (1, 0));
}

pub async fn a_file_is_put_as_it_is(objects: Objects) {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = (folder.path().join("set.flac"), noise(3 * 1024 * 1024 + 1));
    tokio::fs::write(&path, &bytes).await.unwrap();
    objects.put(&key("set"), Body::File(path.clone()), "audio/flac").await.unwrap();
    assert_eq!(tokio::fs::read(&path).await.unwrap().len(), bytes.len(), "it is still whose it was");
    drop(folder);
    let known = head(&objects, "set").await.unwrap();
    assert_eq!((known.size, known.content_type.as_str()), (3 * 1024 * 1024 + 1, "audio/flac"));
    assert!(read(&objects, "set", None).await.unwrap() == bytes);
    assert!(objects.put(&key("nothing"), Body::File(path), "audio/flac").await.is_err());
    assert_eq!(head(&objects, "nothing").await, None);
}

pub async fn a_put_object_replaces_the_whole_of_what_was_there(objects: Objects) {
    let mut etags = BTreeSet::new();
    for (bytes, content_type) in [
        (&b"a long one"[..], "text/plain"),
        (b"short", "image/webp"),
        (b"other", "image/webp"),
        (b"", "image/webp"),
    ] {
        objects.put(&key("a/b"), Body::Bytes(bytes.to_vec()), content_type).await.unwrap();
        let known = head(&objects, "a/b").await.unwrap();
        assert_eq!((known.size, known.content_type.as_str()), (bytes.len() as u64, content_type));
        assert_eq!(read(&objects, "a/b", None).await.unwrap(), bytes);
        assert!(etags.insert(known.etag), "other bytes have another etag");
    }
    assert_eq!(objects.list("", None, 10).await.unwrap().len(), 1);
}

pub async fn whoever_reads_meanwhile_reads_one_of_them_whole(objects: Objects) {
    const LENGTH: usize = 700_000;
    put(&objects, "a", &[b'0'; LENGTH]).await;
    let writers: Vec<_> = (b'1'..=b'3')
        .map(|letter| {
            let objects = Arc::clone(&objects);
            tokio::spawn(async move {
                for _ in 0..5 {
                    put(&objects, "a", &[letter; LENGTH]).await;
                }
            })
        })
        .collect();
    for _ in 0..20 {
        let bytes = read(&objects, "a", None).await.unwrap();
        assert_eq!(bytes.len(), LENGTH);
        assert!(bytes.iter().all(|letter| *letter == bytes[0]));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

pub async fn runs_of_bytes_are_read_alone(objects: Objects) {
    let bytes = noise(600_000);
    put(&objects, "a", &bytes).await;
    let size = bytes.len();
    for (start, length) in [
        (0, 1),
        (0, size),
        (1, size),
        (299_999, 300_002),
        (size - 1, 1),
        (size - 1, 1000),
        (7, 0),
        (size, 10),
        (size + 1000, 10),
    ] {
        let span = Span { start: start as u64, length: length as u64 };
        let content = objects.get(&key("a"), Some(span)).await.unwrap().unwrap();
        assert_eq!(content.object.size, size as u64, "of the whole object");
        let expected = &bytes[start.min(size)..(start + length).min(size)];
        assert!(all_of(content).await == expected, "{span:?}");
    }
    let far = Span { start: u64::MAX, length: u64::MAX };
    assert_eq!(read(&objects, "a", Some(far)).await.unwrap(), b"");
}

pub async fn removed_objects_are_gone(objects: Objects) {
    for name in ["a/b/1", "a/b/2", "a/b/3", "a/c"] {
        put(&objects, name, b"x").await;
    }
    objects.delete(&[key("a/b/1"), key("a/b/9"), key("a/b/3")]).await.unwrap();
    assert_eq!(head(&objects, "a/b/1").await, None);
    assert_eq!(read(&objects, "a/b/3", None).await, None);
    let left = objects.list("", None, 10).await.unwrap();
    assert_eq!(left.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), ["a/b/2", "a/c"]);
    objects.delete(&[key("a/b/2"), key("a/c")]).await.unwrap();
    assert_eq!(objects.list("", None, 10).await.unwrap(), []);
    put(&objects, "a/b/1", b"again").await;
    assert_eq!(read(&objects, "a/b/1", None).await.unwrap(), b"again");
}

pub async fn objects_are_listed_by_name_in_pages_that_meet(objects: Objects) {
    let mut names = vec![
        "pictures/1/2/320.jpg",
        "pictures/1/2/320.webp",
        "pictures/1-a/320.jpg",
        "pictures/1.a",
        "pictures/10/1",
        "pictures/2",
        "picturesque",
        "sets/a/opus-64.mp4",
        "sets/a/opus-128.mp4",
        "uploads/0",
    ];
    for name in names.iter().rev() {
        put(&objects, name, name.as_bytes()).await;
    }
    // As bytes sort, whatever divides them.
    names.sort_unstable();
    for prefix in
        ["", "p", "pictures", "pictures/", "pictures/1", "pictures/1/2/3", "sets/a/opus-64.mp4", "x"]
    {
        let expected: Vec<_> = names.iter().copied().filter(|name| name.starts_with(prefix)).collect();
        for limit in [1, 3, 1000] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = objects.list(prefix, after.as_ref(), limit).await.unwrap();
                assert!(page.len() <= limit as usize);
                let Some(last) = page.last() else { break };
                after = Some(last.key.clone());
                found.extend(page);
            }
            assert_eq!(found.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), expected, "{prefix:?}");
            assert!(found.iter().all(|it| it.size == it.key.as_str().len() as u64));
            let late = now() - TimeDelta::minutes(10);
            assert!(found.iter().all(|it| it.changed_at > late));
            for listed in &found {
                let known = head(&objects, listed.key.as_str()).await.unwrap();
                assert_eq!(listed.etag.as_ref(), Some(&known.etag), "the list says what a look says");
            }
        }
    }
    // After a name that is not there, too.
    let page = objects.list("pictures/", Some(&key("pictures/1/zzz")), 1).await.unwrap();
    assert_eq!(page[0].key.as_str(), "pictures/10/1");
}

pub async fn a_link_says_what_the_answer_is(objects: Objects) {
    let bytes = noise(400_000);
    put(&objects, "a/b.mp4", &bytes).await;
    let name = "Sörens Set, \"2\" + 2 & more.m4a";
    for disposition in
        [Disposition::Inline, Disposition::InlineAs(name.into()), Disposition::Attachment(name.into())]
    {
        let delivery = Delivery {
            content_type: "audio/mp4; codecs=\"mp4a.40.2\"".into(),
            disposition: disposition.clone(),
            meter: Some(kernel::AccountId::generate(now())),
        };
        let link = objects.link(&key("a/b.mp4"), &delivery, MINUTES, now()).unwrap();
        let answer = open(Method::GET, &link.url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), delivery.content_type, "whatever it was put as");
        assert_eq!(header("content-disposition"), disposition.header());
        assert_eq!(header("cache-control"), MINUTES.cache_control());
        let etag = head(&objects, "a/b.mp4").await.unwrap().etag;
        assert_eq!(header("etag"), format!("\"{etag}\""));
        assert!(answer.bytes().await.unwrap() == bytes);
    }
}

pub async fn a_link_answers_ranges(objects: Objects) {
    let bytes = noise(400_000);
    put(&objects, "a", &bytes).await;
    let link = link_to(&objects, "a", MINUTES);
    for (range, expected, said) in [
        ("bytes=0-0", &bytes[..1], "bytes 0-0/400000"),
        ("bytes=100000-299999", &bytes[100_000..300_000], "bytes 100000-299999/400000"),
        ("bytes=399990-", &bytes[399_990..], "bytes 399990-399999/400000"),
        ("bytes=-10", &bytes[399_990..], "bytes 399990-399999/400000"),
    ] {
        let answer = open(Method::GET, &link.url).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.headers()["content-range"], said);
        assert!(answer.bytes().await.unwrap() == expected, "{range}");
    }
    let beyond = open(Method::GET, &link.url).header("range", "bytes=400000-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

pub async fn a_link_to_what_is_not_there_finds_nothing(objects: Objects) {
    let link = link_to(&objects, "a/b", MINUTES);
    assert_eq!(open(Method::GET, &link.url).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

pub async fn a_link_is_the_same_within_its_window(objects: Objects) {
    let window = Window(TimeDelta::minutes(10));
    let (start, _) = window.around(now());
    let at = |seconds| start + TimeDelta::seconds(seconds);
    let made =
        |name: &str, delivery: &Delivery, now| objects.link(&key(name), delivery, window, now).unwrap();
    let first = made("a", &inline(), at(0));
    assert_eq!(first.expires_at, at(1200));
    assert_eq!(made("a", &inline(), at(599)), first);
    let next = made("a", &inline(), at(600));
    assert_ne!(next.url, first.url);
    assert_eq!(next.expires_at, at(1800));
    let mut urls = BTreeSet::from([first.url]);
    let saved = Delivery { disposition: Disposition::Attachment("a.txt".into()), ..inline() };
    let other = Delivery { content_type: "text/html".into(), ..inline() };
    let named = Delivery { disposition: Disposition::InlineAs("a.txt".into()), ..inline() };
    for Link { url, .. } in [
        made("b", &inline(), at(0)),
        made("a", &saved, at(0)),
        made("a", &named, at(0)),
        made("a", &other, at(0)),
    ] {
        assert!(urls.insert(url), "another object or answer has another link");
    }
}

pub async fn a_link_opens_its_object_until_its_time_and_not_after(objects: Objects) {
    put(&objects, "a", b"hello").await;
    let link = link_to(&objects, "a", SECONDS);
    let answer = open(Method::GET, &link.url).send().await.unwrap();
    assert_eq!((answer.status(), &answer.bytes().await.unwrap()[..]), (StatusCode::OK, &b"hello"[..]));
    outlast(&link).await;
    let answer = open(Method::GET, &link.url).send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert_ne!(&answer.bytes().await.unwrap()[..], b"hello");
    let again = link_to(&objects, "a", SECONDS);
    assert!(open(Method::GET, &again.url).send().await.unwrap().status().is_success());
}

pub async fn a_link_is_for_one_object(objects: Objects) {
    put(&objects, "a/1", b"ours").await;
    put(&objects, "a/2", b"theirs").await;
    let link = link_to(&objects, "a/1", MINUTES);
    assert!(open(Method::GET, &link.url).send().await.unwrap().status().is_success());
    for other in ["a/2", "a/1/", "a//1", "a/./1", "a/../a/1", "a", ""] {
        let url = link.url.replacen("a/1", other, 1);
        let answer = open(Method::GET, &url).send().await.unwrap();
        // `.` and `..` are taken out by whoever follows a link, before it is sent.
        let status = answer.status();
        let same = reqwest::Url::parse(&url).unwrap() == reqwest::Url::parse(&link.url).unwrap();
        assert!(same || status.is_client_error(), "{other:?}: {status}");
    }
}

pub async fn a_link_is_for_one_method(objects: Objects) {
    put(&objects, "a", b"hello").await;
    let link = link_to(&objects, "a", MINUTES);
    for method in [Method::PUT, Method::POST, Method::DELETE] {
        let answer = open(method.clone(), &link.url).body("other").send().await.unwrap();
        assert!(answer.status().is_client_error(), "{method}: {}", answer.status());
        assert_eq!(read(&objects, "a", None).await.unwrap(), b"hello");
    }
}

pub async fn a_link_is_for_one_host(objects: Objects) {
    put(&objects, "a", b"hello").await;
    let link = link_to(&objects, "a", MINUTES);
    let answer = open(Method::GET, &link.url).header("host", "elsewhere.example").send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert_ne!(&answer.bytes().await.unwrap()[..], b"hello");
}

pub async fn a_link_that_was_changed_opens_nothing(objects: Objects) {
    put(&objects, "a", b"hello").await;
    let delivery = Delivery { disposition: Disposition::Attachment("a.txt".into()), ..inline() };
    let link = objects.link(&key("a"), &delivery, MINUTES, now()).unwrap();
    let query: Vec<_> = link.url.split_once('?').unwrap().1.split('&').map(ToOwned::to_owned).collect();
    assert!(query.len() > 2);
    let mut changed = vec![Vec::new()];
    for index in 0..query.len() {
        let mut longer = query.clone();
        longer[index].push('0');
        let mut without = query.clone();
        without.remove(index);
        let mut emptied = query.clone();
        emptied[index] = format!("{}=", query[index].split('=').next().unwrap());
        changed.extend([longer, without, emptied]);
    }
    for query in changed {
        let answer = open(Method::GET, &with_query(&link, &query)).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}: {query:?}", answer.status());
        assert_ne!(&answer.bytes().await.unwrap()[..], b"hello");
    }
}
