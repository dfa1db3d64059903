//! The options as texts need them.

use keepalived::cli::{Argument, OPTIONS, OptionSpec};

/// An option that people use.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Its letter, if it has one.
    pub short: Option<char>,
    /// Its long name.
    pub long: &'static str,
    /// What follows it.
    pub argument: Shape,
    /// What it is for.
    pub help: &'static str,
}

/// What follows an option, with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Nothing,
    /// Something that must be there.
    Required(&'static str),
    /// Something that, if it is there, is attached.
    Optional(&'static str),
}

impl Shape {
    /// Whether it is the name of a file.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::Required("FILE") | Self::Optional("FILE"))
    }
}

/// The options, in the order of the help.
pub fn shown() -> impl Iterator<Item = Shown> {
    OPTIONS.iter().filter(|spec| !spec.help.is_empty()).map(of)
}

fn of(spec: &'static OptionSpec) -> Shown {
    Shown {
        short: spec.short,
        long: spec.long,
        argument: match spec.argument {
            Argument::None(_) | Argument::Ends(_) => Shape::Nothing,
            Argument::Required(name, _) | Argument::EndsWith(name, _) => Shape::Required(name),
            Argument::Optional(name, _) => Shape::Optional(name),
        },
        help: spec.help,
    }
}
