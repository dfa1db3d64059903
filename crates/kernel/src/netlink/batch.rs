//! Many requests in one datagram.

use super::message::{HEADER_LEN, aligned};
use netlink_packet_core::Emitable;

const NLM_F_REQUEST: u16 = 0x01;
const NLM_F_ACK: u16 = 0x04;

/// Requests that are sent together. Only the last one asks to be acknowledged: an acknowledgement for each would
/// overflow the socket's buffer at about a thousand, and errors arrive without being asked for.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    buffer: Vec<u8>,
    /// Where the message begins that is to be acknowledged, and its position.
    last: usize,
    last_position: u32,
    count: u32,
}

impl Batch {
    /// Empties it, keeping its memory.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
        self.last = 0;
        self.last_position = 0;
        self.count = 0;
    }

    /// Number of messages.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Position of the message whose acknowledgement ends the exchange.
    pub(crate) const fn last_position(&self) -> u32 {
        self.last_position
    }

    /// Appends a request.
    pub(crate) fn push(&mut self, kind: u16, flags: u16, body: &impl Emitable) {
        self.last = self.buffer.len();
        self.last_position = self.count;
        self.push_silent(kind, flags, body);
    }

    /// Appends a request that the kernel may not acknowledge; the one before it is asked instead.
    pub(crate) fn push_silent(&mut self, kind: u16, flags: u16, body: &impl Emitable) {
        let len = body.buffer_len();
        let payload = self.start(kind, flags, len);
        body.emit(payload);
    }

    /// Appends the header of a request and `len` zeros for its body.
    fn start(&mut self, kind: u16, flags: u16, len: usize) -> &mut [u8] {
        let start = self.buffer.len();
        self.count += 1;
        let total = HEADER_LEN + len;
        let length = u32::try_from(total).expect("a request is far below 4 GiB");
        self.buffer.extend(length.to_ne_bytes());
        self.buffer.extend(kind.to_ne_bytes());
        self.buffer.extend((NLM_F_REQUEST | flags).to_ne_bytes());
        // Sequence number and port; the former is filled in on sending.
        self.buffer.extend([0; 8]);
        self.buffer.resize(start + aligned(total), 0);
        let body = start + HEADER_LEN;
        &mut self.buffer[body..body + len]
    }

    /// Numbers the messages from `first`, asks for the acknowledgement and returns the datagram.
    pub(crate) fn finish(&mut self, first: u32) -> &[u8] {
        let mut at = 0;
        let mut sequence = first;
        while at < self.buffer.len() {
            self.buffer[at + 8..at + 12].copy_from_slice(&sequence.to_ne_bytes());
            if at == self.last {
                let flags = u16::from_ne_bytes([self.buffer[at + 6], self.buffer[at + 7]]) | NLM_F_ACK;
                self.buffer[at + 6..at + 8].copy_from_slice(&flags.to_ne_bytes());
            }
            let len: [u8; 4] = self.buffer[at..at + 4].try_into().expect("four bytes");
            at += aligned(u32::from_ne_bytes(len) as usize);
            sequence = sequence.wrapping_add(1);
        }
        &self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::message::messages;

    struct Bytes(&'static [u8]);

    impl Emitable for Bytes {
        fn buffer_len(&self) -> usize {
            self.0.len()
        }
        fn emit(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(self.0);
        }
    }

    #[test]
    fn only_the_last_message_asks_for_an_acknowledgement() {
        let mut batch = Batch::default();
        for _ in 0..2 {
            batch.clear();
            batch.push(20, 0x400, &Bytes(&[1, 2, 3, 4, 5]));
            batch.push(21, 0, &Bytes(&[6]));
            assert_eq!(batch.count(), 2);
            let datagram = batch.finish(u32::MAX).to_vec();
            let sent: Vec<_> = messages(&datagram).collect();
            assert_eq!(datagram.len(), 24 + 20);
            assert_eq!((sent[0].flags, sent[0].sequence), (0x401, u32::MAX));
            assert_eq!((sent[1].flags, sent[1].sequence), (0x005, 0));
            assert_eq!(sent[0].payload, [1, 2, 3, 4, 5]);
        }
    }
}
