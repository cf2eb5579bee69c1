//! What the audit log says of uploads: not what their files are called, which may be people's names.

use crate::Upload;
use kernel::{Act, Cause, Subject, Timestamp};
use serde_json::json;

/// One was begun.
pub(crate) fn begun(by: &Cause, upload: &Upload, now: Timestamp) -> Act {
    let said = json!({"kind": upload.kind, "format": upload.format, "size": upload.size});
    act("upload.begin", by, upload, now).changing(None, Some(said.to_string()))
}

/// One came to another status.
pub(crate) fn changed(
    name: &'static str,
    by: &Cause,
    (before, after): (&Upload, &Upload),
    now: Timestamp,
) -> Act {
    let said = |upload: &Upload| Some(json!({"status": upload.status}).to_string());
    act(name, by, after, now).changing(said(before), said(after))
}

fn act(name: &'static str, by: &Cause, upload: &Upload, now: Timestamp) -> Act {
    by.act(name, Subject::new("upload", upload.id.as_uuid()), now)
}
