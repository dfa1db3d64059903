//! `${_PWD}`, `${_INSTANCE}`, `${_RANDOM MIN MAX}`, `${_ENV NAME}`, `${_HASH}`, `${_BANG}`.

use std::path::PathBuf;

/// What the builtins give.
pub(crate) struct Builtins<'a> {
    /// The directory of the file being read.
    pub(crate) directory: PathBuf,
    pub(crate) config_id: &'a str,
    pub(crate) variables: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) random: Random,
}

/// A builtin used wrongly.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BuiltinError {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// A sequence of numbers that repeats for the same seed (`SplitMix64`). Not for secrets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random(u64);

const RANDOM_MIN: u64 = 0;
const RANDOM_MAX: u64 = 32767;

impl Builtins<'_> {
    /// Names of all builtins.
    pub(crate) const NAMES: [&'static str; 6] = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"];

    /// The value; nothing if there is no such builtin.
    pub(crate) fn value(&mut self, name: &str, arguments: &[&str]) -> Option<Result<Vec<u8>, BuiltinError>> {
        let (expected, form) = match name {
            "_PWD" | "_INSTANCE" | "_HASH" | "_BANG" => (0..=0, format!("${{{name}}}")),
            "_RANDOM" => (0..=2, "${_RANDOM [MIN [MAX]]}".to_owned()),
            "_ENV" => (1..=1, "${_ENV NAME}".to_owned()),
            _ => return None,
        };
        let help = format!("write `{form}`");
        if !expected.contains(&arguments.len()) {
            let message = format!("wrong number of parameters for `{name}`");
            return Some(Err(BuiltinError { message, help }));
        }
        Some(match name {
            "_PWD" => Ok(self.directory.as_os_str().as_encoded_bytes().to_vec()),
            "_INSTANCE" => Ok(self.config_id.as_bytes().to_vec()),
            "_HASH" => Ok(b"#".to_vec()),
            "_BANG" => Ok(b"!".to_vec()),
            "_ENV" => Ok((self.variables)(arguments[0]).unwrap_or_default().into_bytes()),
            _ => self
                .random(arguments)
                .map_err(|message| BuiltinError { message, help }),
        })
    }

    fn random(&mut self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let number = |index: usize, default: u64| {
            arguments.get(index).map_or(Ok(default), |text| {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse()
                    .ok()
                    .filter(|_| digits)
                    .ok_or_else(|| format!("`{text}` is no number for `_RANDOM`"))
            })
        };
        let (min, max) = (number(0, RANDOM_MIN)?, number(1, RANDOM_MAX)?);
        Ok(self.random.within(min, max).to_string().into_bytes())
    }

    /// Whether `${_RANDOM MIN MAX}` has its limits the wrong way round (then MIN is used).
    pub(crate) fn random_is_reversed(name: &str, arguments: &[&str]) -> bool {
        let number = |index: usize, default| {
            arguments
                .get(index)
                .map_or(Some(default), |text| text.parse().ok())
        };
        name == "_RANDOM" && number(0, RANDOM_MIN) > number(1, RANDOM_MAX)
    }
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from `min` to `max`; `min` if that is the greater.
    fn within(&mut self, min: u64, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        match max.checked_sub(min) {
            None => min,
            Some(u64::MAX) => mixed,
            Some(width) => min + mixed % (width + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtins(seed: u64) -> Builtins<'static> {
        Builtins {
            directory: "/etc/keepalived".into(),
            config_id: "main",
            variables: &|name| (name == "HOME").then(|| "/root".to_owned()),
            random: Random::new(seed),
        }
    }

    fn text(name: &str, arguments: &[&str]) -> String {
        String::from_utf8(builtins(1).value(name, arguments).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn values() {
        assert_eq!(text("_PWD", &[]), "/etc/keepalived");
        assert_eq!(text("_INSTANCE", &[]), "main");
        assert_eq!(text("_HASH", &[]), "#");
        assert_eq!(text("_BANG", &[]), "!");
        assert_eq!(text("_ENV", &["HOME"]), "/root");
        assert_eq!(text("_ENV", &["NOPE"]), "");
        assert_eq!(builtins(1).value("PWD", &[]), None);
    }

    #[test]
    fn random_numbers_are_within_their_limits_and_repeat() {
        let mut one = builtins(7);
        let mut two = builtins(7);
        let mut distinct = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            let value = one.value("_RANDOM", &["10", "12"]).unwrap().unwrap();
            assert_eq!(Some(Ok(value.clone())), two.value("_RANDOM", &["10", "12"]));
            distinct.insert(String::from_utf8(value).unwrap());
        }
        assert_eq!(distinct.into_iter().collect::<Vec<_>>(), ["10", "11", "12"]);
        for _ in 0..1000 {
            let value = one.value("_RANDOM", &[]).unwrap().unwrap();
            assert!(String::from_utf8(value).unwrap().parse::<u64>().unwrap() <= 32767);
        }
        assert_eq!(text("_RANDOM", &["9", "2"]), "9");
        assert_eq!(text("_RANDOM", &["5", "5"]), "5");
    }

    #[test]
    fn wrong_parameters_are_errors() {
        for (name, arguments) in [
            ("_PWD", vec!["x"]),
            ("_ENV", vec![]),
            ("_ENV", vec!["A", "B"]),
            ("_RANDOM", vec!["1", "2", "3"]),
            ("_RANDOM", vec!["a"]),
            ("_RANDOM", vec!["1", "99999999999999999999999"]),
        ] {
            assert!(
                builtins(1).value(name, &arguments).unwrap().is_err(),
                "{name} {arguments:?}"
            );
        }
    }
}
