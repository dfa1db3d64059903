//! Configurations with many virtual servers.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use model::Protocol;
use model::ipvs::ServiceKey;

/// Virtual servers with two real servers and their checks each, at distinct addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Services {
    /// How many virtual servers.
    pub(super) count: u32,
    /// Seconds between two checks of a server, and the longest time before the first.
    pub(super) delay_loop: u32,
    /// The networks of the real servers, whose addresses end in the number of the virtual server: the upper 16 bits.
    pub(super) networks: [u32; 2],
}

impl Services {
    /// The text of `keepalived.conf`.
    pub(super) fn configuration(&self) -> String {
        let mut text = String::new();
        for number in 0..self.count {
            let _ = writeln!(
                text,
                "virtual_server {} 80 {{\n    delay_loop {}\n    lb_algo wrr\n    lb_kind NAT\n    protocol TCP",
                virtual_address(number),
                self.delay_loop
            );
            for network in self.networks {
                let address = Ipv4Addr::from((network << 16) + number);
                let _ = writeln!(
                    text,
                    "    real_server {address} 80 {{\n        weight 1\n        TCP_CHECK {{\n            connect_timeout \
                     3\n        }}\n    }}"
                );
            }
            text.push_str("}\n");
        }
        text
    }
}

fn virtual_address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + number)
}

/// What the kernel calls the virtual server with this number.
pub(super) fn key(number: u32) -> ServiceKey {
    ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: IpAddr::V4(virtual_address(number)),
        port: 80,
    }
}
