//! A ZIP file that is written while it is sent (APPNOTE.TXT 6.3.10): entries as they are, without packing, since what is
//! in them is packed already. Sizes and checksums stand before each entry, so that every program can read it, also while
//! it arrives. Only what the list at the end needs is kept meanwhile.

use chrono::{Datelike, Timelike};
use kernel::Timestamp;

/// Version 2.0: files as they are. 4.5: more than 4 GiB or 65,535 of them.
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;
/// Names are UTF-8 (bit 11).
const FLAGS: u16 = 0x0800;
/// What a field of four bytes says when the value stands elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// What the list at the end says of one entry.
struct Entry {
    name: String,
    modified: (u16, u16),
    crc: u32,
    size: u32,
    offset: u64,
}

/// A file that is being written.
#[derive(Default)]
pub struct Zip {
    entries: Vec<Entry>,
    /// Bytes that were written.
    written: u64,
}

impl Zip {
    /// What stands before the bytes of an entry; they have to follow at once. `None` for more than 4 GiB.
    pub fn entry(&mut self, name: &str, modified: Timestamp, bytes: &[u8]) -> Option<Vec<u8>> {
        let size = u32::try_from(bytes.len()).ok().filter(|size| *size < ELSEWHERE)?;
        let entry = Entry {
            name: name.chars().take(200).collect(),
            modified: dos(modified),
            crc: crc32fast::hash(bytes),
            size,
            offset: self.written,
        };
        let mut head = Vec::with_capacity(30 + entry.name.len());
        put4(&mut head, 0x0403_4b50);
        put2(&mut head, PLAIN);
        entry.common(&mut head);
        put2(&mut head, 0);
        head.extend_from_slice(entry.name.as_bytes());
        self.written += head.len() as u64 + u64::from(size);
        self.entries.push(entry);
        Some(head)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The list at the end, with which the file is whole.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut list = Vec::new();
        for entry in &self.entries {
            entry.listed(&mut list);
        }
        let (count, size, offset) = (self.entries.len() as u64, list.len() as u64, self.written);
        if count >= u64::from(u16::MAX) || offset >= u64::from(ELSEWHERE) || size >= u64::from(ELSEWHERE) {
            large_end(&mut list, count, size, offset);
        }
        let few = u16::try_from(count).unwrap_or(u16::MAX);
        put4(&mut list, 0x0605_4b50);
        put2(&mut list, 0);
        put2(&mut list, 0);
        put2(&mut list, few);
        put2(&mut list, few);
        put4(&mut list, u32::try_from(size).unwrap_or(ELSEWHERE));
        put4(&mut list, u32::try_from(offset).unwrap_or(ELSEWHERE));
        put2(&mut list, 0);
        list
    }
}

impl Entry {
    /// What stands in both places, up to the length of the name.
    fn common(&self, to: &mut Vec<u8>) {
        let (date, time) = self.modified;
        put2(to, FLAGS);
        // As it is.
        put2(to, 0);
        put2(to, time);
        put2(to, date);
        put4(to, self.crc);
        put4(to, self.size);
        put4(to, self.size);
        put2(to, u16::try_from(self.name.len()).unwrap_or(u16::MAX));
    }

    fn listed(&self, to: &mut Vec<u8>) {
        let near = u32::try_from(self.offset).ok().filter(|offset| *offset < ELSEWHERE);
        let version = if near.is_some() { PLAIN } else { ZIP64 };
        put4(to, 0x0201_4b50);
        put2(to, version);
        put2(to, version);
        self.common(to);
        put2(to, if near.is_some() { 0 } else { 12 });
        put2(to, 0);
        put2(to, 0);
        put2(to, 0);
        put4(to, 0);
        put4(to, near.unwrap_or(ELSEWHERE));
        to.extend_from_slice(self.name.as_bytes());
        if near.is_none() {
            put2(to, 1);
            put2(to, 8);
            put8(to, self.offset);
        }
    }
}

/// The end of a file that is too large for the usual one, and where it begins.
fn large_end(list: &mut Vec<u8>, count: u64, size: u64, offset: u64) {
    put4(list, 0x0606_4b50);
    put8(list, 44);
    put2(list, ZIP64);
    put2(list, ZIP64);
    put4(list, 0);
    put4(list, 0);
    put8(list, count);
    put8(list, count);
    put8(list, size);
    put8(list, offset);
    put4(list, 0x0706_4b50);
    put4(list, 0);
    put8(list, offset + size);
    put4(list, 1);
}

fn put2(to: &mut Vec<u8>, value: u16) {
    to.extend_from_slice(&value.to_le_bytes());
}

fn put4(to: &mut Vec<u8>, value: u32) {
    to.extend_from_slice(&value.to_le_bytes());
}

fn put8(to: &mut Vec<u8>, value: u64) {
    to.extend_from_slice(&value.to_le_bytes());
}

/// Date and time as MS-DOS has them: from 1980 on, in steps of two seconds.
fn dos(at: Timestamp) -> (u16, u16) {
    let year = u16::try_from(at.year().clamp(1980, 2107) - 1980).unwrap_or(0);
    let small = |value: u32| u16::try_from(value).unwrap_or(0);
    let date = (year << 9) | (small(at.month()) << 5) | small(at.day());
    let time = (small(at.hour()) << 11) | (small(at.minute()) << 5) | (small(at.second()) / 2);
    (date, time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:02Z".parse().unwrap()
    }

    /// What Python's own reader finds: it checks every checksum.
    fn read(file: &std::path::Path) -> String {
        let script = "import sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1]) as z:\n    assert z.testzip() is None\n    \
            print([(i.filename, i.file_size, i.date_time) for i in z.infolist()][-3:], len(z.infolist()))";
        let output = Command::new("python3").args(["-c", script]).arg(file).stderr(Stdio::inherit()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    #[test]
    fn another_program_reads_what_was_written() {
        let (mut zip, mut file) = (Zip::default(), Vec::new());
        for (name, bytes) in [("Nacht/0001.jpg", &b"one"[..]), ("Nächte/0002.jpg", b""), ("3", b"three")] {
            file.extend(zip.entry(name, noon(), bytes).unwrap());
            file.extend_from_slice(bytes);
        }
        assert_eq!((zip.len(), zip.is_empty()), (3, false));
        file.extend(zip.finish());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, file).unwrap();
        let date = "(2026, 6, 1, 12, 0, 2)";
        let expected =
            format!("[('Nacht/0001.jpg', 3, {date}), ('Nächte/0002.jpg', 0, {date}), ('3', 5, {date})] 3\n");
        assert_eq!(read(&path), expected);
    }

    #[test]
    fn an_empty_one_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, Zip::default().finish()).unwrap();
        assert_eq!(read(&path), "[] 0\n");
    }

    #[test]
    fn more_files_than_two_bytes_can_count_are_read() {
        let (mut zip, mut file) = (Zip::default(), Vec::new());
        for number in 0..70_000 {
            file.extend(zip.entry(&number.to_string(), noon(), b"x").unwrap());
            file.push(b'x');
        }
        file.extend(zip.finish());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, file).unwrap();
        assert!(read(&path).ends_with("70000\n"));
    }

    #[test]
    fn entries_behind_four_gib_are_found() {
        use std::io::{Seek, SeekFrom, Write};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let mut file = std::fs::File::create(&path).unwrap();
        // As if so much had been written: a hole in the file, which no entry lies in.
        let mut zip = Zip { written: 5 << 30, ..Zip::default() };
        file.seek(SeekFrom::Start(zip.written)).unwrap();
        for bytes in [&b"far"[..], b"away"] {
            file.write_all(&zip.entry("far", noon(), bytes).unwrap()).unwrap();
            file.write_all(bytes).unwrap();
        }
        file.write_all(&zip.finish()).unwrap();
        drop(file);
        let found = read(&path);
        assert!(found.contains("('far', 4,") && found.ends_with("2\n"), "{found}");
    }

    #[test]
    fn instants_that_the_format_cannot_say_are_brought_near() {
        assert_eq!(dos("1970-01-01T00:00:00Z".parse().unwrap()), ((1 << 5) | 1, 0));
        assert_eq!(dos("2107-12-31T23:59:59Z".parse().unwrap()).0 >> 9, 127);
    }
}
