//! From the words of `regex_options` to those of PCRE2.

use model::{RegexCheck, RegexOptions};
use pcre2_sys as pcre2;

/// The bits of a word, which is one of [`RegexOptions::NAMES`].
fn bits(name: &str) -> u32 {
    match name {
        "allow_empty_class" => pcre2::PCRE2_ALLOW_EMPTY_CLASS,
        "alt_bsux" => pcre2::PCRE2_ALT_BSUX,
        "auto_callout" => pcre2::PCRE2_AUTO_CALLOUT,
        "caseless" => pcre2::PCRE2_CASELESS,
        "dollar_endonly" => pcre2::PCRE2_DOLLAR_ENDONLY,
        "dotall" => pcre2::PCRE2_DOTALL,
        "dupnames" => pcre2::PCRE2_DUPNAMES,
        "extended" => pcre2::PCRE2_EXTENDED,
        "firstline" => pcre2::PCRE2_FIRSTLINE,
        "match_unset_backref" => pcre2::PCRE2_MATCH_UNSET_BACKREF,
        "multiline" => pcre2::PCRE2_MULTILINE,
        "never_ucp" => pcre2::PCRE2_NEVER_UCP,
        "never_utf" => pcre2::PCRE2_NEVER_UTF,
        "no_auto_capture" => pcre2::PCRE2_NO_AUTO_CAPTURE,
        "no_auto_possess" => pcre2::PCRE2_NO_AUTO_POSSESS,
        "no_dotstar_anchor" => pcre2::PCRE2_NO_DOTSTAR_ANCHOR,
        "no_start_optimize" => pcre2::PCRE2_NO_START_OPTIMIZE,
        "ucp" => pcre2::PCRE2_UCP,
        "ungreedy" => pcre2::PCRE2_UNGREEDY,
        // What a server sends may be anything.
        "utf" => pcre2::PCRE2_UTF | pcre2::PCRE2_MATCH_INVALID_UTF,
        "never_backslash_c" => pcre2::PCRE2_NEVER_BACKSLASH_C,
        "alt_circumflex" => pcre2::PCRE2_ALT_CIRCUMFLEX,
        "alt_verbnames" => pcre2::PCRE2_ALT_VERBNAMES,
        "use_offset_limit" => pcre2::PCRE2_USE_OFFSET_LIMIT,
        _ => 0,
    }
}

/// The options with which the pattern of a check is compiled.
pub(super) fn of(regex: &RegexCheck) -> u32 {
    let set = |options: RegexOptions| options.names().map(bits).fold(0, |all, one| all | one);
    let limit = regex.max_offset.map_or(0, |_| pcre2::PCRE2_USE_OFFSET_LIMIT);
    set(regex.options) | limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_own_bits() {
        let mut all = 0;
        for name in RegexOptions::NAMES {
            assert_ne!(bits(name), 0, "{name}");
            assert_eq!(all & bits(name), 0, "{name}");
            all |= bits(name);
        }
    }
}
