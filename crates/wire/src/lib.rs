//! Encoding and decoding of what goes over the wire: VRRP adverts and what travels with them.
//!
//! | module | what |
//! |---|---|
//! | [`advert`] | the VRRP message of versions 2 and 3 (RFC 3768, RFC 5798, RFC 9568) |
//! | [`ipv4`] | the IPv4 header around it (RFC 791) |
//! | [`ah`] | the authentication header of version 2 (RFC 4302) |
//! | [`hmac_trailer`] | the keyed trailer of `auth_hmac` |
//! | [`bfd`] | the BFD control packet (RFC 5880) |
//! | [`checksum`] | the Internet checksum and its pseudo-headers (RFC 1071, RFC 1624) |
//! | [`ethernet`], [`arp`], [`ndp`] | gratuitous ARP and unsolicited neighbour advertisements, as whole frames |
//!
//! Every decoder is a view over borrowed bytes: it allocates nothing, copies nothing and accepts any input without
//! a panic. A view refuses only what it could not be read at all, such as a header that is cut off. Which values
//! are good, and in which order they are checked, is the business of the crates `vrrp` and `bfd`: for them this
//! crate has the pieces, not the policy.
//!
//! Encoders write into memory of the caller. An advert is encoded once per virtual router and then sent again and
//! again: [`advert::AdvertMut`] and [`ipv4::HeaderMut`] change the few fields that vary from one transmission to
//! the next and adjust the checksums by the difference. Frames of a fixed size are written into arrays, so that
//! thousands of them fit into one buffer.
//!
//! Nothing here does input or output, reads a clock or depends on another crate of the workspace.

pub mod advert;
pub mod ah;
pub mod arp;
pub mod bfd;
pub mod checksum;
mod error;
pub mod ethernet;
mod family;
pub mod hmac_trailer;
pub mod ipv4;
pub mod ndp;

#[cfg(test)]
mod testing;

pub use error::Error;
pub use family::Family;
