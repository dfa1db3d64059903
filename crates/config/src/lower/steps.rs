//! Steps that the reading functions of keywords have in common.

use super::{At, Context};
use crate::FileKind;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::source::Span;
use crate::tree::{Statement, Word};
use crate::values::address::peer_address;
use crate::values::number::NumberError;
use crate::values::port::port;
use model::{Family, Secret, Sense};
use std::net::IpAddr;
use std::path::Path;

impl Context<'_> {
    /// Fills a slot of which the first value counts; a further one is reported.
    pub(crate) fn once<T>(&mut self, slot: &mut Option<T>, line: Statement<'_>, value: T) {
        if slot.is_some() {
            let message = format!("`{}` is given already; the first one counts", line.name().text());
            self.error(Code::DUPLICATE, line.span(), message);
        } else {
            *slot = Some(value);
        }
    }

    /// Reports a further occurrence of a keyword whose first one is known.
    pub(crate) fn already_given(&mut self, line: Statement<'_>, first: Span) {
        let message = format!("`{}` is given already; the first one counts", line.name().text());
        self.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(line.span(), "")
                .and_at(first, "the first"),
        );
    }

    /// Reports a block with a name that is taken.
    pub(crate) fn already_defined(&mut self, block: Statement<'_>, first: Span) {
        let name = block.argument(0).map_or("", |word| word.text());
        let message = format!(
            "`{} {name}` is defined already; this block is skipped",
            block.name().text()
        );
        self.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(block.span(), "")
                .and_at(first, "the first"),
        );
    }

    /// The name of a block that has to have exactly one word of it.
    pub(crate) fn block_name(&mut self, block: Statement<'_>) -> Option<At<String>> {
        let keyword = block.name().text();
        let mut words = block.arguments();
        match (words.next(), words.next()) {
            (Some(name), None) if !name.text().is_empty() => {
                Some(At::new(name.text().to_owned(), name.span()))
            }
            (Some(name), None) => {
                self.error(
                    Code::INVALID_VALUE,
                    name.span(),
                    format!("`{keyword}` has an empty name and is skipped"),
                );
                None
            }
            (Some(_), Some(extra)) => {
                let message = format!(
                    "`{keyword}` takes one name, not also '{}'; the block is skipped",
                    extra.text()
                );
                self.error(Code::EXTRA_WORDS, extra.span(), message);
                None
            }
            (None, _) => {
                let message = format!("`{keyword}` has no name and is skipped");
                self.error(Code::MISSING_PARAMETER, block.name().span(), message);
                None
            }
        }
    }

    /// The name of a block, without which the process stops.
    pub(crate) fn required_name(&mut self, block: Statement<'_>) -> Option<At<String>> {
        self.required(block, 0)
            .map(|name| At::new(name.text().to_owned(), name.span()))
    }

    /// The members of `group { … }`, unless there was such a block already.
    pub(crate) fn members(&mut self, given: bool, block: Statement<'_>) -> Option<Vec<At<String>>> {
        if given {
            self.error(Code::DUPLICATE, block.span(), "a second `group` is skipped");
            return None;
        }
        Some(
            block
                .entries()
                .flat_map(Statement::words)
                .map(|word| At::new(word.text().to_owned(), word.span()))
                .collect(),
        )
    }

    /// The only word behind a keyword; anything else is reported.
    pub(crate) fn only_argument<'t>(&mut self, line: Statement<'t>, what: &str) -> Option<Word<'t>> {
        let mut words = line.arguments();
        match (words.next(), words.next()) {
            (Some(word), None) if !word.bytes().is_empty() => Some(word),
            _ => {
                let message = format!(
                    "`{}` takes {what} and nothing else; the line is ignored",
                    line.name().text()
                );
                self.error(Code::MISSING_PARAMETER, line.span(), message);
                None
            }
        }
    }

    /// The text of the only word behind a keyword.
    pub(crate) fn only_word(&mut self, line: Statement<'_>, what: &str) -> Option<String> {
        self.only_argument(line, what).map(|word| word.text().to_owned())
    }

    /// Reports a word that is none of the options.
    pub(crate) fn unknown_option(&mut self, what: &str, word: Word<'_>, options: &[&str]) {
        // Lines are named in words, keywords as they are written.
        let what = if what.contains(' ') {
            what.to_owned()
        } else {
            format!("`{what}`")
        };
        let message = format!("{what}: unknown option '{}'", word.text());
        let label = match options {
            [only] => format!("only '{only}' is known"),
            _ if options.len() <= 6 => format!("known are {}", options.join(", ")),
            _ => String::new(),
        };
        self.push(
            Diagnostic::error(Code::UNKNOWN_OPTION, Class::GeneralError, message)
                .at(word.span(), label)
                .suggest(word.text(), options.iter().copied()),
        );
    }

    /// Reports a word that is none of the values of a keyword, which therefore is ignored.
    pub(crate) fn unknown_value(&mut self, what: &str, word: Word<'_>, kind: &str, values: &[&str]) {
        let message = format!("`{what}`: '{}' is no {kind}; it is ignored", word.text());
        self.push(
            Diagnostic::error(Code::INVALID_VALUE, Class::GeneralError, message)
                .at(word.span(), format!("known are {}", values.join(", ")))
                .suggest(word.text(), values.iter().copied()),
        );
    }

    /// Reports that a later occurrence of a keyword replaces an earlier one.
    pub(crate) fn replaced(&mut self, line: Statement<'_>) {
        let message = format!("`{}` is given already; the last one counts", line.name().text());
        self.correct(Code::DUPLICATE, line.span(), message);
    }

    /// `virtualhost` of any level; the last one counts.
    pub(crate) fn virtual_host(&mut self, slot: &mut Option<String>, line: Statement<'_>) {
        let Some(word) = line.argument(0) else {
            return self.missing(line, "a name");
        };
        if slot.is_some() {
            self.replaced(line);
        }
        *slot = Some(word.text().to_owned());
    }

    /// `ADDR [PORT]` behind a keyword; port 0 is none. What stands behind a `-` or `/` in the address is no part of it.
    pub(crate) fn server_address(&mut self, line: Statement<'_>) -> Option<(IpAddr, u16)> {
        let word = self.required(line, 0)?;
        let keyword = line.name().text();
        // compat: `10.0.0.1-20` is 10.0.0.1; ranges are for groups.
        let Some(address) = peer_address(word.text()) else {
            let message = format!("`{keyword}`: '{}' is no address; it is skipped", word.text());
            self.error(Code::INVALID_ADDRESS, word.span(), message);
            return None;
        };
        let port = match line.argument(1) {
            None => 0,
            Some(word) => self.server_port(keyword, word)?,
        };
        Some((address, port))
    }

    /// A port of a server or of an entry of a group; 0 is none.
    pub(crate) fn server_port(&mut self, what: &str, word: Word<'_>) -> Option<u16> {
        match port(word.text()) {
            Ok(port) => Some(port),
            Err(error) => {
                let code = match error {
                    NumberError::OutOfRange { .. } => Code::OUT_OF_RANGE,
                    NumberError::NotANumber(_) | NumberError::Negative(_) => Code::INVALID_NUMBER,
                };
                let message = format!("`{what}`: port: {error}; it is skipped");
                self.push(Diagnostic::error(code, Class::InvalidNumber, message).at(word.span(), ""));
                None
            }
        }
    }

    /// Reports an old spelling.
    pub(crate) fn deprecated(&mut self, line: Statement<'_>, instead: &str) {
        self.deprecated_option(line.name(), instead);
    }

    /// Reports an old spelling.
    pub(crate) fn deprecated_option(&mut self, word: Word<'_>, instead: &str) {
        let message = format!("`{}` is an old form", word.text());
        self.push(
            Diagnostic::warning(Code::DEPRECATED, Class::Deprecated, message)
                .at(word.span(), "")
                .help(format!("use `{instead}`")),
        );
    }

    /// `reverse` behind a weight; nothing where the line does not say.
    pub(crate) fn reverse(&mut self, line: Statement<'_>, what: &str) -> Option<Sense> {
        let word = line.argument(1)?;
        if word.text() == "reverse" {
            return Some(Sense::Reverse);
        }
        self.unknown_option(what, word, &["reverse"]);
        None
    }

    /// The place of a secret: a name without a directory is that of a credential, where systemd has passed any.
    fn credential(&self, path: &str) -> String {
        match (self.env.variables)("CREDENTIALS_DIRECTORY") {
            Some(directory) if !path.contains('/') => format!("{directory}/{path}"),
            _ => path.to_owned(),
        }
    }

    /// The content of a file that holds a key or a password and at most `longest` bytes, without the line feed at its end. That
    /// others can read it is reported.
    pub(crate) fn secret_file(&mut self, path: &str, span: Span, longest: usize) -> Result<Secret, String> {
        let path = &self.credential(path);
        let file = Path::new(path);
        let unreadable = |error| format!("{path} cannot be read: {error}");
        let status = self.env.files.status(file).map_err(unreadable)?;
        if status.kind != FileKind::Regular {
            return Err(format!("{path} is no regular file"));
        }
        let mut content = self.env.files.read(file).map_err(unreadable)?;
        if content.len() > longest {
            return Err(format!("{path} is too long for a key"));
        }
        if status.mode & 0o077 != 0 {
            let message = format!(
                "key file {path} is accessible to others (mode {:04o})",
                status.mode
            );
            self.push(
                Diagnostic::warning(Code::INSECURE_FILE, Class::SecurityError, message)
                    .at(span, "")
                    .help(format!("chmod 600 {path}")),
            );
        }
        if content.last() == Some(&b'\n') {
            content.pop();
            if content.last() == Some(&b'\r') {
                content.pop();
            }
        }
        Ok(Secret::new(content))
    }

    /// A path that is relative to the directory of the file in which it stands.
    pub(crate) fn relative_path(&mut self, word: Word<'_>) -> String {
        let path = Path::new(word.text());
        if path.is_absolute() {
            return word.text().to_owned();
        }
        self.directory_of(word.span())
            .join(path)
            .to_string_lossy()
            .into_owned()
    }

    /// The value of `track_group` on a static object: a group that is defined, and the first one given.
    pub(crate) fn track_group(
        &mut self,
        value: &mut Option<Word<'_>>,
        option: Word<'_>,
        given: Option<String>,
    ) -> Option<String> {
        let Some(word) = value.take() else {
            self.error(
                Code::MISSING_PARAMETER,
                option.span(),
                "`track_group` is missing its value",
            );
            return given;
        };
        if given.is_some() {
            self.error(Code::DUPLICATE, word.span(), "a second `track_group` is ignored");
            return given;
        }
        if self.targets.track_groups.contains(word.text()) {
            return Some(word.text().to_owned());
        }
        let mut names: Vec<String> = self.targets.track_groups.iter().cloned().collect();
        names.sort();
        let message = format!(
            "track group {} is not defined; the option is dropped",
            word.text()
        );
        self.push(
            Diagnostic::error(Code::UNKNOWN_NAME, Class::GeneralError, message)
                .at(word.span(), "not defined before this line")
                .suggest(word.text(), names.iter().map(String::as_str)),
        );
        None
    }

    /// The preference of a rule that names none.
    pub(crate) fn next_preference(&mut self, family: Family) -> u32 {
        let next = match family {
            Family::Ipv4 => &mut self.next_preference.0,
            Family::Ipv6 => &mut self.next_preference.1,
        };
        let preference = *next;
        *next = next.saturating_sub(1);
        preference
    }
}
