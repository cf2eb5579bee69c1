//! ZIP files whose members are stored as they are: a pass is too small for compression to matter, and too simple for
//! more than this.

use crate::WalletError;

/// The first of January 1980, the earliest day that the format has.
const DAY: u16 = 0x0021;
/// Version 1.0 of the format is enough.
const NEEDS: u16 = 10;

/// An archive of these members, in this order.
pub(crate) fn zip(members: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, WalletError> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in members {
        let offset = size(file.len())?;
        let about = about(name, content)?;
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(&about);
        file.extend_from_slice(name.as_bytes());
        file.extend_from_slice(content);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&NEEDS.to_le_bytes());
        directory.extend_from_slice(&about);
        // No comment, on the first disk, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (start, length) = (size(file.len())?, size(directory.len())?);
    let count = u16::try_from(members.len()).map_err(WalletError::made)?.to_le_bytes();
    file.append(&mut directory);
    file.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    file.extend_from_slice(&count);
    file.extend_from_slice(&count);
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&start.to_le_bytes());
    file.extend_from_slice(&[0; 2]);
    Ok(file)
}

/// What is said of a member before its content and in the directory alike.
fn about(name: &str, content: &[u8]) -> Result<Vec<u8>, WalletError> {
    let length = size(content.len())?.to_le_bytes();
    let mut about = Vec::with_capacity(26);
    about.extend_from_slice(&NEEDS.to_le_bytes());
    // No flags, stored, at midnight.
    about.extend_from_slice(&[0; 6]);
    about.extend_from_slice(&DAY.to_le_bytes());
    about.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
    about.extend_from_slice(&length);
    about.extend_from_slice(&length);
    about.extend_from_slice(&u16::try_from(name.len()).map_err(WalletError::made)?.to_le_bytes());
    about.extend_from_slice(&[0; 2]);
    Ok(about)
}

fn size(length: usize) -> Result<u32, WalletError> {
    u32::try_from(length).map_err(WalletError::made)
}
