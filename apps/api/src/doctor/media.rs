//! Where pictures and music lie, and what makes everything of them.

mod links;

use super::{Finding, causes};
use crate::config::{Bucket, Config, MediaUrl};
use crate::confine::{self, KEEPS_FROM_NETWORK};
use crate::wiring::media::settings;
use crate::wiring::programs::Programs;
use crate::workplace::Workplace;
use adapter_s3::{Probed, S3, wanted_cors};
use kernel::Clock;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Looks at all of it. In a bucket objects of its own are put and removed, in a folder a file: there is no other way to
/// know.
pub(super) async fn look(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    let mut findings = match &config.media.url {
        MediaUrl::Folder(folder) => vec![look_at_folder(folder), links::look(config, folder, clock).await],
        MediaUrl::Bucket(bucket) => look_at_bucket(config, bucket, &**clock).await,
    };
    findings.push(look_at_programs(config));
    findings.push(look_at_confines());
    findings.push(match Workplace::open(&config.media.workplace) {
        Ok(_) => Finding::ok("media_workplace", config.media.workplace.display().to_string()),
        Err(error) => {
            let advice = "let the program write there, or name another folder in media.workplace";
            Finding::error("media_workplace", causes(&error), advice)
        }
    });
    findings
}

fn look_at_folder(folder: &Path) -> Finding {
    const CHECK: &str = "media";
    let shown = folder.display();
    // One that is not there yet is made in the nearest one that is.
    let there = folder.ancestors().find(|place| place.symlink_metadata().is_ok());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        let found = format!("{} is no folder", there.display());
        return Finding::error(CHECK, found, "name a folder in media.url");
    }
    match write_in(there) {
        Ok(()) if there == folder => Finding::ok(CHECK, format!("kept in {shown}")),
        Ok(()) => Finding::ok(CHECK, format!("{shown} is made at the first start")),
        Err(error) => {
            let found = format!("{} cannot be written: {error}", there.display());
            Finding::error(CHECK, found, "let the program write there, and see that the disk has room")
        }
    }
}

/// Writes a file there, which is gone again at the end.
fn write_in(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder)?.write_all(b"May be removed.")
}

async fn look_at_bucket(config: &Config, bucket: &Bucket, clock: &dyn Clock) -> Vec<Finding> {
    const CHECK: &str = "media";
    let s3 = match S3::new(&settings(bucket)) {
        Ok(s3) => s3,
        Err(error) => return vec![Finding::error(CHECK, causes(&error), "correct media.endpoint")],
    };
    let probed = match s3.probe(clock.now()).await {
        Ok(probed) => probed,
        Err(error) => {
            let advice = "correct media.*, or what the key may do in the bucket";
            return vec![Finding::error(CHECK, causes(&error), advice)];
        }
    };
    let name = &bucket.name;
    let found =
        format!("objects can be put into, read from and removed from {name}, and links to them are good");
    vec![Finding::ok(CHECK, found), versions(probed), privacy(&s3).await, cors(config, &s3, clock).await]
}

/// What is removed has to be gone: a bucket with versions keeps it, until each of them is removed as well.
fn versions(probed: Probed) -> Finding {
    const CHECK: &str = "media_versions";
    if !probed.keeps_versions {
        return Finding::ok(CHECK, "what is removed is gone");
    }
    let found =
        "the bucket keeps versions of what is removed; each is removed as well, which takes two calls more";
    Finding::warning(CHECK, found, "turn the bucket's versioning off; what was kept before stays there")
}

async fn privacy(s3: &S3) -> Finding {
    const CHECK: &str = "media_privacy";
    match s3.exposures().await {
        Ok(found) if found.is_empty() => {
            Finding::ok(CHECK, "nobody can read, list, write or remove without a key")
        }
        Ok(found) => {
            let said: Vec<_> = found.iter().map(ToString::to_string).collect();
            Finding::error(CHECK, said.join("; "), "make the bucket private at once")
        }
        Err(error) => Finding::error(CHECK, causes(&error), "look at it by hand: who may read the bucket?"),
    }
}

async fn cors(config: &Config, s3: &S3, clock: &dyn Clock) -> Finding {
    const CHECK: &str = "media_cors";
    let mut origins = vec![config.http.public_url.clone()];
    origins.extend(config.http.allowed_origins.iter().cloned());
    match s3.cors_lacks(&origins, clock.now()).await {
        Ok(found) if found.is_empty() => Finding::ok(CHECK, "pages may send parts to it and read from it"),
        Ok(found) => {
            let said: Vec<_> = found.iter().map(ToString::to_string).collect();
            let advice = format!("give the bucket these rules: {}", wanted_cors(&origins));
            Finding::error(CHECK, said.join("; "), &advice)
        }
        Err(error) => Finding::warning(CHECK, causes(&error), "look at the bucket's CORS rules by hand"),
    }
}

fn look_at_programs(config: &Config) -> Finding {
    const CHECK: &str = "media_programs";
    let missing = Programs::find(&config.media).missing();
    if missing.is_empty() {
        return Finding::ok(CHECK, "ffmpeg, ffprobe and what reads HEIC are here");
    }
    let said: Vec<_> =
        missing.iter().map(|(program, waits, _)| format!("{program} is missing: {waits} wait")).collect();
    let mut packages: Vec<_> = missing.iter().map(|(.., package)| *package).collect();
    packages.dedup();
    let advice = format!("apt-get install {}", packages.join(" "));
    Finding::warning(CHECK, said.join("; "), &advice)
}

fn look_at_confines() -> Finding {
    const CHECK: &str = "media_confines";
    match confine::landlock() {
        Some(abi) if abi < KEEPS_FROM_NETWORK => {
            let advice = "use a kernel that knows rules for the network (6.7 or newer)";
            let found = format!(
                "programs that read what is sent are kept to their files (Landlock {abi}), but not from the network"
            );
            Finding::warning(CHECK, found, advice)
        }
        Some(abi) => {
            Finding::ok(CHECK, format!("the kernel confines programs to their files (Landlock {abi})"))
        }
        None => {
            let advice = "use a kernel with Landlock (5.13 or newer, lsm=landlock)";
            let found = "programs that read what is sent are limited in memory and time, but may read files";
            Finding::warning(CHECK, found, advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_folder_is_good_when_something_can_be_written_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &Path| look_at_folder(path);
        assert_eq!(at(folder.path()).state, State::Ok);
        let new = at(&folder.path().join("data/media"));
        assert!(new.state == State::Ok && new.found.ends_with("is made at the first start"), "{}", new.found);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left there");

        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let found = at(&file);
        assert!(found.state == State::Error && found.found.ends_with("is no folder"), "{}", found.found);
        assert_eq!(at(&file.join("media")).state, State::Error);
        // Nobody can write here, whoever they are.
        for path in ["/proc", "/proc/media"] {
            let found = at(Path::new(path));
            assert!(
                found.state == State::Error && found.found.contains("cannot be written"),
                "{}",
                found.found
            );
        }
    }
}
