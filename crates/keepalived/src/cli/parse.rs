//! From words to options.

use super::options::Options;
use super::table::{Argument, OPTIONS, OptionSpec};
use crate::signals::SignalNumber;
use lexopt::{Arg, Parser};
use std::ffi::OsString;

/// What the command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A daemon, or with `-t` a configuration test.
    Run,
    /// The help.
    Help,
    /// Version and features.
    Version,
    /// The number of a signal.
    SignalNumber(SignalNumber),
    /// genhash, with the words behind the option.
    Genhash,
    /// Nothing: there was a mistake.
    Refuse,
}

/// A command line that has been read.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it asks for.
    pub outcome: Outcome,
    /// What the options say.
    pub options: Options,
    /// Lines for standard error.
    pub complaints: Vec<String>,
    /// Words that are no options; they are named on standard output and have no effect.
    pub unexpected: Vec<OsString>,
    /// What stands behind the option of [`Outcome::Genhash`].
    pub words_of_genhash: Vec<OsString>,
}

/// Reads the words behind the name of the program. All of them are looked at before a mistake ends the program, but an
/// option that only prints something does so at once.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Parsed {
    let mut parser = Parser::from_args(words);
    // getopt takes "-f=x" for the file "=x".
    parser.set_short_equals(false);
    let mut scan = Scan {
        parsed: Parsed {
            outcome: Outcome::Run,
            options: Options::default(),
            complaints: Vec::new(),
            unexpected: Vec::new(),
            words_of_genhash: Vec::new(),
        },
        is_refused: false,
        count: 0,
    };
    while let Some(word) = scan.next(&mut parser) {
        scan.count += 1;
        let ending = match word {
            Word::Other(word) => {
                scan.parsed.unexpected.push(word);
                None
            }
            Word::Option(written, spec) => scan.option(&mut parser, &written, spec),
        };
        if let Some(outcome) = ending {
            if outcome == Outcome::Genhash {
                if scan.count > 1 {
                    let warning = "Warning -- `-T` not used as first option, previous options ignored";
                    scan.parsed.complaints.push(warning.to_owned());
                }
                scan.parsed.words_of_genhash = rest(&mut parser);
            }
            scan.parsed.outcome = outcome;
            return scan.parsed;
        }
    }
    if scan.is_refused {
        scan.parsed.outcome = Outcome::Refuse;
    }
    if scan.parsed.options.config_test.is_some() {
        scan.parsed.options.foreground = true;
        scan.parsed.options.dont_respawn = true;
        scan.parsed.options.no_syslog = true;
    }
    scan.parsed
}

/// What has not been read yet, letters that are bundled with the last one included.
fn rest(parser: &mut Parser) -> Vec<OsString> {
    let bundled = parser.optional_value().map(|letters| {
        let mut word = OsString::from("-");
        word.push(letters);
        word
    });
    let whole = parser.raw_args().into_iter().flatten();
    bundled.into_iter().chain(whole).collect()
}

enum Word {
    /// An option as it was written.
    Option(String, &'static OptionSpec),
    Other(OsString),
}

struct Scan {
    parsed: Parsed,
    is_refused: bool,
    count: usize,
}

impl Scan {
    fn refuse(&mut self, complaint: String) {
        self.parsed.complaints.push(complaint);
        self.is_refused = true;
    }

    /// The next known option or other word. Unknown options are complained about and passed over.
    fn next(&mut self, parser: &mut Parser) -> Option<Word> {
        loop {
            let (written, spec) = match parser.next() {
                Ok(None) => return None,
                Ok(Some(Arg::Value(word))) => return Some(Word::Other(word)),
                Ok(Some(Arg::Short(letter))) => (
                    format!("-{letter}"),
                    OPTIONS.iter().find(|spec| spec.short == Some(letter)),
                ),
                Ok(Some(Arg::Long(name))) => (format!("--{name}"), by_prefix(name)),
                // A letter that wants no value, followed by "=": getopt takes that for one more letter.
                Err(error) => {
                    self.refuse(match error {
                        lexopt::Error::UnexpectedValue { option, value } => {
                            format!("Unknown option {option}={}", value.display())
                        }
                        other => other.to_string(),
                    });
                    continue;
                }
            };
            if let Some(spec) = spec {
                return Some(Word::Option(written, spec));
            }
            let attached = if written.starts_with("--") {
                parser.optional_value()
            } else {
                None
            };
            let attached = attached
                .map(|value| format!("={}", value.display()))
                .unwrap_or_default();
            self.refuse(format!("Unknown option {written}{attached}"));
        }
    }

    /// Carries an option out, and says how the line ends if it ends here.
    fn option(&mut self, parser: &mut Parser, written: &str, spec: &OptionSpec) -> Option<Outcome> {
        let is_long = written.starts_with("--");
        match &spec.argument {
            Argument::None(_) | Argument::Ends(_) if is_long => {
                if let Some(value) = parser.optional_value() {
                    self.refuse(format!("Unknown option {written}={}", value.display()));
                    return None;
                }
            }
            _ => {}
        }
        match &spec.argument {
            Argument::None(act) => act(&mut self.parsed.options),
            Argument::Ends(outcome) => return Some(*outcome),
            Argument::Optional(_, act) => {
                let value = parser.optional_value();
                act(&mut self.parsed.options, value);
            }
            Argument::Required(_, act) => {
                let value = self.required(parser, written, is_long)?;
                // A value that is refused is named, and the program goes on without it.
                if let Err(complaint) = act(&mut self.parsed.options, &value) {
                    self.parsed.complaints.push(complaint);
                }
            }
            Argument::EndsWith(_, decide) => {
                let value = self.required(parser, written, is_long)?;
                match decide(&value) {
                    Ok(outcome) => return Some(outcome),
                    Err(complaint) => {
                        self.refuse(complaint);
                        return Some(Outcome::Refuse);
                    }
                }
            }
        }
        None
    }

    fn required(&mut self, parser: &mut Parser, written: &str, is_long: bool) -> Option<OsString> {
        let value = match parser.optional_value() {
            // "--use-file=" has none; "--use-file ''" has an empty one.
            Some(value) => Some(value).filter(|value| !(is_long && value.is_empty())),
            None => parser.value().ok(),
        };
        if value.is_none() {
            self.refuse(format!("Missing parameter for option {written}"));
        }
        value
    }
}

/// The option with this long name, or the only one that begins with it.
fn by_prefix(name: &str) -> Option<&'static OptionSpec> {
    if let Some(exact) = OPTIONS.iter().find(|spec| spec.long == name) {
        return Some(exact);
    }
    let mut matching = OPTIONS.iter().filter(|spec| spec.long.starts_with(name));
    match (matching.next(), matching.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
