//! How long idle connections are remembered (`lvs_timeouts`, `spec/ipvs.md` sections 1 and 3).

use super::attributes::top::{TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP};
use super::request::number;
use crate::netlink::Attributes;
use crate::netlink::message::attributes;
use model::LvsTimeouts;

/// The kernel's timeouts in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Of an open TCP connection.
    pub tcp: u32,
    /// Of a TCP connection that is being closed.
    pub tcp_fin: u32,
    /// Of UDP packets.
    pub udp: u32,
}

impl Timeouts {
    /// These with what is configured in their place. A configured 0 is none.
    #[must_use]
    pub fn with(self, configured: &LvsTimeouts) -> Self {
        let or = |value: Option<u32>, own| value.filter(|value| *value != 0).unwrap_or(own);
        Self {
            tcp: or(configured.tcp, self.tcp),
            tcp_fin: or(configured.tcp_fin, self.tcp_fin),
            udp: or(configured.udp, self.udp),
        }
    }
}

pub(super) fn encode(timeouts: Timeouts, body: &mut Attributes) {
    body.u32(TIMEOUT_TCP, timeouts.tcp);
    body.u32(TIMEOUT_TCP_FIN, timeouts.tcp_fin);
    body.u32(TIMEOUT_UDP, timeouts.udp);
}

pub(super) fn decode(bytes: &[u8]) -> Timeouts {
    let mut timeouts = Timeouts::default();
    for (kind, value) in attributes(bytes) {
        match kind {
            TIMEOUT_TCP => timeouts.tcp = number(value),
            TIMEOUT_TCP_FIN => timeouts.tcp_fin = number(value),
            TIMEOUT_UDP => timeouts.udp = number(value),
            _ => {}
        }
    }
    timeouts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_configured_stays() {
        let kernels = Timeouts {
            tcp: 900,
            tcp_fin: 120,
            udp: 300,
        };
        let configured = LvsTimeouts {
            tcp: Some(60),
            tcp_fin: Some(0),
            udp: None,
        };
        assert_eq!(kernels.with(&configured), Timeouts { tcp: 60, ..kernels });
    }

    #[test]
    fn timeouts_are_three_numbers() {
        let timeouts = Timeouts {
            tcp: 1,
            tcp_fin: 2,
            udp: 3,
        };
        let mut body = Attributes::default();
        encode(timeouts, &mut body);
        let mut bytes = Vec::new();
        for (kind, value) in [(4_u16, 1_u32), (5, 2), (6, 3)] {
            bytes.extend(8_u16.to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value.to_ne_bytes());
        }
        assert_eq!(body.as_bytes(), bytes);
        assert_eq!(decode(&bytes), timeouts);
    }
}
