//! Sections 4 to 6: conditions, definitions, builtins, generators.

use super::*;
use std::fmt::Write as _;

#[test]
fn conditions() {
    check(&[
        ("@main a\n@other b\n@^main c\n@^other d", &["a", "d"], &[]),
        ("@main $P=1\n@other $P=2\nx $P", &["x 1"], &[]),
        ("@main ~SEQ(I, 1, 2) x$I", &["x1", "x2"], &[]),
        ("@main @main a", &["@main a"], &[]),
        ("@main", &[], &[]),
        ("$P=@main a\n$P", &["@main a"], &[]),
        (
            "$P=@other \\\n@main a\\\n@other b\\\nc\nx $P",
            &["x @other", "a", "c"],
            &[],
        ),
    ]);
}

#[test]
fn one_line_parameters() {
    check(&[
        (
            "$A=1\na $A b\na$A,b$A)c\na$A.b\na${A}b $A",
            &["a 1 b", "a1,b1)c", "a$A.b", "a1b 1"],
            &[],
        ),
        ("$A=1\n\"$A\" \"$A x\" \"${A}\"", &["$A [1 x] 1"], &[]),
        ("$A=\n$B==x\nfoo${A}${B}", &["foo=x"], &[]),
        ("$A=1\nx $A\n$A=2\nx $A", &["x 1", "x 2"], &[]),
        ("$A =5\n$1=5", &["$A =5", "$1=5"], &[]),
        ("x $A", &["x $A"], &[]),
        ("$A=$B\n$B=5\nx $A", &["x 5"], &[]),
        ("$C=${A\n$A=1\nd${C}}", &["d1"], &[]),
        ("$A=1\n$$A e", &["$1 e"], &[]),
        ("$A=1\n$B=x\nb$A$B c", &["b$Ax c"], &[]),
        // The second value was empty, so now a blank follows the first name.
        ("$A=1\n$B=\nb$A$B c", &["b1 c"], &[]),
        ("$A=a b\nx $A", &["x a b"], &[]),
        ("$A={ y }\nx $A", &["x", "{", "y", "}"], &[]),
        ("$A=\"x y\"\n$A z", &["[x y] z"], &[]),
        ("$T=~q $U\n$U=zz\na $U $T\n$T", &["a zz ~q $U", "~q $U"], &[]),
        // Comments go once everything is replaced, and then there may be more to replace.
        ("$A=1\n$A\\#x y", &["$A#x y"], &[]),
        ("$A=1\n$A${_HASH}x y", &["1"], &[]),
        ("$A=1\n$B=\n$A\\#x ${B}y", &["1"], &[]),
        ("$M=a \\# b\\\nc\n${_HASH} $M", &["c"], &[]),
        ("$M=m\\\nn\n$N=a $M\\\nb\n\\# $N", &["n", "b"], &[]),
        ("$M=a \\# b\\\nc \\# d\n$M", &["a", "c # d"], &[]),
        ("$A=1\n$M=m$A\\#x\\\nn$A\\#y\n$M", &["m1", "n$A#y"], &[]),
        ("$T=~SEQ(I, 1, 2) k\n$T", &["~SEQ(I, 1, 2) k"], &[]),
        ("$A=1\n~foo $A", &["~foo $A"], &[]),
        ("$P=$A=5\n$P\n$A", &["$A=5", "$A"], &[]),
    ]);
}

#[test]
fn undefined_references() {
    check(&[
        ("x ${Y} z", &["x ${Y} z"], &["KA0201"]),
        ("x \"${Y}\" $Y", &["x ${Y} $Y"], &[]),
        ("${X}", &["${X}"], &["KA0201"]),
        (
            "a ${X} ${Y}\nb ${X}",
            &["a ${X} ${Y}", "b ${X}"],
            &["KA0201", "KA0201", "KA0201"],
        ),
    ]);
    let reading = read_text("$PRIO=5\npriority ${PRI}");
    assert_eq!(reading.only().help, ["did you mean `${PRIO}`?"]);
}

#[test]
fn long_results_are_not_used() {
    let value = "y".repeat(600);
    let reading = read_text(&format!("$L={value}\na $L\nb $L $L\nc ${{L}}${{L}} d"));
    let lines = reading.lines();
    assert_eq!(lines[0], format!("a {value}"));
    assert_eq!(lines[1..], ["b $L $L", "c ${L}${L} d"]);
    assert_eq!(reading.codes(), ["KA0205", "KA0205"]);
    let classes: Vec<_> = reading
        .report
        .iter()
        .map(|diagnostic| diagnostic.class.is_some())
        .collect();
    assert_eq!(classes, [false, true]);
}

#[test]
fn definitions_that_contain_themselves() {
    check(&[
        ("$A=$A\nx $A\ny", &["x $A", "y"], &["KA0203"]),
        ("$A=x$A\nx $A", &["x $A"], &["KA0203"]),
        ("$A=$B y\n$B=$A\nx $A", &["x $A"], &["KA0203"]),
        ("$M=a\\\n$M\nx $M", &["x a", "$M"], &["KA0203"]),
        ("$M=\\\n$N\n$N=\\\nb\\\n$M\n$M", &["b", "$M"], &["KA0203"]),
        ("~LST(V, $V) x$V", &["x$V"], &["KA0203"]),
        ("$_PWD=${_PWD}\nx $_PWD", &["x $_PWD"], &["KA0203"]),
    ]);
    let reading = read_text("$A=$B y\n$B=$A\nx $A");
    let diagnostic = reading.only();
    assert_eq!(diagnostic.message, "the definition of `$A` contains itself");
    let labels = diagnostic.secondary.iter();
    let places: Vec<_> = labels
        .map(|label| (reading.shown(label.span), &*label.text))
        .collect();
    assert_eq!(
        places,
        [
            ("/etc/main.conf:1:4 $B".to_owned(), "`$A` contains `$B`"),
            ("/etc/main.conf:2:4 $A".to_owned(), "`$B` contains `$A`"),
        ]
    );
}

#[test]
fn definitions_that_multiply_end() {
    let mut text = String::new();
    for level in 0..30 {
        writeln!(text, "$A{level}=${{A{}}}${{A{}}}", level + 1, level + 1).unwrap();
    }
    text.push_str("$A30=\nx ${A0}\ny");
    let reading = read_text(&text);
    assert_eq!(reading.lines(), ["x ${A0}", "y"]);
    assert_eq!(reading.codes(), ["KA0204"]);

    let mut text = String::new();
    for level in 0..60 {
        writeln!(text, "$A{level}=\\\n$A{}\\\n$A{}", level + 1, level + 1).unwrap();
    }
    text.push_str("$A60=\\\nz\n$A0\ny");
    let files = MemoryFiles::default().with("/etc/main.conf", text);
    let reading = read_with(&files, |input| input.limits.expansions = 10_000);
    assert_eq!(reading.codes(), ["KA0009"]);
    assert_eq!(reading.report.daemon_status(), Some(2));
    assert_eq!(reading.report.test_status(), 5);
}

#[test]
fn multi_line_parameters() {
    check(&[
        ("$M=a1 \\\n b1\nx $M\n${M}", &["x a1", "b1", "a1", "b1"], &[]),
        ("$M=\\\na\\\n\\\n b\n$M", &["a", "b"], &[]),
        ("$M=a\\\nb\\\n\nc\n$M", &["c", "a", "b"], &[]),
        ("$M=a\\\n# b\nc\n$M", &["c", "a"], &[]),
        ("$M=a\\\n# b \\\nc\n$M", &["a", "c"], &[]),
        ("$M=a # c \\\nb\n$M", &["a", "b"], &[]),
        ("$M=a # c \\ \nb\n$M", &["b", "a"], &[]),
        ("$M=a\\\\\nb\n$M", &["a\\", "b"], &[]),
        ("~SEQ(I, 2) c$I \\", &["c$I\\", "c$I\\"], &[]),
        ("$M=a \\ # c\nb\n$M", &["a", "b"], &[]),
        // With a single line it is like any other; an empty line at its end counts as one.
        ("$M=\\\n\nx $M y\nx $M", &["x y", "x"], &[]),
        ("$M=\\\no\nx $M y", &["x o y"], &[]),
        ("$M=a \\\n\nx $M y\nx $M", &["x $M y", "x a"], &[]),
        ("$M=a\\\nb\nfoo$M\nq{$M", &["fooa", "b", "q", "{", "a", "b"], &[]),
        (
            "$M=a\\\nb\npre ${M} post\npre $M post",
            &["pre ${M} post", "pre $M post"],
            &["KA0206"],
        ),
        ("$M=a ${N}\\\nb\n$N=\\\nd\\\ne\n$M", &["a d", "e", "b"], &[]),
        (
            "$M=v$X \\\n~SEQ(I, 1, 2) k$I\\\n$X=5\\\nw$X\n$M\n$M",
            &["v$X", "k1", "k2", "w5", "v5", "k1", "k2", "w5"],
            &[],
        ),
        ("$M=a {\\\nb\\\n}\n$M", &["a", "{", "b", "}"], &[]),
        ("$M=a\\\nb \\# \\\nc\n$M", &["a", "b #", "c"], &[]),
        ("$M=a\\", &[], &[]),
    ]);
}

#[test]
fn builtins() {
    check(&[
        (
            "x ${_PWD} $_INSTANCE ${_ENV HOME} a${_ENV NOPE}b",
            &["x /etc main /root ab"],
            &[],
        ),
        ("x ${_RANDOM 5 5} $_RANDOM.", &["x 5 $_RANDOM."], &[]),
        ("x ${_RANDOM 9 2}", &["x 9"], &["KA0202"]),
        ("x ${_ENV}", &["x ${_ENV}"], &["KA0202"]),
        ("x ${_PWD y} z", &["x [${_PWD y}] z"], &["KA0202"]),
        ("x ${_RANDOM -1 5}", &["x [${_RANDOM -1 5}]"], &["KA0201"]),
        ("$_PWD=q\nx ${_PWD}", &["x q"], &[]),
        ("$_RANDOM=q\nx ${_RANDOM 3 3}", &["x 3"], &[]),
    ]);
    let random = |text: &str, seed: u64| {
        let files = MemoryFiles::default().with("/etc/main.conf", text);
        read_with(&files, |input| input.seed = seed).lines()
    };
    let text = "x ${_RANDOM} ${_RANDOM} ${_RANDOM}";
    assert_eq!(random(text, 1), random(text, 1));
    assert_ne!(random(text, 1), random(text, 2));
    let seeded = format!("global_defs {{\nrandom_seed 7\n}}\n{text}");
    assert_eq!(random(&seeded, 1), random(&seeded, 2));
}

#[test]
fn sequences() {
    check(&[
        ("~SEQ(A, 3) a$A", &["a1", "a2", "a3"], &[]),
        ("~SEQ(A, 0) a$A", &["a1", "a0"], &[]),
        ("~SEQ(A, -2) a$A", &["a-1", "a-2"], &[]),
        ("~SEQ(A, -1) a$A", &["a-1"], &[]),
        ("~SEQ(A, 5, 3) a$A", &["a5", "a4", "a3"], &[]),
        ("~SEQ(A, 1, 2, 6) a$A", &["a1", "a3", "a5"], &[]),
        ("~SEQ(A, 6, -3, 1) a$A", &["a6", "a3"], &[]),
        ("~SEQx(A, 9, 11) a$A", &["a9", "aa", "ab"], &[]),
        ("~SEQ (A,+0x10,020)a$A", &["a16"], &[]),
        ("~SEQ(A,,1) a$A", &["a0", "a1"], &[]),
        (
            "~SEQ(A,3000000000,3000000001) a$A",
            &["a3000000000", "a3000000001"],
            &[],
        ),
        (
            "$E=2\n~SEQ(A, $E, 3) a$A\n~SEQ(A, ${E}) b$A",
            &["a2", "a3", "b1", "b2"],
            &[],
        ),
        (
            "~SEQ(A, 2) ~SEQ(B, $A) a$A b$B",
            &["a1 b1", "a2 b1", "a2 b2"],
            &[],
        ),
        ("~SEQ(A, 2) @other a$A\n~SEQ(A, 2) $X=k$A\n$X", &["k2"], &[]),
        ("~SEQ(A, 1)\nx $A", &["x 1"], &[]),
        (
            "$M=a${I} {\\\n}\n~SEQ(I, 2) $M",
            &["a1", "{", "}", "a2", "{", "}"],
            &[],
        ),
        (
            "~SEQ(A, 9223372036854775807, 9223372036854775807) a$A",
            &["a9223372036854775807"],
            &[],
        ),
        ("~SEQ(A, 1, 2", &[], &["KA0207"]),
        ("~SEQ(A, 1, 0, 3) a", &[], &["KA0207"]),
        ("~SEQ(A, 1, -1, 3) a", &[], &["KA0207"]),
        ("~SEQx(A, -1) a", &[], &["KA0207"]),
        ("~SEQ(A) a", &[], &["KA0207"]),
        ("~SEQ(A, 1, 1, 1, 1) a", &[], &["KA0207"]),
        ("~SEQ(A, x) a", &[], &["KA0207"]),
        ("~SEQ(A, 1 2) a", &[], &["KA0207"]),
        ("~SEQy(A, 1) a", &[], &["KA0207"]),
        ("$M=1\\\n2\n~SEQ(A, $M) a", &[], &["KA0207"]),
        (
            "~SEQ(A, 1, 00000000000000000000000000000000000000000000000000000000001) a",
            &[],
            &["KA0207"],
        ),
    ]);
}

#[test]
fn endless_sequences_end() {
    let files = MemoryFiles::default().with("/etc/main.conf", "~SEQ(A, 9000000000000000000) x");
    let reading = read_with(&files, |input| input.limits.expansions = 1000);
    assert_eq!(reading.codes(), ["KA0009"]);
    assert_eq!(reading.lines().len(), 999);
}

#[test]
fn lists() {
    check(&[
        ("~LST(A, p, q) a$A", &["ap", "aq"], &[]),
        (
            "~LST({A, B}, {1, 2}, { 3 }, {}) a${A} b$B",
            &["a1 b2", "a3 b", "a b"],
            &[],
        ),
        ("~LST({A,B},1,2) a${A}${B}", &["a1", "a2"], &[]),
        ("~LST(A,) f${A}g", &["fg"], &[]),
        ("~LST(A,p,,q) g${A}g", &["gpg", "gg", "gqg"], &[]),
        ("$P=a,b\n$Q=c\n~LST(V, $P, $Q)x$V", &["xa,b", "xc"], &[]),
        ("~LST(A, a) ~LST(B, b, c) x$A $B", &["xa b", "xa c"], &[]),
        ("$M=v $A\\\nw\n~LST(A, 1, 2) $M", &["v 1", "w", "v 2", "w"], &[]),
        ("~LST({A,B},{1,2,3}) d", &[], &["KA0207"]),
        ("~LST(A) e", &[], &["KA0207"]),
        ("~LST(A p) e", &[], &["KA0207"]),
        ("~LST(A, \"x y\") e", &[], &["KA0207"]),
        ("~LST(A, {1, 2) e", &[], &["KA0207"]),
        ("~LST(A, 1", &[], &["KA0207"]),
        ("~LST A", &[], &["KA0207"]),
    ]);
}
