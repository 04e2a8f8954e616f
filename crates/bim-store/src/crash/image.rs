//! What a disk holds when nobody is using it.

use std::fmt;
use std::sync::Arc;

/// The bytes that a disk holds after a crash. Clones share them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DiskImage(Arc<Vec<u8>>);

impl DiskImage {
    /// The bytes, from the start.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for DiskImage {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl fmt::Debug for DiskImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskImage").field("bytes", &self.0.len()).finish_non_exhaustive()
    }
}
