//! Words of the configuration as values: numbers, switches, addresses, users, names of iproute2.
//!
//! Functions here look at text only. They know neither keywords nor positions; their errors are complete clauses
//! ("number '300' outside range [1, 255]") that the caller puts beside the keyword.

pub(crate) mod address;
pub(crate) mod group_range;
pub(crate) mod hex;
pub(crate) mod iproute2;
pub(crate) mod number;
pub(crate) mod port;
pub(crate) mod switch;
pub(crate) mod user;
