//! Netlink messages: many requests in one datagram, one acknowledgement for all of them, replies read tolerantly.
//!
//! Requests are encoded with the message types of `netlink-packet-route`. Replies are read attribute by attribute,
//! because a type that a newer kernel fills in differently must not cost us the message.

pub(crate) mod address;
mod batch;
mod connection;
pub(crate) mod link;
pub(crate) mod link_request;
pub(crate) mod message;
pub(crate) mod route;
pub(crate) mod rule;

pub(crate) use batch::Batch;
pub(crate) use connection::{Connection, Refusal};
