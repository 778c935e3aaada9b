//! What keys can do, as far as keys know of it.

use serde::Deserialize;

use super::super::actions::actions;

macro_rules! names {
    ($($name:ident: $doc:literal, $keys:expr, $act:expr;)*) => {
        /// What a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        /// Every action in the sheet's order, what the sheet says of it, and the keys that it comes with.
        static TABLE: &[(Action, &str, &[&str])] = &[$((Action::$name, $doc, &$keys)),*];
    };
}

actions!(names);

impl Action {
    /// All of them, in the sheet's order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// As the sheet says it.
    pub fn doc(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The keys that come with the program.
    pub(super) fn shipped(self) -> &'static [&'static str] {
        TABLE[self as usize].2
    }

    /// What the mouse does alike.
    pub fn gesture(self) -> Option<&'static str> {
        match self {
            Self::Line => Some("Shift-drag"),
            Self::Rectangle => Some("Ctrl-drag"),
            Self::PickColour => Some("Alt-click or middle-click"),
            _ => None,
        }
    }
}
