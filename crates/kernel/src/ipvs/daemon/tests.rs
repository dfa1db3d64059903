use super::*;
use crate::ipvs::fake::tests::attribute;
use proptest::prelude::*;

fn plain() -> SyncDaemon {
    SyncDaemon {
        interface: IfName::new("eth0").unwrap(),
        sync_id: 9,
        max_len: None,
        group: None,
        port: None,
        ttl: None,
    }
}

#[test]
fn a_daemon_is_written_as_specified() {
    let daemon = SyncDaemon {
        max_len: Some(1400),
        group: Some([224, 0, 0, 81].into()),
        port: Some(8848),
        ttl: Some(3),
        ..plain()
    };
    let expected = [
        attribute(1, &1_i32.to_ne_bytes()),
        attribute(3, &9_i32.to_ne_bytes()),
        attribute(2, b"eth0\0"),
        attribute(4, &1400_u16.to_ne_bytes()),
        attribute(5, &[224, 0, 0, 81]),
        // In the order of the machine, unlike every other port.
        attribute(7, &8848_u16.to_ne_bytes()),
        attribute(8, &[3]),
    ]
    .concat();
    let mut body = Attributes::default();
    encode(SyncRole::Master, &daemon, &mut body);
    assert_eq!(body.as_bytes(), expected);
    assert_eq!(decode(&expected), Some((SyncRole::Master, daemon)));
}

#[test]
fn what_is_not_configured_is_not_sent() {
    let mut body = Attributes::default();
    encode(SyncRole::Backup, &plain(), &mut body);
    let kinds: Vec<_> = attributes(body.as_bytes()).map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [STATE, SYNC_ID, INTERFACE]);
}

#[test]
fn the_configuration_may_leave_the_id_to_the_instance() {
    let mut configured = LvsSyncDaemon {
        interface: IfName::new("eth0").unwrap(),
        instance: None,
        sync_id: None,
        max_len: None,
        port: None,
        ttl: None,
        group: None,
    };
    assert_eq!(SyncDaemon::of(&configured, 9), plain());
    configured.sync_id = Some(4);
    assert_eq!(SyncDaemon::of(&configured, 9).sync_id, 4);
}

proptest! {
    #[test]
    fn no_attributes_make_the_decoder_panic(
        list in prop::collection::vec((0..10_u16, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
    ) {
        let bytes: Vec<u8> = list.iter().flat_map(|(kind, value)| attribute(*kind, value)).collect();
        let _ = decode(&bytes);
    }
}
