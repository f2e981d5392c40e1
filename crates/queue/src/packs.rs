//! Packs: bytes by name, in the server's object store, for owners that send trees and workers that read them.
//!
//! A name must follow from the content, because a pack whose name is there is not sent again.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use crate::connection::{Queue, QueueError, failed};

/// The largest pack, in bytes.
const MAX_PACK: usize = 256 << 20;
/// How long a pack may take to arrive at the server, or from there. The client itself waits without a limit.
const TRANSFER: Duration = Duration::from_secs(10 * 60);

const TOO_SLOW: &str = "it took more than 10 minutes";

impl Queue {
    pub async fn has_pack(&self, name: &str) -> bool {
        self.packs.info(name).await.is_ok_and(|info| !info.deleted)
    }

    /// Stores a pack, unless it is there. Returns how many bytes were sent.
    pub async fn put_pack(&self, name: &str, bytes: &[u8]) -> Result<usize, QueueError> {
        if bytes.len() > MAX_PACK {
            return Err(QueueError::TooLarge { what: "a pack", size: bytes.len(), limit: MAX_PACK });
        }
        if self.has_pack(name).await {
            return Ok(0);
        }
        let mut rest = bytes;
        let put = tokio::time::timeout(TRANSFER, self.packs.put(name, &mut rest)).await;
        put.map_err(|_| failed("store a pack")(TOO_SLOW))?.map_err(failed("store a pack"))?;
        Ok(bytes.len())
    }

    /// Reads a pack. The store checks its hash.
    pub async fn pack(&self, name: &str) -> Result<Vec<u8>, QueueError> {
        let read = tokio::time::timeout(TRANSFER, self.read_pack(name)).await;
        read.map_err(|_| failed("read a pack")(TOO_SLOW))?
    }

    async fn read_pack(&self, name: &str) -> Result<Vec<u8>, QueueError> {
        let object = self.packs.get(name).await.map_err(failed("find a pack"))?;
        if object.info().size > MAX_PACK {
            return Err(QueueError::TooLarge { what: "a pack", size: object.info().size, limit: MAX_PACK });
        }
        let mut bytes = Vec::with_capacity(object.info().size);
        let mut bounded = object.take(MAX_PACK as u64);
        bounded.read_to_end(&mut bytes).await.map_err(failed("read a pack"))?;
        Ok(bytes)
    }
}
