//! PCRE2, as far as searching needs it: the second and last module with `unsafe`.
//!
//! One call of the library a function, a safe signature, a reason at each `unsafe`.
#![expect(unsafe_code, reason = "the library has a C interface")]

use pcre2_sys::{
    PCRE2_ERROR_NOMATCH, PCRE2_ERROR_PARTIAL, PCRE2_INFO_MAXLOOKBEHIND, PCRE2_JIT_COMPLETE,
    PCRE2_JIT_PARTIAL_HARD, PCRE2_PARTIAL_HARD, pcre2_code_8, pcre2_code_free_8, pcre2_compile_8,
    pcre2_get_error_message_8, pcre2_get_ovector_pointer_8, pcre2_jit_compile_8, pcre2_match_8,
    pcre2_match_context_8, pcre2_match_context_create_8, pcre2_match_context_free_8, pcre2_match_data_8,
    pcre2_match_data_create_from_pattern_8, pcre2_match_data_free_8, pcre2_pattern_info_8,
    pcre2_set_match_limit_8, pcre2_set_offset_limit_8,
};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// How often a match may try anew. A pattern that needs more for what a server sends would hold up other checks.
const TRIES: u32 = 200_000;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    code: NonNull<pcre2_code_8>,
    lookbehind: usize,
}

// SAFETY: compiled code is not changed after its compilation and may be used by several threads at once (pcre2api,
// "Multithreading").
unsafe impl Send for Pattern {}
// SAFETY: as above.
unsafe impl Sync for Pattern {}

impl Pattern {
    /// Compiles a pattern with these options; an error is the library's text.
    pub(super) fn compile(pattern: &str, options: u32) -> Result<Self, String> {
        let (mut error, mut offset) = (0, 0);
        // SAFETY: pointer and length are those of the pattern, the other pointers are to integers that outlive the call.
        let code = unsafe {
            pcre2_compile_8(
                pattern.as_ptr(),
                pattern.len(),
                options,
                &raw mut error,
                &raw mut offset,
                ptr::null_mut(),
            )
        };
        let code = NonNull::new(code).ok_or_else(|| format!("{} at offset {offset}", message(error)))?;
        // SAFETY: the code was just compiled. A system on which it cannot be made machine code interprets it.
        unsafe { pcre2_jit_compile_8(code.as_ptr(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD) };
        let mut lookbehind: u32 = 0;
        // SAFETY: the code is valid, and this question is answered with an integer of 32 bits.
        unsafe {
            pcre2_pattern_info_8(
                code.as_ptr(),
                PCRE2_INFO_MAXLOOKBEHIND,
                (&raw mut lookbehind).cast(),
            )
        };
        Ok(Self {
            code,
            lookbehind: usize::try_from(lookbehind).unwrap_or(usize::MAX),
        })
    }

    /// How many characters before its start a match may look at.
    pub(super) const fn lookbehind(&self) -> usize {
        self.lookbehind
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointer.
        unsafe { pcre2_code_free_8(self.code.as_ptr()) };
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A match, which begins here.
    Match(usize),
    /// What may become one with more text; it begins here.
    Partial(usize),
    /// Nothing.
    Nothing,
    /// The search was given up, with the number of the error.
    GivenUp(i32),
}

/// Whether more text may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It may.
    MayFollow,
    /// The text is complete.
    None,
}

/// The memory of one search after the other.
#[derive(Debug)]
pub(super) struct Search {
    pattern: Arc<Pattern>,
    data: NonNull<pcre2_match_data_8>,
    context: NonNull<pcre2_match_context_8>,
}

impl Search {
    /// Memory for searches for a pattern; nothing when there is none.
    pub(super) fn new(pattern: Arc<Pattern>) -> Option<Self> {
        // SAFETY: the code is valid; without a general context the library takes memory as malloc does.
        let data = unsafe { pcre2_match_data_create_from_pattern_8(pattern.code.as_ptr(), ptr::null_mut()) };
        // SAFETY: as above.
        let context = unsafe { pcre2_match_context_create_8(ptr::null_mut()) };
        let (Some(data), Some(context)) = (NonNull::new(data), NonNull::new(context)) else {
            // SAFETY: each is a pointer that nobody else has, or null, which is let pass.
            unsafe {
                pcre2_match_data_free_8(data);
                pcre2_match_context_free_8(context);
            }
            return None;
        };
        let search = Self {
            pattern,
            data,
            context,
        };
        // SAFETY: the context was just made.
        unsafe { pcre2_set_match_limit_8(search.context.as_ptr(), TRIES) };
        Some(search)
    }

    /// The pattern.
    pub(super) fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Searches from `start` on. A match begins at `limit` or before, which works only for a pattern that was compiled with
    /// `PCRE2_USE_OFFSET_LIMIT`.
    pub(super) fn find(&mut self, text: &[u8], start: usize, limit: Option<usize>, rest: Rest) -> Found {
        if start > text.len() {
            return Found::Nothing;
        }
        // SAFETY: the context is valid. The largest number means that there is no limit.
        unsafe { pcre2_set_offset_limit_8(self.context.as_ptr(), limit.unwrap_or(usize::MAX)) };
        let options = match rest {
            Rest::MayFollow => PCRE2_PARTIAL_HARD,
            Rest::None => 0,
        };
        // SAFETY: pointer and length are those of the text, in which the start lies; code, data and context are valid, and the
        // data was made for this code.
        let result = unsafe {
            pcre2_match_8(
                self.pattern.code.as_ptr(),
                text.as_ptr(),
                text.len(),
                start,
                options,
                self.data.as_ptr(),
                self.context.as_ptr(),
            )
        };
        match result {
            0.. => Found::Match(self.place()),
            PCRE2_ERROR_NOMATCH => Found::Nothing,
            PCRE2_ERROR_PARTIAL => Found::Partial(self.place()),
            error => Found::GivenUp(error),
        }
    }

    /// Where the match that was just found begins.
    fn place(&self) -> usize {
        // SAFETY: after a match, a partial one for instance, the first pair of the vector is set.
        unsafe { *pcre2_get_ovector_pointer_8(self.data.as_ptr()) }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        // SAFETY: nobody else has the pointers.
        unsafe {
            pcre2_match_data_free_8(self.data.as_ptr());
            pcre2_match_context_free_8(self.context.as_ptr());
        }
    }
}

/// The library's text for an error.
pub(super) fn message(error: i32) -> String {
    let mut text = [0_u8; 256];
    // SAFETY: pointer and length are those of the buffer.
    let length = unsafe { pcre2_get_error_message_8(error, text.as_mut_ptr(), text.len()) };
    let length = usize::try_from(length).unwrap_or(0);
    String::from_utf8_lossy(&text[..length]).into_owned()
}
