use super::*;
use proptest::prelude::*;

/// RFC 1071, section 1, word by word.
fn naive(bytes: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        let word = u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]);
        sum += u32::from(word);
        if sum > 0xffff {
            sum -= 0xffff;
        }
    }
    !u16::try_from(sum).expect("the carry was taken off")
}

#[test]
fn the_example_of_rfc_1071() {
    // Section 3: the sum of these bytes is ddf2.
    assert_eq!(
        checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
        !0xddf2
    );
}

#[test]
fn the_example_of_rfc_1624() {
    // Section 4: equation 3 gives 0000 where equation 2 gave ffff.
    assert_eq!(updated(0xdd2f, 0x5555, 0x3285), 0x0000);
}

#[test]
fn carries_of_a_long_run_are_kept() {
    let bytes = vec![0xff; 65_535];
    assert_eq!(checksum(&bytes), naive(&bytes));
}

#[test]
fn the_ipv6_pseudo_header_has_its_fields() {
    let (source, destination) = (Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED);
    let mut bytes = [0; 40];
    bytes[15] = 1;
    bytes[32..36].copy_from_slice(&70_000_u32.to_be_bytes());
    bytes[39] = 58;
    let sum = PseudoHeader::Ipv6 { source, destination }.sum(58, 70_000);
    assert_eq!(sum.checksum(), naive(&bytes));
}

proptest! {
    #[test]
    fn it_equals_the_naive_sum(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(checksum(&bytes), naive(&bytes));
    }

    #[test]
    fn parts_add_up(head in proptest::collection::vec(any::<[u8; 2]>(), 0..40), word: u16, tail: Vec<u8>) {
        let mut bytes = head.concat();
        let sum = Sum::new().bytes(&bytes).word(word).bytes(&tail);
        bytes.extend_from_slice(&word.to_be_bytes());
        bytes.extend_from_slice(&tail);
        prop_assert_eq!(sum.checksum(), naive(&bytes));
    }

    #[test]
    fn an_update_equals_a_new_sum(
        mut words in proptest::collection::vec(any::<[u8; 2]>(), 1..30),
        at: prop::sample::Index,
        new: [u8; 2],
    ) {
        let before = checksum(&words.concat());
        let at = at.index(words.len());
        let old = std::mem::replace(&mut words[at], new);
        let bytes = words.concat();
        prop_assume!(bytes.iter().any(|byte| *byte != 0));
        let after = updated(before, u16::from_be_bytes(old), u16::from_be_bytes(new));
        prop_assert_eq!(after, checksum(&bytes));
    }

    #[test]
    fn over_its_own_checksum_it_is_zero(words in proptest::collection::vec(any::<[u8; 2]>(), 0..30)) {
        let mut bytes = words.concat();
        bytes.extend_from_slice(&checksum(&words.concat()).to_be_bytes());
        prop_assert_eq!(checksum(&bytes), 0);
    }
}
