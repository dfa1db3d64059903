use super::*;
use crate::checker_process::regex::Patterns;
use model::{CheckKind, Connection, HttpCheck, HttpProtocol, LvsConfiguration, RegexOptions, Url};
use proptest::prelude::*;

fn regex(pattern: &str, options: &[&str]) -> RegexCheck {
    let mut set = RegexOptions::default();
    for option in options {
        assert!(set.insert(option), "{option}");
    }
    RegexCheck {
        pattern: pattern.to_owned(),
        options: set,
        no_match: false,
        min_offset: 0,
        max_offset: None,
    }
}

fn matches(regex: &RegexCheck, pieces: &[&[u8]]) -> bool {
    let mut url = Url::new("/");
    url.regex = Some(Box::new(regex.clone()));
    let kind = CheckKind::Http(Box::new(HttpCheck {
        connection: Connection::to("10.0.0.3:80".parse().unwrap()),
        protocol: HttpProtocol::default(),
        virtual_host: None,
        host_fallback: None,
        fast_recovery: false,
        tls: None,
        urls: vec![url],
    }));
    let mut server = model::RealServer::new("10.0.0.3:80".parse().unwrap());
    server
        .checkers
        .push(model::Checker::new(kind.clone(), model::Micros::SECOND));
    let address = model::Frontend::Address("10.0.0.1:80".parse().unwrap());
    let mut virtual_server = model::VirtualServer::new(address);
    virtual_server.real_servers.push(server);
    let patterns = Patterns::of(&LvsConfiguration {
        virtual_servers: vec![virtual_server],
        ..LvsConfiguration::default()
    });
    let mut matcher = patterns.matcher(&kind, 0).unwrap();
    pieces.iter().any(|piece| matcher.feed(piece)) || matcher.finish()
}

/// In one piece and byte by byte.
fn both(regex: &RegexCheck, body: &[u8]) -> bool {
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    let (whole, bytewise) = (matches(regex, &[body]), matches(regex, &bytes));
    assert_eq!(whole, bytewise, "{regex:?} {}", body.escape_ascii());
    whole
}

#[test]
fn a_match_may_span_pieces_and_reach_the_end() {
    assert!(both(&regex("cdef", &[]), b"abcdefg"));
    assert!(!both(&regex("cdeg", &[]), b"abcdefg"));
    assert!(both(&regex("efg$", &[]), b"abcdefg"));
    assert!(both(&regex("e.*", &[]), b"abcdefg"));
    assert!(both(&regex(r"efg\z", &[]), b"abcdefg"));
}

#[test]
fn the_beginning_is_that_of_the_body() {
    assert!(both(&regex("^abc", &[]), b"abcabc"));
    assert!(!both(&regex("^bc", &[]), b"abcbc"));
    assert!(!both(&regex(r"\Abc", &[]), b"abcbc"));
    assert!(both(&regex("^b", &["multiline"]), b"a\nb"));
    assert!(both(&regex("(?<=ab)c", &[]), b"xxabc"));
    assert!(!both(&regex("(?<=bb)c", &[]), b"xxabc"));
    assert!(both(&regex("HELLO", &["caseless"]), b"say hello"));
}

#[test]
fn offsets_bound_where_a_match_begins() {
    let mut bounded = regex("b", &[]);
    bounded.min_offset = 3;
    assert!(!both(&bounded, b"abb"));
    assert!(both(&bounded, b"abbb"));
    bounded.min_offset = 0;
    bounded.max_offset = Some(2);
    assert!(!both(&bounded, b"aaab"));
    assert!(both(&bounded, b"aabb"));
    let mut behind = regex("(?<=a)b", &[]);
    behind.min_offset = 1;
    assert!(both(&behind, b"ab"));
}

#[test]
fn an_empty_body_has_no_match() {
    assert!(!both(&regex("", &[]), b""));
    assert!(both(&regex("", &[]), b"x"));
}

#[test]
fn characters_may_span_pieces() {
    let utf = regex("ä.ö", &["utf"]);
    assert!(both(&utf, "xxäüöxx".as_bytes()));
    assert!(!both(&utf, "xxäüüöxx".as_bytes()));
    // What is no UTF-8 matches nothing and hides nothing behind it.
    assert!(both(&utf, b"\xff\xe4\x80\xc3\xa4u\xc3\xb6"));
}

#[test]
fn a_pattern_that_never_ends_is_given_up() {
    let costly = regex("(a+)+$", &[]);
    let body = [b"a".repeat(64), b"!".to_vec()].concat();
    assert!(!matches(&costly, &[&body]));
}

#[test]
fn the_memory_is_bounded() {
    let mut matcher = Matcher::new(
        Arc::new(Pattern::compile("a.*b", pcre2_sys::PCRE2_DOTALL).unwrap()),
        &regex("a.*b", &["dotall"]),
    )
    .unwrap();
    for _ in 0..100 {
        matcher.feed(&[b'a'; 4096]);
        assert!(matcher.text.len() <= LONGEST_TAIL + 2);
    }
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        body in "[ab\n]{0,40}",
        cuts in prop::collection::vec(1..9_usize, 0..10),
        pattern in prop::sample::select(vec!["ab+a", "^ab", "(?<!a)b", "\\bab", "a$", "(?m)^b$", "b{3}|aa\\z"]),
    ) {
        let mut pieces = Vec::new();
        let mut rest = body.as_bytes();
        for cut in cuts {
            let (piece, left) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = left;
        }
        pieces.push(rest);
        let regex = regex(pattern, &[]);
        prop_assert_eq!(matches(&regex, &pieces), matches(&regex, &[body.as_bytes()]));
    }
}
