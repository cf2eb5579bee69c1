//! Where pictures and music lie, and what makes everything of them.

use super::{Finding, causes};
use crate::config::{Bucket, Config, MediaUrl};
use crate::confine;
use crate::wiring::media::settings;
use crate::wiring::programs::Programs;
use crate::workplace::Workplace;
use adapter_s3::{S3, wanted_cors};
use kernel::Clock;
use std::path::Path;

/// Looks at all of it. In a bucket objects of its own are put and removed: there is no other way to know.
pub(super) async fn look(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let mut findings = match &config.media.url {
        MediaUrl::Folder(folder) => vec![look_at_folder(folder)],
        MediaUrl::Bucket(bucket) => look_at_bucket(config, bucket, clock).await,
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
    match folder.metadata() {
        Ok(found) if found.is_dir() && found.permissions().readonly() => {
            Finding::error(CHECK, format!("{shown} cannot be written"), "let the program write there")
        }
        Ok(found) if found.is_dir() => Finding::ok(CHECK, format!("kept in {shown}")),
        Ok(_) => Finding::error(CHECK, format!("{shown} is no folder"), "name a folder in media.url"),
        Err(_) => Finding::ok(CHECK, format!("{shown} is made at the first start")),
    }
}

async fn look_at_bucket(config: &Config, bucket: &Bucket, clock: &dyn Clock) -> Vec<Finding> {
    const CHECK: &str = "media";
    let s3 = match S3::new(&settings(bucket)) {
        Ok(s3) => s3,
        Err(error) => return vec![Finding::error(CHECK, causes(&error), "correct media.endpoint")],
    };
    if let Err(error) = s3.probe().await {
        let advice = "correct media.*, or what the key may do in the bucket";
        return vec![Finding::error(CHECK, causes(&error), advice)];
    }
    let name = &bucket.name;
    let ok = Finding::ok(CHECK, format!("objects can be put into, read from and removed from {name}"));
    vec![ok, privacy(&s3).await, cors(config, &s3, clock).await]
}

async fn privacy(s3: &S3) -> Finding {
    const CHECK: &str = "media_privacy";
    match s3.exposures().await {
        Ok(found) if found.is_empty() => Finding::ok(CHECK, "nobody can read, list or write without a key"),
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
