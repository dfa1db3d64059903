//! The section of the sockets.

use super::snapshot::Snapshot;
use crate::dump::{Text, put};
use vrrp::{Listen, Protocol};

/// Adds the section.
pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.sockets.is_empty() {
        text.section("VRRP Sockpool");
    }
    for socket in &snapshot.sockets {
        let (fd_in, fd_out) = socket.opened.descriptors;
        put!(text, " fd_in {fd_in} fd_out = {fd_out}");
        if let Some(name) = &socket.interface {
            put!(text, "   Interface = {name}");
        }
        put!(text, "   Family = {}", socket.key.family);
        let protocol = match socket.key.protocol {
            Protocol::Vrrp => "VRRP",
            Protocol::Ah => "AH",
        };
        put!(text, "   Protocol = {protocol}");
        match socket.key.listen {
            Listen::Multicast { .. } => put!(text, "   Type = Multicast"),
            Listen::Unicast { source } => {
                put!(text, "   Type = Unicast");
                put!(text, "   Address = {source}");
            }
        }
        put!(text, "   Rx buf size = {}", socket.opened.buffer);
        put!(text, "   VRRP instances");
        for (name, vrid) in &socket.members {
            put!(text, "     {name} vrid {vrid}");
        }
    }
}
