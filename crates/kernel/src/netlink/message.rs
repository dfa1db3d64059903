//! Cutting datagrams into messages and messages into attributes.

use netlink_packet_core::NLA_TYPE_MASK;
use nix::errno::Errno;
use std::net::IpAddr;

/// Bytes of `struct nlmsghdr`.
pub(crate) const HEADER_LEN: usize = 16;

/// One message of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
}

/// The messages of a datagram, up to the first that is cut off.
pub(crate) fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let header = datagram.get(..HEADER_LEN)?;
        let len = usize::try_from(u32_at(header, 0)?).ok()?;
        let payload = datagram.get(HEADER_LEN..len)?;
        let message = Message {
            kind: u16_at(header, 4)?,
            flags: u16_at(header, 6)?,
            sequence: u32_at(header, 8)?,
            payload,
        };
        datagram = datagram.get(aligned(len)..).unwrap_or_default();
        Some(message)
    })
}

/// The attributes of a message or of a nested attribute, flags removed from their kinds, up to the first that is cut
/// off.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    const ATTRIBUTE_HEADER_LEN: usize = 4;
    std::iter::from_fn(move || {
        let len = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)? & NLA_TYPE_MASK;
        let value = bytes.get(ATTRIBUTE_HEADER_LEN..len)?;
        bytes = bytes.get(aligned(len)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// A length rounded up to the alignment of messages and attributes.
pub(crate) const fn aligned(len: usize) -> usize {
    len.next_multiple_of(4)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// An attribute that holds an address of either family.
pub(crate) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// An attribute that holds a string with its closing NUL.
pub(crate) fn string(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).ok()
}

/// What an `NLMSG_ERROR` says: nothing for an acknowledgement, otherwise the error number and the kernel's text.
pub(crate) fn refusal<'a>(message: &Message<'a>) -> Option<(Errno, Option<&'a str>)> {
    let code = u32_at(message.payload, 0)?.cast_signed();
    if code == 0 {
        return None;
    }
    Some((Errno::from_raw(code.wrapping_neg()), explanation(message)))
}

/// `NLMSGERR_ATTR_MSG`, which follows the request or, if that is left out, its header.
fn explanation<'a>(message: &Message<'a>) -> Option<&'a str> {
    const ATTR_MSG: u16 = 1;
    const CAPPED: u16 = 0x100;
    const HAS_ATTRIBUTES: u16 = 0x200;
    if message.flags & HAS_ATTRIBUTES == 0 {
        return None;
    }
    let request = if message.flags & CAPPED == 0 {
        usize::try_from(u32_at(message.payload, 4)?).ok()?
    } else {
        HEADER_LEN
    };
    attributes(message.payload.get(4 + aligned(request)..)?)
        .find(|(kind, _)| *kind == ATTR_MSG)
        .and_then(|(_, text)| string(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let len = u32::try_from(HEADER_LEN + payload.len()).unwrap();
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    #[test]
    fn a_datagram_is_cut_at_the_lengths_of_its_messages() {
        let mut datagram = message(20, 0, 7, &[1, 2, 3]);
        datagram.extend(message(21, 2, 8, &[4]));
        let cut: Vec<Message<'_>> = messages(&datagram).collect();
        assert_eq!(cut.len(), 2);
        assert_eq!((cut[0].kind, cut[0].payload), (20, [1, 2, 3].as_slice()));
        assert_eq!((cut[1].kind, cut[1].flags, cut[1].sequence), (21, 2, 8));
        for len in 0..datagram.len() {
            let whole = usize::from(len >= 19) + usize::from(len >= 37);
            assert_eq!(messages(&datagram[..len]).count(), whole, "{len}");
        }
        datagram[0] = 3;
        assert_eq!(
            messages(&datagram).count(),
            0,
            "a length below the header ends it"
        );
    }

    #[test]
    fn a_refusal_carries_the_kernels_words() {
        let mut payload = (-22_i32).to_ne_bytes().to_vec();
        payload.extend([0; HEADER_LEN]);
        payload.extend([13, 0, 1, 0]);
        payload.extend(b"bad scop\0\0\0\0");
        let bytes = message(2, 0x300, 1, &payload);
        let error = messages(&bytes).next().unwrap();
        assert_eq!(refusal(&error), Some((Errno::EINVAL, Some("bad scop"))));

        let bytes = message(2, 0, 1, &payload);
        let error = messages(&bytes).next().unwrap();
        assert_eq!(refusal(&error), Some((Errno::EINVAL, None)));

        let bytes = message(2, 0x100, 1, &[0; 20]);
        assert_eq!(refusal(&messages(&bytes).next().unwrap()), None);
    }

    #[test]
    fn cut_off_attributes_end_the_list() {
        let bytes = [8, 0, 1, 0, 9, 9, 9, 9, 12, 0, 2, 0x80, 1];
        assert_eq!(
            attributes(&bytes).collect::<Vec<_>>(),
            [(1, [9, 9, 9, 9].as_slice())]
        );
    }
}
