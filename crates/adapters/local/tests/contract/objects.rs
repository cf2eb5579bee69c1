//! Objects in a folder: what every object store promises, and what concerns disks alone.

mod server;

use adapter_local::{Asked, Disk};
use chrono::TimeDelta;
use kernel::{
    Body, Delivery, Disposition, ObjectError, ObjectKey, ObjectStore, PartsId, SystemClock, Timestamp, Window,
};
use server::serving;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use testkit::{StoppedClock, noon};

async fn open() -> Arc<dyn ObjectStore> {
    serving().await
}

testkit::object_store_contract!(open);

fn disk_in(folder: &Path) -> Disk {
    Disk::open(folder, "http://localhost/media", [1; 32], Arc::new(SystemClock)).unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

fn bytes(text: &str) -> Body {
    Body::Bytes(text.into())
}

/// All files of a folder, by name from there, whatever they are.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn objects_are_there_when_the_program_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    disk.put(&key("a/b"), bytes("hello"), "text/plain").await.unwrap();
    let parts = disk.begin_parts(&key("c"), "text/plain").await.unwrap();
    let known = disk.head(&key("a/b")).await.unwrap();
    drop(disk);
    let disk = disk_in(folder.path());
    assert_eq!(disk.head(&key("a/b")).await.unwrap(), known);
    assert_eq!(disk.parts(&key("c"), &parts).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn a_file_begins_with_the_object_itself() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    disk.put(&key("a/b.txt"), bytes("hello"), "text/plain").await.unwrap();
    let file = fs::read(folder.path().join("a/b.txt")).unwrap();
    assert!(file.starts_with(b"hello{"), "programs that look at it see the object");
    assert_eq!((file.len(), file.last()), (5 + 512, Some(&b'\n')));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_objects() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data/media");
    let disk = disk_in(&root);
    disk.put(&key("a/b"), bytes("hello"), "text/plain").await.unwrap();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode(""), mode("a"), mode(".parts"), mode(".tmp")], [0o700; 4]);
    assert_eq!(mode("a/b"), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_on_the_disk_leads_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    let other = disk_in(outside.path());
    other.put(&key("b"), bytes("secret"), "text/plain").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    std::os::unix::fs::symlink(outside.path(), folder.path().join("a")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("b"), folder.path().join("c")).unwrap();
    assert!(disk.get(&key("a/b"), None).await.is_err());
    assert!(disk.put(&key("a/b"), bytes("mine"), "text/plain").await.is_err());
    assert!(disk.delete(&[key("a/b")]).await.is_err());
    assert!(disk.get(&key("c"), None).await.unwrap().is_none());
    assert_eq!(disk.list("", None, 10).await.unwrap(), []);
    disk.put(&key("c"), bytes("mine"), "text/plain").await.unwrap();
    assert_eq!(disk.head(&key("c")).await.unwrap().unwrap().size, 4);
    assert_eq!(other.head(&key("b")).await.unwrap().unwrap().size, 6);
}

#[tokio::test]
async fn what_the_names_of_parts_say_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    disk.put(&key("a"), bytes("hello"), "text/plain").await.unwrap();
    for name in ["", ".", "..", "../a", "/etc", "a\0b", "%2e%2e", "7d5d4a0c-3c5c-4d5b-9d6e-0b9a7f3c2e11/.."] {
        let parts = PartsId(name.into());
        assert_eq!(disk.parts(&key("a"), &parts).await.unwrap(), None, "{name:?}");
        disk.drop_parts(&key("a"), &parts).await.unwrap();
        assert!(disk.finish_parts(&key("a"), &parts, &[]).await.is_err());
    }
    assert_eq!(disk.head(&key("a")).await.unwrap().unwrap().size, 5);
}

#[tokio::test]
async fn what_lies_there_and_is_no_object_is_told_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    fs::create_dir(folder.path().join("a")).unwrap();
    for (name, text) in [("a/short", "x".into()), ("a/long", "x".repeat(600)), ("a/.hidden", "x".into())] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for name in ["a/short", "a/long"] {
        assert!(matches!(disk.head(&key(name)).await, Err(ObjectError::Broken { .. })), "{name}");
        disk.put(&key(name), bytes("hello"), "text/plain").await.unwrap();
        assert_eq!(disk.head(&key(name)).await.unwrap().unwrap().size, 5);
    }
    assert_eq!(disk.list("", None, 10).await.unwrap().len(), 2);
    // An object that was cut off is none any more.
    let path = folder.path().join("a/long");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[1..]).unwrap();
    assert!(matches!(disk.head(&key("a/long")).await, Err(ObjectError::Broken { .. })));
}

#[tokio::test]
async fn folders_go_with_the_last_object_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    for name in ["a/b/c/1", "a/b/c/2", "a/d"] {
        disk.put(&key(name), bytes("x"), "text/plain").await.unwrap();
    }
    disk.delete(&[key("a/b/c/1")]).await.unwrap();
    assert!(folder.path().join("a/b/c").is_dir());
    disk.delete(&[key("a/b/c/2")]).await.unwrap();
    assert!(!folder.path().join("a/b").exists() && folder.path().join("a").is_dir());
    disk.delete(&[key("a/d")]).await.unwrap();
    assert!(!folder.path().join("a").exists() && folder.path().is_dir());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_come_into_folders_that_others_go_from() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let disk = disk.clone();
            tokio::spawn(async move {
                let name = key(&format!("a/b/{worker}"));
                for _ in 0..50 {
                    disk.put(&name, bytes("x"), "text/plain").await.unwrap();
                    assert!(disk.head(&name).await.unwrap().is_some());
                    disk.delete(std::slice::from_ref(&name)).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(files(folder.path()), [""; 0]);
}

/// A part's link, as the server has read it.
async fn asked(disk: &Disk, size: u64) -> (PartsId, adapter_local::PartAsked) {
    let now = testkit::noon();
    let parts = disk.begin_parts(&key("a"), "text/plain").await.unwrap();
    let link = disk.part_link(&key("a"), &parts, 1, size, now, now + TimeDelta::hours(1)).unwrap();
    let (path, query) = link.url.strip_prefix("http://localhost/media").unwrap().split_once('?').unwrap();
    match disk.verify("PUT", "localhost", path, query, now) {
        Ok(Asked::Part(asked)) => (parts, asked),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_part_that_nobody_ends_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    let (parts, asked) = asked(&disk, 1_000_000).await;
    let about = format!(".parts/{}/about.json", parts.0);
    let mut dropped = disk.receive(&asked).await.unwrap().unwrap();
    dropped.write(&[7; 600_000]).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    drop(dropped);
    assert_eq!(files(folder.path()), std::slice::from_ref(&about));
    let mut short = disk.receive(&asked).await.unwrap().unwrap();
    short.write(&[7; 999_999]).await.unwrap();
    assert!(matches!(short.finish().await, Err(ObjectError::Refused { .. })));
    let mut long = disk.receive(&asked).await.unwrap().unwrap();
    long.write(&[7; 999_999]).await.unwrap();
    assert!(matches!(long.write(&[7; 2]).await, Err(ObjectError::Refused { .. })));
    drop(long);
    assert_eq!(files(folder.path()), [about]);
    assert_eq!(disk.parts(&key("a"), &parts).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn a_part_that_arrives_when_all_was_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    let (parts, asked) = asked(&disk, 5).await;
    let mut receiving = disk.receive(&asked).await.unwrap().unwrap();
    receiving.write(b"hello").await.unwrap();
    disk.drop_parts(&key("a"), &parts).await.unwrap();
    assert_eq!(receiving.finish().await.unwrap(), None);
    assert!(disk.receive(&asked).await.unwrap().is_none());
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test]
async fn what_a_killed_process_left_is_swept_later() {
    let folder = tempfile::tempdir().unwrap();
    drop(disk_in(folder.path()));
    fs::create_dir(folder.path().join(".tmp/folder")).unwrap();
    for name in [".tmp/file", ".tmp/folder/file"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    drop(disk_in(folder.path()));
    assert_eq!(files(folder.path()).len(), 2, "another process may be at it");
    let now: Timestamp = kernel::Clock::now(&SystemClock);
    let clock = Arc::new(StoppedClock::at(now + TimeDelta::days(3)));
    Disk::open(folder.path(), "http://localhost/media", [1; 32], clock).unwrap();
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_reader_keeps_what_it_has_opened() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk_in(folder.path());
    disk.put(&key("a"), bytes(&"1".repeat(600_000)), "text/plain").await.unwrap();
    let mut content = disk.get(&key("a"), None).await.unwrap().unwrap();
    let mut read = content.reader.next().await.unwrap().unwrap();
    disk.put(&key("a"), bytes("2"), "text/plain").await.unwrap();
    disk.delete(&[key("a")]).await.unwrap();
    while let Some(more) = content.reader.next().await.unwrap() {
        read.extend(more);
    }
    assert!(read.len() == 600_000 && read.iter().all(|letter| *letter == b'1'));
}

#[tokio::test]
async fn links_are_asked_at_the_time_of_the_clock() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(StoppedClock::default()));
    let disk = Disk::open(folder.path(), "http://localhost/media", [1; 32], clock.clone()).unwrap();
    let delivery =
        Delivery { content_type: "text/plain".into(), disposition: Disposition::Inline, meter: None };
    let link = disk.link(&key("a"), &delivery, Window(TimeDelta::minutes(10)), noon()).unwrap();
    let (path, query) = link.url.strip_prefix("http://localhost/media").unwrap().split_once('?').unwrap();
    let Some(Asked::Read(asked)) = disk.asked("GET", path, query, "localhost") else { panic!("{link:?}") };
    assert!(disk.read(&asked, None).await.unwrap().is_none());
    disk.put(&key("a"), bytes("hello"), "text/plain").await.unwrap();
    let content = disk.read(&asked, None).await.unwrap().unwrap();
    assert_eq!(content.object.size, 5);
    clock.set(link.expires_at);
    assert_eq!(disk.asked("GET", path, query, "localhost"), None);
}
