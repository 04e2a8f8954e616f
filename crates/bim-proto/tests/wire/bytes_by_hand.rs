//! Bytes that no honest peer sends, put together field by field.

use bim_proto::wire::FrameKind;
use bytes::Bytes;

/// Protobuf fields in the order they are added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A number: enums, flags and signed numbers too, as two's complement.
    pub(crate) fn number(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    /// Text or other bytes.
    pub(crate) fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend_from_slice(value.as_ref());
        self
    }

    /// A message in a message.
    pub(crate) fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    /// Bytes as they are.
    pub(crate) fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(bytes.as_ref());
        self
    }

    /// The message as a frame.
    pub(crate) fn frame(&self, kind: FrameKind) -> Bytes {
        let mut frame = vec![1, kind as u8];
        frame.extend_from_slice(&self.0);
        frame.into()
    }

    /// The message alone.
    pub(crate) fn record(&self) -> Bytes {
        self.0.clone().into()
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
