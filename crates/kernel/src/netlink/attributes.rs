//! Writing the attributes of a message.

use super::message::aligned;
use netlink_packet_core::Emitable;

/// `NLA_F_NESTED`
const NESTED: u16 = 0x8000;

/// The body of a message: whatever header the protocol has, then attributes. Numbers are in the machine's own order
/// unless a name says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes(Vec<u8>);

/// A nested attribute that is not closed yet.
#[derive(Debug)]
pub(crate) struct Nest(usize);

impl Attributes {
    /// Begins a body with the protocol's header, whose length is a multiple of 4.
    pub(crate) fn after(header: &[u8]) -> Self {
        debug_assert_eq!(header.len(), aligned(header.len()), "attributes follow aligned");
        Self(header.to_vec())
    }

    /// Begins another body in the same memory.
    pub(crate) fn restart(&mut self, header: &[u8]) {
        self.0.clear();
        self.0.extend(header);
    }

    pub(crate) fn bytes(&mut self, kind: u16, value: &[u8]) {
        let len = u16::try_from(4 + value.len()).expect("our attributes are short");
        self.0.extend(len.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(aligned(self.0.len()), 0);
    }

    pub(crate) fn u8(&mut self, kind: u16, value: u8) {
        self.bytes(kind, &[value]);
    }

    pub(crate) fn u16(&mut self, kind: u16, value: u16) {
        self.bytes(kind, &value.to_ne_bytes());
    }

    /// A number in network order.
    pub(crate) fn be16(&mut self, kind: u16, value: u16) {
        self.bytes(kind, &value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, kind: u16, value: u32) {
        self.bytes(kind, &value.to_ne_bytes());
    }

    /// A string with its closing NUL.
    pub(crate) fn string(&mut self, kind: u16, value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes);
    }

    /// Opens an attribute that contains those which follow.
    pub(crate) fn open(&mut self, kind: u16) -> Nest {
        let start = self.0.len();
        self.0.extend([0; 2]);
        self.0.extend((NESTED | kind).to_ne_bytes());
        Nest(start)
    }

    /// Closes what was opened last.
    pub(crate) fn close(&mut self, Nest(start): Nest) {
        let len = u16::try_from(self.0.len() - start).expect("our attributes are short");
        self.0[start..start + 2].copy_from_slice(&len.to_ne_bytes());
    }

    /// Opens, fills and closes.
    pub(crate) fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let nest = self.open(kind);
        fill(self);
        self.close(nest);
    }

    #[cfg(test)]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Emitable for Attributes {
    fn buffer_len(&self) -> usize {
        self.0.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::message::attributes;

    #[test]
    fn what_is_written_is_read() {
        let mut body = Attributes::after(&[9; 4]);
        body.u8(1, 7);
        body.nested(2, |body| {
            body.string(3, "wrr");
            body.nested(4, |body| body.be16(5, 0x1234));
        });
        body.u32(6, 1);
        let top: Vec<_> = attributes(&body.as_bytes()[4..]).collect();
        assert_eq!(top.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [1, 2, 6]);
        let inner: Vec<_> = attributes(top[1].1).collect();
        assert_eq!(inner[0], (3, b"wrr\0".as_slice()));
        assert_eq!(attributes(inner[1].1).next(), Some((5, [0x12, 0x34].as_slice())));

        body.restart(&[1, 0, 0, 0]);
        assert_eq!(body.as_bytes(), [1, 0, 0, 0]);
    }
}
