//! The names of virtual and real servers in logs, mails and FIFO lines
//! (`spec/config-virtual-server.md` section 3).

use crate::Protocol;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;

/// `[ADDR]:proto:PORT`, with `none` for the protocol of a firewall mark's servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServerName {
    /// Address and port.
    pub address: SocketAddr,
    /// Protocol of the virtual server.
    pub protocol: Option<Protocol>,
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.map_or("none", Protocol::as_str);
        write!(f, "[{}]:{protocol}:{}", self.address.ip(), self.address.port())
    }
}

/// The name of a virtual server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VirtualServerName {
    /// `[ADDR]:proto:PORT`.
    Address(ServerName),
    /// `FWM N`.
    Fwmark(NonZeroU32),
    /// `[NAME]:I`.
    Group {
        /// Name of the group.
        name: Box<str>,
        /// Place of the server among those that use the group, from 0.
        index: u32,
    },
}

impl fmt::Display for VirtualServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(name) => name.fmt(f),
            Self::Fwmark(mark) => write!(f, "FWM {mark}"),
            Self::Group { name, index } => write!(f, "[{name}]:{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frontend, VirtualServer};

    #[test]
    fn names_are_those_of_logs_and_fifo_lines() {
        let mut server = VirtualServer::new(Frontend::Address("10.0.0.1:80".parse().unwrap()));
        server.protocol = Some(Protocol::Tcp);
        assert_eq!(server.name().to_string(), "[10.0.0.1]:tcp:80");
        assert_eq!(
            server.server_name("[fd00::2]:80".parse().unwrap()).to_string(),
            "[fd00::2]:tcp:80"
        );
        let marked = VirtualServer::new(Frontend::Fwmark(NonZeroU32::MIN));
        assert_eq!(marked.name().to_string(), "FWM 1");
        assert_eq!(
            marked.server_name("10.0.0.3:0".parse().unwrap()).to_string(),
            "[10.0.0.3]:none:0"
        );
        let group = VirtualServer::new(Frontend::Group {
            name: "G".to_owned(),
            index: 2,
        });
        assert_eq!(group.name().to_string(), "[G]:2");
    }
}
