use super::*;
use std::os::unix::net::UnixDatagram;

/// A message with this kind, and this byte where routes have their protocol.
fn message(kind: u16, protocol: u8) -> Vec<u8> {
    let mut bytes = vec![0; 28];
    bytes[..4].copy_from_slice(&28_u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
    bytes[21] = protocol;
    bytes
}

#[test]
fn routes_of_other_protocols_do_not_pass_the_filter() {
    let (sender, receiver) = UnixDatagram::pair().unwrap();
    SockRef::from(&receiver)
        .attach_filter(&only_our_routes())
        .unwrap();
    receiver.set_nonblocking(true).unwrap();
    for (kind, protocol, passes) in [
        (libc::RTM_NEWROUTE, 186, false),
        (libc::RTM_DELROUTE, 186, false),
        (libc::RTM_NEWROUTE, 18, true),
        (libc::RTM_DELROUTE, 18, true),
        (libc::RTM_NEWLINK, 0, true),
        (libc::RTM_DELADDR, 186, true),
        (libc::RTM_DELRULE, 1, true),
    ] {
        sender.send(&message(kind, protocol)).unwrap();
        let mut room = [0; 64];
        assert_eq!(receiver.recv(&mut room).is_ok(), passes, "{kind} {protocol}");
    }
}

#[test]
fn groups_are_those_of_what_is_watched() {
    assert_eq!(groups(Watch::default()), 0x0000_0111);
    let all = Watch {
        routes: true,
        rules: true,
    };
    assert_eq!(groups(all), 0x0004_05d1);
}
