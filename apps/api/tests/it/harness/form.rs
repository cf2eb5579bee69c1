//! Files as browsers send them in a form (RFC 7578).

/// Says of a form's body what it is.
pub const KIND: &str = "multipart/form-data; boundary=a-line-that-stands-in-no-picture";
/// What stands behind the last file.
pub const END: &str = "--a-line-that-stands-in-no-picture--\r\n";
/// What stands behind each file.
pub const BEHIND: &str = "\r\n";

/// What stands in front of a file.
pub fn before(name: &str) -> String {
    format!(
        "--a-line-that-stands-in-no-picture\r\nContent-Disposition: form-data; name=\"files\"; \
         filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
}

/// All of these, each with its name.
pub fn whole(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        body.extend_from_slice(before(name).as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(BEHIND.as_bytes());
    }
    body.extend_from_slice(END.as_bytes());
    body
}
