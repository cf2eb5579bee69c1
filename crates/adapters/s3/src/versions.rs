//! What a bucket keeps of objects that were removed, where its keeper has turned versioning on: all their bytes.

use crate::S3;
use crate::fault::{broken, broken_as, failed};
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::ObjectIdentifier;
use kernel::ObjectError;

const DOING: &str = "removing all versions of an object";
/// Each takes up to a thousand.
const ROUNDS: u32 = 20;

impl S3 {
    /// Removes all versions of the object of this name, which was removed, and the markers that say so: whoever wants a
    /// picture gone does not want it kept.
    pub(crate) async fn remove_versions(&self, name: &str) -> Result<(), ObjectError> {
        for _ in 0..ROUNDS {
            let kept = self.versions(name).await?;
            if kept.is_empty() {
                return Ok(());
            }
            self.delete_at_once(kept).await?;
        }
        Err(broken_as(DOING, "the bucket keeps what was removed: it is still there"))
    }

    /// Versions of an object, and markers: the first ones.
    async fn versions(&self, name: &str) -> Result<Vec<ObjectIdentifier>, ObjectError> {
        let asked = self.client.list_object_versions().bucket(&self.bucket).prefix(name).send().await;
        let page = asked.map_err(failed(DOING))?;
        let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
        let markers = page.delete_markers().iter().map(|it| (it.key(), it.version_id()));
        // Others whose names begin like that come behind it.
        let ours = versions.chain(markers).filter(|(key, _)| *key == Some(name));
        let named = |(_, version): (_, Option<&str>)| {
            ObjectIdentifier::builder().key(name).set_version_id(version.map(str::to_owned)).build()
        };
        let all: Result<_, BuildError> = ours.map(named).collect();
        all.map_err(|cause| broken(DOING, cause))
    }
}
