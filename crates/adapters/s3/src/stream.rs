//! An object's bytes as they come.

use crate::fault;
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use kernel::{ObjectError, Reader};
use std::time::Duration;

/// How long the next bytes may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

const DOING: &str = "reading an object";

/// Reads what a store sends; at most what lies in the buffers of the connection is in memory.
pub(crate) struct Stream(pub(crate) ByteStream);

#[async_trait]
impl Reader for Stream {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await {
                Ok(Some(Ok(bytes))) if bytes.is_empty() => {}
                Ok(Some(Ok(bytes))) => return Ok(Some(bytes.to_vec())),
                Ok(Some(Err(cause))) => return Err(fault::away(DOING, cause)),
                Ok(None) => return Ok(None),
                Err(cause) => return Err(fault::away(DOING, cause)),
            }
        }
    }
}

/// Nothing.
pub(crate) struct Empty;

#[async_trait]
impl Reader for Empty {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(None)
    }
}
