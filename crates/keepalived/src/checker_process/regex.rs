//! The regular expressions of `HTTP_GET` and `SSL_GET`.
//!
//! With the feature `regex` they are PCRE2's. Without it a build has none: a URL that has one is judged by the rest, and the log
//! says so.

#[cfg(feature = "regex")]
mod matcher;
#[cfg(feature = "regex")]
mod options;
#[cfg(feature = "regex")]
mod pcre2;

use check::dialogue::BodyMatcher;
use model::{CheckKind, LvsConfiguration, RegexCheck};

/// Whether a pattern can be compiled; an error is the reason.
#[cfg(feature = "regex")]
pub(crate) fn check(regex: &RegexCheck) -> Result<(), String> {
    pcre2::Pattern::compile(&regex.pattern, options::of(regex)).map(drop)
}

/// No pattern can be compiled.
#[cfg(not(feature = "regex"))]
pub(crate) fn check(_: &RegexCheck) -> Result<(), String> {
    Err("this build has no regular expressions".to_owned())
}

/// The compiled patterns of a configuration.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    #[cfg(feature = "regex")]
    compiled: std::collections::HashMap<RegexCheck, std::sync::Arc<pcre2::Pattern>>,
}

impl Patterns {
    /// Compiles those of a configuration, equal ones once. One that is invalid is logged and left out.
    pub(super) fn of(lvs: &LvsConfiguration) -> Self {
        let servers = lvs
            .virtual_servers
            .iter()
            .flat_map(|virtual_server| &virtual_server.real_servers);
        let kinds = servers.flat_map(|server| server.checkers.iter().map(|checker| &checker.kind));
        let mut patterns = Self::default();
        for kind in kinds {
            if let CheckKind::Http(check) = kind {
                check
                    .urls
                    .iter()
                    .filter_map(|url| url.regex.as_deref())
                    .for_each(|regex| patterns.add(regex));
            }
        }
        patterns
    }

    /// What searches the body of a URL, where that has a regular expression.
    pub(super) fn matcher(&self, kind: &CheckKind, url: usize) -> Option<Box<dyn BodyMatcher>> {
        let CheckKind::Http(check) = kind else { return None };
        self.search(check.urls.get(url)?.regex.as_deref()?)
    }

    #[cfg(feature = "regex")]
    fn add(&mut self, regex: &RegexCheck) {
        if self.compiled.contains_key(regex) {
            return;
        }
        let options = options::of(regex);
        let same = |(other, _): &(&RegexCheck, &std::sync::Arc<pcre2::Pattern>)| {
            other.pattern == regex.pattern && options::of(other) == options
        };
        let pattern = match self.compiled.iter().find(same) {
            Some((_, pattern)) => std::sync::Arc::clone(pattern),
            None => match pcre2::Pattern::compile(&regex.pattern, options) {
                Ok(pattern) => std::sync::Arc::new(pattern),
                Err(error) => {
                    tracing::error!("Invalid regex '{}': {error}; it is ignored", regex.pattern);
                    return;
                }
            },
        };
        self.compiled.insert(regex.clone(), pattern);
    }

    #[cfg(feature = "regex")]
    fn search(&self, regex: &RegexCheck) -> Option<Box<dyn BodyMatcher>> {
        let pattern = std::sync::Arc::clone(self.compiled.get(regex)?);
        Some(Box::new(matcher::Matcher::new(pattern, regex)?))
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "builds with regular expressions keep them")]
    fn add(&mut self, regex: &RegexCheck) {
        tracing::error!(
            "regex '{}': this build has no regular expressions; it is ignored",
            regex.pattern
        );
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "builds with regular expressions keep them")]
    const fn search(&self, _: &RegexCheck) -> Option<Box<dyn BodyMatcher>> {
        None
    }
}
