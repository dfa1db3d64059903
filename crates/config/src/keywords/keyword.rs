//! A row of the table together with the function that reads the keyword.
//!
//! `D` is the draft that a block fills: `Keyword<InstanceDraft>` is a keyword of `vrrp_instance`. Rows are built by
//! `const` methods, so a table is a plain `static`:
//!
//! ```text
//! Keyword::integer("priority", "N", strict(1, 255), |instance, n| instance.priority = Some(n.narrow()))
//!     .or(100)
//!     .default("100; 255 with `state MASTER`")
//!     .means("Base priority; 255 is the owner of the addresses")
//! ```

use super::entry::{Effect, Entry, Form, Level, Repetition, Values};
use crate::lower::{At, Context};
use crate::source::Span;
use crate::tree::Statement;
use crate::values::number::{DecimalRange, Range};
use model::Micros;

/// Whether text behind a number is refused by the daemon too, or only by `--config-test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    Strict,
    Lenient,
}

/// What holds after a number that cannot be used was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// As if the keyword were not there.
    Ignore,
    /// This value.
    Use(i64),
}

/// A whole number as a keyword takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Integer {
    pub(crate) range: Range,
    pub(crate) strictness: Strictness,
}

/// Largest number of 32 bits without sign.
pub(crate) const U32_MAX: i64 = 0xffff_ffff;
/// Largest number of 32 bits with sign.
pub(crate) const I32_MAX: i64 = 0x7fff_ffff;
/// Smallest number of 32 bits with sign.
pub(crate) const I32_MIN: i64 = -I32_MAX - 1;

/// A number from `min` to `max`, nothing behind it.
pub(crate) const fn strict(min: i64, max: i64) -> Integer {
    Integer {
        range: Range::new(min, max),
        strictness: Strictness::Strict,
    }
}

/// A number from `min` to `max`; the daemon takes the leading number of a word.
pub(crate) const fn lenient(min: i64, max: i64) -> Integer {
    Integer {
        range: Range::new(min, max),
        strictness: Strictness::Lenient,
    }
}

/// A duration as a keyword takes it: a decimal number of some unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duration {
    pub(crate) range: DecimalRange,
    pub(crate) strictness: Strictness,
    /// Microseconds in one unit of the last decimal.
    pub(crate) scale: u64,
}

/// Seconds with six decimals, bounds in microseconds.
pub(crate) const fn seconds(min: u64, max: u64) -> Duration {
    Duration {
        range: DecimalRange::new(min, max, 6),
        strictness: Strictness::Lenient,
        scale: 1,
    }
}

/// Seconds with three decimals, bounds in milliseconds.
pub(crate) const fn seconds_to_ms(min: u64, max: u64) -> Duration {
    Duration {
        range: DecimalRange::new(min, max, 3),
        strictness: Strictness::Lenient,
        scale: 1_000,
    }
}

/// Milliseconds with three decimals, nothing behind them, bounds in microseconds.
pub(crate) const fn milliseconds(min: u64, max: u64) -> Duration {
    Duration {
        range: DecimalRange::new(min, max, 3),
        strictness: Strictness::Strict,
        scale: 1,
    }
}

/// Reads any line: the general case.
pub(crate) type ReadLine<D> = fn(&mut D, Statement<'_>, &mut Context<'_>);

/// How the parameters of a keyword are read.
pub(crate) enum Read<D: 'static> {
    /// No parameter.
    Flag(fn(&mut D, Span)),
    /// `[<BOOL>]`.
    Switch(fn(&mut D, At<bool>)),
    /// One whole number.
    Integer(Integer, Wrong, fn(&mut D, At<i64>)),
    /// One duration.
    Duration(Duration, Wrong, fn(&mut D, At<Micros>)),
    /// One word.
    Word(fn(&mut D, At<String>)),
    /// Anything else.
    Line(ReadLine<D>),
}

/// What a missing parameter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The process stops (`spec/config-language.md` section 7.4).
    Stops,
    /// It is reported, the keyword ignored.
    Reported,
    /// Nothing.
    Silent,
}

/// A keyword: its row and how it is read.
pub(crate) struct Keyword<D: 'static> {
    pub(crate) entry: Entry,
    pub(crate) missing: Missing,
    pub(crate) read: Read<D>,
}

impl<D> Keyword<D> {
    const fn new(name: &'static str, arguments: &'static str, form: Form, read: Read<D>) -> Self {
        Self {
            entry: Entry {
                name,
                arguments,
                range: Values::AsWritten,
                default: "",
                meaning: "",
                instead: None,
                effect: Effect::Now,
                repetition: Repetition::LastWins,
                form,
            },
            missing: Missing::Stops,
            read,
        }
    }

    /// A keyword without parameter; what follows it is ignored.
    pub(crate) const fn flag(name: &'static str, set: fn(&mut D, Span)) -> Self {
        Self::new(name, "", Form::Words, Read::Flag(set))
    }

    /// A keyword with an optional `<BOOL>`, alone meaning true.
    pub(crate) const fn switch(name: &'static str, set: fn(&mut D, At<bool>)) -> Self {
        Self::new(name, "[<BOOL>]", Form::Words, Read::Switch(set))
    }

    /// A keyword with one whole number.
    pub(crate) const fn integer(
        name: &'static str,
        arguments: &'static str,
        integer: Integer,
        set: fn(&mut D, At<i64>),
    ) -> Self {
        let mut keyword = Self::new(
            name,
            arguments,
            Form::Words,
            Read::Integer(integer, Wrong::Ignore, set),
        );
        keyword.entry.range = Values::Integer(integer.range);
        keyword
    }

    /// A keyword with one duration.
    pub(crate) const fn duration(
        name: &'static str,
        arguments: &'static str,
        duration: Duration,
        set: fn(&mut D, At<Micros>),
    ) -> Self {
        let mut keyword = Self::new(
            name,
            arguments,
            Form::Words,
            Read::Duration(duration, Wrong::Ignore, set),
        );
        keyword.entry.range = Values::Decimal(duration.range);
        keyword
    }

    /// A keyword with one word.
    pub(crate) const fn word(
        name: &'static str,
        arguments: &'static str,
        set: fn(&mut D, At<String>),
    ) -> Self {
        Self::new(name, arguments, Form::Words, Read::Word(set))
    }

    /// A keyword that reads its line itself.
    pub(crate) const fn line(name: &'static str, arguments: &'static str, read: ReadLine<D>) -> Self {
        Self::new(name, arguments, Form::Words, Read::Line(read))
    }

    /// A keyword with a command, and perhaps user and group.
    pub(crate) const fn command(name: &'static str, arguments: &'static str, read: ReadLine<D>) -> Self {
        Self::new(name, arguments, Form::Command, Read::Line(read))
    }

    /// A keyword with `{ … }`, each line of which is an entry.
    pub(crate) const fn lines(name: &'static str, entry: &'static str, read: ReadLine<D>) -> Self {
        let mut keyword = Self::new(name, entry, Form::Lines, Read::Line(read));
        keyword.entry.repetition = Repetition::Adds;
        keyword
    }

    /// A keyword with `{ … }`, each word of which is an entry.
    pub(crate) const fn items(name: &'static str, entry: &'static str, read: ReadLine<D>) -> Self {
        let mut keyword = Self::new(name, entry, Form::Items, Read::Line(read));
        keyword.entry.repetition = Repetition::Adds;
        keyword
    }

    /// A keyword with a block of keywords, which `read` reads.
    pub(crate) const fn block(
        name: &'static str,
        arguments: &'static str,
        inside: &'static dyn Level,
        read: ReadLine<D>,
    ) -> Self {
        let mut keyword = Self::new(name, arguments, Form::Block(inside), Read::Line(read));
        keyword.entry.repetition = Repetition::Adds;
        keyword
    }

    /// A keyword with a name and `{ … }`, each line of which is an entry.
    pub(crate) const fn named_lines(name: &'static str, arguments: &'static str, read: ReadLine<D>) -> Self {
        let mut keyword = Self::new(name, arguments, Form::NamedLines, Read::Line(read));
        keyword.entry.repetition = Repetition::Adds;
        keyword
    }

    /// What the keyword does.
    pub(crate) const fn means(mut self, meaning: &'static str) -> Self {
        self.entry.meaning = meaning;
        self
    }

    /// What holds without it.
    pub(crate) const fn default(mut self, default: &'static str) -> Self {
        self.entry.default = default;
        self
    }

    /// Accepted values, in words.
    pub(crate) const fn range(mut self, range: &'static str) -> Self {
        self.entry.range = Values::Described(range);
        self
    }

    /// The value after a report about a bad or missing one: a whole number, or microseconds of a duration.
    pub(crate) const fn or(mut self, value: i64) -> Self {
        match &mut self.read {
            Read::Integer(_, wrong, _) | Read::Duration(_, wrong, _) => *wrong = Wrong::Use(value),
            Read::Flag(_) | Read::Switch(_) | Read::Word(_) | Read::Line(_) => {
                panic!("only numbers have a value to fall back to")
            }
        }
        self
    }

    /// A missing parameter is only reported.
    pub(crate) const fn own_check(mut self) -> Self {
        self.missing = Missing::Reported;
        self
    }

    /// A missing parameter is ignored silently.
    pub(crate) const fn may_miss(mut self) -> Self {
        self.missing = Missing::Silent;
        self
    }

    /// The first occurrence counts. `read` has to see to it; this is for the documentation.
    pub(crate) const fn first_wins(mut self) -> Self {
        self.entry.repetition = Repetition::FirstWins;
        self
    }

    /// An old spelling.
    pub(crate) const fn old_for(mut self, instead: &'static str) -> Self {
        self.entry.instead = Some(instead);
        self
    }

    /// Whether it acts.
    pub(crate) const fn effect(mut self, effect: Effect) -> Self {
        self.entry.effect = effect;
        self
    }
}

/// The keywords of one block, or of the root.
pub(crate) struct Block<D: 'static> {
    /// Name of the block; empty at the root.
    pub(crate) name: &'static str,
    /// Its keywords, grouped as in the documentation.
    pub(crate) keywords: &'static [&'static [Keyword<D>]],
}

impl<D> Block<D> {
    fn all(&self) -> impl Iterator<Item = &'static Keyword<D>> {
        self.keywords.iter().flat_map(|group| group.iter())
    }

    /// Reads all statements inside `statement` into `draft`.
    pub(crate) fn read(&self, draft: &mut D, statement: Statement<'_>, cx: &mut Context<'_>) {
        for child in statement.children() {
            self.read_statement(draft, child, cx);
        }
    }

    /// Reads one statement into `draft`.
    pub(crate) fn read_statement(&self, draft: &mut D, statement: Statement<'_>, cx: &mut Context<'_>) {
        let Some(entry) = statement.entry() else { return };
        // A row is found by its address: the tree holds a reference to the very one.
        let keyword = self
            .all()
            .find(|keyword| std::ptr::eq(&raw const keyword.entry, entry));
        if let Some(keyword) = keyword {
            keyword.read(draft, statement, cx);
        }
    }
}

impl<D: 'static> Level for Block<D> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn entry(&self, keyword: &str) -> Option<&'static Entry> {
        self.all()
            .map(|row| &row.entry)
            .find(|entry| entry.name == keyword)
    }

    fn entries(&self) -> Vec<&'static Entry> {
        self.all().map(|row| &row.entry).collect()
    }
}
