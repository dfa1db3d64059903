use super::*;

fn plain<T>(value: T) -> Parsed<T> {
    Parsed { value, flaw: None }
}

#[test]
fn integers_are_decimal_whatever_their_leading_zeros() {
    let range = Range::new(-254, 254);
    for (text, value) in [("020", 20), ("+7", 7), ("-254", -254), (" 12", 12), ("0", 0)] {
        assert_eq!(integer(text, range, Trailing::Refuse), Ok(plain(value)), "{text}");
    }
}

#[test]
fn words_that_are_no_integer_are_named() {
    let range = Range::new(1, 255);
    for text in ["", "x", "-", "+", "0x10", "1e3", "5\\", "1.5"] {
        assert_eq!(
            integer(text, range, Trailing::Refuse),
            Err(NumberError::NotANumber(text.to_owned())),
            "{text}"
        );
    }
    assert_eq!(
        integer("-1", range, Trailing::Refuse),
        Err(NumberError::Negative("-1".to_owned()))
    );
}

#[test]
fn a_range_is_named_in_the_error() {
    for text in ["0", "256", "99999999999999999999999"] {
        assert_eq!(
            integer(text, Range::new(1, 255), Trailing::Refuse)
                .unwrap_err()
                .to_string(),
            format!("number '{text}' outside range [1, 255]")
        );
    }
}

#[test]
fn lenient_reading_takes_the_leading_number() {
    assert_eq!(
        integer("10x", Range::U32, Trailing::Ignore),
        Ok(Parsed {
            value: 10,
            flaw: Some(Flaw::Trailing)
        })
    );
    assert!(integer("300x", Range::new(1, 255), Trailing::Ignore).is_err());
}

#[test]
fn based_numbers_follow_c() {
    for (text, value) in [("0x1F", 31), ("017", 15), ("0", 0), ("42", 42)] {
        assert_eq!(based(text, Range::U32), Ok(value), "{text}");
    }
    for text in ["08", "0x", "", "+1", "x", "1 "] {
        assert!(based(text, Range::U32).is_err(), "{text}");
    }
    assert_eq!(based_u64("0xffffffffffffffff"), Some(u64::MAX));
}

const SECONDS: DecimalRange = DecimalRange::new(1, 4_294_967_295, 6);

#[test]
fn decimals_are_whole_units() {
    for (text, value) in [
        ("1", 1_000_000),
        ("1.5", 1_500_000),
        (".5", 500_000),
        ("2.", 2_000_000),
        ("0.000001", 1),
        ("4294.967295", 4_294_967_295),
    ] {
        assert_eq!(
            decimal(text, SECONDS, Trailing::Refuse),
            Ok(plain(value)),
            "{text}"
        );
    }
}

#[test]
fn decimals_round_half_up_on_the_next_digit() {
    for (text, value) in [("0.0000015", 2), ("0.00000149", 1), ("0.9999999", 1_000_000)] {
        assert_eq!(
            decimal(text, SECONDS, Trailing::Refuse),
            Ok(Parsed {
                value,
                flaw: Some(Flaw::Rounded)
            }),
            "{text}"
        );
    }
}

#[test]
fn bad_decimals_are_refused() {
    for text in ["", ".", "x", "1e3", "1.5s", "+1"] {
        assert_eq!(
            decimal(text, SECONDS, Trailing::Refuse),
            Err(NumberError::NotANumber(text.to_owned())),
            "{text}"
        );
    }
    assert_eq!(
        decimal("0", SECONDS, Trailing::Refuse).unwrap_err().to_string(),
        "number '0' outside range [0.000001, 4294.967295]"
    );
    assert!(decimal("99999999999999999999", SECONDS, Trailing::Refuse).is_err());
}
