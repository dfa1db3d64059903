//! The VRRP advertisement of versions 2 and 3, over IPv4 and IPv6 (`spec/vrrp-protocol.md` section 2).
//!
//! ```text
//! 0  version << 4 | type        1  VRID        2  priority        3  count of addresses
//! 4  v2: authentication type    5  v2: advertisement interval, seconds
//! 4-5  v3: 12 bits, maximum advertisement interval, hundredths of a second
//! 6-7  checksum
//! 8..  addresses, 4 or 16 bytes each, then for v2 over IPv4 8 bytes of authentication data
//! ```

mod encode;
mod view;

pub use encode::{AdvertMut, Authentication, Fields, Parameters};
pub use view::{Addresses, Advert};

use crate::Family;
use std::net::{Ipv4Addr, Ipv6Addr};

/// IP protocol number of VRRP.
pub const PROTOCOL: u8 = 112;
/// Bytes of the message before the addresses.
pub const HEADER_LEN: usize = 8;
/// Bytes of the authentication data of version 2 over IPv4.
pub const AUTH_DATA_LEN: usize = 8;
/// The type ADVERTISEMENT, the only one there is.
pub const ADVERTISEMENT: u8 = 1;
/// The longest interval that version 3 can state, in hundredths of a second.
pub const MAX_ADVERT_INT: u16 = 0x0fff;
/// The group of IPv4 (RFC 9568, section 5.1.1.2).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The group of IPv6 (RFC 9568, section 5.1.2.2).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// Bytes of a message of this version with this many addresses: header, addresses and, for version 2 over IPv4,
/// authentication data. Authentication header and HMAC trailer come on top.
#[must_use]
pub const fn message_len(family: Family, version: u8, addresses: u8) -> usize {
    let auth_data = if has_auth_data(family, version) {
        AUTH_DATA_LEN
    } else {
        0
    };
    HEADER_LEN + addresses as usize * family.address_len() + auth_data
}

const fn has_auth_data(family: Family, version: u8) -> bool {
    version == 2 && matches!(family, Family::Ipv4)
}

#[cfg(test)]
mod tests;
