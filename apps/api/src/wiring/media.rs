//! Where objects lie, and what makes everything of them that is delivered.

use super::makers::{Pictures, Sound};
use super::programs::Programs;
use super::store::Stores;
use crate::config::{Bucket, Config, MediaUrl};
use crate::http::files::MEDIA;
use crate::keys::Keys;
use crate::workplace::Workplace;
use adapter_local::Disk;
use adapter_s3::{S3, Settings};
use chrono::TimeDelta;
use gallery::{Attendance, Gallery};
use kernel::{Clock, ObjectStore, Window};
use media::{Budget, Confines, Meter, Uploads};
use music::{Music, PassKey, Processor};
use std::env;
use std::path::PathBuf;
use std::sync::Arc;

/// What pictures and music are handled with.
pub struct MediaParts {
    /// Where objects lie.
    pub objects: Arc<dyn ObjectStore>,
    /// The folder that they lie in, when it is one: this program serves it.
    pub disk: Option<Disk>,
    /// Use cases of uploads.
    pub uploads: Uploads,
    /// Counts what members are sent.
    pub meter: Meter,
    /// Use cases of albums and pictures.
    pub gallery: Gallery,
    /// Use cases of sets.
    pub music: Music,
    /// What processes sets.
    pub processor: Arc<dyn Processor>,
    /// Where files lie meanwhile.
    pub workplace: Workplace,
}

/// Why pictures and music cannot be handled.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The bucket cannot be addressed.
    #[error("media.url or media.endpoint cannot be used")]
    Bucket(#[from] adapter_s3::Unusable),
    /// The folder cannot be used.
    #[error("the folder of media.url cannot be used")]
    Folder(#[source] std::io::Error),
    /// The workplace cannot be used.
    #[error("media.workplace cannot be used")]
    Workplace(#[source] std::io::Error),
    /// This program does not know where it lies.
    #[error("this program cannot be started again to read pictures")]
    Program(#[source] std::io::Error),
}

/// Puts it together.
///
/// # Errors
/// A [`MediaError`].
pub fn build(
    config: &Config,
    stores: &Stores,
    keys: &Keys,
    clock: &Arc<dyn Clock>,
) -> Result<MediaParts, MediaError> {
    let media = &config.media;
    let (objects, disk) = objects(config, keys, clock)?;
    let budget = match media.egress_gb {
        0 => Budget::Unlimited,
        most => Budget::Bytes(u64::from(most) * 1_000_000_000),
    };
    let window = TimeDelta::minutes(media.link_minutes.into());
    let program = match &media.program {
        Some(program) => program.clone(),
        None => env::current_exe().map_err(MediaError::Program)?,
    };
    for (program, waits, package) in Programs::find(media).missing() {
        tracing::warn!(program, waits, package, "a program is missing: what needs it waits");
    }
    let attendance: Arc<dyn Attendance> = Arc::new(super::guests::Attended(Arc::clone(&stores.holders)));
    Ok(MediaParts {
        uploads: Uploads::new(Arc::clone(&stores.media), Arc::clone(&objects), Arc::clone(clock)),
        meter: Meter::new(Arc::clone(&stores.media), Arc::clone(clock), budget),
        gallery: Gallery {
            store: Arc::clone(&stores.gallery),
            objects: Arc::clone(&objects),
            renderer: Arc::new(Pictures {
                media: media.clone(),
                confines: confines(program.clone()),
                program: program.clone(),
            }),
            attendance,
            clock: Arc::clone(clock),
            terms: gallery::use_cases::Terms { keep_originals: media.keep_originals, window: Window(window) },
        },
        music: Music::new(
            Arc::clone(&stores.music),
            Arc::clone(&objects),
            Arc::clone(clock),
            PassKey::new(keys.music_passes()),
        )
        .linking_for(window)
        .keeping_originals(media.keep_originals),
        processor: Arc::new(Sound { media: media.clone(), confines: confines(program) }),
        workplace: Workplace::open(&media.workplace).map_err(MediaError::Workplace)?,
        objects,
        disk,
    })
}

/// The program that confines: this one, by a hidden command. What it becomes ends with us.
fn confines(program: PathBuf) -> Confines {
    let us = std::process::id().to_string();
    Confines { by: vec![program.into(), "confined".into(), "--parent".into(), us.into()] }
}

/// Where objects lie, and the folder, when it is one.
///
/// # Errors
/// A [`MediaError`].
pub fn objects(
    config: &Config,
    keys: &Keys,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn ObjectStore>, Option<Disk>), MediaError> {
    match &config.media.url {
        MediaUrl::Bucket(bucket) => Ok((Arc::new(S3::new(&settings(bucket))?), None)),
        MediaUrl::Folder(folder) => {
            let base = format!("{}{MEDIA}", config.http.public_url);
            let disk = Disk::open(folder, &base, keys.media_links(), Arc::clone(clock));
            let disk = disk.map_err(MediaError::Folder)?;
            Ok((Arc::new(disk.clone()), Some(disk)))
        }
    }
}

/// A bucket as its adapter wants it said.
#[must_use]
pub fn settings(bucket: &Bucket) -> Settings {
    Settings {
        bucket: bucket.name.clone(),
        prefix: bucket.prefix.clone(),
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        access_key: bucket.access_key.expose().to_owned(),
        secret_key: bucket.secret_key.expose().to_owned(),
        path_style: bucket.path_style,
    }
}
