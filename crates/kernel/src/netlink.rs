//! Netlink messages: many requests in one datagram, one acknowledgement for all of them, replies read tolerantly.
//!
//! Requests are encoded with the message types of `netlink-packet-route`. Replies are read attribute by attribute,
//! because a type that a newer kernel fills in differently must not cost us the message.

pub(crate) mod address;
mod attributes;
mod batch;
mod connection;
pub(crate) mod link;
pub(crate) mod link_request;
pub(crate) mod message;
pub(crate) mod route;
pub(crate) mod rule;

pub(crate) use attributes::Attributes;
pub(crate) use batch::Batch;
pub(crate) use connection::{Connection, Refusal};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for message in message::messages(&bytes) {
                let _ = message::refusal(&message);
            }
            let _ = message::attributes(&bytes).count();
            let _ = address::decode(&bytes);
            let _ = link::decode(&bytes);
        }

        #[test]
        fn no_attributes_make_the_decoder_of_routes_and_rules_panic(
            header in any::<[u8; 12]>(),
            attributes in prop::collection::vec((0..32_u8, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
        ) {
            let mut bytes = header.to_vec();
            bytes[0] = if bytes[0] < 128 { 2 } else { 10 };
            bytes[5] = model::Route::PROTOCOL;
            for (kind, value) in attributes {
                let len = u16::try_from(4 + value.len()).unwrap();
                bytes.extend(len.to_ne_bytes());
                bytes.extend(u16::from(kind).to_ne_bytes());
                bytes.extend(value);
                bytes.resize(message::aligned(bytes.len()), 0);
            }
            prop_assert!(route::decode_ours(&bytes).is_some());
            // Rules have their protocol as an attribute (21).
            bytes.extend(5_u16.to_ne_bytes());
            bytes.extend(21_u16.to_ne_bytes());
            bytes.extend([model::Route::PROTOCOL, 0, 0, 0]);
            let _ = rule::decode_ours(&bytes);
        }
    }
}
