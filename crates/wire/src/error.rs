//! Why bytes could not be read, or a message could not be written.

/// What is wrong with bytes that were received, or with a message that was to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There are fewer bytes than the fixed part of the message has.
    #[error("{message} too short: {length} bytes, at least {needed} are needed")]
    TooShort {
        /// What was being read.
        message: &'static str,
        /// Bytes that were there.
        length: usize,
        /// Bytes of the fixed part.
        needed: usize,
    },
    /// The version field of an IP header is not 4.
    #[error("IPv4 header of version {0}")]
    NotIpv4(u8),
    /// The header length field of an IPv4 header says less than 20 bytes, or more than there are.
    #[error("IPv4 header length of {header} bytes in a datagram of {length}")]
    HeaderLength {
        /// Bytes that the header is said to have.
        header: usize,
        /// Bytes that were there.
        length: usize,
    },
    /// An advert counts its addresses in one byte.
    #[error("an advert carries at most 255 addresses, not {0}")]
    TooManyAddresses(usize),
    /// An IPv4 datagram counts its bytes in 16 bits.
    #[error("an IPv4 datagram has at most 65535 bytes, not {0}")]
    DatagramTooLong(usize),
}
