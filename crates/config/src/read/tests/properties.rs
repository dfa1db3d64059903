//! Any bytes are read to an end.

use super::*;
use proptest::prelude::*;

/// Pieces that mean something, so that random text reaches further.
const PIECES: [&str; 44] = [
    "$A=",
    "$B=",
    "$A",
    "${A}",
    "${B",
    "$B ",
    "\\\n",
    "\n",
    "\n",
    " ",
    "{",
    "}",
    "\"",
    "'",
    "#",
    "!",
    "\\#",
    "~SEQ(A, 3) ",
    "~SEQx(B, 1, 9) ",
    "~LST({A,B}, {1, 2}) ",
    "~",
    "@main ",
    "@^main ",
    "@",
    "include main.conf",
    "include *",
    "include {a,",
    "${_ENV HOME}",
    "${_RANDOM 1 3}",
    "${_HASH}",
    "global_defs {\n",
    "include_check +match\n",
    "vrrp_instance V {\n",
    "\0",
    "\r",
    "x",
    "é",
    "[",
    "*",
    "\t",
    ",",
    "(",
    ")",
    "\u{b}",
];

fn pieces(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_pieces_end(text in pieces(40), other in pieces(10)) {
        let files = MemoryFiles::default().with("/etc/main.conf", text).with("/etc/b.conf", other);
        let reading = read_with(&files, |input| {
            input.limits = Limits { bytes: 1 << 16, files: 50, expansions: 5000 };
        });
        prop_assert!(reading.stream.len() < 200_000);
        for (at, line) in reading.stream.lines().enumerate() {
            prop_assert!(line.first < line.end || line.open_quote);
            let raw = reading.stream.raw(at, &reading.sources).len();
            let span = reading.stream.raw_span(at, 0..raw, &reading.sources);
            prop_assert!(span.start <= span.end);
        }
        for word in 0..reading.stream.word_count() {
            let span = reading.stream.span(word);
            let location = reading.sources.locate(span);
            prop_assert!(location.line >= 1 && span.start <= span.end);
            prop_assert!(span.end as usize <= reading.sources.source(span.source).text().len());
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let files = MemoryFiles::default().with("/etc/main.conf", bytes);
        let _ = read_files(&files);
    }
}
