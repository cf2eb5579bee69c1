//! Objects that are sent in parts.

use super::browser::{now, open, with_query};
use super::{Objects, head, key, noise, put, read};
use chrono::TimeDelta;
use kernel::{Link, ObjectError, Part, PartsId};
use reqwest::{Method, Response};
use std::collections::BTreeSet;

/// Bytes of a part that is not the last: buckets take no smaller ones.
const PART: usize = 5 * 1024 * 1024;

fn link_of(objects: &Objects, name: &str, parts: &PartsId, number: u32, size: usize) -> Link {
    let until = now() + TimeDelta::minutes(10);
    objects.part_link(&key(name), parts, number, size as u64, now(), until).unwrap()
}

async fn send(link: &Link, bytes: &[u8]) -> Response {
    open(Method::PUT, &link.url).body(bytes.to_vec()).send().await.unwrap()
}

/// Sends a part as a browser does, and gives back what it learns.
async fn sent(objects: &Objects, name: &str, parts: &PartsId, number: u32, bytes: &[u8]) -> Part {
    let answer = send(&link_of(objects, name, parts, number, bytes.len()), bytes).await;
    assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
    let etag = answer.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    Part { number, etag, size: bytes.len() as u64 }
}

async fn begin(objects: &Objects, name: &str) -> PartsId {
    objects.begin_parts(&key(name), "audio/flac").await.unwrap()
}

async fn arrived(objects: &Objects, name: &str, parts: &PartsId) -> Option<Vec<Part>> {
    objects.parts(&key(name), parts).await.unwrap()
}

pub async fn parts_arrive_in_any_order(objects: Objects) {
    let bytes = noise(2 * PART + 1234);
    let runs: Vec<_> = bytes.chunks(PART).collect();
    let parts = begin(&objects, "uploads/a").await;
    assert_eq!(arrived(&objects, "uploads/a", &parts).await, Some(Vec::new()));
    let mut known = Vec::new();
    for number in [3, 1, 2] {
        known.push(sent(&objects, "uploads/a", &parts, number, runs[number as usize - 1]).await);
        known.sort_by_key(|part| part.number);
        assert_eq!(arrived(&objects, "uploads/a", &parts).await.as_ref(), Some(&known));
    }
    assert_eq!(head(&objects, "uploads/a").await, None, "it is not there before it is finished");
    objects.finish_parts(&key("uploads/a"), &parts, &known).await.unwrap();
    let object = head(&objects, "uploads/a").await.unwrap();
    assert_eq!((object.size, object.content_type.as_str()), (bytes.len() as u64, "audio/flac"));
    assert!(read(&objects, "uploads/a", None).await.unwrap() == bytes);
    assert_eq!(arrived(&objects, "uploads/a", &parts).await, None, "there are no parts any more");
    let late = send(&link_of(&objects, "uploads/a", &parts, 4, 1), b"x").await;
    assert!(late.status().is_client_error(), "{}", late.status());
}

pub async fn a_part_that_is_sent_again_replaces_the_one_before(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let first = sent(&objects, "a", &parts, 1, b"wrong").await;
    let again = sent(&objects, "a", &parts, 1, b"right!").await;
    assert_ne!(first.etag, again.etag);
    assert_eq!(arrived(&objects, "a", &parts).await, Some(vec![again.clone()]));
    let same = sent(&objects, "a", &parts, 1, b"right!").await;
    assert_eq!(same, again, "who lost the answer loses nothing");
    objects.finish_parts(&key("a"), &parts, &[again]).await.unwrap();
    assert_eq!(read(&objects, "a", None).await.unwrap(), b"right!");
}

pub async fn a_part_of_another_size_is_refused(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let link = link_of(&objects, "a", &parts, 1, 100);
    for size in [0, 99, 101, 100_000] {
        let answer = send(&link, &noise(size)).await;
        assert!(answer.status().is_client_error(), "{size}: {}", answer.status());
        assert_eq!(arrived(&objects, "a", &parts).await, Some(Vec::new()));
    }
    assert!(send(&link, &noise(100)).await.status().is_success());
}

pub async fn a_part_link_is_for_one_part_and_one_method(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let other = begin(&objects, "b").await;
    let link = link_of(&objects, "a", &parts, 1, 5);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = open(method.clone(), &link.url).body("hello").send().await.unwrap();
        assert!(answer.status().is_client_error(), "{method}: {}", answer.status());
    }
    let elsewhere = open(Method::PUT, &link.url).header("host", "elsewhere.example").body("hello");
    assert!(elsewhere.send().await.unwrap().status().is_client_error());
    let query: Vec<_> = link.url.split_once('?').unwrap().1.split('&').map(ToOwned::to_owned).collect();
    for index in 0..query.len() {
        let (mut longer, mut without) = (query.clone(), query.clone());
        longer[index].push('1');
        without.remove(index);
        for query in [longer, without] {
            let link = Link { url: with_query(&link, &query), ..link.clone() };
            let answer = send(&link, b"hello").await;
            assert!(answer.status().is_client_error(), "{}: {query:?}", answer.status());
        }
    }
    assert_eq!(arrived(&objects, "a", &parts).await, Some(Vec::new()));
    assert_eq!(arrived(&objects, "b", &other).await, Some(Vec::new()));
    assert_eq!(arrived(&objects, "b", &parts).await, None, "parts belong to one object");
    assert_eq!(head(&objects, "a").await, None);
    assert!(send(&link, b"hello").await.status().is_success());
    for number in [0, 10_001] {
        let (now, until) = (now(), now() + TimeDelta::minutes(1));
        assert!(objects.part_link(&key("a"), &parts, number, 5, now, until).is_err());
    }
}

pub async fn a_part_link_is_good_until_its_time(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let (now, until) = (now(), now() + TimeDelta::seconds(3));
    let link = objects.part_link(&key("a"), &parts, 1, 5, now, until).unwrap();
    assert!(link.expires_at <= until && link.expires_at > until - TimeDelta::seconds(1));
    let part = send(&link, b"hello").await;
    assert!(part.status().is_success(), "{}", part.status());
    super::outlast(&link).await;
    let late = send(&link, b"other").await;
    assert!(late.status().is_client_error(), "{}", late.status());
    let etag = part.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    assert_eq!(arrived(&objects, "a", &parts).await, Some(vec![Part { number: 1, etag, size: 5 }]));
}

pub async fn what_did_not_arrive_like_that_is_not_finished(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let one = sent(&objects, "a", &parts, 1, &noise(PART)).await;
    let two = sent(&objects, "a", &parts, 2, b"end").await;
    let other = Part { etag: one.etag.clone(), ..two.clone() };
    let missing = Part { number: 3, ..two.clone() };
    for wrong in [
        vec![],
        vec![one.clone(), other],
        vec![one.clone(), missing.clone()],
        vec![one.clone(), two.clone(), missing],
        vec![two.clone(), one.clone()],
    ] {
        let finished = objects.finish_parts(&key("a"), &parts, &wrong).await;
        assert!(matches!(finished, Err(ObjectError::Refused { .. })), "{finished:?} of {wrong:?}");
        assert_eq!(head(&objects, "a").await, None);
    }
    assert_eq!(arrived(&objects, "a", &parts).await, Some(vec![one.clone(), two.clone()]), "nothing is lost");
    objects.finish_parts(&key("a"), &parts, &[one, two]).await.unwrap();
    assert_eq!(head(&objects, "a").await.unwrap().size, PART as u64 + 3);
}

pub async fn what_is_finished_can_be_finished_again(objects: Objects) {
    let parts = begin(&objects, "a").await;
    let part = sent(&objects, "a", &parts, 1, b"hello").await;
    for _ in 0..2 {
        // The first answer may have been lost.
        objects.finish_parts(&key("a"), &parts, std::slice::from_ref(&part)).await.unwrap();
    }
    let other = Part { etag: format!("0{}", part.etag), ..part };
    let finished = objects.finish_parts(&key("a"), &parts, &[other]).await;
    assert!(matches!(finished, Err(ObjectError::Refused { .. })), "{finished:?}");
    assert_eq!(read(&objects, "a", None).await.unwrap(), b"hello");
}

pub async fn an_object_in_parts_replaces_what_was_there_when_it_is_finished(objects: Objects) {
    put(&objects, "a", b"before").await;
    let before = head(&objects, "a").await.unwrap();
    let parts = begin(&objects, "a").await;
    let part = sent(&objects, "a", &parts, 1, b"after!").await;
    assert_eq!(head(&objects, "a").await.as_ref(), Some(&before));
    objects.finish_parts(&key("a"), &parts, &[part]).await.unwrap();
    assert_ne!(head(&objects, "a").await.unwrap().etag, before.etag);
    assert_eq!(read(&objects, "a", None).await.unwrap(), b"after!");
}

pub async fn dropped_parts_are_gone(objects: Objects) {
    let (gone, kept) = (begin(&objects, "a").await, begin(&objects, "a").await);
    let part = sent(&objects, "a", &gone, 1, b"hello").await;
    let other = sent(&objects, "a", &kept, 1, b"other").await;
    for _ in 0..2 {
        objects.drop_parts(&key("a"), &gone).await.unwrap();
    }
    assert_eq!(arrived(&objects, "a", &gone).await, None);
    let late = send(&link_of(&objects, "a", &gone, 2, 5), b"hello").await;
    assert!(late.status().is_client_error(), "{}", late.status());
    let finished = objects.finish_parts(&key("a"), &gone, &[part]).await;
    assert!(matches!(finished, Err(ObjectError::Refused { .. })), "{finished:?}");
    assert_eq!(head(&objects, "a").await, None);
    assert_eq!(objects.list("", None, 10).await.unwrap(), []);
    objects.finish_parts(&key("a"), &kept, &[other]).await.unwrap();
    assert_eq!(read(&objects, "a", None).await.unwrap(), b"other");
}

pub async fn what_was_begun_and_not_ended_is_listed(objects: Objects) {
    let mut begun = Vec::new();
    for name in ["uploads/3", "uploads/1", "sets/a", "uploads/2", "uploads/1"] {
        begun.push((key(name), begin(&objects, name).await));
    }
    sent(&objects, "uploads/1", &begun[1].1, 1, b"hello").await;
    let part = sent(&objects, "uploads/2", &begun[3].1, 1, b"hello").await;
    let listed = async |prefix: &str, limit| {
        let found = objects.unfinished(prefix, limit).await.unwrap();
        let late = now() - TimeDelta::minutes(10);
        assert!(found.iter().all(|one| one.since > late));
        assert!(found.is_sorted_by_key(|one| one.key.clone()), "by name");
        found.into_iter().map(|one| (one.key, one.parts.0)).collect::<Vec<_>>()
    };
    let set = |some: &[usize]| -> BTreeSet<_> {
        some.iter().map(|index| (begun[*index].0.clone(), begun[*index].1.0.clone())).collect()
    };
    assert_eq!(listed("", 10).await.into_iter().collect::<BTreeSet<_>>(), set(&[0, 1, 2, 3, 4]));
    assert_eq!(listed("uploads/", 10).await.into_iter().collect::<BTreeSet<_>>(), set(&[0, 1, 3, 4]));
    let first = listed("uploads/", 1).await;
    assert!(first.len() == 1 && first[0].0.as_str() == "uploads/1");
    objects.finish_parts(&key("uploads/2"), &begun[3].1, &[part]).await.unwrap();
    objects.drop_parts(&begun[1].0, &begun[1].1).await.unwrap();
    assert_eq!(listed("uploads/", 10).await.into_iter().collect::<BTreeSet<_>>(), set(&[0, 4]));
}
