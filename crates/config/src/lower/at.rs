//! A value with the place in the text that it comes from.

use crate::source::Span;

/// A value and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> At<T> {
    pub(crate) const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl At<i64> {
    /// The number as the type that its keyword's range fits into.
    pub(crate) fn narrow<N: TryFrom<i64>>(self) -> At<N> {
        At::new(self.number(), self.span)
    }

    /// The bare number as the type that its keyword's range fits into.
    pub(crate) fn number<N: TryFrom<i64>>(self) -> N {
        match N::try_from(self.value) {
            Ok(number) => number,
            Err(_) => unreachable!("the range of a keyword fits the type of its value"),
        }
    }
}
