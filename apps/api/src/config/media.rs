//! Pictures and music: where they lie, who may be sent how much of them, and what makes what is delivered.

use super::reader::{Reader, Secret};
use kernel::Currency;
use rustix::process::geteuid;
use std::path::PathBuf;

/// Where objects lie.
#[derive(Debug, Clone)]
pub enum MediaUrl {
    /// `file:PATH`: in this folder.
    Folder(PathBuf),
    /// `s3://bucket/prefix`.
    Bucket(Box<Bucket>),
}

/// A bucket, and how it is reached.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What the names of all objects begin with, without a slash at the end; empty: nothing.
    pub prefix: String,
    /// Whom to ask; `None`: Amazon.
    pub endpoint: Option<String>,
    /// As its keeper calls the place.
    pub region: String,
    /// Who asks.
    pub access_key: Secret,
    /// How they prove it.
    pub secret_key: Secret,
    /// Whether the bucket's name stands in the path instead of the host.
    pub path_style: bool,
}

/// Pictures and music.
#[derive(Debug, Clone)]
pub struct Media {
    /// Where objects lie.
    pub url: MediaUrl,
    /// How long links stay the same, in minutes; they are good for one to two times that.
    pub link_minutes: u32,
    /// What a member may be sent in a month, in GB (1,000,000,000 bytes); 0: no limit.
    pub egress_gb: u32,
    /// What 1,000 GB cost, in minor units of `egress_currency`; 0: not said.
    pub egress_price: u32,
    /// In what they are paid.
    pub egress_currency: Currency,
    /// Whether the files that were sent are kept once everything is made of them.
    pub keep_originals: bool,
    /// How many pictures are worked on at the same time; 0: as many as there are processors.
    pub pictures_at_once: u32,
    /// Where files lie while something is made of them.
    pub workplace: PathBuf,
    /// Where the program lies; `None`: looked for.
    pub ffmpeg: Option<PathBuf>,
    /// Where the program lies; `None`: looked for.
    pub ffprobe: Option<PathBuf>,
    /// Where the program lies that reads HEIC; `None`: looked for.
    pub heif: Option<PathBuf>,
    /// This program, by which foreign bytes are read apart from it; `None`: the one that runs. Not to be configured.
    pub program: Option<PathBuf>,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Media {
    let program = |reader: &mut Reader, key: &str| {
        let path = reader.text(key);
        (!path.is_empty()).then(|| PathBuf::from(path))
    };
    let currency = reader.text("media.egress_currency");
    let egress_currency = currency.parse().unwrap_or_else(|_| {
        reader.wrong("media.egress_currency", "must be a currency that money is taken in, as EUR");
        Currency::EUR
    });
    let workplace = program(reader, "media.workplace");
    let url = place(reader, "media").unwrap_or_else(|| {
        reader.wrong("media.url", PLACES);
        MediaUrl::Folder(PathBuf::from("./data/media"))
    });
    Media {
        workplace: workplace.unwrap_or_else(|| usual_workplace(&url)),
        url,
        link_minutes: reader.number("media.link_minutes", 1, 1440),
        egress_gb: reader.number("media.egress_gb", 0, 1_000_000),
        egress_price: reader.number("media.egress_price", 0, 1_000_000_000),
        egress_currency,
        keep_originals: reader.flag("media.keep_originals"),
        pictures_at_once: reader.number("media.pictures_at_once", 0, 64),
        ffmpeg: program(reader, "media.ffmpeg"),
        ffprobe: program(reader, "media.ffprobe"),
        heif: program(reader, "media.heif"),
        program: None,
    }
}

/// Beside the objects, where there is room and nobody else can put anything: no name of an object begins with a dot. Where
/// they lie in a bucket, among the system's temporary files, in a folder that is named after whose it is.
fn usual_workplace(url: &MediaUrl) -> PathBuf {
    match url {
        MediaUrl::Folder(folder) => folder.join(".work"),
        MediaUrl::Bucket(_) => std::env::temp_dir().join(format!("synesthesie-{}", geteuid().as_raw())),
    }
}

const PLACES: &str = "must be file:PATH or s3://bucket/prefix";

/// Where the objects of a section lie: its `url`, with what is said of a bucket beside it. `None` when it is empty, or wrong.
pub(super) fn place(reader: &mut Reader, section: &str) -> Option<MediaUrl> {
    let key = format!("{section}.url");
    let text = reader.text(&key);
    let bucket = bucket(reader, section, text.strip_prefix("s3://"));
    match (text.strip_prefix("file:"), bucket) {
        (Some(path), _) if !path.is_empty() => Some(MediaUrl::Folder(PathBuf::from(path))),
        (_, Some(bucket)) => Some(MediaUrl::Bucket(Box::new(bucket))),
        _ if text.is_empty() => None,
        _ => {
            reader.wrong(&key, PLACES);
            None
        }
    }
}

/// The bucket of this name and prefix. What is said of one that is not used is read none the less, so that it is known.
fn bucket(reader: &mut Reader, section: &str, place: Option<&str>) -> Option<Bucket> {
    let key = |name: &str| format!("{section}.{name}");
    let endpoint = reader.text(&key("endpoint")).trim_end_matches('/').to_owned();
    let region = reader.text(&key("region"));
    let (access_key, secret_key) = (reader.secret(&key("access_key")), reader.secret(&key("secret_key")));
    let path_style = reader.flag(&key("path_style"));
    let place = place?;
    if !endpoint.is_empty() && !super::places::is_origin(&endpoint) {
        reader.wrong(&key("endpoint"), "must be https:// and a host, as https://s3.example.org");
    }
    if region.is_empty() {
        let message = "is required with s3://: what the keeper of the bucket calls the place";
        reader.wrong(&key("region"), message);
    }
    for (name, given) in [("access_key", &access_key), ("secret_key", &secret_key)] {
        if given.is_none() {
            reader.wrong(&key(name), "is required with s3://");
        }
    }
    let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
    let prefix = prefix.trim_end_matches('/');
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    if !(3..=63).contains(&name.len()) || !name.bytes().all(known) {
        reader.wrong(&key("url"), "must name a bucket: 3 to 63 lower-case letters, digits, - and .");
    }
    if !prefix.is_empty() && kernel::ObjectKey::parse(prefix).is_none() {
        reader.wrong(&key("url"), "must have a prefix of lower-case letters, digits, -, . and /");
    }
    let empty = || Secret::new("");
    Some(Bucket {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        endpoint: (!endpoint.is_empty()).then_some(endpoint),
        region,
        access_key: access_key.unwrap_or_else(empty),
        secret_key: secret_key.unwrap_or_else(empty),
        path_style,
    })
}
