//! Gratuitous ARPs and unsolicited neighbour advertisements: how many may leave at a time
//! (`spec/vrrp-protocol.md` section 10). When an instance asks for them is in `instance::announce`.

mod rate_limit;

pub(crate) use rate_limit::{Announcer, Round, Wake};
