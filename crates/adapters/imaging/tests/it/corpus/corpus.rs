//! Files that nobody means well with.

mod heif;
mod jpegs;
mod pngs;
mod webps;

use gallery::Refusal;

/// What may come of a file; whatever is not listed is a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ends {
    /// It is a picture all the same: the quarters of the samples.
    Picture,
    /// It is a picture, whatever there is to be seen.
    Any,
    /// It is refused, for one of these reasons.
    Refused(&'static [Refusal]),
    /// Refused, or whatever could be seen of it.
    Either,
}

pub(crate) struct Hostile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Ends,
}

fn hostile(name: impl Into<String>, bytes: impl Into<Vec<u8>>, ends: Ends) -> Hostile {
    Hostile { name: name.into(), bytes: bytes.into(), ends }
}

/// All of them.
pub(crate) fn corpus() -> Vec<Hostile> {
    let mut all = strangers();
    all.extend(jpegs::all());
    all.extend(pngs::all());
    all.extend(webps::all());
    all.extend(heif::all());
    all
}

/// What is no picture of the four formats at all.
fn strangers() -> Vec<Hostile> {
    let none = Ends::Refused(&[Refusal::UnknownFormat]);
    let jpeg = jpegs::good();
    let before = |start: &[u8]| [start, &jpeg].concat();
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>"#;
    let entity =
        r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>"#;
    let push =
        "push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://127.0.0.1/|ls)'\npop graphic-context";
    vec![
        hostile("nothing", [], none),
        hostile("one byte", [0xff], none),
        hostile("half a signature", *b"\x89PNG", none),
        hostile("text", *b"this is a photograph, believe me", none),
        hostile("zeros", vec![0; 1 << 20], none),
        hostile("svg with script", svg, none),
        hostile("svg with an entity", entity, none),
        hostile("commands for a drawing program", push, none),
        hostile("gif that is an archive", before(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;PK\x03\x04"), none),
        hostile("page before a jpeg", before(b"<html><script>alert(1)</script><!--"), none),
        hostile("document before a jpeg", before(b"%PDF-1.7\n1 0 obj\n<< /Length 9 >>\nstream\n"), none),
        hostile("script before a jpeg", before(b"#!/bin/sh\nid\nexit\n"), none),
        hostile("bitmap", before(b"BM\xff\xff\xff\x7f\x00\x00\x00\x00\x36\x00\x00\x00"), none),
        hostile("tiff", before(b"II*\x00\x08\x00\x00\x00"), none),
        hostile("program", before(b"\x7fELF\x02\x01\x01"), none),
        hostile("archive", before(b"PK\x03\x04\x14\x00"), none),
    ]
}

/// One whole number of a TIFF entry, little endian.
fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    let (tag, kind) = (tag.to_le_bytes(), kind.to_le_bytes());
    [&tag[..], &kind, &count.to_le_bytes(), &value.to_le_bytes()].concat()
}

/// TIFF structures that lead astray.
fn mazes() -> Vec<(&'static str, Vec<u8>)> {
    let tiff = |entries: &[Vec<u8>], next: u32| {
        let count = (entries.len() as u16).to_le_bytes();
        [b"II*\x00\x08\x00\x00\x00", &count[..], &entries.concat(), &next.to_le_bytes()].concat()
    };
    vec![
        ("that leads back to itself", tiff(&[entry(0x0112, 3, 1, 1)], 8)),
        ("whose camera is itself", tiff(&[entry(0x8769, 4, 1, 8)], 0)),
        ("whose place and camera are itself", tiff(&[entry(0x8769, 4, 1, 8), entry(0x8825, 4, 1, 8)], 8)),
        ("that points out of the file", tiff(&[entry(0x010e, 2, 4_000, 0xffff_fff0)], 0xffff_ffff)),
        ("with four billion values", tiff(&[entry(0x0112, 3, u32::MAX, 8)], 0)),
        ("with 65,535 entries that are not there", b"II*\x00\x08\x00\x00\x00\xff\xff".to_vec()),
        ("that is turned 4,711 ways", tiff(&[entry(0x0112, 3, 1, 4711)], 0)),
        ("of garbage", vec![0xa5; 500]),
        ("of nothing", Vec::new()),
    ]
}

/// Whatever is not a profile.
fn profiles() -> Vec<(&'static str, Vec<u8>)> {
    let mut lying = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    // So many tags are said to be there.
    lying[128..132].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut short = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    short.truncate(200);
    vec![("of garbage", vec![0x5a; 3_000]), ("with four billion tags", lying), ("cut off", short)]
}
